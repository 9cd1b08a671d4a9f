"""The addresses of this floor's sockets."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from scheduling.sockets import slots

websocket_urlpatterns = [
    path("ws/slots/<str:doctor>/", cast(Any, slots)),
]

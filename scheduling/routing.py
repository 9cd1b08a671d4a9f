"""The addresses of this floor's sockets."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from scheduling.event_sockets import events
from scheduling.sockets import slots

websocket_urlpatterns = [
    path("ws/events/", cast(Any, events)),
    path("ws/slots/<str:doctor>/", cast(Any, slots)),
]

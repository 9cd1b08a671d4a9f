"""The addresses of this wing's sockets."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from queueing.sockets import board
from queueing.token_sockets import token

websocket_urlpatterns = [
    path("ws/board/<slug:slug>/", cast(Any, board)),
    path("ws/token/<str:secret>/", cast(Any, token)),
]

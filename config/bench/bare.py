"""A bare Django view that sends the SQL of a booking and nothing else: what the product is compared with.

No middleware, session, form, template or model: only the statements that `transcript` saw in a real booking.
`bare_asgi` serves the same to the embedded server's stack.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.bench.transcript import Transcript, play

_transcript = Transcript(**json.loads(Path(os.environ["FRONTDESK_BENCH_TRANSCRIPT"]).read_text()))


def book(_request: HttpRequest, number: int) -> HttpResponse:
    """Send the statements of the booking with this number."""
    with connection.cursor() as cursor:
        play(_transcript, number, cursor)
    return HttpResponse("booked")


book.permission = "public"  # type: ignore[attr-defined]
urlpatterns = [path("bare/<int:number>/", book)]


django.setup()
settings.MIDDLEWARE = []  # only this process, which serves nothing but the view above
settings.ROOT_URLCONF = __name__
application = WSGIHandler()

"""Where the place of a token is followed: the one address that tickets, programs and other phones are given."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from queueing.models import Token


def link_of(token: Token) -> str:
    """The whole address of somebody's live place in the queue."""
    return f"{settings.BASE_URL}{reverse('queueing:token', args=[token.secret])}"

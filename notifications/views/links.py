"""The short links of messages: each leads on to the page that its message speaks of.

Opening one changes nothing, because mail scanners open links.
"""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.actors import from_request
from accounts.errors import TooManyAttempts
from accounts.permissions import secret_link
from accounts.services.throttling import count_attempt, give_back_attempt
from notifications.selectors.links import is_replaced, message_of_link, page_of
from scheduling.views.links import keep_private

WINDOW = timedelta(minutes=15)
TRIES_AT_CODES = 60
"""More than a waiting room behind one address opens within the window at the same moment: hits are given back."""


@secret_link
@require_safe
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """Lead on; an unknown code gets a page that says what else can be done. Guesses are counted by visitor."""
    subject = f"message-link:{from_request(request).address}"
    try:
        count_attempt(subject=subject, limit=TRIES_AT_CODES, window=WINDOW)
    except TooManyAttempts as error:
        return keep_private(render(request, "429.html", status=error.status))
    message = message_of_link(code)
    if message is None:
        return keep_private(render(request, "scheduling/appointment/link_unknown.html", status=404))
    give_back_attempt(subject=subject, window=WINDOW)
    if is_replaced(message):
        return keep_private(render(request, "scheduling/appointment/link_unknown.html", status=410))
    name, secret = page_of(message)
    return keep_private(redirect(name, secret=secret))

"""`/ws/token/<secret>/?language=en`: one person's place in the queue, live. For whoever holds the secret of a token.

Sends the place as HTML at once, and anew whenever anything changes it; a sign of life every few seconds, so that the
page notices a line that is dead. Nothing is expected of whoever listens. Closed with 4404 when the link is unknown or
its day is over.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from django.conf import settings
from django.utils import timezone

from accounts.live.guards import Close, Scope, open_to
from accounts.live.sockets import Send
from accounts.live.viewers import Receive, Shown, serve_viewer
from accounts.live.visitors import ask
from queueing.live_tokens import TokenRoom
from queueing.selectors.day_end import day_is_over_at
from queueing.selectors.token_states import token_of_link

LONGEST_QUERY = 200


@open_to("secret_link")
async def token(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one socket until it ends."""
    await serve_viewer(scope, receive, send, find)


async def find(scope: Scope) -> Shown | Close:
    """What the socket is shown, or with which code it is closed."""
    query = scope["query_string"]
    secret = scope["url_route"]["kwargs"]["secret"]
    if len(query) > LONGEST_QUERY:
        return Close.BAD_FRAME
    language = parse_qs(query.decode("ascii", "replace")).get("language", [settings.LANGUAGE_CODE])[-1]
    if language not in dict(settings.LANGUAGES):
        return Close.BAD_FRAME
    return await ask(_shown, secret, language)


def _shown(secret: str, language: str) -> Shown | Close:
    token = token_of_link(secret)
    if token is None:
        return Close.UNKNOWN
    left = day_is_over_at(token.day, token.location) - timezone.now()
    if left.total_seconds() <= 0:
        return Close.UNKNOWN
    room = TokenRoom(token.pk, language)
    return Shown(room.name, room.state(), left.total_seconds(), has_pulse=True)

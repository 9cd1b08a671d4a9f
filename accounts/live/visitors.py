"""Who is behind a socket, and whether they still may be there.

A page of ours brings its session's cookie, a program its access token. What either is worth stands in the database, and
may end while the socket is open: by signing out, a new password, idleness, a person or a role taken away. So all
sockets of a process are looked at together every few seconds, in the same number of queries for one as for a thousand.
An open socket is no activity: it keeps nobody signed in.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any, Generic, TypeVar
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.api.authentication import bearer_in, read_bearer
from accounts.live.guards import Close, Scope, header
from accounts.live.renderer import Renderer
from accounts.live.sockets import Socket
from accounts.middleware import SEEN_KEY
from accounts.models import User
from accounts.selectors.sign_ins import live_sign_ins

logger = logging.getLogger("frontdesk.live")

Answer = TypeVar("Answer")

LOOK_EVERY = 2.5
"""Seconds between two looks at everybody: whoever may no longer be there hears nothing more within five."""
UNSURE_AFTER = 15.0
"""Seconds without a look that succeeded after which nobody stays: we do not know any more who may."""
ASKED_FOR = 10.0
"""Seconds that somebody at the door waits for the database."""

doorkeeper = Renderer()
"""One thread asks the database about visitors: however many knock at once, bookings keep the rest of the machine, and
what is told live does not wait behind those who knock."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What somebody showed at the door: the key of a session, or a token of a program's sign-in."""

    session_key: str = ""
    sign_in: UUID | None = None
    user_id: int = 0
    until: datetime | None = None


async def ask(question: Callable[..., Answer], *arguments: object) -> Answer:
    """Ask the database something, outside the event loop. Raises TimeoutError when it does not answer in time."""
    future = doorkeeper.ask(partial(question, *arguments))
    return await asyncio.wait_for(asyncio.wrap_future(future), ASKED_FOR)


def brings_token(scope: Scope) -> bool:
    """Whether a program knocks, with a token, and not a page with its cookies."""
    return bool(header(scope, b"authorization"))


def shown_in(scope: Scope) -> str:
    """The token or the session's key in a handshake, whatever it is worth; empty without."""
    return header(scope, b"authorization") or _session_key(scope)


def _session_key(scope: Scope) -> str:
    return parse_cookie(header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME, "")


def credential_in(scope: Scope) -> Credential | None:
    """What is shown in a handshake; None when it is nothing, or no good. May read the database."""
    if brings_token(scope):
        return credential_of(bearer_in(header(scope, b"authorization")) or "")
    key = _session_key(scope)
    return Credential(session_key=key) if key.isalnum() and key.isascii() and len(key) <= 40 else None


def credential_of(token: str) -> Credential | None:
    """What an access token is worth, while it is good."""
    sign_in = read_bearer(token)
    if sign_in is None:
        return None
    return Credential(sign_in=sign_in.pk, user_id=sign_in.user_id, until=sign_in.token_expires_at)


def recognise(credentials: Iterable[Credential]) -> dict[Credential, User]:
    """Whose these are, as far as they are still good: the rules of `SessionRules` and of programs' sign-ins.

    Four queries at most, however many there are.
    """
    shown = set(credentials)
    sessions = _sessions({one.session_key for one in shown if one.session_key})
    sign_ins = _good_sign_ins(shown)
    whose = {one: _user_id(sessions.get(one.session_key, {})) if one.session_key else one.user_id for one in shown}
    users = {user.pk: user for user in User.objects.filter(pk__in=set(whose.values()) - {0}, is_active=True)}
    found = {one: users[user_id] for one, user_id in whose.items() if user_id in users}
    proven = _with_second_factor(found)
    return {
        one: user
        for one, user in found.items()
        if (one.sign_in in sign_ins if one.sign_in else _holds(sessions[one.session_key], user, proven))
    }


def _sessions(keys: Collection[str]) -> dict[str, dict[str, Any]]:
    if not keys:
        return {}
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    rows = store.get_model_class().objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return {key: store.decode(data) for key, data in rows.values_list("session_key", "session_data")}


def _good_sign_ins(shown: Iterable[Credential]) -> set[UUID]:
    now = timezone.now()
    unspent = {one.sign_in for one in shown if one.sign_in and (one.until is None or one.until > now)}
    return live_sign_ins(unspent) if unspent else set()


def _user_id(session: Mapping[str, Any]) -> int:
    text = str(session.get(SESSION_KEY, ""))
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _with_second_factor(found: Mapping[Credential, User]) -> set[int]:
    """Which staff have set up a second factor, where the clinic asks for one."""
    if not settings.STAFF_NEED_SECOND_FACTOR:
        return set()
    staff = {user.pk for one, user in found.items() if one.session_key and user.is_staff}
    return set(Authenticator.objects.filter(user_id__in=staff).values_list("user_id", flat=True))


def _holds(session: Mapping[str, Any], user: User, proven: Collection[int]) -> bool:
    if not constant_time_compare(str(session.get(HASH_SESSION_KEY, "")), user.get_session_auth_hash()):
        return False
    if not user.is_staff:
        return True
    seen = session.get(SEEN_KEY)
    is_idle = seen is not None and time.time() - seen >= settings.STAFF_IDLE_SECONDS
    return not is_idle and (not settings.STAFF_NEED_SECOND_FACTOR or user.pk in proven)


class Guest:
    """Somebody behind an open socket."""

    def __init__(self, socket: Socket, credential: Credential) -> None:
        self.socket = socket
        self.credential = credential


SomeGuest = TypeVar("SomeGuest", bound=Guest)


class Watch(Generic[SomeGuest]):
    """Looks at all guests of the process together, again and again, and closes the sockets of those who may not stay.

    `look` is given the guests who are still recognised, each with the user as of now; it runs in the thread that reads
    the database, and returns why somebody must go all the same.
    """

    def __init__(self, look: Callable[[Mapping[SomeGuest, User]], Mapping[SomeGuest, Close]]) -> None:
        self.look = look
        self.guests: set[SomeGuest] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, guest: SomeGuest) -> None:
        """Look after somebody from now on."""
        self.guests.add(guest)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._keep_looking())

    def remove(self, guest: SomeGuest) -> None:
        """They have gone."""
        self.guests.discard(guest)
        if not self.guests and self._task is not None:
            self._task.cancel()
            self._task = None

    def who_must_go(self, guests: Collection[SomeGuest]) -> dict[SomeGuest, Close]:
        """Who of them may no longer be there, and why."""
        shown = {guest: guest.credential for guest in guests}  # they may show another one meanwhile
        known = recognise(shown.values())
        here = {guest: known[credential] for guest, credential in shown.items() if credential in known}
        return {**{guest: Close.NOT_SIGNED_IN for guest in guests if guest not in here}, **self.look(here)}

    async def _keep_looking(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                going = await ask(self.who_must_go, list(self.guests))
            except Exception:
                logger.warning("could not look who may stay", exc_info=True)
                if time.monotonic() - last >= UNSURE_AFTER:
                    self._close(dict.fromkeys(self.guests, Close.TRY_AGAIN))
            else:
                last = time.monotonic()
                self._close(going)

    @staticmethod
    def _close(going: Mapping[SomeGuest, Close]) -> None:
        for guest, code in going.items():
            guest.socket.close(code)

"""What a waiting-room screen says, in each language of the clinic. Read by everybody who waits: plain and short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from queueing.doctor_words import back_to_come
from queueing.languages import VOICES
from queueing.models import Queue
from queueing.states import DoctorStatus


def in_turn(codes: Sequence[str], say: Callable[[], str]) -> SafeString:
    """A sentence in each of the languages, the first of which is seen until the page's script turns them."""
    rest = SafeString(" hidden")
    said = ((code, _direction(code), "" if code == codes[0] else rest, _in(code, say)) for code in codes)
    return format_html_join("", '<span class="turn" lang="{}" dir="{}"{}>{}</span>', said)


@cache
def spoken(codes: tuple[str, ...]) -> SafeString:
    """How a call is spoken in each language: `{token}`, `{room}` and `{number}` are filled in by the page's script."""
    ways = (call_to_a_room, call_without_room, room_number)
    said = ((code, VOICES[code], *(_in(code, way) for way in ways)) for code in codes)
    marks = '<i lang="{}" data-voice="{}" data-to-room="{}" data-alone="{}" data-room-number="{}"></i>'
    return format_html_join("", marks, said)


def _in(code: str, say: Callable[[], str]) -> str:
    with translation.override(code):
        return say()


def _direction(code: str) -> str:
    with translation.override(code):
        return "rtl" if translation.get_language_bidi() else "ltr"


# --- Sentences --------------------------------------------------------------------------------------------------


def call_to_a_room() -> str:
    """Spoken twice when somebody is called."""
    return _("Token {token}, please go to {room}.")


def call_without_room() -> str:
    """The same where no room is known."""
    return _("Token {token}, please come in.")


def room_number(number: str = "{number}") -> str:
    """A room that the clinic calls by a number alone."""
    return _("Room %(number)s") % {"number": number}


def doctor_status(queue: Queue) -> str:
    """How the doctor's day goes."""
    match queue.status:
        case DoctorStatus.ON_TIME:
            return _("On time")
        case DoctorStatus.RUNNING_LATE:
            return _late(queue.late_minutes)
        case DoctorStatus.ON_BREAK:
            return _break(queue)
        case DoctorStatus.FINISHED:
            return _("Finished for today")
    return _("Not started yet")


def _late(minutes: int) -> str:
    if not minutes:
        return _("Running late")
    words = ngettext("Running about %(minutes)s minute late", "Running about %(minutes)s minutes late", minutes)
    return words % {"minutes": minutes}


def _break(queue: Queue) -> str:
    back_at = back_to_come(queue)
    if back_at is None:
        return _("On a break")
    return _("On a break until %(time)s") % {"time": wall_clock(back_at.astimezone(queue.location.zone))}


def wall_clock(moment: datetime) -> str:
    """A time of day as clocks of the country show it."""
    return date_format(moment, "H:i")


def waiting(count: int) -> str:
    """How many wait."""
    if not count:
        return _("Nobody is waiting")
    return ngettext("%(count)s person waiting", "%(count)s people waiting", count) % {"count": count}


def stale() -> str:
    """Beside a time, when the screen has lost the clinic."""
    return _("Reconnecting. Last updated at {time}.")


WORDS: dict[str, Callable[[], str]] = {
    "please_come_in": lambda: _("Please come in"),
    "last_called": lambda: _("Last called"),
    "nobody_called": lambda: _("Nobody has been called yet"),
    "before": lambda: _("Called before"),
    "doctors": lambda: _("Doctors today"),
    "next": lambda: _("Next"),
    "no_queues": lambda: _("No doctor has a queue here yet today. Please speak to the desk."),
    "enable_sound": lambda: _("Sound is off. Tap to turn it on"),
    "sound_on": lambda: _("Sound is on. Tap to turn it off"),
    "refresh": lambda: _("Refresh"),
    "stale": stale,
}
"""What stays the same whatever happens in the queue."""


@cache
def every_word(codes: tuple[str, ...]) -> dict[str, SafeString]:
    """All of `WORDS` in each language; made once, for they stand in every picture."""
    return {name: in_turn(codes, say) for name, say in WORDS.items()}


def code_of(text: str) -> SafeString:
    """A token's code, which reads from left to right in every language."""
    return format_html('<bdi dir="ltr">{}</bdi>', text)

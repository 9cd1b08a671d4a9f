"""What the screen of a waiting room shows: who is called, who is next, how the doctors' day goes. Never a name.

A room is a screen's view: a location, perhaps one doctor of it. All screens of a room are sent the same HTML, which
holds every language of the clinic; the page's script lets one of them be seen at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.live.published import Published, database_clock
from queueing import board_words as words
from queueing.languages import codes_in
from queueing.models import QueuePolicy, Token
from queueing.selectors.calls import Call, initials_of, latest_calls
from queueing.selectors.lines import Line, lines_of
from queueing.selectors.queues import policy_of, queues_on_show
from queueing.states import TokenStatus
from scheduling.clock import local_date
from scheduling.models import Doctor, Location
from scheduling.query_values import read_number

ANY_DOCTOR = "-"
STATE = "state"
"""The one part of a board's room."""

MOST_CALLED = 5
"""So many who are called fit on a screen in letters that are read across a room."""
MOST_BEFORE = 6
MOST_NEXT = 5

STATIC_FILES = ("board.css", "board.js", "board_calls.js", "board_sound.js", "frontdesk.css")


class RoomUnknown(LookupError):
    """There is no such location, or no such doctor there."""


class BoardRoom(NamedTuple):
    """What a screen shows: a location, or one doctor of it."""

    location_id: int
    doctor_id: int | None = None

    @property
    def name(self) -> str:
        """The hub's name for it."""
        return f"{rooms_of(self.location_id)}{self.doctor_id or ANY_DOCTOR}"

    @classmethod
    def from_name(cls, name: str) -> BoardRoom:
        """Back from `name`."""
        _, location, doctor = name.split(":")
        return cls(int(location), None if doctor == ANY_DOCTOR else int(doctor))

    def read(self) -> list[Published]:
        """What is the case now. Raises RoomUnknown."""
        if not Location.objects.filter(pk=self.location_id, is_active=True).exists():
            raise RoomUnknown
        version = database_clock()
        return list(board_messages(lines_of(queues_on_show(self.location_id)), {self.name}, version))


def rooms_of(location_id: int) -> str:
    """What the hub's names of a location's boards begin with."""
    return f"board:{location_id}:"


def find_room(slug: str, doctor: str | None) -> tuple[Location, BoardRoom]:
    """The room of an address; `doctor` as it stands there, if it does. Raises RoomUnknown."""
    location = Location.objects.filter(slug=slug, is_active=True).first()
    if location is None:
        raise RoomUnknown
    if doctor is None:
        return location, BoardRoom(location.pk)
    doctor_id = read_number(doctor)
    if doctor_id is None or not Doctor.objects.filter(pk=doctor_id, locations=location).exists():
        raise RoomUnknown
    return location, BoardRoom(location.pk, doctor_id)


def board_messages(lines: Sequence[Line], rooms: Iterable[str], version: int) -> Iterator[Published]:
    """What the boards among `rooms` are told. `version` was asked before the lines were read."""
    wanted = [BoardRoom.from_name(name) for name in sorted(rooms)]
    if not wanted:
        return
    shown = [line for line in lines if is_on_show(line)]
    calls = latest_calls(line.queue.pk for line in shown)
    policy = lines[0].policy if lines else policy_of(wanted[0].location_id)
    for room in wanted:
        body = render(_only(room, shown), calls, policy)
        yield Published(room=room.name, part=STATE, version=version, body=body)


def is_on_show(line: Line) -> bool:
    """Whether a queue belongs on a screen: it is of today, or goes on past midnight."""
    today = local_date(line.now, line.queue.location.zone)
    if line.queue.day == today:
        return True
    goes_on = line.queue.closed_at is None and bool(line.called or line.running or line.waiting)
    return goes_on and line.queue.day == today - timedelta(days=1)


def _only(room: BoardRoom, lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if room.doctor_id in (None, line.queue.doctor_id)]


# --- The picture ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A call in the picture."""

    id: int
    code: SafeString
    initials: SafeString
    room: SafeString


def render(lines: Sequence[Line], calls: Sequence[Call], policy: QueuePolicy) -> str:
    """The whole screen as HTML, the same for everybody who looks."""
    codes = codes_in(policy.board_languages)
    ours = {line.queue.pk for line in lines}
    calls = [call for call in calls if call.queue_id in ours]
    called, before = _sorted_out(calls, lines)
    context = {
        "build": build(policy.board_languages),
        "codes": codes,
        "words": words.every_word(codes),
        "spoken": words.spoken(codes),
        "called": [_shown(call, policy, codes) for call in called],
        "before": [_shown(call, policy, codes) for call in before],
        "doctors": [_doctor(line, codes) for line in lines],
        "feed": calls,
    }
    return render_to_string("queueing/board/_state.html", context)


def _sorted_out(calls: Sequence[Call], lines: Sequence[Line]) -> tuple[list[Call], list[Call]]:
    """The last call of everybody who is awaited, and of those who went in; the latest first."""
    awaited = {token.pk for line in lines for token in line.called}
    last: dict[int, Call] = {}
    for call in calls:
        last.setdefault(call.token_id, call)
    called = [call for call in last.values() if call.token_id in awaited]
    seen = [call for call in last.values() if call.status in (TokenStatus.IN_CONSULTATION, TokenStatus.COMPLETED)]
    return called[:MOST_CALLED], [*called[MOST_CALLED:], *seen][:MOST_BEFORE]


def _shown(call: Call, policy: QueuePolicy, codes: Sequence[str]) -> Shown:
    initials = _initials(policy, call.first_name, call.last_name)
    return Shown(call.id, words.code_of(call.code), initials, _room(call.room, codes))


def _initials(policy: QueuePolicy, *names: str) -> SafeString:
    """Of clinics that show them; they read from left to right wherever they are Latin."""
    letters = initials_of(*names) if policy.shows_initials else ""
    return format_html("<bdi>{}</bdi>", letters) if letters else SafeString("")


def _room(name: str, codes: Sequence[str]) -> SafeString:
    if name.isdecimal():
        return words.in_turn(codes, lambda: words.room_number(name))
    return format_html("<bdi>{}</bdi>", name) if name else SafeString("")


def _doctor(line: Line, codes: Sequence[str]) -> dict[str, Any]:
    queue, count = line.queue, len(line.waiting)
    return {
        "id": queue.pk,
        "name": queue.doctor.name,
        "room": _room(queue.place, codes),
        "status": queue.status,
        "status_words": words.in_turn(codes, lambda: words.doctor_status(queue)),
        "waiting": words.in_turn(codes, lambda: words.waiting(count)),
        "next": [_next(place.token, line.policy) for place in line.waiting[:MOST_NEXT]],
    }


def _next(token: Token, policy: QueuePolicy) -> dict[str, SafeString]:
    initials = _initials(policy, token.patient.first_name, token.patient.last_name)
    return {"code": words.code_of(token.code), "initials": initials}


# --- Which page this is -----------------------------------------------------------------------------------------


def build(languages: str) -> str:
    """Which page belongs to what is sent: one that is older, or of other languages, loads itself anew."""
    return hashlib.sha256(f"{_files()} {' '.join(codes_in(languages))}".encode()).hexdigest()[:12]


@cache
def _files() -> str:
    """What the page is made of, as it was when this process began."""
    found = [finders.find(f"frontdesk/{name}") for name in STATIC_FILES]
    template = Path(__file__).parent / "templates/queueing/board/board.html"
    content = b"".join(Path(path).read_bytes() for path in [*found, template] if path)
    return hashlib.sha256(content).hexdigest()

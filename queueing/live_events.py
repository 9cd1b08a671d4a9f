"""What programs and staff screens are told live of queues, as JSON (docs/events.md).

Codes, numbers, places and states; no names and no words of anybody's. Staff hear of the queues whose visits they may
hear of, everybody who works at a location of its emergencies, patients of their own place only. Each message is the
whole state of what it names, read after the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from accounts.live.published import Published
from queueing.changes import Change
from queueing.models import EmergencyRequest, Queue, Token
from queueing.selectors.lines import Line, Place
from queueing.states import DoctorStatus, Step
from queueing.wait_words import rounded_minutes
from scheduling.live_events import PREFIX as EVENTS
from scheduling.live_events import message, moment
from scheduling.models import Appointment
from scheduling.rules import rooms_of_people, rooms_of_place, rooms_of_visits_at

CALLS = frozenset({Step.CALLED, Step.RECALLED})
SAYS_STATUS = frozenset({"status", "closed"})
"""Changes of a queue (`signals.queue_changed`) with which the doctor's status changes."""


def queue_messages(
    lines: Sequence[Line], changes: Sequence[Change], rooms: set[str], version: int, *, everywhere: bool = False
) -> Iterator[Published]:
    """What the rooms in which anybody listens are told of queues in which something changed; of all of them when it
    was, `everywhere`, something about the location. `version` was asked before the lines were read."""
    teller = _Teller(rooms, version)
    changed = {change.queue_id for change in changes}
    for line in lines:
        if not everywhere and line.queue.pk not in changed:
            continue
        of_this = [change for change in changes if change.queue_id == line.queue.pk]
        yield from _told_to_staff(line, of_this, teller)
        yield from _told_to_patients(line, of_this, teller)


def emergency_messages(emergency_ids: Iterable[int], rooms: set[str], version: int) -> Iterator[Published]:
    """What everybody who works at a place, and listens, is told of its emergencies."""
    teller = _Teller(rooms, version)
    found = EmergencyRequest.objects.select_related("token__queue").filter(pk__in=list(emergency_ids)).order_by("pk")
    for emergency in found if rooms else ():
        places = rooms_of_place(emergency.location_id)
        yield from teller.tell("emergency_alert", f"emergency:{emergency.pk}", _emergency(emergency), places)


class _Teller:
    """Makes the messages for those of some rooms in which anybody listens."""

    def __init__(self, listened: set[str], version: int) -> None:
        self.listened = listened
        self.version = version

    def tell(self, kind: str, part: str, data: dict[str, Any], rooms: Iterable[str]) -> Iterator[Published]:
        """The same message for each."""
        heard = self.heard(rooms)
        if heard:
            body = message(kind, data, version=self.version)
            # A part for each kind: the hub drops older tellings of a part, never those of another kind.
            yield from (Published(room, f"{kind}:{part}", self.version, body) for room in heard)

    def heard(self, rooms: Iterable[str]) -> list[str]:
        """The names of those in which anybody listens."""
        return [name for name in (f"{EVENTS}{room}" for room in rooms) if name in self.listened]


# --- Staff ------------------------------------------------------------------------------------------------------


def _told_to_staff(line: Line, changes: Sequence[Change], teller: _Teller) -> Iterator[Published]:
    queue = line.queue
    rooms = rooms_of_visits_at(doctor_id=queue.doctor_id, location_id=queue.location_id)
    if not teller.heard(rooms):
        return
    yield from teller.tell("queue_update", str(queue.pk), _state(line), rooms)
    if _status_changed(line, changes):
        yield from teller.tell("doctor_status", str(queue.pk), _day(queue), rooms)
    for token in _called(line, changes):
        yield from teller.tell("patient_called", str(token.pk), _call(token, queue), rooms)


def _status_changed(line: Line, changes: Sequence[Change]) -> bool:
    """Whether somebody said how the day goes, or the first who was called or let in did, or it was closed."""
    if any(change.what in SAYS_STATUS for change in changes):
        return True
    first = {change.token_id for change in changes if change.what in (Step.CALLED, Step.STARTED)}
    here = [token for token in (*line.called, *line.running) if token.pk in first]
    moments = {moment for token in here for moment in (token.called_at, token.started_at) if moment is not None}
    return line.queue.status_at in moments


def _called(line: Line, changes: Sequence[Change]) -> list[Token]:
    """Those who were just called and have not left since."""
    called = {change.token_id for change in changes if change.what in CALLS}
    return [token for token in (*line.called, *line.running) if token.pk in called]


# --- Patients ---------------------------------------------------------------------------------------------------


def _told_to_patients(line: Line, changes: Sequence[Change], teller: _Teller) -> Iterator[Published]:
    """Each hears of their own place, and nothing of who else is there."""
    if not any(name.startswith(f"{EVENTS}user.") for name in teller.listened):
        return
    said, called = _status_changed(line, changes), {token.pk for token in _called(line, changes)}
    people = (*_here(line), *_gone(line, changes))
    visits = Appointment.objects.select_related("patient__user", "booked_by").in_bulk(
        [token.appointment_id for token, _place in people]
    )
    for token, place in people:
        rooms = rooms_of_people(visits[token.appointment_id])
        if not teller.heard(rooms):
            continue
        yield from teller.tell("queue_position_change", str(token.pk), _position(token, place, line.queue), rooms)
        if said:
            yield from teller.tell("doctor_status", str(line.queue.pk), _day(line.queue), rooms)
        if token.pk in called:
            yield from teller.tell("patient_called", str(token.pk), _call(token, line.queue), rooms)


def _here(line: Line) -> list[tuple[Token, Place | None]]:
    waiting: list[tuple[Token, Place | None]] = [(place.token, place) for place in line.waiting]
    return [*waiting, *((token, None) for token in (*line.called, *line.running))]


def _gone(line: Line, changes: Sequence[Change]) -> list[tuple[Token, None]]:
    """Those whom something happened to and who are in the queue no more."""
    here = {token.pk for token, _place in _here(line)}
    gone = {change.token_id for change in changes if change.token_id is not None} - here
    found = Token.objects.filter(pk__in=gone, queue=line.queue).order_by("pk")
    return [(token, None) for token in (found if gone else ())]


# --- What is said -----------------------------------------------------------------------------------------------


def _state(line: Line) -> dict[str, Any]:
    """A whole queue."""
    return {
        **_day(line.queue),
        "room": line.queue.place,
        "closed_at": moment(line.queue.closed_at),
        "called": [{**_token(token), "room": token.room, "calls": token.calls} for token in line.called],
        "in_consultation": [_token(token) for token in line.running],
        "waiting": [
            {**_token(place.token), "position": place.position, "wait": _wait(place, line.queue)}
            for place in line.waiting
        ],
    }


def _day(queue: Queue) -> dict[str, Any]:
    """How a doctor's day goes."""
    return {
        "queue": queue.pk,
        "doctor": queue.doctor_id,
        "location": queue.location_id,
        "day": queue.day.isoformat(),
        "status": str(queue.status),
        "late_minutes": queue.late_minutes,
        "back_at": moment(queue.back_at),
    }


def _token(token: Token) -> dict[str, Any]:
    return {"token": token.pk, "code": token.code, "appointment": token.appointment_id, "version": token.version}


def _call(token: Token, queue: Queue) -> dict[str, Any]:
    """Who goes where."""
    return {
        **_token(token),
        "queue": queue.pk,
        "doctor": queue.doctor_id,
        "location": queue.location_id,
        "room": token.room,
        "calls": token.calls,
        "called_at": moment(token.called_at),
    }


def _position(token: Token, place: Place | None, queue: Queue) -> dict[str, Any]:
    """Where somebody is, for themselves."""
    return {
        **_token(token),
        "queue": queue.pk,
        "doctor": queue.doctor_id,
        "location": queue.location_id,
        "status": str(token.status),
        "position": None if place is None else place.position,
        "wait": None if place is None else _wait(place, queue),
        "successor": token.successor_id,
    }


def _wait(place: Place, queue: Queue) -> dict[str, int] | None:
    """The range in minutes, as pages and the API say it."""
    if queue.status == DoctorStatus.FINISHED:
        return None
    low, high = rounded_minutes(place.wait)
    return {"low": low, "middle": round(place.wait.middle / 60), "high": high}


def _emergency(emergency: EmergencyRequest) -> dict[str, Any]:
    """Where help is needed; what is the matter, the API tells."""
    token = emergency.token
    return {
        "id": emergency.pk,
        "what": "raised" if emergency.acknowledged_at is None else "acknowledged",
        "location": emergency.location_id,
        "source": str(emergency.source),
        "token": None if token is None else token.pk,
        "code": None if token is None else token.code,
        "queue": None if token is None else token.queue_id,
        "raised_at": moment(emergency.raised_at),
        "acknowledged_at": moment(emergency.acknowledged_at),
    }

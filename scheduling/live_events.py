"""What programs and staff screens are told live, as JSON: which slots and which visits changed, and how they are now.

    {"type": "slot_update", "version": 1795000000000000, "at": "2026-11-20T13:45:00.123456Z", "data": {...}}

The data are the whole state of what they name, read after the change was committed; keys, times and states, no names
and no reasons. `version` is the database's clock: of two tellings of the same object the higher one is the later.
docs/events.md describes it for those who listen, rules.py says who may.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from accounts.live.announcer import announcer
from accounts.live.published import Published, database_clock
from scheduling import rules
from scheduling.models import Appointment, Slot
from scheduling.selectors.availability import with_free_seats

PREFIX = "events:"
"""What the hub's names of these rooms begin with."""

AT_ONCE = 200
"""So many slots one message tells of; a batch of thousands comes in several."""


class _Change(NamedTuple):
    """What happened to a slot, and what it was if it is gone."""

    what: str
    gone: Slot | None = None


class _Waiting:
    """What changed since it was last told. Threads that book fill it, the renderer's thread empties it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[int, _Change] = {}
        self._visits: dict[int, str | None] = {}

    def add(self, slots: dict[int, _Change], visits: dict[int, str | None]) -> None:
        """Of a slot the last that happened counts; of a visit's steps, the state before the first."""
        with self._lock:
            self._slots.update(slots)
            for visit_id, previous in visits.items():
                self._visits.setdefault(visit_id, previous)

    def take(self) -> tuple[dict[int, _Change], dict[int, str | None]]:
        """All of it; nothing is left."""
        with self._lock:
            taken = self._slots, self._visits
            self._slots, self._visits = {}, {}
        return taken

    def put_back(self, slots: dict[int, _Change], visits: dict[int, str | None]) -> None:
        """What could not be told; what happened meanwhile is the later."""
        with self._lock:
            self._slots = {**slots, **self._slots}
            self._visits = {**self._visits, **visits}


_waiting = _Waiting()


def tell_of_slots(slot_ids: Iterable[int], what: str, gone: Sequence[Slot] = ()) -> None:
    """Something happened to these slots. Call it after commit."""
    was = {slot.pk: slot for slot in gone}
    _tell(slots={slot_id: _Change(what, was.get(slot_id)) for slot_id in slot_ids})


def tell_of_visit(appointment_id: int, previous: str | None) -> None:
    """A visit was made (`previous` is None) or changed its state. Call it after commit."""
    _tell(visits={appointment_id: previous})


def _tell(slots: dict[int, _Change] | None = None, visits: dict[int, str | None] | None = None) -> None:
    if not announcer.may_be_heard():  # and nothing is kept for them
        return
    _waiting.add(slots or {}, visits or {})
    announcer.tell("events", _read_changes)


def _read_changes() -> list[Published]:
    """All that is to be told of by now, in a fixed number of queries for some hundreds of changes."""
    slots, visits = _waiting.take()
    try:
        listened = announcer.listened(PREFIX)
        return [*_slot_updates(slots, listened), *_visit_updates(visits, listened)] if listened else []
    except BaseException:
        _waiting.put_back(slots, visits)  # it is tried again
        raise


# --- Slots ------------------------------------------------------------------------------------------------------


def _slot_updates(changes: dict[int, _Change], listened: set[str]) -> Iterator[Published]:
    version = database_clock()
    for (doctor_id, location_id, what), slots in _by_place(changes).items():
        rooms = rules.rooms_of_slots(doctor_id=doctor_id, location_id=location_id)
        for start in range(0, len(slots), AT_ONCE):
            some = slots[start : start + AT_ONCE]
            data = {"what": what, "doctor": doctor_id, "location": location_id, "slots": some}
            # A part for each set of slots: the hub drops older tellings of a part, never those of other slots.
            part = f"slots:{','.join(str(slot['id']) for slot in some)}"
            yield from _published("slot_update", part, version, data, rooms, listened)
            offered = {**data, "slots": [_as_offered(slot) for slot in some]}
            yield from _published("slot_update", part, version, offered, [rules.offered_room(doctor_id)], listened)


def _by_place(changes: dict[int, _Change]) -> dict[tuple[int, int, str], list[dict[str, Any]]]:
    """The slots as they are now, by doctor, location and what happened to them."""
    found: dict[tuple[int, int, str], list[dict[str, Any]]] = defaultdict(list)
    for change in changes.values():
        if change.gone is not None:
            key = (change.gone.doctor_id, change.gone.location_id, change.what)
            found[key].append(_slot(change.gone, free=0, is_open=False))
    there = sorted(slot_id for slot_id, change in changes.items() if change.gone is None)
    for start in range(0, len(there), AT_ONCE):
        for slot in with_free_seats(Slot.objects.filter(pk__in=there[start : start + AT_ONCE]).order_by("pk")):
            free: int = slot.free  # type: ignore[attr-defined]
            key = (slot.doctor_id, slot.location_id, changes[slot.pk].what)
            found[key].append(_slot(slot, free=free, is_open=slot.is_open))
    return found


def _slot(slot: Slot, *, free: int, is_open: bool) -> dict[str, Any]:
    return {
        "id": slot.pk,
        "starts_at": moment(slot.starts_at),
        "ends_at": moment(slot.ends_at),
        "capacity": slot.capacity,
        "free": free,
        "is_open": is_open,
    }


def _as_offered(slot: dict[str, Any]) -> dict[str, Any]:
    """What everybody may know of a slot: whether it can be booked, not how many come."""
    shown = {name: slot[name] for name in ("id", "starts_at", "ends_at")}
    return {**shown, "free": slot["free"] if slot["is_open"] else 0, "is_open": slot["is_open"]}


# --- Visits -----------------------------------------------------------------------------------------------------


def _visit_updates(changes: dict[int, str | None], listened: set[str]) -> Iterator[Published]:
    version = database_clock()
    visits = Appointment.objects.select_related("patient__user", "booked_by").filter(pk__in=changes)
    for visit in visits.order_by("pk"):
        rooms = rules.rooms_of_visit(visit)
        data = _visit(visit, changes[visit.pk])
        yield from _published("appointment_update", f"visit:{visit.pk}", version, data, rooms, listened)


def _visit(visit: Appointment, previous: str | None) -> dict[str, Any]:
    return {
        "id": visit.pk,
        "number": visit.number,
        "status": str(visit.status),
        "previous": None if previous is None else str(previous),
        "patient": visit.patient_id,
        "doctor": visit.doctor_id,
        "location": visit.location_id,
        "slot": visit.slot_id,
        "starts_at": moment(visit.starts_at),
        "ends_at": moment(visit.ends_at),
        "successor": visit.successor_id,
    }


# --- Messages ---------------------------------------------------------------------------------------------------


def _published(
    kind: str, part: str, version: int, data: dict[str, Any], rooms: Iterable[str], listened: set[str]
) -> Iterator[Published]:
    """The same message for each of the rooms in which anybody listens."""
    heard = [name for name in (f"{PREFIX}{room}" for room in rooms) if name in listened]
    if heard:
        body = message(kind, data, version=version)
        yield from (Published(room=name, part=part, version=version, body=body) for name in heard)


def message(kind: str, data: dict[str, Any], *, version: int | None = None) -> str:
    """A message as it goes over the wire; one that answers somebody carries the time of this machine's clock."""
    microseconds = time.time_ns() // 1000 if version is None else version
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return json.dumps({"type": kind, "version": microseconds, "at": moment(at), "data": data}, separators=(",", ":"))


def moment(time_of_day: datetime | None) -> str | None:
    """A moment as ISO 8601 has it, in UTC."""
    return None if time_of_day is None else time_of_day.astimezone(UTC).isoformat().replace("+00:00", "Z")

"""What sockets are told about the slots of a doctor: the times of a day, whole, whenever one of them changes.

A room is what somebody looks at: a doctor, perhaps at one location, perhaps on one day. Whoever listens is sent the
day's list as HTML, the same for everybody: no form, no token, nothing of whoever looks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.live.announcer import announcer
from accounts.live.hub import hub
from accounts.live.published import Published, database_clock
from scheduling.clock import local_date
from scheduling.day_times import is_free, parts_of_day, version_of
from scheduling.models import Doctor, Location, Slot
from scheduling.selectors.day import DayTime, day_times

ENGLISH: Final[str] = settings.LANGUAGE_CODE
NOT_SAID = "-"
CHUNK = 500


class RoomUnknown(LookupError):
    """There is no such doctor, or no such location."""


def slots_address(*, doctor_id: int, day: date, location_id: int) -> str:
    """Where a page hears of the times of a doctor's day."""
    query = urlencode({"day": day.isoformat(), "location": str(location_id), "language": get_language() or ENGLISH})
    return f"/ws/slots/{doctor_id}/?{query}"


class SlotsRoom(NamedTuple):
    """What somebody looks at: a doctor at one location or all, on one day or any, in a language."""

    doctor_id: int
    location_id: int | None = None
    day: date | None = None
    language: str = ENGLISH

    @property
    def name(self) -> str:
        """The hub's name for it."""
        return f"slots:{self.doctor_id}:{self.location_id or NOT_SAID}:{self.day or NOT_SAID}:{self.language}"

    @classmethod
    def from_name(cls, name: str) -> SlotsRoom:
        """Back from `name`."""
        _, doctor, location, day, language = name.split(":")
        return cls(
            doctor_id=int(doctor),
            location_id=None if location == NOT_SAID else int(location),
            day=None if day == NOT_SAID else date.fromisoformat(day),
            language=language,
        )

    def read(self) -> list[Published]:
        """What is the case: the day, or, in a room of any day, those that it was told of. Raises RoomUnknown."""
        self._require_known()
        days = [self.day] if self.day else [date.fromisoformat(part) for part in hub.parts(self.name)]
        return [self.told_of(day, *read_times(self.doctor_id, self.location_id, day, self.language)) for day in days]

    def told_of(self, day: date, version: int, body: str) -> Published:
        """The message that tells this room of a day."""
        return Published(room=self.name, part=day.isoformat(), version=version, body=body)

    def _require_known(self) -> None:
        if not Doctor.objects.filter(pk=self.doctor_id).exists():
            raise RoomUnknown
        if self.location_id is not None and not Location.objects.filter(pk=self.location_id).exists():
            raise RoomUnknown


def read_times(doctor_id: int, location_id: int | None, day: date, language: str) -> tuple[int, str]:
    """The version and the HTML of a doctor's times on a day, as somebody sees them who keeps none of them."""
    version = database_clock()
    times = day_times(doctor_id=doctor_id, location_id=location_id, day=day)
    with translation.override(language):
        parts = parts_of_day(times)
        context = {
            "doctor_id": doctor_id,
            "day": day,
            "parts": [{"name": part.name, "slots": [_drawn(time, language) for time in part.slots]} for part in parts],
            "has_free": any(is_free(time) for time in times),
            "version": version_of(times),
            "is_live": True,
            "drawn": True,
        }
        return version, render_to_string("scheduling/book/_times.html", context)


@lru_cache(maxsize=10_000)
def _drawn(time: DayTime, _language: str) -> SafeString:
    """One time of the list. The others of a day are as they were when one of them changes."""
    return render_to_string("scheduling/book/_time.html", {"slot": time})


@dataclass(slots=True)
class _Change:
    """What changed of a doctor since somebody was last told: slots, those that are gone, or whether there are any."""

    slot_ids: set[int] = field(default_factory=set)
    gone: set[tuple[int, datetime]] = field(default_factory=set)
    all_days: bool = False

    def add(self, other: _Change) -> None:
        self.slot_ids |= other.slot_ids
        self.gone |= other.gone
        self.all_days |= other.all_days


_waiting: dict[int, _Change] = {}
_lock = threading.Lock()


def tell_of_slots(doctor_id: int, slot_ids: Iterable[int], gone: Iterable[Slot] = ()) -> None:
    """Slots of a doctor changed, or are gone: tell whoever looks at their days. Call it after commit."""
    _tell(doctor_id, _Change(set(slot_ids), {(slot.location_id, slot.starts_at) for slot in gone}))


def tell_of_doctor(doctor_id: int) -> None:
    """A doctor was switched on or off, or moved: tell whoever looks at any of their days. Call it after commit."""
    _tell(doctor_id, _Change(all_days=True))


def tell_of_location(location_id: int) -> None:
    """The same for everybody at a location."""
    announcer.tell(("slots of location", location_id), lambda: _read_location(location_id))


def _tell(doctor_id: int, change: _Change) -> None:
    if not announcer.may_be_heard():  # and nothing is kept for them
        return
    with _lock:
        _waiting.setdefault(doctor_id, _Change()).add(change)
    announcer.tell(("slots", doctor_id), lambda: _read_changes(doctor_id))


def _read_changes(doctor_id: int) -> list[Published]:
    with _lock:
        change = _waiting.pop(doctor_id, _Change())
    try:
        return list(_told(_rooms(f"slots:{doctor_id}:"), change))
    except BaseException:
        with _lock:  # it is tried again
            _waiting.setdefault(doctor_id, _Change()).add(change)
        raise


def _read_location(location_id: int) -> list[Published]:
    rooms = [room for room in _rooms("slots:") if room.location_id in (None, location_id)]
    return list(_told(rooms, _Change(all_days=True)))


def _rooms(beginning: str) -> list[SlotsRoom]:
    return [SlotsRoom.from_name(name) for name in announcer.listened(beginning)]


def _told(rooms: Sequence[SlotsRoom], change: _Change) -> Iterator[Published]:
    """What each room is told: every day of it that changed, read once a language however many rooms look at it."""
    if not rooms:
        return
    changed = set() if change.all_days else _days_of(change)
    read: dict[tuple[int, int | None, date, str], tuple[int, str]] = {}
    for room in rooms:
        for day in _days_for(room, changed, all_days=change.all_days):
            key = (room.doctor_id, room.location_id, day, room.language)
            if key not in read:
                read[key] = read_times(*key)
            yield room.told_of(day, *read[key])


def _days_for(room: SlotsRoom, changed: Iterable[tuple[int, date]], *, all_days: bool) -> set[date]:
    days = {day for location_id, day in changed if room.location_id in (None, location_id)}
    if room.day is not None:
        return {room.day} if all_days or room.day in days else set()
    return days | {date.fromisoformat(part) for part in hub.parts(room.name)} if all_days else days


def _days_of(change: _Change) -> set[tuple[int, date]]:
    """The local days, each with its location, on which the slots begin or began."""
    moments: set[tuple[int, str, datetime]] = set()
    if change.gone:
        zones = dict(Location.objects.values_list("pk", "time_zone"))
        moments |= {(place, zones[place], starts_at) for place, starts_at in change.gone}
    slot_ids = sorted(change.slot_ids)
    for start in range(0, len(slot_ids), CHUNK):
        found = Slot.objects.filter(pk__in=slot_ids[start : start + CHUNK]).order_by()
        moments |= set(found.values_list("location_id", "location__time_zone", "starts_at"))
    return {(place, local_date(starts_at, ZoneInfo(zone))) for place, zone, starts_at in moments}

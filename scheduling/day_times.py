"""The times of one day as a list shows them: in order, by part of the day, free or taken. For pages and for sockets."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from django.utils.translation import gettext as _

from scheduling.models import Slot
from scheduling.selectors.availability import slots_on
from scheduling.selectors.day import DayTime

NOON = 12
EVENING = 17


Time = Slot | DayTime
AnyTime = TypeVar("AnyTime", Slot, DayTime)


@dataclass(frozen=True, slots=True)
class PartOfDay(Generic[AnyTime]):
    """The times of a morning, afternoon or evening."""

    name: str
    slots: list[AnyTime]


def times_of(search: dict[str, int], day: date, *, held: Collection[int] = (), collapse: bool = False) -> list[Slot]:
    """The slots of a day, in order; those in `held` count as free. With `collapse`, one of several at one time."""
    slots = slots_on(day=day, **search)
    for slot in slots:
        slot.is_own = slot.pk in held  # type: ignore[attr-defined]
    return _one_each_time(slots) if collapse else slots


def is_free(slot: Time) -> bool:
    """Whether whoever looks can have it."""
    return bool(slot.is_free or slot.is_own)  # type: ignore[union-attr]


def _one_each_time(slots: Iterable[Slot]) -> list[Slot]:
    """Of the slots that begin together, the own one, else the first free one, else the first."""
    best: dict[object, Slot] = {}
    for slot in slots:
        rival = best.get(slot.starts_at)
        if rival is None or _rank(slot) > _rank(rival):
            best[slot.starts_at] = slot
    return list(best.values())


def _rank(slot: Slot) -> int:
    return 2 if slot.is_own else int(slot.is_free)  # type: ignore[attr-defined]


def version_of(slots: Iterable[Time]) -> str:
    """Changes when a slot of the list is taken, freed, added or removed."""
    state = ",".join(f"{slot.pk}{'+' if is_free(slot) else '-'}" for slot in slots)
    return hashlib.blake2s(state.encode(), digest_size=8).hexdigest()


def parts_of_day(slots: Iterable[AnyTime]) -> list[PartOfDay[AnyTime]]:
    """The slots by morning, afternoon and evening of their clinic's clock; empty parts are left out."""
    names = (_("Morning"), _("Afternoon"), _("Evening"))
    parts: list[list[AnyTime]] = [[], [], []]
    for slot in slots:
        hour = slot.starts_at.astimezone(slot.location.zone).hour
        parts[(hour >= NOON) + (hour >= EVENING)].append(slot)
    return [PartOfDay(name=name, slots=part) for name, part in zip(names, parts, strict=True) if part]

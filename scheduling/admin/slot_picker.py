"""Choosing a free slot without JavaScript: a doctor, a day to start from, and links to what is free."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from scheduling.admin.columns import on_the_clock
from scheduling.admin.date_filter import read_date
from scheduling.admin.scope import narrowed
from scheduling.admin.search import read_key
from scheduling.clock import day_bounds, local_date
from scheduling.models import Doctor, Slot
from scheduling.selectors.availability import free_slots, next_free_slots

DAYS_SHOWN = 14
FIRST_OFFERS = 30


@dataclass
class SlotPicker:
    """What the picker shows: doctors, the free slots by day, and the days before and after."""

    doctors: list[Doctor]
    doctor: Doctor | None
    day: date
    days: list[tuple[date, list[Slot]]] = field(default_factory=list)
    first_offers: list[Slot] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    @property
    def earlier(self) -> date | None:
        """The day from which the page before starts; none before today."""
        today = timezone.localdate()
        return max(self.day - timedelta(days=DAYS_SHOWN), today) if self.day > today else None

    @property
    def later(self) -> date:
        """The day from which the next page starts."""
        return self.day + timedelta(days=DAYS_SHOWN)


def pick_slot(request: HttpRequest, *, doctor: Doctor | None = None, kept: dict[str, str] | None = None) -> SlotPicker:
    """The picker for what the URL asks for (`doctor`, `day`); `kept` are the parameters that its links carry on."""
    doctors = list(narrowed(Doctor.objects.filter(is_active=True), request.user).select_related("specialty"))
    wanted = request.GET.get("doctor", str(doctor.pk) if doctor else "")
    chosen = next((candidate for candidate in doctors if str(candidate.pk) == wanted), None)
    picker = SlotPicker(
        doctors=doctors,
        doctor=chosen,
        day=max(read_date(request.GET.get("day")) or timezone.localdate(), timezone.localdate()),
        kept={name: value for name, value in (kept or {}).items() if value},
    )
    if chosen is not None:
        picker.days = _by_day(request, chosen, picker.day)
    else:
        offers = next_free_slots(doctor_ids=[candidate.pk for candidate in doctors], limit=FIRST_OFFERS)
        picker.first_offers = [_with_words(slot) for slot in _visible(request, offers)]
    return picker


def _by_day(request: HttpRequest, doctor: Doctor, first: date) -> list[tuple[date, list[Slot]]]:
    zone = timezone.get_current_timezone()
    start, end = day_bounds(first, zone)[0], day_bounds(first + timedelta(days=DAYS_SHOWN - 1), zone)[1]
    free = free_slots(doctor_ids=[doctor.pk]).filter(starts_at__gte=start, starts_at__lt=end)
    slots = [_with_words(slot) for slot in narrowed(free, request.user).order_by("starts_at")]
    grouped = groupby(slots, key=lambda slot: local_date(slot.starts_at, slot.location.zone))
    return [(day, list(rows)) for day, rows in grouped]


def _visible(request: HttpRequest, slots: list[Slot]) -> list[Slot]:
    keys = set(
        narrowed(Slot.objects.filter(pk__in=[slot.pk for slot in slots]), request.user).values_list("pk", flat=True)
    )
    return [slot for slot in slots if slot.pk in keys]


def _with_words(slot: Slot) -> Slot:
    words: Any = slot
    words.clock = on_the_clock(slot.starts_at, slot.location, with_date=False)
    words.moment = on_the_clock(slot.starts_at, slot.location)
    return slot


def visible_slot(request: HttpRequest, key: str | None) -> Slot | None:
    """The slot with that key, if this person may see it."""
    number = read_key(key)
    if number is None:
        return None
    slots = narrowed(Slot.objects.select_related("doctor__specialty", "location"), request.user)
    slot = slots.filter(pk=number).first()
    return _with_words(slot) if slot is not None else None

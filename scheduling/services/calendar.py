"""Single slots: made, opened, closed, widened and removed by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.clock import instant
from scheduling.database_guards import SLOT_OVERLAP, violated
from scheduling.errors import CapacityBelowTaken, InvalidCalendar, SlotBooked, SlotOverlap, SlotUnknown
from scheduling.models import Location, Slot
from scheduling.recurrence import Period, check_date
from scheduling.selectors.seats import overdue_slot_ids
from scheduling.services import seats
from scheduling.services.slot_generation import lock_doctors, occupied_times
from scheduling.signals import slot_changed

SHORTEST_MINUTES, LONGEST_MINUTES = 5, 480
LARGEST_CAPACITY = 100


def check_size(*, minutes: int, capacity: int, minutes_field: str = "duration_minutes") -> None:
    """Refuse slots that are too short, too long, or for nobody. Raises InvalidCalendar."""
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise InvalidCalendar(_("A slot lasts from 5 to 480 minutes."), field=minutes_field)
    if not 1 <= capacity <= LARGEST_CAPACITY:
        raise InvalidCalendar(_("A slot is for 1 to 100 patients."), field="capacity")


def create_slot(
    *, doctor_id: int, location_id: int, starts: datetime, minutes: int, actor: Actor, capacity: int = 1
) -> Slot:
    """Make one slot. `starts` without a zone is wall clock of the location.

    Raises InvalidCalendar, and SlotOverlap where the doctor already has one.
    """
    check_size(minutes=minutes, capacity=capacity)
    starts_at = _start(starts, location_id)
    period = Period(starts_at, starts_at + timedelta(minutes=minutes))
    with recorded(actor, "slot.create"):
        lock_doctors([doctor_id])
        if occupied_times(doctor_id, [period]).clashes(period):
            raise SlotOverlap
        slot = _insert(doctor_id, location_id, period, capacity)
        seats.announce(slot.pk, doctor_id, "added")
    return slot


def _start(starts: datetime, location_id: int) -> datetime:
    """The instant at which the slot starts. Raises InvalidCalendar."""
    location = Location.objects.filter(pk=location_id).first()
    if location is None:
        raise InvalidCalendar(_("We do not know that location."), field="location")
    check_date(starts.date(), field="starts_at")
    starts_at = instant(starts, location.zone) if starts.tzinfo is None else starts
    if starts_at is None:
        raise InvalidCalendar(_("The clocks skip that time on this day."), field="starts_at")
    if starts_at <= timezone.now():
        raise InvalidCalendar(_("That time is already over."), field="starts_at")
    return starts_at


def _insert(doctor_id: int, location_id: int, period: Period, capacity: int) -> Slot:
    try:
        with transaction.atomic():
            return Slot.objects.create(
                doctor_id=doctor_id,
                location_id=location_id,
                starts_at=period.starts_at,
                ends_at=period.ends_at,
                capacity=capacity,
            )
    except IntegrityError as error:
        if violated(error, SLOT_OVERLAP) or "one_slot_per_doctor" in str(error):
            raise SlotOverlap from error
        raise


def open_slot(*, slot_id: int, actor: Actor) -> Slot:
    """Offer the slot. Opening an open one changes nothing. Raises SlotUnknown."""
    return _set_open(slot_id, actor, is_open=True)


def close_slot(*, slot_id: int, actor: Actor) -> Slot:
    """Offer the slot no longer; whoever is booked in it stays. Raises SlotUnknown."""
    return _set_open(slot_id, actor, is_open=False)


def _set_open(slot_id: int, actor: Actor, *, is_open: bool) -> Slot:
    what = "opened" if is_open else "closed"
    with recorded(actor, "slot.open" if is_open else "slot.close"):
        changed = Slot.objects.filter(pk=slot_id, is_open=not is_open).update(is_open=is_open)
        slot = _read(slot_id)
        if changed:
            seats.announce(slot.pk, slot.doctor_id, what)
    return slot


def change_capacity(*, slot_id: int, capacity: int, actor: Actor) -> Slot:
    """Make room for more patients, or fewer; never fewer than are booked or held.

    Raises SlotUnknown, InvalidCalendar or CapacityBelowTaken.
    """
    check_size(minutes=SHORTEST_MINUTES, capacity=capacity)
    with recorded(actor, "slot.change_capacity"):
        _lapse(slot_id)
        changed = Slot.objects.filter(pk=slot_id, taken__lte=capacity).update(capacity=capacity)
        slot = _read(slot_id)
        if not changed:
            raise CapacityBelowTaken
        seats.announce(slot.pk, slot.doctor_id, "freed" if slot.taken < capacity else "booked")
    return slot


def delete_slot(*, slot_id: int, actor: Actor) -> None:
    """Remove a slot that nobody has. Raises SlotUnknown, and SlotBooked while somebody is booked or holds a seat."""
    with recorded(actor, "slot.delete"):
        slot = _read(slot_id)
        lock_doctors([slot.doctor_id])
        _lapse(slot_id)
        seats.lock_slots([slot_id])
        deleted, _rows = Slot.objects.filter(pk=slot_id, taken=0).delete()
        if not deleted:
            _read(slot_id)
            raise SlotBooked
        slot_changed.send(sender=Slot, doctor_id=slot.doctor_id, slot_ids=[slot_id], what="removed", gone=[slot])


def _lapse(slot_id: int) -> None:
    """Claims that ran out stand in nobody's way."""
    if slot_id in overdue_slot_ids():
        seats.lapse_overdue_claims(slot_id=slot_id)


def _read(slot_id: int) -> Slot:
    slot = Slot.objects.select_related("doctor", "location").filter(pk=slot_id).first()
    if slot is None:
        raise SlotUnknown
    return slot

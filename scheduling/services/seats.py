"""Taking seats and giving them back: the only place that changes `Slot.taken`.

One conditional UPDATE decides who gets a seat; the check constraint `slot_never_oversold` stands behind it. What was
read before only serves to refuse early and cheaply, never to grant.

Holds and pending appointments that ran out stop counting at `expires_at`, whether or not a worker runs: whoever
books next lapses them first.

Lock order, everywhere: slots by id, then patient, hold, appointment, waitlist entry. Writers that follow it never
wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from accounts.actors import Actor, system
from accounts.audit import recorded
from scheduling.errors import SlotClosed, SlotPast, SlotTaken, SlotUnknown
from scheduling.models import Appointment, Hold, Slot, WaitlistEntry
from scheduling.selectors.seats import Glance, glance_at, overdue_holds, overdue_pending
from scheduling.services.transitions import change_status
from scheduling.signals import slot_changed
from scheduling.states import AppointmentStatus, WaitlistStatus


def glance_at_free_seat(*, slot_id: int, actor: Actor, holder: str = "") -> Glance:
    """Look at a slot in one query, and refuse early what cannot be had.

    Staff may book a slot until it ends and regardless of lead times. Overdue claims are lapsed on the way. A slot
    that `holder` already keeps is not refused for being full. Raises SlotUnknown, SlotClosed, SlotPast, SlotTaken.
    """
    seen = glance_at(slot_id, holder=holder)
    if seen is None:
        raise SlotUnknown
    _require_offered(seen, actor)
    if seen.overdue:
        lapse_overdue_claims(slot_id=slot_id)
    elif seen.taken >= seen.capacity and not seen.own_hold:
        raise SlotTaken
    return seen


def _require_offered(seen: Glance, actor: Actor) -> None:
    now = timezone.now()
    if actor.is_staff:
        if seen.ends_at <= now:
            raise SlotPast
    elif seen.starts_at <= now + timedelta(minutes=seen.lead_minutes):
        raise SlotPast
    if not seen.is_offered:
        raise SlotClosed


def take_seat(slot_id: int) -> None:
    """Take one seat: the statement that decides. Raises SlotTaken when somebody was first."""
    taken = Slot.objects.filter(pk=slot_id, is_open=True, taken__lt=F("capacity")).update(taken=F("taken") + 1)
    if not taken:
        raise SlotTaken


def read_slot(slot_id: int) -> Slot:
    """A slot with its doctor and location. Raises SlotUnknown."""
    slot = Slot.objects.select_related("doctor", "location").filter(pk=slot_id).first()
    if slot is None:
        raise SlotUnknown
    return slot


def give_back_seat(slot_id: int | None, *, seats: int = 1) -> None:
    """Give back seats of a slot; there is nothing to give back for a walk-in (no slot)."""
    if slot_id is not None:
        Slot.objects.filter(pk=slot_id).update(taken=F("taken") - seats)


def lock_slots(slot_ids: Iterable[int | None]) -> None:
    """Lock slots in the order of their ids, before anything else is locked.

    On SQLite the transaction itself (IMMEDIATE) is the lock.
    """
    wanted = sorted({slot_id for slot_id in slot_ids if slot_id is not None})
    list(Slot.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))


def lapse_overdue_claims(*, slot_id: int) -> int:
    """End the holds and pending appointments of a slot that ran out; return how many seats came free.

    The clinic's own rule does this, whoever comes along and triggers it, so the trail names the rule.
    """
    actor = system("expire_pending")
    with recorded(actor, "seat.lapse"):
        lock_slots([slot_id])
        seats = _lapse_holds(slot_id) + _lapse_pending(slot_id, actor)
        if seats:
            give_back_seat(slot_id, seats=seats)
            announce(slot_id, Slot.objects.values_list("doctor_id", flat=True).get(pk=slot_id), "freed")
    return seats


def _lapse_holds(slot_id: int) -> int:
    overdue = list(
        overdue_holds().filter(slot_id=slot_id).select_for_update().order_by("pk").values_list("pk", "waitlist_entry")
    )
    if not overdue:
        return 0
    ended, _per_model = Hold.objects.filter(pk__in=[pk for pk, _entry in overdue]).delete()
    WaitlistEntry.objects.filter(
        pk__in=[entry for _pk, entry in overdue if entry is not None], status=WaitlistStatus.OFFERED
    ).update(status=WaitlistStatus.LAPSED)
    return ended


def _lapse_pending(slot_id: int, actor: Actor) -> int:
    overdue = overdue_pending().filter(slot_id=slot_id).select_for_update(of=("self",)).order_by("pk")
    lapsed = list(overdue.select_related("patient", "doctor", "location"))
    for appointment in lapsed:
        change_status(appointment, AppointmentStatus.EXPIRED, actor=actor)
    return len(lapsed)


def announce(slot_id: int | None, doctor_id: int, what: str) -> None:
    """Tell the floors above that the seats of a slot changed."""
    if slot_id is not None:
        slot_changed.send(sender=Slot, doctor_id=doctor_id, slot_ids=[slot_id], what=what)


def free_seat_of(appointment: Appointment) -> None:
    """Give back the seat an appointment had, and say so."""
    give_back_seat(appointment.slot_id)
    announce(appointment.slot_id, appointment.doctor_id, "freed")

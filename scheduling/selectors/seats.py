"""Which claims on seats still count."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from scheduling.models import Appointment, Hold, Slot
from scheduling.states import AppointmentStatus


@dataclass(frozen=True, slots=True)
class SlotAtHand:
    """A slot, with doctor and location, as somebody who wants a seat sees it.

    `overdue`: some claim on it ran out and nobody lapsed it yet. `own_hold`: the token of the live hold that whoever
    asks already has on it, if any.
    """

    slot: Slot
    overdue: bool
    own_hold: str | None


def overdue_holds() -> QuerySet[Hold]:
    """Holds that ran out."""
    return Hold.objects.filter(expires_at__lte=timezone.now())


def overdue_pending() -> QuerySet[Appointment]:
    """Pending appointments that nobody confirmed in time."""
    return Appointment.objects.filter(status=AppointmentStatus.PENDING, expires_at__lte=timezone.now())


def overdue_slot_ids() -> set[int]:
    """Slots with a claim that ran out but was not lapsed yet; nearly always none."""
    holds = overdue_holds().order_by().values_list("slot_id", flat=True)
    pending = overdue_pending().filter(slot__isnull=False).order_by().values_list("slot_id", flat=True)
    return {slot_id for slot_id in holds.union(pending) if slot_id is not None}


def slot_at_hand(slot_id: int, *, holder: str = "") -> SlotAtHand | None:
    """One slot and what `SlotAtHand` promises, in one query; None if there is no such slot."""
    own = Hold.objects.filter(slot=OuterRef("pk"), holder=holder, expires_at__gt=timezone.now()).exclude(holder="")
    slot = (
        Slot.objects.select_related("doctor", "location")
        .annotate(
            holds_overdue=Exists(overdue_holds().filter(slot=OuterRef("pk"))),
            pending_overdue=Exists(overdue_pending().filter(slot=OuterRef("pk"))),
            own_hold=Subquery(own.values("token")[:1]),
        )
        .filter(pk=slot_id)
        .first()
    )
    if slot is None:
        return None
    return SlotAtHand(slot=slot, overdue=slot.holds_overdue or slot.pending_overdue, own_hold=slot.own_hold)


def live_hold(token: str) -> Hold | None:
    """The hold with this token, with its slot, doctor and location, while it counts."""
    return (
        Hold.objects.select_related("slot__doctor__specialty", "slot__location")
        .filter(token=token, expires_at__gt=timezone.now())
        .first()
    )

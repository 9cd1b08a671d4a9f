"""Offering seats that came free to the people on the waitlist, first come, first offered."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.actors import Actor, system
from accounts.audit import recorded
from accounts.errors import DomainError
from scheduling.clock import day_bounds, local_date, within_reach
from scheduling.models import Appointment, Hold, Slot, WaitlistEntry
from scheduling.selectors.availability import free_slots
from scheduling.services import seats
from scheduling.signals import waitlist_offered
from scheduling.states import ACTIVE, WaitlistStatus

SHORTEST_OFFER = timedelta(minutes=10)
"""A seat that is nearer than this is not offered: nobody could answer in time."""

MOST_CANDIDATES = 50
"""How many free slots are looked at for one entry, or entries for one slot: the next ones are the likely ones."""


def offer_slot(slot_id: int | None) -> WaitlistEntry | None:
    """Offer a free seat of a slot to the first in line who wants it; the entry, or None if nobody gets it.

    The offer keeps the seat by a hold that expires with the offer.
    """
    slot = Slot.objects.select_related("location", "doctor").filter(pk=slot_id).first() if slot_id else None
    if slot is None or not (slot.is_open and slot.doctor.is_active and slot.location.is_active):
        return None
    expires_at = _offer_until(slot)
    if expires_at is None:
        return None
    for entry in in_line_for(slot)[:MOST_CANDIDATES]:
        if _offer(entry, slot, expires_at):
            return entry
        if not Slot.objects.filter(pk=slot.pk, taken__lt=slot.capacity).exists():
            return None
    return None


def _offer_until(slot: Slot) -> datetime | None:
    """When an offer made now would end, or None if the slot is too near to be offered."""
    now = timezone.now()
    last_moment = slot.starts_at - timedelta(minutes=slot.location.lead_minutes)
    if last_moment - now < SHORTEST_OFFER:
        return None
    return min(last_moment, now + timedelta(minutes=slot.location.waitlist_offer_minutes))


def in_line_for(slot: Slot) -> QuerySet[WaitlistEntry]:
    """Who waits for a seat like this one, in order; not those who declined this very slot."""
    day = local_date(slot.starts_at, slot.location.zone)
    busy = Q(
        patient__appointments__status__in=ACTIVE,
        patient__appointments__starts_at__lt=slot.ends_at,
        patient__appointments__ends_at__gt=slot.starts_at,
    )
    line = WaitlistEntry.objects.filter(
        Q(doctor=slot.doctor_id) | Q(doctor__isnull=True, specialty=slot.doctor.specialty_id),
        Q(location__isnull=True) | Q(location=slot.location_id),
        Q(instead_of__isnull=True) | Q(instead_of__starts_at__gt=slot.starts_at),
        status=WaitlistStatus.WAITING,
        earliest_date__lte=day,
        latest_date__gte=day,
    )
    line = line.exclude(offered_slot=slot)
    return line.exclude(pk__in=WaitlistEntry.objects.filter(busy).values("pk")).order_by("created_at", "pk")


def _offer(entry: WaitlistEntry, slot: Slot, expires_at: datetime) -> bool:
    actor = system("offer_free_seats")
    try:
        with recorded(actor, "waitlist.offer"), transaction.atomic():
            seats.take_seat(slot.pk)
            Hold.objects.create(slot=slot, waitlist_entry=entry, expires_at=expires_at)
            changed = WaitlistEntry.objects.filter(pk=entry.pk, status=WaitlistStatus.WAITING).update(
                status=WaitlistStatus.OFFERED, offered_slot=slot, offer_expires_at=expires_at
            )
            if not changed:
                raise _EntryGone
            entry.refresh_from_db()
            waitlist_offered.send(sender=WaitlistEntry, entry=entry, actor=actor)
            seats.announce(slot.pk, slot.doctor_id, "held")
    except (DomainError, _EntryGone):
        return False
    except IntegrityError as error:
        if "waitlist_entry" not in str(error):  # the entry has another offer by now
            raise
        return False
    return True


class _EntryGone(Exception):
    """The entry was answered, offered or left while its offer was being made."""


def offer_free_seats(*, actor: Actor, limit: int = 2000, dry_run: bool = False) -> int:
    """The sweep: offer what is free to those who wait for it; return how many offers were (or would be) made.

    A net under the offers that are made the moment a seat comes free: it also finds slots that were added or opened.
    """
    yesterday = timezone.now().date() - timedelta(days=1)  # the day is not over everywhere yet
    waiting = WaitlistEntry.objects.filter(status=WaitlistStatus.WAITING, latest_date__gte=yesterday)
    offered = 0
    for entry in waiting.select_related("instead_of").order_by("created_at", "pk")[:limit]:
        for slot in _free_slots_for(entry):
            made = entry if dry_run else offer_slot(slot.pk)
            offered += made is not None
            if made == entry:
                break
    return offered


def _free_slots_for(entry: WaitlistEntry) -> list[Slot]:
    """The next free slots that fit what somebody waits for."""
    busy = Appointment.objects.filter(
        patient=entry.patient_id,
        status__in=ACTIVE,
        starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
    )
    wanted = free_slots(
        doctor_ids=[entry.doctor_id] if entry.doctor_id else None,
        specialty_id=entry.specialty_id if not entry.doctor_id else None,
        location_id=entry.location_id,
    ).filter(
        ~Exists(busy),
        starts_at__gt=timezone.now() + SHORTEST_OFFER,
        starts_at__range=(
            day_bounds(within_reach(entry.earliest_date) - timedelta(days=1), ZoneInfo("UTC"))[0],
            day_bounds(within_reach(entry.latest_date) + timedelta(days=1), ZoneInfo("UTC"))[1],
        ),
    )
    if entry.offered_slot_id is not None:  # declined before
        wanted = wanted.exclude(pk=entry.offered_slot_id)
    if entry.instead_of is not None and entry.instead_of.starts_at is not None:
        wanted = wanted.filter(starts_at__lt=entry.instead_of.starts_at)
    found = wanted.order_by("starts_at")[:MOST_CANDIDATES]
    return [
        slot
        for slot in found
        if entry.earliest_date <= local_date(slot.starts_at, slot.location.zone) <= entry.latest_date
    ]

"""Keeping a seat for somebody while they fill in the form."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import NotPermitted, TooManyAttempts
from accounts.services.throttling import count_attempt
from scheduling.errors import HoldExpired, HoldProlongedTooOften, SlotTaken
from scheduling.models import Hold
from scheduling.services import seats

MOST_EXTENSIONS = 12
"""How often one hold can be prolonged (WCAG 2.2.1 asks for at least ten times)."""

ADDRESS_WINDOW = timedelta(minutes=10)


def hold_seat_from_address(*, slot_id: int, holder: str, actor: Actor, minutes: int | None = None) -> Hold:
    """`hold_seat`, for whoever comes over the network: one address keeps only so many seats (HOLDS_PER_ADDRESS).

    What is one too many is given back; whoever comes too late is not counted. Raises what `hold_seat` raises, and
    TooManyAttempts.
    """
    hold = hold_seat(slot_id=slot_id, holder=holder, actor=actor, minutes=minutes)
    limit = settings.HOLDS_PER_ADDRESS
    if limit:
        try:
            count_attempt(subject=f"hold:{actor.address}", limit=limit, window=ADDRESS_WINDOW)
        except TooManyAttempts:
            release_hold(token=hold.token, actor=actor)
            raise
    return hold


def hold_seat(*, slot_id: int, holder: str, actor: Actor, minutes: int | None = None) -> Hold:
    """Keep one seat of a slot for `holder` for `minutes`, which only staff may choose, or as long as the location says.

    The same holder asking again for the same slot gets the hold they have. Costs five statements, the transaction's
    own two among them; somebody who comes too late is answered after one. Raises SlotUnknown, SlotClosed, SlotPast,
    SlotTaken, and NotPermitted for minutes.
    """
    if minutes is not None and not actor.is_staff:
        raise NotPermitted(field="minutes")
    seen = seats.glance_at_free_seat(slot_id=slot_id, actor=actor, holder=holder)
    if seen.own_hold:
        return Hold.objects.get(token=seen.own_hold)
    until = _until(seen.starts_at, minutes or seen.hold_minutes, actor)
    try:
        with transaction.atomic():
            seats.take_seat(slot_id)
            hold = Hold.objects.create(slot_id=slot_id, holder=holder, user=actor.user, expires_at=until)
            seats.announce(slot_id, seen.doctor_id, "held")
    except SlotTaken:  # by this very holder, perhaps, who pressed twice at one moment: both mean one hold
        return _own_hold(slot_id, holder)
    except IntegrityError as error:
        if not _is_second_hold(error):
            raise
        return _own_hold(slot_id, holder)
    return hold


def _is_second_hold(error: IntegrityError) -> bool:
    said = str(error)
    return "one_hold_per_slot_and_holder" in said or "scheduling_hold.slot_id, scheduling_hold.holder" in said


def _until(starts_at: datetime, minutes: int, actor: Actor) -> datetime:
    """When a hold made or prolonged now ends: for patients no later than the visit starts, or they could book then."""
    until = timezone.now() + timedelta(minutes=minutes)
    return until if actor.is_staff else min(until, starts_at)


def _own_hold(slot_id: int, holder: str) -> Hold:
    hold = Hold.objects.filter(slot=slot_id, holder=holder, expires_at__gt=timezone.now()).first()
    if hold is None or not holder:
        raise SlotTaken
    return hold


def extend_hold(*, token: str, actor: Actor) -> Hold:
    """Keep the seat for the location's full time again. Raises HoldExpired, HoldProlongedTooOften."""
    hold = Hold.objects.select_related("slot__location", "slot__doctor").filter(token=token).first()
    if hold is None:
        raise HoldExpired
    now = timezone.now()
    live = Hold.objects.filter(pk=hold.pk, expires_at__gt=now)
    until = _until(hold.slot.starts_at, hold.slot.location.hold_minutes, actor)
    if not live.filter(extensions__lt=MOST_EXTENSIONS).update(expires_at=until, extensions=F("extensions") + 1):
        raise HoldProlongedTooOften if live.exists() else HoldExpired
    hold.expires_at = until
    hold.extensions += 1
    return hold


def release_hold(*, token: str, actor: Actor) -> None:
    """Give a held seat back. Releasing twice, or what ran out, is harmless."""
    hold = Hold.objects.select_related("slot").filter(token=token).first()
    if hold is None:
        return
    with transaction.atomic():
        seats.lock_slots([hold.slot_id])
        if consume_hold(hold):
            seats.give_back_seat(hold.slot_id)
            seats.announce(hold.slot_id, hold.slot.doctor_id, "freed")


def consume_hold(hold: Hold) -> bool:
    """Remove a hold; whether this call was the one that did. Of two callers, one is."""
    removed, _per_model = Hold.objects.filter(pk=hold.pk).delete()
    return removed == 1

"""Changing a doctor's hours.

What is added and what goes follows from the difference between the old rule and the new one, so that slots staff
removed by hand stay removed and slots that fit both stay as they are, with everybody in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.clock import local_date
from scheduling.errors import CalendarEntryUnknown, InvalidCalendar
from scheduling.models import Availability, AvailabilityBreak, Slot
from scheduling.recurrence import Break, Period, check_days, check_session
from scheduling.services.affected import CalendarOutcome, CalendarPreview, Decisions, preview_unmaking, unmake_slots
from scheduling.services.slot_generation import (
    add_slots,
    breaks_of,
    days_of,
    generate_slots,
    is_off,
    lock_doctors,
    occupied_times,
    periods_between,
    session_of,
    take_free,
    time_off_of,
)
from scheduling.signals import slot_changed


@dataclass(frozen=True, slots=True)
class _Change:
    """The slots that go, and the times at which slots come."""

    going: list[int]
    coming: list[Period]


def preview_availability(*, availability: Availability, breaks: Sequence[Break]) -> CalendarPreview:
    """What saving these hours would do to the slots already made, and who is affected. Raises InvalidCalendar."""
    _check(availability, breaks)
    if availability._state.adding:
        return CalendarPreview()
    change = _work_out(_stored(availability.pk), availability, breaks)
    return preview_unmaking(change.going, added=len(change.coming))


def save_availability(
    *, availability: Availability, breaks: Sequence[Break], actor: Actor, decisions: Decisions | None = None
) -> CalendarOutcome:
    """Save new or changed hours with their breaks, and bring the slots to come in line with them.

    `availability` carries the new values and may be unsaved. Raises InvalidCalendar, and AppointmentsAffected while
    somebody booked at a time that would go is undecided.
    """
    _check(availability, breaks)
    with recorded(actor, "availability.save"):
        lock_doctors([availability.doctor_id])
        if availability._state.adding:
            outcome = CalendarOutcome()
            _store(availability, breaks)
        else:
            outcome = _change(availability, breaks, decisions or {}, actor)
        outcome.added += generate_slots(actor=actor, availability_id=availability.pk).created
    return outcome


def preview_retirement(*, availability_id: int) -> CalendarPreview:
    """What retiring these hours would do, and who is affected."""
    stored = _stored(availability_id)
    return preview_unmaking(_work_out(stored, _retired(availability_id), breaks_of(stored)).going)


def retire_availability(*, availability_id: int, actor: Actor, decisions: Decisions | None = None) -> CalendarOutcome:
    """End these hours now. To end them on a later day, save them with `valid_until`.

    Raises AppointmentsAffected while somebody booked is undecided.
    """
    with recorded(actor, "availability.retire"):
        stored = _stored(availability_id)
        lock_doctors([stored.doctor_id])
        return _change(_retired(availability_id), breaks_of(stored), decisions or {}, actor)


def _retired(availability_id: int) -> Availability:
    availability = _stored(availability_id)
    availability.is_active = False
    return availability


def _stored(availability_id: int) -> Availability:
    """The hours as they are in the database."""
    rows = Availability.objects.select_related("location", "doctor").prefetch_related("breaks")
    availability = rows.filter(pk=availability_id).first()
    if availability is None:
        raise CalendarEntryUnknown
    return availability


def _check(availability: Availability, breaks: Sequence[Break]) -> None:
    """Refuse hours that make no sense, naming the field."""
    try:
        availability.clean_fields(exclude=["doctor", "location"])
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise InvalidCalendar(sentences[0], field=name) from error
    weekdays = availability.weekdays
    if not isinstance(weekdays, list) or any(type(day) is not int for day in weekdays):
        raise InvalidCalendar(_("Weekdays are numbers from 0 (Monday) to 6 (Sunday)."), field="weekdays")
    if weekdays and availability.rrule:
        raise InvalidCalendar(_("Choose weekdays or write a recurrence rule, not both."), field="rrule")
    check_days(days_of(availability))
    check_session(session_of(availability, breaks))


def _change(availability: Availability, breaks: Sequence[Break], decisions: Decisions, actor: Actor) -> CalendarOutcome:
    """Bring stored hours and their slots to their new form. Call with the doctor locked."""
    stored = _stored(availability.pk)
    if stored.doctor_id != availability.doctor_id:
        raise InvalidCalendar(_("Hours stay with their doctor. Retire them and make new ones."), field="doctor")
    change = _work_out(stored, availability, breaks)
    outcome = unmake_slots(slot_ids=change.going, decisions=decisions, actor=actor)
    availability.generated_until = stored.generated_until
    _store(availability, breaks)
    _adjust_capacity(availability, before=stored.capacity)
    free = take_free(occupied_times(availability.doctor_id, change.coming), change.coming)
    outcome.added += add_slots(availability, free)
    return outcome


def _work_out(stored: Availability, changed: Availability, breaks: Sequence[Break]) -> _Change:
    """What the step from the stored hours to the changed ones means for the slots to come.

    A slot that fitted neither before is one that was kept for somebody; it goes only once nobody has it.
    """
    before, after = _wanted(stored, stored, breaks_of(stored)), _wanted(stored, changed, breaks)
    going = []
    rows = Slot.objects.filter(availability=stored.pk, starts_at__gt=timezone.now())
    for slot_id, starts_at, ends_at, location_id, taken in rows.values_list(
        "pk", "starts_at", "ends_at", "location_id", "taken"
    ):
        period = Period(starts_at, ends_at)
        fits = period in after and location_id == changed.location_id
        if not fits and (period in before or not taken):
            going.append(slot_id)
    coming = after if stored.location_id != changed.location_id else after - before
    return _Change(going=going, coming=sorted(coming))


def _wanted(stored: Availability, availability: Availability, breaks: Sequence[Break]) -> set[Period]:
    """The times to come for which slots were made, or should have been, on the days done so far."""
    if not availability.is_active or stored.generated_until is None:
        return set()
    now = timezone.now()
    first = local_date(now, availability.location.zone) - timedelta(days=1)  # its session may run past midnight
    time_off = time_off_of(availability.doctor_id, availability.location_id)
    periods = periods_between(availability, breaks, first, stored.generated_until)
    return {period for period in periods if period.starts_at > now and not is_off(period, time_off)}


def _store(availability: Availability, breaks: Sequence[Break]) -> None:
    availability.save()
    availability.breaks.all().delete()
    AvailabilityBreak.objects.bulk_create(
        AvailabilityBreak(availability=availability, start_time=start, end_time=end) for start, end in sorted(breaks)
    )


def _adjust_capacity(availability: Availability, *, before: int) -> None:
    """Give the slots to come the new capacity, but never less than is taken; not those staff set by hand."""
    if availability.capacity == before:
        return
    slots = Slot.objects.filter(availability=availability, capacity=before, starts_at__gt=timezone.now())
    slot_ids = list(slots.values_list("pk", flat=True))
    slots.filter(taken__gt=availability.capacity).update(capacity=F("taken"))
    slots.filter(taken__lte=availability.capacity).update(capacity=availability.capacity)
    if slot_ids:
        what = "freed" if availability.capacity > before else "booked"
        slot_changed.send(sender=Slot, doctor_id=availability.doctor_id, slot_ids=slot_ids, what=what)

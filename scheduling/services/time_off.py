"""A doctor's leave and a location's closure: what they unmake, and what comes back when they end.

Times are entered as the wall clock of the location shows them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.clock import boundary, local_date
from scheduling.errors import CalendarEntryUnknown, InvalidCalendar
from scheduling.models import Availability, Doctor, Location, Slot, TimeOff
from scheduling.recurrence import Period, check_date
from scheduling.services.affected import CalendarOutcome, CalendarPreview, Decisions, preview_unmaking, unmake_slots
from scheduling.services.slot_generation import (
    active_availabilities,
    add_slots,
    breaks_of,
    is_off,
    lock_doctors,
    occupied_times,
    periods_between,
    take_free,
    time_off_of,
)
from scheduling.signals import slot_changed

LONGEST = timedelta(days=3 * 366)


def preview_time_off(
    *,
    starts: datetime,
    ends: datetime,
    doctor_id: int | None = None,
    location_id: int | None = None,
    time_off_id: int | None = None,
) -> CalendarPreview:
    """What this leave or closure would unmake, and who is affected.

    With `time_off_id`, what changing that one to these times would.
    """
    if time_off_id is not None:
        old = _stored(time_off_id)
        period = _period(starts, ends, _zone_of(old.doctor_id, old.location_id))
        return preview_unmaking(_going(old, period, before=Period(old.starts_at, old.ends_at)))
    _require_somebody(doctor_id, location_id)
    entry = TimeOff(doctor_id=doctor_id, location_id=location_id)
    return preview_unmaking(_going(entry, _period(starts, ends, _zone_of(doctor_id, location_id))))


def add_time_off(
    *,
    starts: datetime,
    ends: datetime,
    actor: Actor,
    doctor_id: int | None = None,
    location_id: int | None = None,
    reason: str = "",
    decisions: Decisions | None = None,
) -> tuple[TimeOff, CalendarOutcome]:
    """Enter a doctor's leave, a location's closure, or, with both, a doctor's leave at one location.

    `starts` and `ends` without a zone are wall clock of the location (for leave everywhere: of the doctor's first
    one). Slots in it go, also those made by hand. Raises InvalidCalendar, and AppointmentsAffected while somebody
    booked is undecided.
    """
    _require_somebody(doctor_id, location_id)
    period = _period(starts, ends, _zone_of(doctor_id, location_id))
    entry = TimeOff(doctor_id=doctor_id, location_id=location_id, reason=reason.strip()[:200])
    with recorded(actor, "time_off.add"):
        lock_time_off(entry)
        outcome = unmake_slots(slot_ids=_going(entry, period), decisions=decisions or {}, actor=actor)
        entry.starts_at, entry.ends_at = period.starts_at, period.ends_at
        entry.save()
    return entry, outcome


def change_time_off(
    *,
    time_off_id: int,
    starts: datetime,
    ends: datetime,
    actor: Actor,
    reason: str | None = None,
    decisions: Decisions | None = None,
) -> CalendarOutcome:
    """Move the ends of a leave or closure: slots newly in it go, those no longer in it come back.

    Raises like `add_time_off`.
    """
    entry = _stored(time_off_id)
    period = _period(starts, ends, _zone_of(entry.doctor_id, entry.location_id))
    with recorded(actor, "time_off.change"):
        lock_time_off(entry)
        entry.refresh_from_db()
        before = Period(entry.starts_at, entry.ends_at)
        going = _going(entry, period, before=before)
        outcome = unmake_slots(slot_ids=going, decisions=decisions or {}, actor=actor)
        entry.starts_at, entry.ends_at = period.starts_at, period.ends_at
        entry.reason = entry.reason if reason is None else reason.strip()[:200]
        entry.save()
        outcome.added = _make_again(entry, before, after=period)
    return outcome


def remove_time_off(*, time_off_id: int, actor: Actor) -> CalendarOutcome:
    """Take back a leave or closure: the slots that the hours want there come back. Those made by hand do not."""
    entry = _stored(time_off_id)
    with recorded(actor, "time_off.remove"):
        lock_time_off(entry)
        entry.refresh_from_db()
        outcome = CalendarOutcome(added=_make_again(entry, Period(entry.starts_at, entry.ends_at), after=None))
        entry.delete()
    return outcome


# --- What it means ----------------------------------------------------------------------------------------------


def _stored(time_off_id: int) -> TimeOff:
    entry = TimeOff.objects.filter(pk=time_off_id).first()
    if entry is None:
        raise CalendarEntryUnknown
    return entry


def _require_somebody(doctor_id: int | None, location_id: int | None) -> None:
    if doctor_id is None and location_id is None:
        raise InvalidCalendar(_("Choose the doctor who is away or the location that is closed."), field="doctor")


def _zone_of(doctor_id: int | None, location_id: int | None) -> ZoneInfo:
    """The clock by which the time off was entered."""
    if location_id is not None:
        location = Location.objects.filter(pk=location_id).first()
        if location is None:
            raise InvalidCalendar(_("We do not know that location."), field="location")
        return location.zone
    doctor = Doctor.objects.filter(pk=doctor_id or 0).first()
    if doctor is None:
        raise InvalidCalendar(_("We do not know that doctor."), field="doctor")
    home = doctor.locations.order_by("pk").first() or Location.objects.filter(availabilities__doctor=doctor).first()
    return home.zone if home else ZoneInfo(settings.DEFAULT_TIME_ZONE)


def _period(starts: datetime, ends: datetime, zone: ZoneInfo) -> Period:
    """The instants meant by two wall-clock times. Raises InvalidCalendar."""
    check_date(starts.date(), field="starts_at")
    check_date(ends.date(), field="ends_at")
    first, last = (boundary(moment, zone) if moment.tzinfo is None else moment for moment in (starts, ends))
    if last <= first:
        raise InvalidCalendar(_("Time off must end after it starts."), field="ends_at")
    if last - first > LONGEST:
        raise InvalidCalendar(_("Time off can be at most three years long."), field="ends_at")
    if last <= timezone.now():
        raise InvalidCalendar(_("That time is already over."), field="ends_at")
    return Period(first, last)


def _concerned_slots(entry: TimeOff) -> QuerySet[Slot]:
    slots = Slot.objects.filter(starts_at__gt=timezone.now())
    if entry.doctor_id is not None:
        slots = slots.filter(doctor_id=entry.doctor_id)
    if entry.location_id is not None:
        slots = slots.filter(location_id=entry.location_id)
    return slots


def _within(period: Period) -> Q:
    return Q(starts_at__lt=period.ends_at, ends_at__gt=period.starts_at)


def _going(entry: TimeOff, period: Period, *, before: Period | None = None) -> list[int]:
    """The slots that go. Those that were kept in spite of the time off `before` are not asked about again."""
    slots = _concerned_slots(entry).filter(_within(period))
    if before is not None:
        slots = slots.exclude(_within(before) & Q(taken__gt=0))
    return list(slots.values_list("pk", flat=True))


def _concerned_hours(entry: TimeOff) -> list[Availability]:
    hours = active_availabilities().filter(generated_until__isnull=False)
    if entry.doctor_id is not None:
        hours = hours.filter(doctor_id=entry.doctor_id)
    if entry.location_id is not None:
        hours = hours.filter(location_id=entry.location_id)
    return list(hours)


def lock_time_off(entry: TimeOff) -> None:
    """Lock every doctor whose calendar this changes, until the transaction ends."""
    doctors = (
        {entry.doctor_id} if entry.doctor_id is not None else {hours.doctor_id for hours in _concerned_hours(entry)}
    )
    doctors |= set(_concerned_slots(entry).order_by().values_list("doctor_id", flat=True).distinct())
    lock_doctors(doctor_id for doctor_id in doctors if doctor_id is not None)


def _make_again(entry: TimeOff, before: Period, *, after: Period | None) -> int:
    """Make the slots that only this time off had kept away, and open again those that were kept for somebody."""
    made = 0
    for availability in _concerned_hours(entry):
        back = _coming_back(availability, entry, before, after)
        _open_again(availability, back)
        made += add_slots(availability, take_free(occupied_times(availability.doctor_id, back), back))
    return made


def _coming_back(availability: Availability, entry: TimeOff, before: Period, after: Period | None) -> list[Period]:
    """The times the hours want that were in the time off `before`, and are in none now."""
    now, zone = timezone.now(), availability.location.zone
    first = local_date(max(before.starts_at, now), zone) - timedelta(days=1)  # its session may run past midnight
    last = local_date(before.ends_at, zone)
    if availability.generated_until is not None:
        last = min(last, availability.generated_until)
    still_off = time_off_of(availability.doctor_id, availability.location_id, but_not=[entry.pk])
    still_off += [after] if after is not None else []
    return [
        period
        for period in periods_between(availability, breaks_of(availability), first, last)
        if period.starts_at > now and period.overlaps(before) and not is_off(period, still_off)
    ]


def _open_again(availability: Availability, back: list[Period]) -> None:
    kept = Slot.objects.filter(
        availability=availability, is_open=False, taken__gt=0, starts_at__in=[period.starts_at for period in back]
    )
    slot_ids = list(kept.values_list("pk", flat=True))
    if slot_ids:
        Slot.objects.filter(pk__in=slot_ids).update(is_open=True)
        slot_changed.send(sender=Slot, doctor_id=availability.doctor_id, slot_ids=slot_ids, what="opened")

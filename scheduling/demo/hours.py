"""When the demo's doctors are there, and the slots this makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from accounts.actors import Actor
from scheduling.clock import local_date
from scheduling.demo import cast
from scheduling.demo.clinic import Employed
from scheduling.models import Availability, AvailabilityBreak, Doctor, Location, Slot, TimeOff
from scheduling.recurrence import Period
from scheduling.services.slot_generation import breaks_of, generate_slots, periods_between

DAYS_OF_PAST = 7


def make_hours(*, doctors: Sequence[Employed], locations: dict[str, Location], now: datetime) -> None:
    """Write down the sessions, breaks and leave of each doctor."""
    first = now.date() - timedelta(days=DAYS_OF_PAST)
    pairs = [
        (_availability(one.doctor, session, locations[session.location], valid_from, valid_until), session)
        for one in doctors
        for session in one.sessions
        for valid_from, valid_until in _validity(one, first)
    ]
    Availability.objects.bulk_create(availability for availability, _session in pairs)
    AvailabilityBreak.objects.bulk_create(
        AvailabilityBreak(availability=availability, start_time=start, end_time=end)
        for availability, session in pairs
        for start, end in session.breaks
    )
    TimeOff.objects.bulk_create(_leave(one, locations, now) for one in doctors if one.leave)


def _validity(one: Employed, first: date) -> list[tuple[date, date | None]]:
    """From when until when the sessions are held: from `first` on, or in single nights."""
    return [(first, one.last_day)] if one.only_on is None else [(night, night) for night in one.only_on]


def _availability(
    doctor: Doctor, session: cast.Session, location: Location, valid_from: date, valid_until: date | None
) -> Availability:
    return Availability(
        doctor=doctor,
        location=location,
        weekdays=[] if session.rrule else list(session.weekdays),
        rrule=session.rrule,
        valid_from=valid_from,
        valid_until=valid_until,
        start_time=session.start,
        end_time=session.end,
        slot_minutes=session.minutes,
        capacity=session.capacity,
    )


def _leave(one: Employed, locations: dict[str, Location], now: datetime) -> TimeOff:
    away_in, length = one.leave or (0, 1)
    zone = locations[one.sessions[0].location].zone
    start = datetime.combine(local_date(now, zone) + timedelta(days=away_in), time(), tzinfo=zone)
    return TimeOff(doctor=one.doctor, starts_at=start, ends_at=start + timedelta(days=length), reason="Annual leave")


def make_slots(*, doctors: Sequence[Doctor], now: datetime, days: int, actor: Actor) -> None:
    """Make the slots of the last week and of `days` days from today on.

    The coming ones are made as in a real clinic, the past ones by the same rules: no sweep ever makes those.
    """
    availabilities = Availability.objects.filter(doctor__in=doctors).select_related("location")
    past: list[Slot] = []
    for availability in availabilities.prefetch_related("breaks"):
        today = local_date(now, availability.location.zone)
        last = max(today + timedelta(days=days - 1), availability.valid_until or today)
        generate_slots(actor=actor, until=last, availability_id=availability.pk)
        periods = periods_between(availability, breaks_of(availability), today - timedelta(days=DAYS_OF_PAST), today)
        past += [_slot(availability, period) for period in periods if period.starts_at <= now]
    Slot.objects.bulk_create(past, batch_size=2000)


def _slot(availability: Availability, period: Period) -> Slot:
    return Slot(
        doctor_id=availability.doctor_id,
        location_id=availability.location_id,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        capacity=availability.capacity,
        availability=availability,
    )

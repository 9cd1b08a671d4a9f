"""When the demo's doctors are there, and the slots this makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from accounts.actors import Actor
from scheduling.demo.cast import Session
from scheduling.demo.clinic import Employed
from scheduling.models import Availability, AvailabilityBreak, Doctor, Location, Slot, TimeOff

DAYS_OF_PAST = 7


def make_hours(*, doctors: Sequence[Employed], locations: dict[str, Location], now: datetime) -> None:
    """Write down the sessions, breaks and leave of each doctor."""
    first = now.date() - timedelta(days=DAYS_OF_PAST)
    pairs = [
        (_availability(one.doctor, session, locations[session.location], first), session)
        for one in doctors
        for session in one.sessions
    ]
    Availability.objects.bulk_create(availability for availability, _session in pairs)
    AvailabilityBreak.objects.bulk_create(
        AvailabilityBreak(availability=availability, start_time=start, end_time=end)
        for availability, session in pairs
        for start, end in session.breaks
    )
    TimeOff.objects.bulk_create(_leave(one, locations, now) for one in doctors if one.leave)


def _availability(doctor: Doctor, session: Session, location: Location, first: date) -> Availability:
    return Availability(
        doctor=doctor,
        location=location,
        weekdays=list(session.weekdays),
        rrule=session.rrule,
        valid_from=first,
        start_time=session.start,
        end_time=session.end,
        slot_minutes=session.minutes,
        capacity=session.capacity,
    )


def _leave(one: Employed, locations: dict[str, Location], now: datetime) -> TimeOff:
    away_in, length = one.leave or (0, 1)
    zone = locations[one.sessions[0].location].zone
    start = datetime.combine(now.astimezone(zone).date() + timedelta(days=away_in), time(), tzinfo=zone)
    return TimeOff(
        doctor=one.doctor, starts_at=start, ends_at=start + timedelta(days=length), reason="Annual leave"
    )


def make_slots(*, doctors: Sequence[Doctor], now: datetime, days: int, actor: Actor) -> None:
    """Make the slots of the last week and of the coming `days` days."""
    first, last = now.date() - timedelta(days=DAYS_OF_PAST), now.date() + timedelta(days=days - 1)
    availabilities = Availability.objects.filter(doctor__in=doctors).select_related("location", "doctor")
    slots: list[Slot] = []
    for availability in availabilities.prefetch_related("breaks", "doctor__time_off"):
        if availability.rrule:
            continue
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            if day.weekday() in availability.weekdays:
                slots += _slots_of(availability, day)
    Slot.objects.bulk_create(slots, batch_size=2000)
    availabilities.update(generated_until=last)


def _slots_of(availability: Availability, day: date) -> Iterator[Slot]:
    zone = availability.location.zone
    breaks = [(pause.start_time, pause.end_time) for pause in availability.breaks.all()]
    step = timedelta(minutes=availability.slot_minutes)
    start = datetime.combine(day, availability.start_time, tzinfo=zone)
    end = datetime.combine(day, availability.end_time, tzinfo=zone)
    if end <= start:
        end += timedelta(days=1)
    while start + step <= end:
        paused = [pause for pause in breaks if pause[0] < (start + step).time() and start.time() < pause[1]]
        if paused:
            start = datetime.combine(day, paused[0][1], tzinfo=zone)
            continue
        away = any(
            off.starts_at < start + step and start < off.ends_at for off in availability.doctor.time_off.all()
        )
        if not away:
            yield Slot(
                doctor=availability.doctor,
                location=availability.location,
                starts_at=start,
                ends_at=start + step,
                capacity=availability.capacity,
                availability=availability,
            )
        start += step

"""A doctor's hours and what is booked in them, by the clock on the wall."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from scheduling.models import Appointment, Availability, Slot
from scheduling.services.availability import (
    save_availability,
)
from scheduling.tests.factories import CLINIC, AvailabilityFactory, DoctorFactory, LocationFactory
from scheduling.tests.factories import book as book_slot

LONDON = ZoneInfo("Europe/London")
DAYS = 5


def hours(**changes) -> Availability:
    """Nine to eleven on five days from tomorrow, in six slots a day; the slots are made."""
    given = {
        "location": changes.pop("location", None) or LocationFactory(days_ahead=DAYS),
        "doctor": changes.pop("doctor", None) or DoctorFactory(),
        "weekdays": [0, 1, 2, 3, 4, 5, 6],
        "valid_from": today() + timedelta(days=1),
        "start_time": time(9),
        "end_time": time(11),
        **changes,
    }
    availability = AvailabilityFactory.build(**given)
    save_availability(availability=availability, breaks=[], actor=CLINIC)
    return availability


def today():
    return timezone.now().astimezone(LONDON).date()


def wall(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(today() + timedelta(days=day), time(hour, minute))


def slot_at(day: int, hour: int, minute: int = 0, **filters) -> Slot:
    return Slot.objects.get(starts_at=wall(day, hour, minute).replace(tzinfo=LONDON), **filters)


def book(day: int, hour: int, minute: int = 0) -> Appointment:
    return book_slot(slot_at(day, hour, minute))


def walls(day: int, **filters) -> list[str]:
    start = wall(day, 0).replace(tzinfo=LONDON)
    rows = Slot.objects.filter(starts_at__gte=start, starts_at__lt=start + timedelta(days=1), **filters)
    return [f"{slot.starts_at.astimezone(LONDON):%H:%M}" for slot in rows.order_by("starts_at")]

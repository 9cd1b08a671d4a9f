"""What tests of the kiosk share: people who are expected, and what they say."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts import actors
from queueing.services.kiosk import apply_operation, find_visits
from queueing.tests.factories import a_doctor
from scheduling.models import Appointment, Location, Patient
from scheduling.tests.factories import PatientFactory, SlotFactory, book, in_hours

BORN = date(1980, 5, 17)
PHONE = "+442079460123"
LOBBY = "203.0.113.50"


def someone(**said: Any) -> Patient:
    """A patient with the phone and birthday above."""
    patient: Patient = PatientFactory(**{"first_name": "Wilhelmina", "date_of_birth": BORN, "phone": PHONE, **said})
    return patient


def expected(minutes: float = 20, *, location: Location | None = None, **said: Any) -> Appointment:
    """A confirmed visit in so many minutes, at a place with a kiosk."""
    doctor, location = a_doctor(location)
    slot = SlotFactory(doctor=doctor, location=location, starts_at=in_hours(minutes / 60))
    return book(slot, patient=said.pop("patient", None) or someone(**said))


def at(location: Location, address: str = LOBBY) -> Any:
    """Whoever stands at the kiosk."""
    return actors.kiosk(location.slug, address=address)


def by_reference(visit: Appointment, born: date = BORN) -> dict[str, str]:
    """What somebody says who has the reference."""
    return {"reference": visit.number, "date_of_birth": born.isoformat()}


def by_phone(phone: str = PHONE, born: date = BORN) -> dict[str, str]:
    """What somebody says who has not."""
    return {"phone": phone, "date_of_birth": born.isoformat()}


def a_person(**said: str) -> dict[str, str]:
    """What somebody says who has no appointment."""
    person = {"first_name": "Nora", "last_name": "New", "date_of_birth": "1991-02-03", "phone": "+442079460777"}
    return {"doctor": "", "reason": "", "urgency": "low", **person, **said}


def new_name() -> str:
    """What a device calls what it asks for."""
    return str(uuid4())


def typed(born: date = BORN, **said: str) -> dict[str, str]:
    """A form as a browser without scripts sends it."""
    parts = {"date_of_birth_day": born.day, "date_of_birth_month": born.month, "date_of_birth_year": born.year}
    return {"device_time": timezone.now().isoformat(), **{name: str(value) for name, value in parts.items()}, **said}


def find(data: dict[str, str], location: Location, address: str = LOBBY) -> list[Appointment]:
    """What is found by what somebody says."""
    return find_visits(data=data, location=location, actor=at(location, address))


def apply(kind: str, data: dict[str, str], location: Location, operation: str = "", address: str = LOBBY) -> Any:
    """What comes of an operation, under a new name unless it is given one."""
    return apply_operation(
        kind=kind, data=data, operation=operation or new_name(), location=location, actor=at(location, address)
    )

"""Test data of the queue."""

from __future__ import annotations

from typing import Any

from queueing.models import Queue, Token
from queueing.services.check_in import check_in, register_and_join
from scheduling.models import Doctor, Location
from scheduling.services.booking import VisitDetails
from scheduling.states import AppointmentType
from scheduling.tests.factories import CLINIC, DoctorFactory, LocationFactory, SlotFactory, book, details, in_hours


def a_doctor(location: Location | None = None, **said: Any) -> tuple[Doctor, Location]:
    """A doctor and where they work."""
    location = location or LocationFactory()
    return DoctorFactory(locations=[location], room=said.pop("room", "Room 1"), **said), location


def walk_in(doctor: Doctor, location: Location, *, operation: str = "", urgency: str = "low", **said: str) -> Token:
    """Somebody new without an appointment, registered at the desk."""
    number = Token.objects.count() + 1
    person = {"first_name": f"Walker{number}", "last_name": "In", "email": f"walker{number}@example.org", "phone": ""}
    return register_and_join(
        doctor_id=doctor.pk,
        location_id=location.pk,
        patient=details(**{**person, **said}),
        visit=VisitDetails(type=AppointmentType.WALK_IN, urgency=urgency),
        actor=CLINIC,
        operation=operation,
    )


def arrived(doctor: Doctor, location: Location, *, minutes: float = 10) -> Token:
    """Somebody who booked for so many minutes from now, and is here."""
    slot = SlotFactory(doctor=doctor, location=location, starts_at=in_hours(minutes / 60))
    return check_in(appointment_id=book(slot).pk, actor=CLINIC)


def queue_of(token: Token) -> Queue:
    """The queue as it is now."""
    return Queue.objects.select_related("doctor", "location").get(pk=token.queue_id)

"""A clinic and its programs, for tests of the queue's calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.roles import Role
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Doctor, Location
from scheduling.tests.api import Program, program_of
from scheduling.tests.factories import UserFactory


@dataclass
class Place:
    """A doctor, where they work, and who asks."""

    doctor: Doctor
    location: Location
    desk: Program
    manager: Program
    patient: Program
    anonymous: Program

    def waits(self, **said: Any) -> Any:
        """Somebody new in the queue."""
        return walk_in(self.doctor, self.location, **said)


def a_place() -> Place:
    """One of each."""
    doctor, location = a_doctor()
    return Place(
        doctor=doctor,
        location=location,
        desk=program_of(Role.RECEPTION, location),
        manager=program_of(Role.MANAGER),
        patient=Program(UserFactory()),
        anonymous=Program(),
    )


def program_of_doctor(doctor: Doctor) -> Program:
    """A program of this doctor."""
    program = program_of(Role.DOCTOR)
    Doctor.objects.filter(pk=doctor.pk).update(user=program.user)
    return program

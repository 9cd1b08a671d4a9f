"""A clinic of two places, with everybody who could look at it: who sees what of whom."""

from __future__ import annotations

from django.contrib.auth.models import Group

from accounts.models import User
from accounts.roles import Role
from scheduling.models import Location, StaffAssignment
from scheduling.tests.factories import DoctorFactory, LocationFactory, PatientFactory, UserFactory


class TwoPlaces:
    """Two places; Dr Both works at both of them, Dr Here and Dr There at one. Everybody has a visit of each doctor."""

    def __init__(self) -> None:
        self.here, self.there = LocationFactory(), LocationFactory()
        self.users = {
            "patient": UserFactory(),
            "other patient": UserFactory(),
            "both": self._staff(Role.DOCTOR),
            "doctor here": self._staff(Role.DOCTOR),
            "desk here": self._staff(Role.RECEPTION, self.here),
            "desk everywhere": self._staff(Role.RECEPTION, self.here, self.there),
            "manager": self._staff(Role.MANAGER),
            "root": UserFactory(is_staff=True, is_superuser=True),
            "new": UserFactory(is_staff=True),
        }
        self.doctors = {
            "both": DoctorFactory(locations=[self.here, self.there], user=self.users["both"]),
            "here": DoctorFactory(locations=[self.here], user=self.users["doctor here"]),
            "there": DoctorFactory(locations=[self.there]),
        }
        self.family = PatientFactory(user=self.users["patient"])
        self.stranger = PatientFactory(user=self.users["other patient"])

    @staticmethod
    def _staff(role: Role, *locations: Location) -> User:
        user = UserFactory(is_staff=True)
        user.groups.add(Group.objects.get_or_create(name=role)[0])
        if locations:
            StaffAssignment.objects.create(user=user).locations.set(locations)
        return user

    def rooms(self) -> dict[str, tuple[str, int]]:
        """Every room that anybody could ask for, by a name that stays the same from run to run."""
        people = {f"user {name}": ("user", user.pk) for name, user in self.users.items()}
        doctors = {f"doctor {name}": ("doctor", doctor.pk) for name, doctor in self.doctors.items()}
        return {
            **people,
            **doctors,
            "here": ("location", self.here.pk),
            "there": ("location", self.there.pk),
            "admin": ("admin", 0),
        }

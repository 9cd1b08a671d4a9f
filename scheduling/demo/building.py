"""From a plan to a whole clinic, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.demo import clinic, edge_cases, families, hours, sign_ins, visits, waiting
from scheduling.models import Appointment, Doctor, Location, Patient, Slot

DEFAULT_SEED = 20_26


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a clinic is wanted, and from which seed its chance is drawn.

    The same plan makes the same clinic, as seen from the day it is made on; only secrets differ.
    """

    doctors: int = 14
    days: int = 14
    patients: int = 240
    seed: int = DEFAULT_SEED
    edge_cases: bool = False
    password: str = ""


@dataclass(slots=True)
class Clinic:
    """What was made."""

    locations: list[Location]
    doctors: list[Doctor]
    slots: int = 0
    patients: int = 0
    appointments: int = 0
    waiting: int = 0
    sign_ins: list[sign_ins.SignIn] = field(default_factory=list)
    appointment_to_show: Appointment | None = None


def is_empty() -> bool:
    """Whether nobody has begun to use this database."""
    return not (Location.objects.exists() or Doctor.objects.exists() or Patient.objects.exists())


def build_clinic(*, plan: Plan, actor: Actor, now: datetime | None = None) -> Clinic:
    """Make the clinic of `plan` beside whatever is there, and say what was made."""
    with recorded(actor, "demo.load"):
        return _Builder(plan=plan, actor=actor, now=now or timezone.now()).build()


@dataclass(slots=True)
class _Builder:
    plan: Plan
    actor: Actor
    now: datetime

    def build(self) -> Clinic:
        """Lay the clinic from its walls to its waiting room."""
        before = Slot.objects.count()
        made = self._walls()
        people = families.make_families(
            count=self.plan.patients, chance=self._chance("families"), today=self.now.date()
        )
        made.patients = len(people)
        made.sign_ins = sign_ins.make_sign_ins(
            doctor=made.doctors[0], family=people[:3], locations=made.locations, password=self.plan.password
        )
        booked = visits.make_visits(doctors=made.doctors, patients=people, chance=self._chance("visits"), now=self.now)
        made.appointments = len(booked)
        made.appointment_to_show = visits.one_to_show(booked, patient=people[0], now=self.now)
        made.waiting = waiting.make_waitlist(
            doctor=visits.busiest(made.doctors), patients=people, booked=booked, now=self.now
        )
        made.slots = Slot.objects.count() - before
        return made

    def _walls(self) -> Clinic:
        """Locations, doctors, their hours and their slots."""
        locations = clinic.make_locations(days=self.plan.days)
        employed = clinic.make_doctors(count=self.plan.doctors, locations=locations, chance=self._chance("doctors"))
        if self.plan.edge_cases:
            locations |= edge_cases.make_locations()
            employed += edge_cases.make_doctors(locations=locations, now=self.now, days=self.plan.days)
        hours.make_hours(doctors=employed, locations=locations, now=self.now)
        doctors = [one.doctor for one in employed]
        hours.make_slots(doctors=doctors, now=self.now, days=self.plan.days, actor=self.actor)
        return Clinic(locations=list(locations.values()), doctors=doctors)

    def _chance(self, subject: str) -> Random:
        """Chance of its own for each subject, so that more doctors do not change the patients' names."""
        return Random(f"{self.plan.seed}:{subject}")  # noqa: S311 - a demo, not a secret

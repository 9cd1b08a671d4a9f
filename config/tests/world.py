"""A clinic of two locations, whose people must not learn of each other's patients.

Every personal word in it is unique, so that a search for words in an answer says who was spoken of:

    world = build_world()
    world.leaks(world.people["desk_there"], response.content.decode())  # [] unless something leaked
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any
from urllib.parse import unquote

import time_machine
from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.services.users import register_user
from config.tests.world_messages import browser_of, codes, messages_go_out
from config.tests.world_money import Money, money_moves, money_not_for
from config.tests.world_queue import Morning, Today, words_not_for
from queueing.models import Token
from scheduling.models import (
    Appointment,
    Doctor,
    Hold,
    Location,
    Patient,
    Slot,
    SlotBatch,
    StaffAssignment,
    TimeOff,
    WaitlistEntry,
)
from scheduling.services import lifecycle
from scheduling.services.booking import VisitDetails, book_slot, register_walk_in
from scheduling.services.holds import hold_seat
from scheduling.services.offers import offer_slot
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.waitlist import join_waitlist
from scheduling.states import AppointmentStatus, AppointmentType
from scheduling.tests.factories import (
    CLINIC,
    VISITOR,
    AvailabilityFactory,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    SpecialtyFactory,
)

BACKEND = settings.AUTHENTICATION_BACKENDS[1]
SPOKEN = ("first_name", "last_name", "phone", "email", "address", "medical_history", "insurance_number")
SPOKEN += ("emergency_contact_name", "insurance_provider")
SAID = ("reason", "symptoms", "special_requirements", "notes", "cancellation_message")


@dataclass
class Person:
    """Somebody who looks: who they are, whose records and visits are their business, where they work, which secrets
    they hold."""

    name: str
    user: User | None
    patients: set[int] = field(default_factory=set)
    visits: set[int] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    places: set[int] = field(default_factory=set)
    forbidden: dict[str, str] = field(default_factory=dict)

    def client(self) -> Client:
        """A browser of theirs; a fault of ours is an answer of 500, not an exception."""
        client = Client(raise_request_exception=False)
        if self.user is not None:
            client.force_login(self.user, BACKEND)
        return client


@dataclass
class World:
    """All of it."""

    here: Location
    there: Location
    doctors: dict[str, Doctor]
    patients: dict[str, Patient]
    visits: dict[str, Appointment]
    free: dict[str, Slot]
    holds: dict[str, Hold]
    waits: dict[str, WaitlistEntry]
    today: Today
    money: Money
    people: dict[str, Person]

    def forbidden_to(self, person: Person) -> dict[str, str]:
        """What no answer to this person may say, and why not."""
        words: dict[str, str] = {}
        for name, patient in self.patients.items():
            if patient.pk not in person.patients:
                words |= dict.fromkeys(_spoken(patient), f"{name}'s record")
        for visit in Appointment.objects.all():
            if visit.pk not in person.visits:
                words |= {getattr(visit, said): f"visit {visit.pk}" for said in SAID if getattr(visit, said)}
        words |= dict(words_not_for(person)) | dict(money_not_for(person))
        rows: Iterable[Any] = [*Appointment.objects.all(), *WaitlistEntry.objects.all(), *Token.objects.all()]
        secrets = {row.secret for row in rows} | {hold.token for hold in Hold.objects.all()} | codes()
        words |= dict.fromkeys(secrets - person.secrets, "a secret")
        return words | {user.password: "a password" for user in User.objects.exclude(password__startswith="!")}

    def leaks(self, person: Person, said: str, *, asked: str = "") -> list[str]:
        """What an answer says that this person may not read; what they `asked` for themselves may be repeated."""
        if not person.forbidden:
            person.forbidden = self.forbidden_to(person)
        plain = html.unescape(unquote(said))
        digits = re.sub(r"[\s()\-]", "", plain)
        found = {word for word in person.forbidden if word in plain or (word[:1] == "+" and word in digits)}
        return [f"{word!r} of {person.forbidden[word]}" for word in sorted(found) if word not in unquote(asked)]

    def objects(self, model: type[Model]) -> list[Any]:
        """All rows of a kind."""
        return list(model._default_manager.order_by("pk"))


def _spoken(patient: Patient) -> Iterator[str]:
    for name in SPOKEN:
        value = str(getattr(patient, name))
        if value:
            yield value
    if patient.phone:
        yield patient.phone.as_national


def rows_now() -> dict[str, dict[Any, tuple[Any, ...]]]:
    """Every row of our own tables, except the books that are kept of looking (audit trail, counters)."""
    books = {"AuditEntry", "AuditSeal", "AttemptCounter", "SweepRun", "Worker"}
    return {
        model._meta.label: {row[0]: row[1:] for row in model._default_manager.values_list("pk", *_columns(model))}
        for app in ("accounts", "scheduling", "queueing", "notifications", "payments")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model.__name__ not in books
    }


def _columns(model: type[Model]) -> list[str]:
    return [column.attname for column in model._meta.concrete_fields if column.attname != "last_login"]


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Which rows came, went or changed, in words."""
    return [
        f"{label} {key}: {before[label].get(key)} -> {after[label].get(key)}"
        for label in before
        for key in before[label].keys() | after[label].keys()
        if before[label].get(key) != after[label].get(key)
    ]


def build_world() -> World:
    """Make all of it through the services that make it in life."""
    return _Builder().build()


class _Builder:
    """Puts the world together, step by step."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.users: dict[str, User | None] = {"anonymous": None}
        self.patients: dict[str, Patient] = {}
        self.visits: dict[str, Appointment] = {}
        self.free: dict[str, Slot] = {}

    def build(self) -> World:
        self._places()
        self._users()
        self._doctors()
        self._patients()
        self._visits()
        self._rest()
        self._today()
        self._money()
        self.today.browsers = {name: browser_of(user) for name, user in self.users.items() if user is not None}
        return World(
            here=self.here,
            there=self.there,
            doctors=self.doctors,
            patients=self.patients,
            visits=self.visits,
            free=self.free,
            holds=self.holds,
            waits=self.waits,
            today=self.today,
            money=self.money,
            people={name: self._person(name, user) for name, user in self.users.items()},
        )

    def _places(self) -> None:
        self.here = LocationFactory(name="Harbour Clinic", slug="harbour", address="1 Quay")
        self.there = LocationFactory(name="Hill Clinic", slug="hill", needs_confirmation=True, pending_minutes=60)

    def _users(self) -> None:
        roles = {"one": Role.PATIENT, "two": Role.PATIENT, "doctor_here": Role.DOCTOR, "doctor_there": Role.DOCTOR}
        roles |= {"desk_here": Role.RECEPTION, "desk_there": Role.RECEPTION, "manager": Role.MANAGER}
        for name, role in roles.items():
            self.users[name] = register_user(
                email=f"{name}@frontdesk.example",
                password="a long enough password",
                full_name=name,
                roles=[role],
                verified=True,
                actor=CLINIC,
            )
        for name, place in (("desk_here", self.here), ("desk_there", self.there)):
            StaffAssignment.objects.create(user=self.users[name]).locations.set([place])

    def _doctors(self) -> None:
        heart = SpecialtyFactory(name="Cardiology")
        places = {"here": [self.here], "there": [self.there], "both": [self.here, self.there]}
        self.doctors = {
            name: DoctorFactory(
                name=f"Dr {name.title()}", specialty=heart, locations=at, user=self.users.get(f"doctor_{name}")
            )
            for name, at in places.items()
        }
        for name, at in places.items():
            AvailabilityFactory(doctor=self.doctors[name], location=at[0])
            batch = SlotBatch.objects.create(doctor=self.doctors[name], location=at[0], description=f"Batch {name}")
            self._slot(name, at[0], batch=batch)
            TimeOff.objects.create(
                doctor=self.doctors[name],
                location=at[0] if name != "both" else None,
                starts_at=timezone.now() + timedelta(days=300),
                ends_at=timezone.now() + timedelta(days=301),
                reason=f"Leave {name}",
            )

    def _patients(self) -> None:
        owners = {"anna": "one", "arthur": "one", "bert": "two", "cleo": "", "dora": ""}
        for number, (name, owner) in enumerate(owners.items()):
            own = name.title()
            self.patients[name] = PatientFactory(
                user=self.users[owner] if owner else None,
                first_name=f"{own}first",
                last_name=f"{own}last",
                date_of_birth=date(1970 + number, 1, 1),
                phone=f"+4420794601{number:02d}",
                email=f"{name}@patients.example",
                address=f"{own}street 7",
                emergency_contact_name=f"{own}friend",
                medical_history=f"{own}history",
                insurance_provider=f"{own}insurer",
                insurance_number=f"{own}policy",
            )

    def _visits(self) -> None:
        for name, patient, doctor, place in (
            ("here", "anna", "here", self.here),
            ("there", "bert", "there", self.there),
        ):
            for status in AppointmentStatus:
                self._visit(f"{name}_{status}", patient, doctor, place, status)
            self.visits[f"{name}_walk_in"] = register_walk_in(
                doctor_id=self.doctors[doctor].pk,
                location_id=place.pk,
                patient=self.patients["arthur" if name == "here" else "cleo"],
                visit=self._said(f"{name}_walk_in", type=AppointmentType.WALK_IN),
                actor=CLINIC,
            )
            self._visit(f"{name}_old_link", patient, doctor, place, AppointmentStatus.CONFIRMED)
            Appointment.objects.filter(pk=self.visits[f"{name}_old_link"].pk).update(secret_expires_at=timezone.now())
        # One patient, one doctor, two locations: each desk knows the person, but only its own visit.
        self._visit("both_here", "dora", "both", self.here, AppointmentStatus.CONFIRMED)
        self._visit("both_there", "dora", "both", self.there, AppointmentStatus.CONFIRMED)
        self._visit("cleo_both_there", "cleo", "both", self.there, AppointmentStatus.CONFIRMED)

    def _slot(self, doctor: str, place: Location, later: timedelta = timedelta(0), **more: Any) -> Slot:
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        start = hour + timedelta(hours=47 + next(self.numbers)) + later
        slot: Slot = SlotFactory(doctor=self.doctors[doctor], location=place, starts_at=start, **more)
        return slot

    def _said(self, key: str, **more: Any) -> VisitDetails:
        words = {name: f"x{key}x-{name}" for name in ("reason", "symptoms", "special_requirements", "notes")}
        return VisitDetails(**words, **more)

    def _visit(self, key: str, patient: str, doctor: str, place: Location, status: AppointmentStatus) -> None:
        in_a_queue = ("checked_in", "in_progress", "completed")  # each on a day of its own: a person is in one queue
        later = timedelta(days=10 * (1 + in_a_queue.index(status)) if status in in_a_queue else 0)
        visit = book_slot(
            slot_id=self._slot(doctor, place, later).pk,
            patient=self.patients[patient],
            visit=self._said(key),
            actor=VISITOR,
        )
        Appointment.objects.filter(pk=visit.pk, status="confirmed").update(status="pending", expires_at=in_an_hour())
        self._bring(visit, status)
        visit.refresh_from_db()
        self.visits[key] = visit

    def _bring(self, visit: Appointment, status: AppointmentStatus) -> None:
        """Take a pending visit to the state that is wanted."""
        on_the_way = {
            "confirmed": [lifecycle.confirm_appointment],
            "checked_in": [lifecycle.confirm_appointment, lifecycle.check_in_appointment],
            "cancelled": [lifecycle.cancel_appointment],
        }
        on_the_way["in_progress"] = [*on_the_way["checked_in"], lifecycle.start_appointment]
        on_the_way["completed"] = [*on_the_way["in_progress"], lifecycle.complete_appointment]
        for minutes, step in enumerate(on_the_way.get(status, [])):
            words = {"message": f"{visit.reason}-farewell"} if step is lifecycle.cancel_appointment else {}
            before = step in (lifecycle.confirm_appointment, lifecycle.cancel_appointment)
            then = (visit.starts_at or timezone.now()) + timedelta(minutes=minutes)
            with time_machine.travel(timezone.now() if before else then):
                step(appointment_id=visit.pk, actor=CLINIC, **words)  # type: ignore[operator]
        if status == AppointmentStatus.RESCHEDULED:
            lifecycle.confirm_appointment(appointment_id=visit.pk, actor=CLINIC)
            slot = self._slot(next(name for name, one in self.doctors.items() if one == visit.doctor), visit.location)
            reschedule_appointment(appointment_id=visit.pk, slot_id=slot.pk, actor=CLINIC)
        elif status == AppointmentStatus.EXPIRED:
            Appointment.objects.filter(pk=visit.pk).update(expires_at=timezone.now())
            lifecycle.expire_appointment(appointment_id=visit.pk, actor=CLINIC)
        elif status == AppointmentStatus.NO_SHOW:
            Appointment.objects.filter(pk=visit.pk).update(status="no_show")

    def _rest(self) -> None:
        """Free slots, holds, and people who wait."""
        self.holds, self.waits = {}, {}
        for name, place in (("here", self.here), ("there", self.there)):
            self.free[name] = self._slot(name, place)
            hold = hold_seat(slot_id=self._slot(name, place).pk, holder=f"browser-{name}", actor=VISITOR)
            hold.expires_at = in_an_hour()  # a world may serve many tests
            hold.save()
            self.holds[name] = hold
            wait = join_waitlist(
                patient=self.patients["arthur" if name == "here" else "cleo"],
                doctor_id=self.doctors[name].pk,
                location_id=place.pk,
                earliest_date=timezone.localdate(),
                latest_date=timezone.localdate() + timedelta(days=60),
                actor=VISITOR,
            )
            offered = self._slot(name, place)
            assert offer_slot(offered.pk) == wait
            wait.refresh_from_db()
            self.waits[name] = wait
        self.waits["both"] = join_waitlist(
            patient=self.patients["dora"],
            doctor_id=self.doctors["both"].pk,
            location_id=self.here.pk,
            earliest_date=timezone.localdate(),
            latest_date=timezone.localdate() + timedelta(days=60),
            actor=VISITOR,
        )

    def _today(self) -> None:
        """The queues of this day, and what was sent."""
        self.today = Today()
        for name, place, patients in (
            ("here", self.here, ("anna", "arthur", "dora")),
            ("there", self.there, ("bert", "cleo", "dora")),
        ):
            people = self.doctors[name], self.doctors["both"], *(self.patients[patient] for patient in patients)
            Morning(name, place, *people, has_doctor_of_both=name == "here").happens(self.today)
            messages_go_out(place, [self.patients["arthur" if name == "here" else "cleo"]])

    def _money(self) -> None:
        """What was paid, and where."""
        self.money = Money()
        for name, place in (("here", self.here), ("there", self.there)):
            money_moves(self.money, name, place, self.visits)

    def _person(self, name: str, user: User | None) -> Person:
        business = {
            "one": {"anna", "arthur"},
            "two": {"bert"},
            "doctor_here": {"anna", "arthur"},
            "desk_here": {"anna", "arthur", "dora"},
            "doctor_there": {"bert", "cleo"},
            "desk_there": {"bert", "cleo", "dora"},
            "manager": set(self.patients),
        }.get(name, set())
        patients = {self.patients[patient].pk for patient in business}
        visits = Appointment.objects.filter(patient__in=patients)
        if name in {"doctor_here", "desk_here"}:
            visits = visits.filter(location=self.here)
        elif name in {"doctor_there", "desk_there"}:
            visits = visits.filter(location=self.there)
        secrets: set[str] = set()
        if name in {"one", "two"}:
            waits = WaitlistEntry.objects.filter(patient__in=patients)
            tokens = Token.objects.filter(patient__in=patients)
            secrets = {row.secret for row in [*visits, *waits, *tokens]} | codes(patient__in=patients)  # type: ignore[misc]
        here, there = self.here.pk, self.there.pk
        places = {"here": {here}, "there": {there}, "manager": {here, there}}.get(name.rpartition("_")[2], set())
        return Person(name, user, patients, set(visits.values_list("pk", flat=True)), secrets, places)


def in_an_hour() -> Any:
    """The moment an hour from now."""
    return timezone.now() + timedelta(hours=1)

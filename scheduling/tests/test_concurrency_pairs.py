"""Guarantee 2: no pair of writes breaks an invariant. Every pair of services on the same objects, at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations_with_replacement

import pytest
from django.db import connection, connections
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import DomainError
from scheduling import invariants
from scheduling.models import Appointment, Doctor, Hold, Location, Patient, Slot, WaitlistEntry
from scheduling.services import lifecycle
from scheduling.services.booking import VisitDetails, book_hold, book_slot
from scheduling.services.calendar import close_slot, delete_slot
from scheduling.services.holds import extend_hold, hold_seat, release_hold
from scheduling.services.offers import offer_slot
from scheduling.services.prepaid import confirm_paid, prolong_pending
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.waitlist import accept_offer, decline_offer, leave_waitlist
from scheduling.states import AppointmentStatus, WaitlistStatus
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SpecialtyFactory,
    in_hours,
)

pytestmark = pytest.mark.django_db(transaction=True)
CLERK = Actor(label="system:desk")
ROUNDS = {"postgresql": 50, "sqlite": 5}


@dataclass
class Scene:
    """One set of objects that two writers meet on: two slots of two seats, everything on them."""

    here: Slot
    there: Slot
    confirmed: Appointment
    pending: Appointment
    hold: Hold
    offered: WaitlistEntry
    newcomer: Patient


WRITES: dict[str, Callable[[Scene], object]] = {
    "hold": lambda s: hold_seat(slot_id=s.here.pk, holder="writer", actor=VISITOR),
    "extend": lambda s: extend_hold(token=s.hold.token, actor=VISITOR),
    "release": lambda s: release_hold(token=s.hold.token, actor=VISITOR),
    "book the hold": lambda s: book_hold(token=s.hold.token, patient=s.newcomer, visit=VisitDetails(), actor=VISITOR),
    "book": lambda s: book_slot(slot_id=s.there.pk, patient=s.newcomer, visit=VisitDetails(), actor=VISITOR),
    "confirm": lambda s: lifecycle.confirm_appointment(appointment_id=s.pending.pk, actor=VISITOR),
    "expire": lambda _s: lifecycle.expire_overdue(actor=CLERK),
    "pay for the pending": lambda s: confirm_paid(appointment_id=s.pending.pk, actor=CLERK),
    "begin to pay": lambda s: prolong_pending(appointment_id=s.pending.pk, until=in_hours(2), actor=VISITOR),
    "cancel": lambda s: lifecycle.cancel_appointment(appointment_id=s.confirmed.pk, actor=VISITOR),
    "cancel the pending": lambda s: lifecycle.cancel_appointment(appointment_id=s.pending.pk, actor=VISITOR),
    "check in": lambda s: lifecycle.check_in_appointment(appointment_id=s.confirmed.pk, actor=CLERK),
    "move there": lambda s: reschedule_appointment(appointment_id=s.confirmed.pk, slot_id=s.there.pk, actor=VISITOR),
    "move here": lambda s: reschedule_appointment(appointment_id=s.pending.pk, slot_id=s.here.pk, actor=CLERK),
    "move onto the hold": lambda s: reschedule_appointment(
        appointment_id=s.pending.pk, slot_id=s.here.pk, hold_token=s.hold.token, actor=VISITOR
    ),
    "offer": lambda s: offer_slot(s.there.pk),
    "accept": lambda s: accept_offer(entry_id=s.offered.pk, actor=VISITOR),
    "decline": lambda s: decline_offer(entry_id=s.offered.pk, actor=VISITOR),
    "leave the list": lambda s: leave_waitlist(entry_id=s.offered.pk, actor=VISITOR),
    "close": lambda s: close_slot(slot_id=s.there.pk, actor=CLERK),
    "delete": lambda s: delete_slot(slot_id=s.there.pk, actor=CLERK),
}


class Stage:
    """Builds many scenes in a few statements, so that the time goes into the writes and not into the setting."""

    def __init__(self) -> None:
        self.locations: list[Location] = [LocationFactory(), LocationFactory(needs_confirmation=True)]
        self.specialty = SpecialtyFactory()

    def scenes(self, number: int) -> list[Scene]:
        """In each, `here` has the confirmed visit and a hold, `there` the pending visit and an offer; both are full.

        In every third scene the pending visit has run out, and in every third it was ended, so that its seat is free.
        """
        patients = iter(Patient.objects.bulk_create(PatientFactory.build_batch(4 * number)))
        slots = self._slots(number)
        holds, scenes = [], []
        for here, there in zip(slots[::2], slots[1::2], strict=True):
            confirmed, pending = self._visit(here, next(patients)), self._visit(there, next(patients))
            pending.status = AppointmentStatus.PENDING
            pending.expires_at = timezone.now() + timedelta(minutes=-1 if len(scenes) % 3 else 5)
            if len(scenes) % 3 == 2:
                pending.status = AppointmentStatus.EXPIRED
                there.taken = 1
            hold = Hold(slot=here, holder="keeper", expires_at=timezone.now() + timedelta(minutes=5))
            offered = self._offer(there, next(patients))
            holds += [hold, Hold(slot=there, waitlist_entry=offered, expires_at=offered.offer_expires_at)]
            scenes.append(Scene(here, there, confirmed, pending, hold, offered, next(patients)))
        Slot.objects.bulk_update(slots, ["taken"])
        Appointment.objects.bulk_create([visit for scene in scenes for visit in (scene.confirmed, scene.pending)])
        WaitlistEntry.objects.bulk_create([scene.offered for scene in scenes])
        Hold.objects.bulk_create(holds)
        return scenes

    def _slots(self, number: int) -> list[Slot]:
        """Two full slots a scene, each of a doctor of its own."""
        doctors = Doctor.objects.bulk_create(DoctorFactory.build_batch(2 * number, specialty=self.specialty))
        slots = []
        for count, doctor in enumerate(doctors):
            start = in_hours(6) + timedelta(minutes=30 * (count % 2))
            ends_at = start + timedelta(minutes=20)
            location = self.locations[count % 2]
            slots.append(Slot(doctor=doctor, location=location, starts_at=start, ends_at=ends_at, capacity=2, taken=2))
        return Slot.objects.bulk_create(slots)

    def _visit(self, slot: Slot, patient: Patient) -> Appointment:
        return Appointment(
            patient=patient,
            doctor=slot.doctor,
            location=slot.location,
            slot=slot,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            status=AppointmentStatus.CONFIRMED,
        )

    def _offer(self, slot: Slot, patient: Patient) -> WaitlistEntry:
        day = slot.starts_at.date()
        return WaitlistEntry(
            patient=patient,
            doctor=slot.doctor,
            earliest_date=day - timedelta(days=1),
            latest_date=day + timedelta(days=1),
            status=WaitlistStatus.OFFERED,
            offered_slot=slot,
            offer_expires_at=timezone.now() + timedelta(minutes=60),
        )


@contextmanager
def two_writers() -> Iterator[ThreadPoolExecutor]:
    """Two threads that keep their connections over all rounds."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield pool
        together = threading.Barrier(2)
        list(pool.map(lambda _n: (together.wait(timeout=30), connections.close_all()), range(2)))


def play(pool: ThreadPoolExecutor, scene: Scene, pair: tuple[str, str]) -> None:
    """Both writes at one moment. A DomainError is an answer; anything else is a fault."""
    start = threading.Barrier(2)

    def write(name: str) -> None:
        start.wait(timeout=30)
        try:
            WRITES[name](scene)
        except DomainError:
            return

    for outcome in [pool.submit(write, name) for name in pair]:
        outcome.result(timeout=60)


@pytest.mark.parametrize("name", list(WRITES))
def test_no_pair_of_writes_breaks_an_invariant(name: str) -> None:
    stage = Stage()
    names = list(WRITES)
    pairs = [pair for pair in combinations_with_replacement(names, 2) if pair[0] == name]
    with two_writers() as pool:
        for pair in pairs:
            for scene in stage.scenes(ROUNDS[connection.vendor]):
                play(pool, scene, pair)
            drifts = [str(drift) for drift in invariants.check()]
            assert drifts == [], (pair, drifts[:5])

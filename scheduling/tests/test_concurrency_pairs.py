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
from scheduling.models import Appointment, Hold, Location, Patient, Slot, WaitlistEntry
from scheduling.services import lifecycle
from scheduling.services.booking import VisitDetails, book_hold, book_slot
from scheduling.services.calendar import close_slot, delete_slot
from scheduling.services.holds import extend_hold, hold_seat, release_hold
from scheduling.services.offers import offer_slot
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.waitlist import accept_offer, decline_offer, join_waitlist, leave_waitlist
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SpecialtyFactory,
    book,
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
    """Builds scenes quickly: everybody and everything that may be shared is."""

    def __init__(self) -> None:
        self.locations: list[Location] = [LocationFactory(), LocationFactory(needs_confirmation=True)]
        self.specialty = SpecialtyFactory()
        self.scenes = 0

    def scene(self) -> Scene:
        """`here` has the confirmed visit and a hold, `there` the pending visit and an offer; both are full."""
        self.scenes += 1
        start = in_hours(24 + self.scenes)
        here, there = (
            Slot.objects.create(
                doctor=doctor,
                location=self.locations[number],
                starts_at=start + timedelta(minutes=30 * number),
                ends_at=start + timedelta(minutes=30 * number + 20),
                capacity=2,
            )
            for number, doctor in enumerate(DoctorFactory.create_batch(2, specialty=self.specialty))
        )
        confirmed, pending = book(here), book(there)
        Appointment.objects.filter(pk=pending.pk).update(
            expires_at=timezone.now() + timedelta(minutes=(-1 if self.scenes % 2 else 5))
        )
        hold = hold_seat(slot_id=here.pk, holder="keeper", actor=VISITOR)
        return Scene(here, there, confirmed, pending, hold, self._offer_on(there), PatientFactory())

    def _offer_on(self, slot: Slot) -> WaitlistEntry:
        day = slot.starts_at.date()
        entry = join_waitlist(
            patient=PatientFactory(),
            doctor_id=slot.doctor_id,
            earliest_date=day - timedelta(days=1),
            latest_date=day + timedelta(days=1),
            actor=VISITOR,
        )
        assert offer_slot(slot.pk) == entry
        return entry


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
            for _round in range(ROUNDS[connection.vendor]):
                play(pool, stage.scene(), pair)
            drifts = [str(drift) for drift in invariants.check()]
            assert drifts == [], (pair, drifts[:5])

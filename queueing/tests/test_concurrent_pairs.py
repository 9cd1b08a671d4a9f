"""Guarantee 2: every pair of writes on the same place in a queue, at one moment, and closing beside each of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations_with_replacement

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.errors import DomainError
from queueing import invariants
from queueing.models import Queue, Token, TokenStep
from queueing.services import steps
from queueing.services.check_in import check_in
from queueing.services.closing import close_queues
from queueing.services.priorities import Priority, prioritise_token
from queueing.services.queues import open_queue, set_doctor_status
from queueing.services.steps import snapshot
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.states import Arrival, DoctorStatus, Step, TokenStatus
from queueing.tests.concurrency import CLERK, ROUNDS, joining, refusals, sound
from scheduling import invariants as ground
from scheduling.clock import local_date
from scheduling.models import Appointment, Doctor, Location, Patient, Slot
from scheduling.services import lifecycle
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import (
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SpecialtyFactory,
    in_hours,
)
from testing.threads import run_together

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Scene:
    """One place that two writers meet on: `one` is in the queue in some state, `two` waits behind, `booked` comes."""

    one: Token
    two: Token
    booked: Appointment
    other: Doctor
    step: TokenStep


WRITES: dict[str, Callable[[Scene], object]] = {
    "next": lambda s: steps.call_next(queue_id=s.one.queue_id, actor=CLERK),
    "call": lambda s: steps.call_token(token_id=s.one.pk, actor=CLERK),
    "recall": lambda s: steps.recall_token(token_id=s.one.pk, actor=CLERK),
    "start": lambda s: steps.start_token(token_id=s.one.pk, actor=CLERK),
    "start the other": lambda s: steps.start_token(token_id=s.two.pk, actor=CLERK),
    "finish": lambda s: steps.finish_token(token_id=s.one.pk, actor=CLERK),
    "no-show": lambda s: steps.mark_token_no_show(token_id=s.one.pk, actor=CLERK),
    "put back": lambda s: steps.put_back(token_id=s.one.pk, actor=CLERK),
    "leave": lambda s: steps.leave_queue(token_id=s.one.pk, actor=CLERK),
    "prioritise": lambda s: prioritise_token(token_id=s.one.pk, priority=Priority(urgency="high"), actor=CLERK),
    "transfer": lambda s: transfer_token(token_id=s.one.pk, doctor_id=s.other.pk, actor=CLERK),
    "undo": lambda s: undo_step(step_id=s.step.pk, actor=CLERK),
    "break": lambda s: set_doctor_status(queue_id=s.one.queue_id, status="on_break", actor=CLERK),
    "check in": lambda s: check_in(appointment_id=s.booked.pk, actor=CLERK),
    "walk in": lambda s: joining(s.other, s.one.location, s.booked.patient)(),
    "cancel the visit": lambda s: lifecycle.cancel_appointment(appointment_id=s.one.appointment_id, actor=CLERK),
    "start the visit": lambda s: lifecycle.start_appointment(appointment_id=s.one.appointment_id, actor=CLERK),
    "complete the visit": lambda s: lifecycle.complete_appointment(appointment_id=s.one.appointment_id, actor=CLERK),
    "check the visit in": lambda s: lifecycle.check_in_appointment(appointment_id=s.booked.pk, actor=CLERK),
    "open": lambda s: open_in_transaction(s.other, s.one.location),
}


def open_in_transaction(doctor: Doctor, location: Location) -> Queue:
    with transaction.atomic():
        return open_queue(doctor=doctor, location=location, day=local_date(timezone.now(), location.zone))


class Stage:
    """Builds many scenes in a few statements. In every third, `one` waits, is called, or is with the doctor."""

    def __init__(self) -> None:
        self.specialty = SpecialtyFactory()

    def scenes(self, number: int) -> list[Scene]:
        locations = Location.objects.bulk_create(LocationFactory.build_batch(number))
        doctors = Doctor.objects.bulk_create(DoctorFactory.build_batch(2 * number, specialty=self.specialty))
        works = Doctor.locations.through
        works.objects.bulk_create(
            works(doctor=doctor, location=locations[index // 2]) for index, doctor in enumerate(doctors)
        )
        self.now = timezone.now()
        patients = Patient.objects.bulk_create(PatientFactory.build_batch(3 * number))
        groups = zip(patients[::3], patients[1::3], patients[2::3], strict=True)
        scenes = [
            self._scene(index, location, doctors[2 * index], doctors[2 * index + 1], group)
            for index, (location, group) in enumerate(zip(locations, groups, strict=True))
        ]
        Slot.objects.bulk_create([scene.booked.slot for scene in scenes if scene.booked.slot])
        visits = [visit for scene in scenes for visit in (scene.one.appointment, scene.two.appointment, scene.booked)]
        Appointment.objects.bulk_create(visits)
        Queue.objects.bulk_create([scene.one.queue for scene in scenes])
        Token.objects.bulk_create([token for scene in scenes for token in (scene.one, scene.two)])
        TokenStep.objects.bulk_create([scene.step for scene in scenes])
        return scenes

    def _scene(
        self, index: int, location: Location, doctor: Doctor, other: Doctor, patients: tuple[Patient, ...]
    ) -> Scene:
        queue = Queue(
            doctor=doctor,
            location=location,
            day=local_date(self.now, location.zone),
            letter="A",
            last_number=2,
            status=DoctorStatus.ON_TIME,
        )
        came = self.now - timedelta(minutes=20)
        one, two = (self._token(queue, number, patients[number], came) for number in range(2))
        slot = Slot(doctor=doctor, location=location, starts_at=in_hours(0.5), ends_at=in_hours(0.8), taken=1)
        booked = self._visit(queue, patients[2], AppointmentStatus.CONFIRMED)
        booked.slot, booked.starts_at, booked.ends_at = slot, slot.starts_at, slot.ends_at
        return Scene(one, two, booked, other, self._step(one, index % 3))

    def _step(self, token: Token, state: int) -> TokenStep:
        """Bring a token into one of three states, as its last step did."""
        at = self.now - timedelta(minutes=2)
        what, changes = Step.JOINED, {}
        if state == 1:
            what, changes = Step.CALLED, {"status": TokenStatus.CALLED, "called_at": at}
        if state == 2:
            what = Step.STARTED
            changes = {"status": TokenStatus.IN_CONSULTATION, "called_at": at, "started_at": at}
            token.appointment.status = AppointmentStatus.IN_PROGRESS
        before = snapshot(token, list(changes))
        for name, value in changes.items():
            setattr(token, name, value)
        return TokenStep(token=token, queue=token.queue, what=what, at=at, before=before)

    def _token(self, queue: Queue, number: int, patient: Patient, came: datetime) -> Token:
        return Token(
            queue=queue,
            location=queue.location,
            day=queue.day,
            number=number + 1,
            code=f"A{number + 1:03d}",
            patient=patient,
            appointment=self._visit(queue, patient, AppointmentStatus.CHECKED_IN),
            arrival=Arrival.WALK_IN,
            checked_in_at=came,
        )

    def _visit(self, queue: Queue, patient: Patient, status: str) -> Appointment:
        return Appointment(patient=patient, doctor=queue.doctor, location=queue.location, status=status)


@contextmanager
def two_writers() -> Iterator[ThreadPoolExecutor]:
    """Two threads that keep their connections over all rounds."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield pool
        together = threading.Barrier(2)
        list(pool.map(lambda _n: (together.wait(timeout=30), connections.close_all()), range(2)))


def play(pool: ThreadPoolExecutor, scene: Scene, pair: tuple[str, str]) -> Counter[str]:
    """Both writes at one moment; how many were done and refused. A DomainError is an answer, anything else a fault."""
    start = threading.Barrier(2)

    def write(name: str) -> str:
        start.wait(timeout=30)
        try:
            WRITES[name](scene)
        except DomainError:
            return "refused"
        return "done"

    return Counter(outcome.result(timeout=60) for outcome in [pool.submit(write, name) for name in pair])


@pytest.mark.parametrize("name", list(WRITES))
def test_no_pair_of_writes_breaks_an_invariant(name: str) -> None:
    stage = Stage()
    done: Counter[str] = Counter()
    with two_writers() as pool:
        for pair in combinations_with_replacement(list(WRITES), 2):
            if pair[0] == name:
                for scene in stage.scenes(ROUNDS[connection.vendor]):
                    done += play(pool, scene, pair)
        drifts = [str(drift) for drift in (*ground.check(), *invariants.check())]
        assert drifts == [], drifts[:5]
    assert done["done"] > done.total() / 10  # it was no battle of refusals


# --- The end of the day -----------------------------------------------------------------------------------------


def yesterdays(scene: Scene) -> None:
    """The scene's queue is of a day that has been over for long."""
    for model in (Queue, Token):
        model.objects.filter(**{"tokens" if model is Queue else "pk": scene.one.pk}).update(
            day=scene.one.day - timedelta(days=3)
        )
    Token.objects.filter(pk=scene.two.pk).update(day=scene.one.day - timedelta(days=3))


def test_closing_twice_at_once_closes_once() -> None:
    scenes = Stage().scenes(6)
    for scene in scenes:
        yesterdays(scene)
    outcomes = run_together([lambda: close_queues(actor=CLERK)] * 3)
    assert refusals(outcomes) == []
    assert not Queue.objects.filter(closed_at=None).exists()
    closing = TokenStep.objects.filter(by=None).exclude(pk__in=[scene.step.pk for scene in scenes])
    assert closing.count() == Token.objects.count() == 12
    sound()


@pytest.mark.parametrize("name", [name for name in WRITES if name not in ("walk in", "open")])
def test_closing_while_somebody_presses_a_button(name: str) -> None:
    for scene in Stage().scenes(3):
        yesterdays(scene)
        outcomes = run_together([lambda: close_queues(actor=CLERK), lambda s=scene: WRITES[name](s)])
        refusals(outcomes)
    assert not Queue.objects.filter(closed_at=None, day__lt=timezone.now().date() - timedelta(days=1)).exists()
    sound()

"""What the tests share in which several act on a queue at one moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.actors import Actor
from accounts.errors import DomainError
from queueing import invariants
from queueing.models import Token
from queueing.services.check_in import register_and_join
from scheduling import invariants as ground
from scheduling.models import Doctor, Location, Patient
from scheduling.services.booking import VisitDetails
from scheduling.states import AppointmentType
from testing.threads import Outcome

CLERK = Actor(label="system:desk")
ROUNDS = {"postgresql": 6, "sqlite": 3}
"""Of each pair; every third scene begins in another state."""


def refusals(outcomes: list[Outcome[Any]]) -> list[DomainError]:
    """What the losers were told; any other exception is a fault."""
    faults = [outcome.error for outcome in outcomes if outcome.error and not isinstance(outcome.error, DomainError)]
    assert not faults, faults[:3]
    return [outcome.error for outcome in outcomes if isinstance(outcome.error, DomainError)]


def sound() -> None:
    """Nothing that must always be true has been broken."""
    drifts = [*ground.check(), *invariants.check()]
    assert [str(drift) for drift in drifts] == []


def joining(doctor: Doctor, location: Location, patient: Patient, operation: str = "") -> Callable[[], Token]:
    """What puts somebody into a queue when it is called."""
    return lambda: register_and_join(
        doctor_id=doctor.pk,
        location_id=location.pk,
        patient=patient,
        visit=VisitDetails(type=AppointmentType.WALK_IN),
        actor=CLERK,
        operation=operation,
    )

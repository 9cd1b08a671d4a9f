"""What happens today in the two locations of the world: queues, people in every state in them, a call for help."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from notifications.models import PushSubscription
from queueing.models import EmergencyRequest, Feedback, Queue, Token
from queueing.services import steps
from queueing.services.check_in import register_and_join
from queueing.services.emergencies import raise_emergency
from queueing.services.feedback import give_feedback
from queueing.services.priorities import Priority, prioritise_token
from queueing.services.transferring import transfer_token
from queueing.states import EmergencySource
from scheduling.models import Doctor, Location, Patient
from scheduling.services.booking import VisitDetails
from scheduling.states import AppointmentType
from scheduling.tests.factories import CLINIC

ON_THE_WAY: dict[str, tuple[Callable[..., Token], ...]] = {
    "completed": (steps.call_token, steps.start_token, steps.finish_token),
    "no_show": (steps.call_token, steps.mark_token_no_show),
    "cancelled": (steps.leave_queue,),
    "called": (steps.call_token,),
    "in_consultation": (steps.call_token, steps.start_token),
}
"""The steps that lead to each state; one person takes these ways one after the other."""


@dataclass
class Today:
    """The rows, by place and state: `here_waiting`, `there_transferred`."""

    queues: dict[str, Queue] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    emergencies: dict[str, EmergencyRequest] = field(default_factory=dict)
    feedback: dict[str, Feedback] = field(default_factory=dict)
    browsers: dict[str, PushSubscription] = field(default_factory=dict)


@dataclass
class Morning:
    """One location's, made by the services that make it in life. A doctor's patients are those of the world's
    visits: `often` (whom an account looks after) and `now_and_then` see `doctor`, `both` sees the doctor of both
    places, who is with one patient at a time."""

    name: str
    place: Location
    doctor: Doctor
    doctor_of_both: Doctor
    often: Patient
    now_and_then: Patient
    both: Patient
    has_doctor_of_both: bool

    def happens(self, today: Today) -> None:
        """All of it."""
        self._people(today)
        self._words(today)
        for key, token in today.tokens.items():
            if key.startswith(self.name):
                token.refresh_from_db()
        self._queues(today)

    def _people(self, today: Today) -> None:
        for state in ("completed", "no_show", "cancelled"):
            self._bring(today, state, self.often, self.doctor)
        states = ("called", "in_consultation") if self.has_doctor_of_both else ("in_consultation", "called")
        self._bring(today, states[0], self.now_and_then, self.doctor)
        self._bring(today, states[1], self.both, self.doctor_of_both)
        moved = self._joins(today, "transferred", self.often, self.doctor_of_both)
        waiting = transfer_token(token_id=moved.pk, doctor_id=self.doctor.pk, actor=CLINIC)
        today.tokens[f"{self.name}_waiting"] = waiting

    def _bring(self, today: Today, state: str, patient: Patient, doctor: Doctor) -> None:
        token = self._joins(today, state, patient, doctor)
        for step in ON_THE_WAY[state]:
            step(token_id=token.pk, actor=CLINIC)

    def _joins(self, today: Today, state: str, patient: Patient, doctor: Doctor) -> Token:
        key = f"{self.name}_{state}"
        words = {name: f"x{key}x-{name}" for name in ("reason", "symptoms", "special_requirements", "notes")}
        today.tokens[key] = register_and_join(
            doctor_id=doctor.pk,
            location_id=self.place.pk,
            patient=patient,
            visit=VisitDetails(type=AppointmentType.WALK_IN, **words),
            actor=CLINIC,
            operation="",
        )
        return today.tokens[key]

    def _words(self, today: Today) -> None:
        """Everything personal that is written down about them."""
        waiting, completed = (today.tokens[f"{self.name}_{state}"] for state in ("waiting", "completed"))
        why = Priority(extra_points=5, reason=f"x{self.name}x-extra-reason")
        prioritise_token(token_id=waiting.pk, priority=why, actor=CLINIC)
        for key, token in (("token", waiting), ("desk", None)):
            today.emergencies[f"{self.name}_{key}"] = raise_emergency(
                location=self.place,
                source=EmergencySource.PATIENT if token else EmergencySource.STAFF,
                actor=CLINIC,
                token=token,
                message=f"x{self.name}x-{key}-help",
            )
        completed.appointment.refresh_from_db()
        today.feedback[self.name] = give_feedback(
            appointment=completed.appointment, score=4, comment=f"x{self.name}x-comment", actor=CLINIC
        )

    def _queues(self, today: Today) -> None:
        queues = Queue.objects.filter(location=self.place, tokens__in=[one.pk for one in today.tokens.values()])
        for doctor, key in ((self.doctor, self.name), (self.doctor_of_both, f"both_{self.name}")):
            today.queues[key] = queues.filter(doctor=doctor).distinct().get()


def words_not_for(person: Any) -> Iterator[tuple[str, str]]:
    """What is written down in the queue that this person may not read, and what it is. Secrets of tokens are not
    among them: `World.forbidden_to` knows those of all rows."""
    is_staff = person.user is not None and person.user.is_staff
    for token in Token.objects.exclude(extra_reason=""):
        if not is_staff or token.appointment_id not in person.visits:
            yield token.extra_reason, f"token {token.pk}"
    for emergency in EmergencyRequest.objects.exclude(message=""):
        if emergency.location_id not in person.places:
            yield emergency.message, f"emergency {emergency.pk}"
    for said in Feedback.objects.exclude(comment="").exclude(appointment__in=person.visits):
        yield said.comment, f"feedback {said.pk}"
    for known in PushSubscription.objects.all():  # nobody reads such an address again, its owner neither
        yield known.endpoint, f"browser {known.pk}"

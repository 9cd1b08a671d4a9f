"""A visit was changed elsewhere: at the back office, by a program, by the patient's own page. Its token follows."""

from __future__ import annotations

from typing import Any

from accounts.actors import Actor
from queueing.models import Token
from queueing.services.steps import (
    begin_the_day,
    change_token,
    lock_place,
    moment_of,
    queues_of_same_doctor,
    require_room_for_one_more,
)
from queueing.states import Step, TokenStatus
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus

FOLLOWING: dict[str, tuple[TokenStatus, Step, tuple[str, ...]]] = {
    AppointmentStatus.IN_PROGRESS: (TokenStatus.IN_CONSULTATION, Step.STARTED, ("started_at",)),
    AppointmentStatus.COMPLETED: (TokenStatus.COMPLETED, Step.FINISHED, ("ended_at",)),
    AppointmentStatus.NO_SHOW: (TokenStatus.NO_SHOW, Step.NO_SHOW, ("ended_at",)),
    AppointmentStatus.CANCELLED: (TokenStatus.CANCELLED, Step.LEFT, ("ended_at",)),
}


def follow_visit(token: Token, appointment: Appointment, *, actor: Actor) -> None:
    """Bring the live token of a visit to where the visit is. Does nothing where the token went first.

    Call it with the visit's lock. Raises DoctorBusy.
    """
    following = FOLLOWING.get(appointment.status)
    if following is None or token.status == following[0]:
        return
    to, what, times = following
    begins = to == TokenStatus.IN_CONSULTATION
    token = lock_place(token.pk, queue_ids=queues_of_same_doctor(token.pk) if begins else ())
    if begins:
        require_room_for_one_more(token.queue)
    now = moment_of(token)
    changes: dict[str, Any] = dict.fromkeys(times, now)
    if begins:
        begin_the_day(token.queue, now)
        changes |= {"called_at": token.called_at or now, "room": token.room or token.queue.place}
    change_token(token, to, what, actor=actor, now=now, **changes)

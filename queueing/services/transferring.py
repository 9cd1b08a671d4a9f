"""Sending somebody who waits to another doctor."""

from __future__ import annotations

from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.errors import TransferRefused, WrongStep
from queueing.models import Queue, Token
from queueing.services.emergencies import take_along
from queueing.services.issuing import issue_token
from queueing.services.queues import open_queue, require_today
from queueing.services.steps import change_token, lock_place, moment_of, read_token, require_version, write
from queueing.states import UNSEEN, Arrival, Step, TokenStatus
from scheduling.models import Doctor
from scheduling.services.locking import lock_visit
from scheduling.services.presence import hand_over


def transfer_token(*, token_id: int, doctor_id: int, actor: Actor, version: int | None = None) -> Token:
    """Send somebody who has not been seen to another doctor of the same place, with the time already waited.

    Returns the new token; the old one points at it, and its link leads there. Raises TransferRefused, WrongStep,
    ScreenStale, DayOver, QueueClosed.
    """
    with recorded(actor, "token.transfer"):
        before = read_token(token_id)
        lock_visit(appointment_id=before.appointment_id)
        require_version(read_token(token_id), version)
        queue = _queue_of_the_other(before, doctor_id)
        token = lock_place(token_id, version, queue_ids=[queue.pk])
        now = moment_of(token)
        if token.status not in UNSEEN:
            raise WrongStep(status_now=token.status)
        change_token(token, TokenStatus.CANCELLED, Step.TRANSFERRED, actor=actor, now=now, ended_at=now)
        moved = issue_token(
            queue=queue,
            appointment=token.appointment,
            arrival=Arrival(token.arrival),
            now=now,
            actor=actor,
            checked_in_at=token.checked_in_at,
            predecessor=token,
        )
        write(token, {"successor": moved})
        take_along(token=token, to=moved, actor=actor)
        moved.appointment = hand_over(appointment_id=token.appointment_id, doctor_id=queue.doctor_id, actor=actor)
    return moved


def _queue_of_the_other(token: Token, doctor_id: int) -> Queue:
    """The queue that a token can go to. Raises TransferRefused, DayOver."""
    require_today(token.queue, timezone.now())
    doctor = Doctor.objects.filter(pk=doctor_id, is_active=True, locations=token.location_id).first()
    if doctor is None or doctor.pk == token.queue.doctor_id:
        raise TransferRefused
    return open_queue(doctor=doctor, location=token.queue.location, day=token.day)

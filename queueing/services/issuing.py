"""Giving somebody a place in a queue."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts.actors import Actor
from queueing.errors import QueueClosed
from queueing.models import Queue, Token
from queueing.selectors.lines import line_of
from queueing.services.queues import lock_queue, require_today
from queueing.services.steps import note_step, one_place_at_a_time, require_nowhere_else
from queueing.states import Arrival, DoctorStatus, Step
from scheduling.models import Appointment


def issue_token(
    *,
    queue: Queue,
    appointment: Appointment,
    arrival: Arrival,
    now: datetime,
    actor: Actor,
    checked_in_at: datetime | None = None,
    predecessor: Token | None = None,
) -> Token:
    """The next token of a queue, for a visit. Numbers have neither gaps nor doubles: the queue's row is the lock.

    Call inside a `recorded` block that holds the visit's lock. Raises AlreadyWaiting, QueueClosed, DayOver.
    """
    queue = lock_queue(queue.pk)
    require_today(queue, now)
    if queue.status == DoctorStatus.FINISHED:
        raise QueueClosed
    now = max(now, timezone.now())  # whoever had to wait for the lock comes after those before them
    number = queue.last_number + 1
    token = Token(
        queue=queue,
        location_id=queue.location_id,
        day=queue.day,
        number=number,
        code=f"{queue.letter}{number:03d}",
        patient=appointment.patient,
        appointment=appointment,
        arrival=arrival,
        booked_for=appointment.starts_at,
        urgency=appointment.urgency,
        has_special_requirements=bool(appointment.special_requirements),
        checked_in_at=checked_in_at or now,
    )
    if predecessor is not None:
        token.urgency, token.extra_points = predecessor.urgency, predecessor.extra_points
        token.extra_reason = predecessor.extra_reason
        token.has_special_requirements = predecessor.has_special_requirements
    require_nowhere_else(token)
    with one_place_at_a_time():
        token.save(force_insert=True)
    Queue.objects.filter(pk=queue.pk).update(last_number=number)
    queue.last_number = number
    if predecessor is None:
        _remember_what_is_told(token, now)
    note_step(token, Step.JOINED, actor=actor, now=now)
    return token


def _remember_what_is_told(token: Token, now: datetime) -> None:
    """Keep the range that is told at check-in: staff see later how good it was."""
    place = line_of(token.queue, now=now).place_of(token.pk)
    if place is None:
        return
    token.told_low, token.told_middle, token.told_high = (
        round(seconds) for seconds in (place.wait.low, place.wait.middle, place.wait.high)
    )
    token.save(update_fields=["told_low", "told_middle", "told_high"])

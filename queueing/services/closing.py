"""The end of the day: what is left open is closed, so that tomorrow begins empty."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.models import Queue, Token
from queueing.selectors.queues import with_places
from queueing.services.queues import lock_queue
from queueing.services.steps import change_token, lock_token
from queueing.signals import queue_changed
from queueing.states import LIVE, DoctorStatus, Step, TokenStatus
from scheduling.clock import day_bounds
from scheduling.models import Appointment
from scheduling.services import lifecycle
from scheduling.services.presence import leave_unseen, miss_call
from scheduling.states import AppointmentStatus

AFTER_MIDNIGHT = timedelta(hours=4)
"""A session may run past midnight; by then it is over."""


def close_queues(*, actor: Actor, dry_run: bool = False) -> int:
    """The sweep: close the queues of days that are over; returns how many. Safe to run twice, at once, or late.

    Who was called and never came did not come; who still waits has left; who is still with the doctor was seen. Visits
    that were booked for the day and never checked in did not come either.
    """
    now = timezone.now()
    due = [queue for queue in with_places(Queue.objects.filter(closed_at=None)) if is_over(queue, now)]
    if not dry_run:
        for queue in due:
            _close(queue.pk, actor, now)
    return len(due)


def is_over(queue: Queue, now: datetime) -> bool:
    """Whether a queue's day has ended where it is held."""
    return now >= day_bounds(queue.day, queue.location.zone)[1] + AFTER_MIDNIGHT


def _close(queue_id: int, actor: Actor, now: datetime) -> None:
    for token_id in Token.objects.filter(queue_id=queue_id, status__in=sorted(LIVE)).values_list("pk", flat=True):
        _close_token(token_id, actor, now)
    _close_visits(queue_id, actor)
    with recorded(actor, "queue.close"):
        queue = lock_queue(queue_id)
        if queue.closed_at is None:
            queue.closed_at, queue.status, queue.status_at = now, DoctorStatus.FINISHED, now
            queue.save(update_fields=["closed_at", "status", "status_at"])
            queue_changed.send(sender=Queue, queue=queue, token=None, what="closed", actor=actor)


def _close_token(token_id: int, actor: Actor, now: datetime) -> None:
    with recorded(actor, "token.close"):
        token = lock_token(token_id)
        if token.status == TokenStatus.IN_CONSULTATION:
            change_token(token, TokenStatus.COMPLETED, Step.FINISHED, actor=actor, now=now, ended_at=now)
            lifecycle.complete_appointment(appointment_id=token.appointment_id, actor=actor)
        elif token.status == TokenStatus.CALLED:
            change_token(token, TokenStatus.NO_SHOW, Step.NO_SHOW, actor=actor, now=now, ended_at=now)
            miss_call(appointment_id=token.appointment_id, actor=actor)
        elif token.status == TokenStatus.WAITING:
            change_token(token, TokenStatus.CANCELLED, Step.LEFT, actor=actor, now=now, ended_at=now)
            leave_unseen(appointment_id=token.appointment_id, actor=actor)


def _close_visits(queue_id: int, actor: Actor) -> None:
    """Visits that were booked where a queue was held, and whose patients never came."""
    queue = with_places(Queue.objects.filter(pk=queue_id)).get()
    start, end = day_bounds(queue.day, queue.location.zone)
    missed = Appointment.objects.filter(
        doctor=queue.doctor,
        location=queue.location,
        status=AppointmentStatus.CONFIRMED,
        starts_at__gte=start,
        starts_at__lt=end,
    )
    for appointment_id in missed.order_by("pk").values_list("pk", flat=True):
        lifecycle.mark_no_show(appointment_id=appointment_id, actor=actor)

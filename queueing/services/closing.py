"""The end of the day: what is left open is closed, so that tomorrow begins empty."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.models import Queue, Token
from queueing.selectors.day_end import left_open
from queueing.services.queues import lock_queue
from queueing.services.steps import change_token, lock_token, moment_of
from queueing.signals import queue_changed
from queueing.states import LIVE, DoctorStatus, Step, TokenStatus
from scheduling.clock import day_bounds
from scheduling.errors import WrongState
from scheduling.models import Appointment
from scheduling.services import lifecycle
from scheduling.services.presence import leave_unseen, miss_call, take_back_to
from scheduling.states import AppointmentStatus


def close_queues(*, actor: Actor, dry_run: bool = False) -> int:
    """The sweep: close the queues of days that are over; returns how many. Safe to run twice, at once, or late.

    Who was called and never came did not come; who still waits has left; who is still with the doctor was seen. Visits
    that were booked for the day and never checked in did not come either.
    """
    due = left_open()
    if dry_run:
        return len(due)
    if faults := [fault for queue in due for fault in _close(queue, actor)]:
        raise ExceptionGroup("queues that could not be closed", faults)
    return len(due)


def _close(queue: Queue, actor: Actor) -> list[Exception]:
    """Close a queue; returns what went wrong. A place or a visit that cannot be ended keeps no other from it, only the
    queue open: it is tried again."""
    here = Token.objects.filter(queue=queue, status__in=sorted(LIVE)).order_by("pk")
    endings = [partial(_close_token, pk, actor) for pk in here.values_list("pk", flat=True)]
    endings += [partial(_miss_visit, pk, actor) for pk in _missed_visits(queue)]
    faults = [fault for ending in endings if (fault := _fault_of(ending)) is not None]
    fault = None if faults else _fault_of(partial(_close_queue, queue.pk, actor))
    return faults if fault is None else [fault]


def _fault_of(ending: Callable[[], None]) -> Exception | None:
    try:
        ending()
    except Exception as fault:
        return fault
    return None


def _close_queue(queue_id: int, actor: Actor) -> None:
    with recorded(actor, "queue.close"):
        queue = lock_queue(queue_id)
        if queue.closed_at is None:
            queue.closed_at = queue.status_at = timezone.now()
            queue.status = DoctorStatus.FINISHED
            queue.save(update_fields=["closed_at", "status", "status_at"])
            queue_changed.send(sender=Queue, queue=queue, token=None, what="closed", actor=actor)


def _close_token(token_id: int, actor: Actor) -> None:
    """End a place as it is by now; nothing, where staff were quicker."""
    with recorded(actor, "token.close"):
        token = lock_token(token_id)
        now = moment_of(token)
        if token.status == TokenStatus.IN_CONSULTATION:
            change_token(token, TokenStatus.COMPLETED, Step.FINISHED, actor=actor, now=now, ended_at=now)
            lifecycle.complete_appointment(appointment_id=token.appointment_id, actor=actor)
        elif token.status == TokenStatus.CALLED:
            change_token(token, TokenStatus.NO_SHOW, Step.NO_SHOW, actor=actor, now=now, ended_at=now)
            miss_call(appointment_id=token.appointment_id, actor=actor)
        elif token.status == TokenStatus.WAITING:
            change_token(token, TokenStatus.CANCELLED, Step.LEFT, actor=actor, now=now, ended_at=now)
            _send_home(token, actor, now)


def _send_home(token: Token, actor: Actor, now: datetime) -> None:
    """A visit that is still to come, checked in the evening before by mistake, is none the worse for it."""
    if token.booked_for is not None and token.booked_for > now:
        take_back_to(AppointmentStatus.CONFIRMED, appointment_id=token.appointment_id, actor=actor)
    else:
        leave_unseen(appointment_id=token.appointment_id, actor=actor)


def _missed_visits(queue: Queue) -> list[int]:
    """Visits that were booked where a queue was held, and whose patients never came."""
    start, end = day_bounds(queue.day, queue.location.zone)
    missed = Appointment.objects.filter(
        doctor=queue.doctor,
        location=queue.location,
        status=AppointmentStatus.CONFIRMED,
        starts_at__gte=start,
        starts_at__lt=end,
    )
    return list(missed.order_by("pk").values_list("pk", flat=True))


def _miss_visit(appointment_id: int, actor: Actor) -> None:
    with suppress(WrongState):  # somebody decided otherwise a moment ago
        lifecycle.mark_no_show(appointment_id=appointment_id, actor=actor)

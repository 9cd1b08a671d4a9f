"""Taking back the last step: somebody pressed the wrong key."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.errors import NothingToUndo
from queueing.models import Queue, Token, TokenStep
from queueing.services.emergencies import take_along
from queueing.services.queues import require_today
from queueing.services.steps import (
    lock_token,
    queues_of_same_doctor,
    require_nowhere_else,
    require_room_for_one_more,
    restored,
    write,
)
from queueing.signals import queue_changed
from queueing.states import LIVE, UNDO_WITHIN, Step, TokenStatus
from scheduling.services.presence import hand_over, leave_unseen, miss_call, take_back_to
from scheduling.states import AppointmentStatus

VISIT_OF = {
    TokenStatus.WAITING: AppointmentStatus.CHECKED_IN,
    TokenStatus.CALLED: AppointmentStatus.CHECKED_IN,
    TokenStatus.IN_CONSULTATION: AppointmentStatus.IN_PROGRESS,
    TokenStatus.COMPLETED: AppointmentStatus.COMPLETED,
    TokenStatus.NO_SHOW: AppointmentStatus.NO_SHOW,
    TokenStatus.CANCELLED: AppointmentStatus.CANCELLED,
}
"""What a visit is while its token is that."""


def undo_step(*, step_id: int, actor: Actor) -> Token:
    """Take back the last step of a token: all is as it was before, the visit too.

    Raises NothingToUndo when it is not the last one, is older than half an hour, or cannot be taken back;
    DoctorBusy, AlreadyWaiting, DayOver; and what `scheduling.services.presence.take_back_to` raises.
    """
    now = timezone.now()
    with recorded(actor, "token.undo"):
        token = _lock_token_of(step_id)
        queue = token.queue
        require_today(queue, now)
        step = _last_step(token, step_id, now)
        if step.what == Step.JOINED:
            _undo_joining(token, actor, now)
        elif step.what == Step.TRANSFERRED:
            _undo_transfer(token, step, actor, now)
        else:
            _undo_change(token, step, queue, actor)
        TokenStep.objects.filter(pk=step.pk).update(undone_at=now)
        queue_changed.send(sender=Queue, queue=queue, token=token, what="undone", actor=actor)
    return token


def _lock_token_of(step_id: int) -> Token:
    """The token with every queue that taking back its last step may bear on."""
    token_id = TokenStep.objects.filter(pk=step_id).values_list("token_id", flat=True).first()
    if token_id is None:
        raise NothingToUndo
    moved_to = Token.objects.filter(predecessor=token_id).values_list("queue_id", flat=True)
    return lock_token(token_id, queue_ids=[*queues_of_same_doctor(token_id), *moved_to])


def _last_step(token: Token, step_id: int, now: datetime) -> TokenStep:
    step = TokenStep.objects.filter(token=token, undone_at=None).order_by("-pk").first()
    if step is None or step.pk != step_id or step.at < now - UNDO_WITHIN:
        raise NothingToUndo
    return step


def _undo_change(token: Token, step: TokenStep, queue: Queue, actor: Actor) -> None:
    before = restored(step.before)
    was, now_is = TokenStatus(before.get("status", token.status)), TokenStatus(token.status)
    if was == TokenStatus.IN_CONSULTATION and now_is != was:
        require_room_for_one_more(queue)
    if was in LIVE and now_is not in LIVE:
        require_nowhere_else(token)
    write(token, before)
    if was == TokenStatus.NO_SHOW:
        miss_call(appointment_id=token.appointment_id, actor=actor)
    elif VISIT_OF[was] != VISIT_OF[now_is]:
        take_back_to(VISIT_OF[was], appointment_id=token.appointment_id, actor=actor)


def _undo_joining(token: Token, actor: Actor, now: datetime) -> None:
    """They are not here after all; the number stays used. A walk-in has nothing to come back to."""
    if token.status != TokenStatus.WAITING or hasattr(token, "predecessor"):
        raise NothingToUndo
    write(token, {"status": TokenStatus.CANCELLED, "ended_at": max(now, token.checked_in_at)})
    if token.booked_for is None:
        leave_unseen(appointment_id=token.appointment_id, actor=actor)
    else:
        take_back_to(AppointmentStatus.CONFIRMED, appointment_id=token.appointment_id, actor=actor)


def _undo_transfer(token: Token, step: TokenStep, actor: Actor, now: datetime) -> None:
    """Back to the first doctor, if the second has not called them yet."""
    moved = token.successor
    if moved is None or moved.status != TokenStatus.WAITING:
        raise NothingToUndo
    write(moved, {"status": TokenStatus.CANCELLED, "ended_at": max(now, moved.checked_in_at)})
    TokenStep.objects.filter(token=moved, undone_at=None).update(undone_at=now)
    write(token, {**restored(step.before), "successor": None})
    take_along(token=moved, to=token, actor=actor)
    hand_over(appointment_id=token.appointment_id, doctor_id=token.queue.doctor_id, actor=actor)
    queue_changed.send(sender=Queue, queue=moved.queue, token=moved, what="undone", actor=actor)

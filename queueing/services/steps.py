"""The steps of a token: called, called again, in, out, gone. The visit follows.

Locks are taken in one order everywhere: slot, patient, visit (`scheduling.services.locking.lock_visit`), then queue,
then token. Each step is a conditional UPDATE: of two who take one, the second is told that they were late.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.errors import DoctorBusy, QueueClosed, QueueEmpty, QueuePaused, ScreenStale, TokenUnknown, WrongStep
from queueing.models import Queue, Token, TokenStep
from queueing.selectors.lines import in_order
from queueing.selectors.queues import policy_of, tokens_with_everything
from queueing.services.operations import token_once
from queueing.services.queues import lock_queue, require_today
from queueing.signals import queue_changed
from queueing.states import DoctorStatus, Step, TokenStatus, sources_of
from scheduling.services import lifecycle
from scheduling.services.locking import lock_visit
from scheduling.services.presence import leave_unseen, miss_call, take_back_to
from scheduling.states import AppointmentStatus

# --- Calling ----------------------------------------------------------------------------------------------------


def call_next(*, queue_id: int, actor: Actor, operation: str = "") -> Token:
    """Call whoever is next. Two people who press at once call two; the same `operation` twice calls one.

    Raises QueueEmpty, QueuePaused, QueueClosed, DayOver, QueueUnknown.
    """

    def call() -> Token:
        now = timezone.now()
        with recorded(actor, "token.call"):
            queue = lock_queue(queue_id)
            _require_calling(queue, now)
            here = tokens_with_everything().filter(queue=queue, status=TokenStatus.WAITING)
            waiting = in_order(here, policy_of(queue.location_id), now=now)
            if not waiting:
                raise QueueEmpty
            return _call(waiting[0][0], queue, actor, now)

    return token_once(operation=operation, scope=f"next.{queue_id}", asked=str(queue_id), make=call)


def call_token(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """Call somebody out of turn. Raises what `call_next` raises, WrongStep, ScreenStale."""
    now = timezone.now()
    with recorded(actor, "token.call"):
        token = read_token(token_id)
        queue = lock_queue(token.queue_id)
        _require_calling(queue, now)
        require_version(token, version)
        return _call(token, queue, actor, now)


def _require_calling(queue: Queue, now: datetime) -> None:
    require_today(queue, now)
    if queue.status == DoctorStatus.ON_BREAK:
        raise QueuePaused
    if queue.status == DoctorStatus.FINISHED:
        raise QueueClosed


def _call(token: Token, queue: Queue, actor: Actor, now: datetime) -> Token:
    if queue.status == DoctorStatus.NOT_STARTED:
        Queue.objects.filter(pk=queue.pk).update(status=DoctorStatus.ON_TIME, status_at=now)
        queue.status, queue.status_at = DoctorStatus.ON_TIME, now
    changes = {"called_at": now, "room": queue.place, "calls": token.calls + 1}
    token = change_token(token, TokenStatus.CALLED, Step.CALLED, actor=actor, now=now, **changes)
    token.queue = queue
    return token


def recall_token(*, token_id: int, actor: Actor, version: int | None = None, operation: str = "") -> Token:
    """Call somebody again who was called and has not come. Raises WrongStep, ScreenStale, QueuePaused, DayOver."""

    def recall() -> Token:
        now = timezone.now()
        with recorded(actor, "token.recall"):
            token = read_token(token_id)
            queue = lock_queue(token.queue_id)
            _require_calling(queue, now)
            require_version(token, version)
            if token.status != TokenStatus.CALLED:
                raise WrongStep(_("Only somebody who was called can be called again."), status_now=token.status)
            changes = {"room": queue.place, "calls": token.calls + 1}
            return change_token(token, TokenStatus.CALLED, Step.RECALLED, actor=actor, now=now, **changes)

    return token_once(operation=operation, scope=f"recall.{token_id}", asked=str(version), make=recall)


# --- In and out -------------------------------------------------------------------------------------------------


def start_token(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """The patient is with the doctor. Raises DoctorBusy, WrongStep, ScreenStale, DayOver."""
    now = timezone.now()
    with recorded(actor, "token.start"):
        token = lock_token(token_id, version)
        queue = lock_queue(token.queue_id)
        _require_calling(queue, now)
        require_room_for_one_more(queue)
        called_at = token.called_at or now
        changes = {"started_at": now, "called_at": called_at, "room": token.room or queue.place}
        token = change_token(token, TokenStatus.IN_CONSULTATION, Step.STARTED, actor=actor, now=now, **changes)
        lifecycle.start_appointment(appointment_id=token.appointment_id, actor=actor)
    return token


def require_room_for_one_more(queue: Queue) -> None:
    """A doctor sees one patient at a time, unless the queue says otherwise."""
    running = Token.objects.filter(queue__doctor_id=queue.doctor_id, day=queue.day, status=TokenStatus.IN_CONSULTATION)
    if running.count() >= queue.consultations_at_once:
        raise DoctorBusy


def finish_token(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """The consultation is over. Raises WrongStep, ScreenStale, DayOver."""
    now = timezone.now()
    with recorded(actor, "token.finish"):
        token = lock_token(token_id, version)
        _require_open(token, now)
        token = change_token(token, TokenStatus.COMPLETED, Step.FINISHED, actor=actor, now=now, ended_at=now)
        lifecycle.complete_appointment(appointment_id=token.appointment_id, actor=actor)
    return token


def mark_token_no_show(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """They did not come when they were called. Raises WrongStep, ScreenStale, DayOver."""
    now = timezone.now()
    with recorded(actor, "token.no_show"):
        token = lock_token(token_id, version)
        _require_open(token, now)
        token = change_token(token, TokenStatus.NO_SHOW, Step.NO_SHOW, actor=actor, now=now, ended_at=now)
        miss_call(appointment_id=token.appointment_id, actor=actor)
    return token


def put_back(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """Back among those who wait, with the time already waited: who was called too soon, who came after all.

    Raises WrongStep, ScreenStale, DayOver, AlreadyWaiting.
    """
    now = timezone.now()
    with recorded(actor, "token.put_back"):
        token = lock_token(token_id, version)
        _require_open(token, now)
        came_after_all = token.status == TokenStatus.NO_SHOW
        changes = {"called_at": None, "started_at": None, "ended_at": None, "room": ""}
        token = change_token(token, TokenStatus.WAITING, Step.PUT_BACK, actor=actor, now=now, **changes)
        if came_after_all:
            take_back_to(AppointmentStatus.CHECKED_IN, appointment_id=token.appointment_id, actor=actor)
    return token


def leave_queue(*, token_id: int, actor: Actor, version: int | None = None, message: str = "") -> Token:
    """They leave, or the desk takes them out; the visit is cancelled. Raises WrongStep, ScreenStale, DayOver."""
    now = timezone.now()
    with recorded(actor, "token.leave"):
        token = lock_token(token_id, version)
        _require_open(token, now)
        token = change_token(token, TokenStatus.CANCELLED, Step.LEFT, actor=actor, now=now, ended_at=now)
        leave_unseen(appointment_id=token.appointment_id, actor=actor, message=message)
    return token


def take_step(*, token_id: int, to: str, actor: Actor, version: int | None = None) -> Token:
    """Bring a token into the state `to` by the one step that leads there. Raises what the step raises, WrongStep."""
    steps = {
        TokenStatus.WAITING: put_back,
        TokenStatus.CALLED: call_token,
        TokenStatus.IN_CONSULTATION: start_token,
        TokenStatus.COMPLETED: finish_token,
        TokenStatus.NO_SHOW: mark_token_no_show,
        TokenStatus.CANCELLED: leave_queue,
    }
    step: Any = steps[TokenStatus(to)]
    token: Token = step(token_id=token_id, actor=actor, version=version)
    return token


# --- What all of them do ----------------------------------------------------------------------------------------


def read_token(token_id: int) -> Token:
    """A token with all that belongs to it. Raises TokenUnknown."""
    token = tokens_with_everything().filter(pk=token_id).first()
    if token is None:
        raise TokenUnknown
    return token


def lock_token(token_id: int, version: int | None = None) -> Token:
    """A token whose visit nobody else changes until the transaction ends. Raises TokenUnknown, ScreenStale."""
    appointment_id = Token.objects.filter(pk=token_id).values_list("appointment_id", flat=True).first()
    if appointment_id is None:
        raise TokenUnknown
    lock_visit(appointment_id=appointment_id)
    token = read_token(token_id)
    require_version(token, version)
    return token


def require_version(token: Token, version: int | None) -> None:
    """Refuse whoever acts on a token as it was. Raises ScreenStale."""
    if version is not None and token.version != version:
        raise ScreenStale


def _require_open(token: Token, now: datetime) -> None:
    require_today(token.queue, now)


def change_token(token: Token, to: TokenStatus, what: Step, *, actor: Actor, now: datetime, **changes: Any) -> Token:
    """Move a token to `to` together with `changes`, enter it in its history, and tell the floors above.

    Call inside a `recorded` block. Raises WrongStep, or ScreenStale when somebody was first.
    """
    allowed = {TokenStatus.CALLED} if what == Step.RECALLED else sources_of(to)
    if token.status not in allowed:
        raise WrongStep(status_now=token.status)
    before = snapshot(token, ["status", *changes])
    write(token, {**changes, "status": to})
    note_step(token, what, actor=actor, now=now, before=before)
    return token


def write(token: Token, changes: Mapping[str, Any]) -> None:
    """Change a token, if nobody has since it was read. Raises ScreenStale."""
    mine = Token.objects.filter(pk=token.pk, version=token.version)
    if mine.update(**changes, version=F("version") + 1) != 1:
        raise ScreenStale
    for name, value in changes.items():
        setattr(token, name, value)
    token.version += 1


def note_step(
    token: Token, what: Step, *, actor: Actor, now: datetime, before: Mapping[str, Any] | None = None
) -> TokenStep:
    """Enter in the history of a token what happened, and tell the floors above."""
    step = TokenStep.objects.create(
        token=token,
        queue_id=token.queue_id,
        what=what,
        at=now,
        by=actor.user,
        room=token.room,
        before=dict(before or {}),
    )
    queue_changed.send(sender=Queue, queue=token.queue, token=token, what=what, actor=actor)
    return step


def snapshot(token: Token, names: list[str]) -> dict[str, Any]:
    """Columns of a token, as JSON can hold them."""
    values = {name: getattr(token, name) for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def restored(before: Mapping[str, Any]) -> dict[str, Any]:
    """Back from `snapshot`."""
    return {
        name: parse_datetime(value) if name.endswith("_at") and isinstance(value, str) else value
        for name, value in before.items()
    }

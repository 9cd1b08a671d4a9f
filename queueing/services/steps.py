"""The steps of a token: called, called again, in, out, gone. The visit follows.

Locks are taken in one order everywhere: slot, patient, visit (`scheduling.services.locking.lock_visit`), then queues
by id, then token. What happens in a queue happens one after the other under its lock, so that whoever presses "next"
never meets a line that somebody is changing. Each step is a conditional UPDATE besides: of two who take one, the
second is told that they were late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.errors import (
    AlreadyWaiting,
    DoctorBusy,
    QueueClosed,
    QueueEmpty,
    QueuePaused,
    ScreenStale,
    TokenUnknown,
    WrongStep,
)
from queueing.models import Queue, Token, TokenStep
from queueing.selectors.lines import in_order
from queueing.selectors.queues import policy_of, tokens_with_everything
from queueing.services.operations import token_once
from queueing.services.queues import lock_queue, lock_queues, require_today
from queueing.signals import queue_changed
from queueing.states import LIVE, DoctorStatus, Step, TokenStatus, sources_of
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
        with recorded(actor, "token.call"):
            queue = lock_queue(queue_id)
            now = timezone.now()
            _require_calling(queue, now)
            here = tokens_with_everything().filter(queue=queue, status=TokenStatus.WAITING)
            waiting = in_order(here, policy_of(queue.location_id), now=now)
            if not waiting:
                raise QueueEmpty
            return _call(waiting[0][0], queue, actor)

    return token_once(operation=operation, scope=f"next.{queue_id}", asked=str(queue_id), make=call)


def call_token(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """Call somebody out of turn. Raises what `call_next` raises, WrongStep, ScreenStale."""
    with recorded(actor, "token.call"):
        token = lock_place(token_id, version)
        _require_calling(token.queue, timezone.now())
        return _call(token, token.queue, actor)


def _require_calling(queue: Queue, now: datetime) -> None:
    require_today(queue, now)
    if queue.status == DoctorStatus.ON_BREAK:
        raise QueuePaused
    if queue.status == DoctorStatus.FINISHED:
        raise QueueClosed


def _call(token: Token, queue: Queue, actor: Actor) -> Token:
    now = moment_of(token)
    token.queue = queue
    begin_the_day(queue, now)
    changes = {"called_at": now, "room": queue.place, "calls": token.calls + 1}
    return change_token(token, TokenStatus.CALLED, Step.CALLED, actor=actor, now=now, **changes)


def begin_the_day(queue: Queue, now: datetime) -> None:
    """Whoever lets the first patient in has started."""
    if queue.status == DoctorStatus.NOT_STARTED:
        Queue.objects.filter(pk=queue.pk).update(status=DoctorStatus.ON_TIME, status_at=now)
        queue.status, queue.status_at = DoctorStatus.ON_TIME, now


def recall_token(*, token_id: int, actor: Actor, version: int | None = None, operation: str = "") -> Token:
    """Call somebody again who was called and has not come. Raises WrongStep, ScreenStale, QueuePaused, DayOver."""

    def recall() -> Token:
        with recorded(actor, "token.recall"):
            token = lock_place(token_id, version)
            now = moment_of(token)
            _require_calling(token.queue, now)
            if token.status != TokenStatus.CALLED:
                raise WrongStep(_("Only somebody who was called can be called again."), status_now=token.status)
            changes = {"room": token.queue.place, "calls": token.calls + 1}
            return change_token(token, TokenStatus.CALLED, Step.RECALLED, actor=actor, now=now, **changes)

    return token_once(operation=operation, scope=f"recall.{token_id}", asked=str(version), make=recall)


# --- In and out -------------------------------------------------------------------------------------------------


def start_token(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """The patient is with the doctor. Raises DoctorBusy, WrongStep, ScreenStale, DayOver."""
    with recorded(actor, "token.start"):
        token = lock_token(token_id, version, queue_ids=queues_of_same_doctor(token_id))
        now = moment_of(token)
        _require_calling(token.queue, now)
        if token.status not in sources_of(TokenStatus.IN_CONSULTATION):
            raise WrongStep(status_now=token.status)
        require_room_for_one_more(token.queue)
        begin_the_day(token.queue, now)
        called_at = token.called_at or now
        changes = {"started_at": now, "called_at": called_at, "room": token.room or token.queue.place}
        token = change_token(token, TokenStatus.IN_CONSULTATION, Step.STARTED, actor=actor, now=now, **changes)
        lifecycle.start_appointment(appointment_id=token.appointment_id, actor=actor)
    return token


def require_room_for_one_more(queue: Queue) -> None:
    """A doctor sees one patient at a time, unless the queue says otherwise.

    Call it with `queues_of_same_doctor` locked. Raises DoctorBusy.
    """
    running = Token.objects.filter(queue__doctor_id=queue.doctor_id, day=queue.day, status=TokenStatus.IN_CONSULTATION)
    if running.count() >= queue.consultations_at_once:
        raise DoctorBusy


def finish_token(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """The consultation is over. Raises WrongStep, ScreenStale, DayOver."""
    with recorded(actor, "token.finish"):
        token, now = _lock_open(token_id, version)
        token = change_token(token, TokenStatus.COMPLETED, Step.FINISHED, actor=actor, now=now, ended_at=now)
        lifecycle.complete_appointment(appointment_id=token.appointment_id, actor=actor)
    return token


def mark_token_no_show(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """They did not come when they were called. Raises WrongStep, ScreenStale, DayOver."""
    with recorded(actor, "token.no_show"):
        token, now = _lock_open(token_id, version)
        token = change_token(token, TokenStatus.NO_SHOW, Step.NO_SHOW, actor=actor, now=now, ended_at=now)
        miss_call(appointment_id=token.appointment_id, actor=actor)
    return token


def put_back(*, token_id: int, actor: Actor, version: int | None = None) -> Token:
    """Back among those who wait, with the time already waited: who was called too soon, who came after all.

    Raises WrongStep, ScreenStale, DayOver, AlreadyWaiting.
    """
    with recorded(actor, "token.put_back"):
        token, now = _lock_open(token_id, version)
        came_after_all = token.status == TokenStatus.NO_SHOW
        if came_after_all:
            require_nowhere_else(token)
        changes = {"called_at": None, "started_at": None, "ended_at": None, "room": ""}
        token = change_token(token, TokenStatus.WAITING, Step.PUT_BACK, actor=actor, now=now, **changes)
        if came_after_all:
            take_back_to(AppointmentStatus.CHECKED_IN, appointment_id=token.appointment_id, actor=actor)
    return token


def leave_queue(*, token_id: int, actor: Actor, version: int | None = None, message: str = "") -> Token:
    """They leave, or the desk takes them out; the visit is cancelled. Raises WrongStep, ScreenStale, DayOver."""
    with recorded(actor, "token.leave"):
        token, now = _lock_open(token_id, version)
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
    if to not in TokenStatus.values:
        raise WrongStep
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


def lock_token(token_id: int, version: int | None = None, *, queue_ids: Iterable[int] = ()) -> Token:
    """A token whose visit and queue nobody else changes until the transaction ends; `queue_ids` name further queues.

    Raises TokenUnknown, ScreenStale.
    """
    appointment_id = Token.objects.filter(pk=token_id).values_list("appointment_id", flat=True).first()
    if appointment_id is None:
        raise TokenUnknown
    lock_visit(appointment_id=appointment_id)
    return lock_place(token_id, version, queue_ids=queue_ids)


def lock_place(token_id: int, version: int | None = None, *, queue_ids: Iterable[int] = ()) -> Token:
    """A token whose queue nobody else changes; for steps that the visit does not follow, or whose visit is locked.

    Raises TokenUnknown, ScreenStale.
    """
    queue_id = Token.objects.filter(pk=token_id).values_list("queue_id", flat=True).first()
    if queue_id is None:
        raise TokenUnknown
    lock_queues([queue_id, *queue_ids])
    token = read_token(token_id)
    require_version(token, version)
    return token


def queues_of_same_doctor(token_id: int) -> list[int]:
    """The queues that a token's doctor has on its day, at whichever location: their consultations count together."""
    own = Queue.objects.filter(tokens=token_id)
    same = Queue.objects.filter(doctor__in=own.values("doctor"), day__in=own.values("day"))
    return list(same.values_list("pk", flat=True))


def moment_of(token: Token) -> datetime:
    """Now, and never before what happened to the token last: the clocks of two machines differ a little."""
    times = (token.checked_in_at, token.called_at, token.started_at)
    return max(timezone.now(), *(moment for moment in times if moment is not None))


def require_version(token: Token, version: int | None) -> None:
    """Refuse whoever acts on a token as it was. Raises ScreenStale."""
    if version is not None and token.version != version:
        raise ScreenStale


def _lock_open(token_id: int, version: int | None) -> tuple[Token, datetime]:
    """A locked token of a day that is not over, and when the step is. Raises TokenUnknown, ScreenStale, DayOver."""
    token = lock_token(token_id, version)
    now = moment_of(token)
    require_today(token.queue, now)
    return token, now


def require_nowhere_else(token: Token) -> None:
    """Refuse somebody who is in a queue of the place already. Raises AlreadyWaiting."""
    here = Token.objects.filter(
        patient_id=token.patient_id, location_id=token.location_id, day=token.day, status__in=sorted(LIVE)
    )
    other = here.exclude(pk=token.pk).values_list("queue_id", flat=True).first()
    if other is not None:
        raise AlreadyWaiting(same_queue=other == token.queue_id)


@contextmanager
def one_place_at_a_time() -> Iterator[None]:
    """Say AlreadyWaiting where the database refuses somebody two places at once."""
    try:
        yield
    except IntegrityError as error:
        said = str(error)
        if "one_queue_per_patient_and_place" in said or "token.patient_id, queueing_token.location_id" in said:
            raise AlreadyWaiting from error
        raise


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
    """Change a token, if nobody has since it was read. Raises ScreenStale, AlreadyWaiting."""
    mine = Token.objects.filter(pk=token.pk, version=token.version)
    with one_place_at_a_time():
        changed = mine.update(**changes, version=F("version") + 1)
    if not changed:
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

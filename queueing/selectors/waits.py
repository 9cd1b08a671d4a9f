"""How long it will take, learned from the doctor's own days: `queueing.estimation` fed from the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Min, Q

from queueing.estimation import Estimator, Features, Today, Wait
from queueing.models import Queue, QueuePolicy, Token
from queueing.selectors.learning import Seen, begun, consultations_of, estimators_for, features_of
from queueing.states import DoctorStatus, TokenStatus
from scheduling.clock import day_bounds
from scheduling.models import Slot


def waits_for(
    queues: Sequence[Queue],
    waiting: Mapping[int, Sequence[Token]],
    here: Mapping[int, Sequence[Token]],
    policies: Mapping[int, QueuePolicy],
    now: datetime,
) -> dict[int, list[Wait]]:
    """For each queue by id, the wait of those who wait, in their order. `here` holds all live tokens by queue.

    Two queries for what happened today and when doctors begin; three more once a day, for what is new to the process.
    Who was called and has not gone in yet is ahead of everybody who waits.
    """
    waits: dict[int, list[Wait]] = {queue.pk: [] for queue in queues}
    asked = [queue for queue in queues if waiting[queue.pk]]
    if not asked:
        return waits
    estimators = estimators_for(asked)
    openings = _openings(asked, now)
    today: dict[int, list[Seen]] = defaultdict(list)
    for seen in begun(Token.objects.filter(queue__in=asked)):
        today[seen.queue_id].append(seen)
    for queue in asked:
        called = [token for token in here[queue.pk] if token.status == TokenStatus.CALLED]
        line = _features(queue, (*called, *waiting[queue.pk]), now)
        delay = delay_of(queue, policies[queue.location_id], opens=openings.get(queue.pk), now=now)
        day = today_of(queue, today[queue.pk], delay=delay, now=now)
        free = queue.consultations_at_once - sum(one.ended_at is None for one in today[queue.pk])
        waits[queue.pk] = _waits(estimators[queue.pk], line, day, free)[len(called) :]
    return waits


def today_of(queue: Queue, seen: Sequence[Seen], *, delay: float, now: datetime) -> Today:
    """The day so far. While a doctor who sees several at once could take one more, nobody counts as running."""
    consultations = consultations_of(seen, queue.location.zone)
    is_full = sum(one.ended_at is None for one in seen) >= queue.consultations_at_once
    if is_full:
        return Today(now.timestamp(), finished=consultations[:-1], running=consultations[-1], delay=delay)
    return Today(now.timestamp(), finished=consultations, delay=delay)


def delay_of(queue: Queue, policy: QueuePolicy, *, opens: datetime | None, now: datetime) -> float:
    """Seconds that the doctor's status adds to everybody's wait, never fewer than none.

    Minutes late and a break run out as time passes: what was said at nine of half an hour is nothing at half past.
    """
    ends: datetime | None = None
    said_at = queue.status_at or now
    if queue.status == DoctorStatus.NOT_STARTED:
        ends = opens
    elif queue.status == DoctorStatus.RUNNING_LATE:
        ends = said_at + timedelta(minutes=queue.late_minutes)
    elif queue.status == DoctorStatus.ON_BREAK:
        ends = queue.back_at or said_at + timedelta(minutes=policy.break_minutes)
    return max((ends - now).total_seconds(), 0.0) if ends else 0.0


def _waits(estimator: Estimator, line: Sequence[Features], today: Today, free: int) -> list[Wait]:
    """The waits of a line; where several places are free, as many go in together."""
    together = min(max(free - 1, 0), len(line) - 1)
    found = estimator.waits(line[together:], today)
    return [*found[:1] * together, *found]


def _features(queue: Queue, line: Sequence[Token], now: datetime) -> list[Features]:
    """What is known of everybody in a line; those of whom the same is known share it."""
    kinds: list[tuple[str, bool]] = [
        (token.appointment.type, token.was_here)  # type: ignore[attr-defined]
        for token in line
    ]
    known = {kind: features_of(*kind, now, queue.location.zone) for kind in set(kinds)}
    return [known[kind] for kind in kinds]


def _openings(queues: Sequence[Queue], now: datetime) -> dict[int, datetime]:
    """For doctors who have not started, by queue: the start of the first slot of the day that is not over."""
    wanted = [queue for queue in queues if queue.status == DoctorStatus.NOT_STARTED]
    if not wanted:
        return {}
    slots = Slot.objects.filter(
        Q(is_open=True) | Q(taken__gt=0),
        doctor__in={queue.doctor_id for queue in wanted},
        ends_at__gt=now,
        starts_at__lt=max(_end_of_day(queue) for queue in wanted),
    )
    first: dict[tuple[int, int], datetime] = {
        (doctor_id, location_id): opens
        for doctor_id, location_id, opens in slots.values("doctor", "location")
        .annotate(opens=Min("starts_at"))
        .values_list("doctor", "location", "opens")
        .order_by()
    }
    found = {queue.pk: (queue, first.get((queue.doctor_id, queue.location_id))) for queue in wanted}
    return {pk: opens for pk, (queue, opens) in found.items() if opens and opens < _end_of_day(queue)}


def _end_of_day(queue: Queue) -> datetime:
    return day_bounds(queue.day, queue.location.zone)[1]

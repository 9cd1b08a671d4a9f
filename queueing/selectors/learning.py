"""What the database knows of a doctor's consultations, as `queueing.estimation` learns it.

Learned once for each doctor and day and kept in the process: earlier days do not change, and those who wait are told
what was learned until midnight. Nothing of it is a person's: features are the kind of visit, the weekday and the part
of the day.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from statistics import median
from threading import Lock
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber

from queueing.estimation import Consultation, Estimator, Features
from queueing.models import Queue, Token
from queueing.states import TokenStatus
from scheduling.day_times import EVENING, NOON
from scheduling.models import Appointment, Slot
from scheduling.states import AppointmentStatus, AppointmentType

SESSIONS = 120
"""So many of a doctor's days are learned from, the latest."""

KEPT = 500
"""So many doctors' days are kept in the process; the one that was not asked for longest goes first."""

LONGEST_GAP = 20 * 60.0
"""A doctor who sees nobody for longer has a break. That is said by the doctor's status, not learned."""

DAYS_OF_SLOTS = timedelta(days=7)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Key = tuple[int, date, int]
_learned: OrderedDict[Key, Estimator] = OrderedDict()
_lock = Lock()


class Seen(NamedTuple):
    """A consultation as its row has it; `ended_at` is None while it runs."""

    queue_id: int
    started_at: datetime
    ended_at: datetime | None
    checked_in_at: datetime
    type: str
    was_here: bool


def was_here_before() -> Exists:
    """Whether a token's patient was with the same doctor for an earlier visit."""
    earlier = Appointment.objects.filter(
        patient=OuterRef("patient_id"),
        doctor=OuterRef("queue__doctor_id"),
        status=AppointmentStatus.COMPLETED,
        pk__lt=OuterRef("appointment_id"),
    )
    return Exists(earlier)


def features_of(visit_type: str, was_here: bool, at: datetime, zone: ZoneInfo) -> Features:
    """What is known of a visit before it begins, in the words in which it is learned."""
    wall = at.astimezone(zone)
    follows = was_here or visit_type == AppointmentType.FOLLOW_UP
    return {
        "kind": "follow-up" if follows else "first visit",
        "type": visit_type,
        "weekday": WEEKDAYS[wall.weekday()],
        "period": ("morning", "afternoon", "evening")[(wall.hour >= NOON) + (wall.hour >= EVENING)],
    }


def begun(tokens: QuerySet[Token]) -> list[Seen]:
    """Those of the tokens that went in, by when; one query."""
    went_in = tokens.filter(status__in=(TokenStatus.IN_CONSULTATION, TokenStatus.COMPLETED), started_at__isnull=False)
    rows = went_in.annotate(was_here=was_here_before()).order_by("started_at", "number")
    columns = ("queue_id", "started_at", "ended_at", "checked_in_at", "appointment__type", "was_here")
    return [Seen(*row) for row in rows.values_list(*columns)]


def consultations_of(seen: Sequence[Seen], zone: ZoneInfo) -> list[Consultation]:
    """A day's consultations in order, with the time after each in which the doctor had nobody to see, or a break."""
    here_from = [*accumulate((one.checked_in_at for one in reversed(seen)), min)][::-1]
    free_from = [*accumulate((one.ended_at or one.started_at for one in seen), max)]
    made = []
    for number, one in enumerate(seen):
        idle = 0.0
        if number + 1 < len(seen):
            idle = _idle(free_from[number], here_from[number + 1], seen[number + 1].started_at)
        features = features_of(one.type, one.was_here, one.started_at, zone)
        made.append(Consultation(started=one.started_at.timestamp(), features=features, idle=idle))
    return made


def _idle(free_from: datetime, somebody_from: datetime, next_start: datetime) -> float:
    """Of the gap before the next one, the time in which nobody was there, and what makes a break of it."""
    gap = max((next_start - free_from).total_seconds(), 0.0)
    alone = min(max((somebody_from - free_from).total_seconds(), 0.0), gap)
    return alone + max(gap - alone - LONGEST_GAP, 0.0)


def estimators_for(queues: Iterable[Queue]) -> dict[int, Estimator]:
    """For each queue by key, what was learned of its doctor before its day; three queries if any is new, else none."""
    keys: dict[int, Key] = {queue.pk: (queue.doctor_id, queue.day, queue.consultations_at_once) for queue in queues}
    with _lock:
        known = {key: _learned[key] for key in keys.values() if key in _learned}
        for key in known:
            _learned.move_to_end(key)
    missing = sorted({key for key in keys.values() if key not in known})
    if missing:
        fresh = _learn(missing)
        with _lock:
            _learned.update(fresh)
            while len(_learned) > KEPT:
                _learned.popitem(last=False)
        known |= fresh
    return {pk: known[key] for pk, key in keys.items()}


def forget() -> None:
    """Learn everything anew."""
    with _lock:
        _learned.clear()


def _learn(keys: Sequence[Key]) -> dict[Key, Estimator]:
    doctors = {doctor_id for doctor_id, _day, _at_once in keys}
    days = [day for _doctor_id, day, _at_once in keys]
    past = _past_sessions(doctors, before=max(days))
    lengths = _slot_seconds(doctors, min(days), max(days))
    learned = {}
    for key in keys:
        doctor_id, day, at_once = key
        sessions = [session for held, session in past[doctor_id] if held < day]
        usual = {"expected_seconds": lengths[doctor_id] / at_once} if doctor_id in lengths else {}
        learned[key] = Estimator.learned_from(sessions[-SESSIONS:], **usual)
    return learned


Sessions = dict[int, list[tuple[date, list[Consultation]]]]


def _past_sessions(doctors: Iterable[int], *, before: date) -> Sessions:
    """The latest days of these doctors, the oldest first."""
    latest = Window(RowNumber(), partition_by="doctor_id", order_by=F("day").desc())
    queues = Queue.objects.filter(doctor__in=doctors, day__lt=before).annotate(nth_latest=latest)
    rows = queues.filter(nth_latest__lte=SESSIONS).values_list("pk", "doctor_id", "day", "location__time_zone")
    found = {pk: (doctor_id, day, ZoneInfo(zone)) for pk, doctor_id, day, zone in rows}
    by_queue: dict[int, list[Seen]] = defaultdict(list)
    for seen in begun(Token.objects.filter(queue__in=list(found))):
        by_queue[seen.queue_id].append(seen)
    sessions: Sessions = defaultdict(list)
    for pk, (doctor_id, day, zone) in sorted(found.items(), key=lambda item: (item[1][1], item[0])):
        sessions[doctor_id].append((day, consultations_of(by_queue[pk], zone)))
    return sessions


def _slot_seconds(doctors: Iterable[int], first: date, last: date) -> dict[int, float]:
    """How long the doctors' slots of these weeks are for each patient, the middle of them."""
    since = datetime.combine(first, time.min, UTC) - DAYS_OF_SLOTS
    until = datetime.combine(last, time.min, UTC) + DAYS_OF_SLOTS
    slots = Slot.objects.filter(doctor__in=doctors, starts_at__gte=since, starts_at__lt=until)
    lengths: dict[int, list[float]] = defaultdict(list)
    for doctor_id, starts_at, ends_at, capacity in slots.values_list("doctor_id", "starts_at", "ends_at", "capacity"):
        lengths[doctor_id].append((ends_at - starts_at).total_seconds() / max(capacity, 1))
    return {doctor_id: median(found) for doctor_id, found in lengths.items()}

"""What happened in the queues: who came and was seen when, how long they waited and were with the doctor."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count

from queueing.models import Feedback, Queue, Token
from queueing.reports.accuracy import Accuracy, accuracy_of, told_in
from queueing.reports.asked import Asked
from queueing.reports.figures import Figures
from queueing.reports.rows import Row, rows_of
from queueing.states import TokenStatus
from scheduling.models import Doctor
from scheduling.rules import Visitor

Key = TypeVar("Key")
Value = TypeVar("Value")

PEAKS = 3
SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Flow:
    """How many came, and what became of them; the rest is still here."""

    arrived: int = 0
    seen: int = 0
    left: int = 0
    no_show: int = 0


@dataclass(frozen=True, slots=True)
class ByDoctor:
    """One doctor's patients."""

    doctor: Doctor
    flow: Flow
    waits: Figures
    lengths: Figures
    accuracy: Accuracy


@dataclass(frozen=True, slots=True)
class ByHour:
    """An hour on the wall clock, of all these days: who came, went in, and left unseen in it; the waits of those who
    came in it."""

    hour: int
    flow: Flow
    waits: Figures


@dataclass(frozen=True, slots=True)
class ByDoctorAndHour:
    """The waits of those who came to a doctor in an hour of the day."""

    doctor: Doctor
    hour: int
    waits: Figures


@dataclass(frozen=True, slots=True)
class ByKind:
    """How long a doctor takes for a kind of visit."""

    doctor: Doctor
    type: str
    lengths: Figures


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What patients said of their visits, from 1 to 5; how many said each."""

    count: int
    mean: float | None
    scores: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class QueueReport:
    """All that is told of the queues of these days."""

    asked: Asked
    flow: Flow
    waits: Figures
    lengths: Figures
    accuracy: Accuracy
    by_doctor: tuple[ByDoctor, ...]
    by_hour: tuple[ByHour, ...]
    by_doctor_and_hour: tuple[ByDoctorAndHour, ...]
    by_kind: tuple[ByKind, ...]
    peak_hours: tuple[int, ...]
    satisfaction: Satisfaction


def queue_report(asked: Asked, user: Visitor) -> QueueReport:
    """The report of the queues that the visitor may see; four queries, and those of the rules."""
    rows = [*rows_of(asked, user)]
    doctors = _doctors(rows)
    told = [*told_in(rows)]
    told_by = _grouped((one.doctor_id, one) for one in told)
    rows_by = _grouped((row.doctor_id, row) for row in rows)
    hours = _by_hour(rows)
    return QueueReport(
        asked=asked,
        flow=_flow(rows),
        waits=_waits(rows),
        lengths=_lengths(rows),
        accuracy=accuracy_of(told),
        by_doctor=tuple(
            ByDoctor(doctor, _flow(rows_by[pk]), _waits(rows_by[pk]), _lengths(rows_by[pk]), accuracy_of(told_by[pk]))
            for pk, doctor in doctors.items()
        ),
        by_hour=hours,
        by_doctor_and_hour=_by_doctor_and_hour(rows, doctors),
        by_kind=_by_kind(rows, doctors),
        peak_hours=_peaks(hours),
        satisfaction=satisfaction_of(asked, user),
    )


def satisfaction_of(asked: Asked, user: Visitor) -> Satisfaction:
    """What was said of the visits of these days, in one query."""
    queues = Queue.objects.filter(asked.scope(user), day__gte=asked.first, day__lte=asked.last)
    visits = Token.objects.filter(queue__in=queues.values("pk"), successor__isnull=True).values("appointment")
    said = Feedback.objects.filter(appointment__in=visits).order_by().values_list("score")
    scores = {**dict.fromkeys(SCORES, 0), **dict(said.annotate(many=Count("pk")))}
    count = sum(scores.values())
    mean = sum(score * many for score, many in scores.items()) / count if count else None
    return Satisfaction(count, mean, scores)


def _doctors(rows: Iterable[Row]) -> dict[int, Doctor]:
    """The doctors of the rows, by name."""
    found = Doctor.objects.filter(pk__in={row.doctor_id for row in rows}).order_by("name", "pk")
    return {doctor.pk: doctor for doctor in found}


def _flow(rows: Iterable[Row]) -> Flow:
    ended = Counter(row.status for row in rows)
    return Flow(
        arrived=ended.total(),
        seen=ended[TokenStatus.COMPLETED] + ended[TokenStatus.IN_CONSULTATION],
        left=ended[TokenStatus.CANCELLED],
        no_show=ended[TokenStatus.NO_SHOW],
    )


def _waits(rows: Iterable[Row]) -> Figures:
    return Figures.of([row.waited for row in rows if row.waited is not None])


def _lengths(rows: Iterable[Row]) -> Figures:
    return Figures.of([row.lasted for row in rows if row.lasted is not None])


def _by_hour(rows: Iterable[Row]) -> tuple[ByHour, ...]:
    """The hours of the day in which anything happened."""
    arrived: Counter[int] = Counter()
    seen: Counter[int] = Counter()
    left: dict[str, Counter[int]] = defaultdict(Counter)
    waited: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        arrived[row.came] += 1
        if row.began is not None and row.waited is not None:
            seen[row.began] += 1
            waited[row.came].append(row.waited)
        elif row.ended is not None:
            left[row.status][row.ended] += 1
    gone, missed = left[TokenStatus.CANCELLED], left[TokenStatus.NO_SHOW]
    hours = sorted({*arrived, *seen, *gone, *missed})
    return tuple(
        ByHour(hour, Flow(arrived[hour], seen[hour], gone[hour], missed[hour]), Figures.of(waited[hour]))
        for hour in hours
    )


def _by_doctor_and_hour(rows: Iterable[Row], doctors: Mapping[int, Doctor]) -> tuple[ByDoctorAndHour, ...]:
    waited: dict[tuple[int, int], list[float]] = defaultdict(list)
    for row in rows:
        if row.waited is not None:
            waited[row.doctor_id, row.came].append(row.waited)
    places = {pk: place for place, pk in enumerate(doctors)}
    ordered = sorted(waited, key=lambda key: (places[key[0]], key[1]))
    return tuple(ByDoctorAndHour(doctors[pk], hour, Figures.of(waited[pk, hour])) for pk, hour in ordered)


def _by_kind(rows: Iterable[Row], doctors: Mapping[int, Doctor]) -> tuple[ByKind, ...]:
    lasted: dict[tuple[int, str], list[float]] = defaultdict(list)
    for row in rows:
        if row.lasted is not None:
            lasted[row.doctor_id, row.type].append(row.lasted)
    places = {pk: place for place, pk in enumerate(doctors)}
    ordered = sorted(lasted, key=lambda key: (places[key[0]], key[1]))
    return tuple(ByKind(doctors[pk], kind, Figures.of(lasted[pk, kind])) for pk, kind in ordered)


def _peaks(hours: Iterable[ByHour]) -> tuple[int, ...]:
    """The hours in which most came, the busiest first."""
    busiest = sorted((one for one in hours if one.flow.arrived), key=lambda one: (-one.flow.arrived, one.hour))
    return tuple(one.hour for one in busiest[:PEAKS])


def _grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    found: dict[Key, list[Value]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found

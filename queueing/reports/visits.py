"""What became of the visits that were booked for these days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef

from queueing.models import Token
from queueing.reports.asked import Asked
from queueing.reports.figures import share
from queueing.states import TokenStatus
from scheduling.models import Appointment, Doctor
from scheduling.rules import Visitor
from scheduling.selectors.slots import in_days
from scheduling.states import AppointmentStatus

OVER = frozenset({AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW})
"""Visits of which is known whether the patient came."""


@dataclass(frozen=True, slots=True)
class Kept:
    """So many booked visits, and how they ended. Who did not come either never arrived or was not there when called."""

    booked: int
    statuses: Mapping[str, int]
    never_came: int
    missed_call: int

    @property
    def no_show(self) -> int:
        """All who did not come."""
        return self.never_came + self.missed_call

    @property
    def no_show_rate(self) -> float | None:
        """Their share of those of whom it is known; None while it is known of nobody."""
        return share(self.no_show, sum(self.statuses.get(status, 0) for status in OVER))


@dataclass(frozen=True, slots=True)
class KeptByDoctor:
    """The same for one doctor."""

    doctor: Doctor
    kept: Kept


@dataclass(frozen=True, slots=True)
class VisitReport:
    """All that is told of the visits booked for these days."""

    asked: Asked
    kept: Kept
    by_doctor: tuple[KeptByDoctor, ...]
    by_type: Mapping[str, int]
    by_source: Mapping[str, int]


Group = tuple[int, str, str, str, bool, int]
"""Doctor, status, type, source, whether they were called and not there, and how many."""


def visit_report(asked: Asked, user: Visitor) -> VisitReport:
    """The report of the visits that the visitor may see; three queries, the counting in the database.

    Visits without a time, walk-ins, are in the report of the queues.
    """
    groups = _groups(asked, user)
    doctors = Doctor.objects.filter(pk__in={group[0] for group in groups}).order_by("name", "pk")
    by_doctor: dict[int, list[Group]] = defaultdict(list)
    types: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for group in groups:
        by_doctor[group[0]].append(group)
        types[group[2]] += group[5]
        sources[group[3]] += group[5]
    return VisitReport(
        asked=asked,
        kept=_kept(groups),
        by_doctor=tuple(KeptByDoctor(doctor, _kept(by_doctor[doctor.pk])) for doctor in doctors),
        by_type=dict(sorted(types.items())),
        by_source=dict(sorted(sources.items())),
    )


def _groups(asked: Asked, user: Visitor) -> list[Group]:
    missed = Token.objects.filter(appointment=OuterRef("pk"), status=TokenStatus.NO_SHOW)
    visits = Appointment.objects.filter(asked.scope(user), in_days(asked.first, asked.last))
    columns = ("doctor_id", "status", "type", "source", "missed_call")
    counted = visits.annotate(missed_call=Exists(missed)).order_by().values(*columns).annotate(many=Count("pk"))
    return [tuple(row) for row in counted.values_list(*columns, "many")]


def _kept(groups: Iterable[Group]) -> Kept:
    statuses: Counter[str] = Counter()
    no_shows = {True: 0, False: 0}
    for _doctor, status, _type, _source, missed_call, many in groups:
        statuses[status] += many
        if status == AppointmentStatus.NO_SHOW:
            no_shows[bool(missed_call)] += many
    return Kept(statuses.total(), dict(sorted(statuses.items())), no_shows[False], no_shows[True])

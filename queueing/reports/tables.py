"""The reports as tables, for files: a title, a heading for each column, rows of words and numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from queueing.reports.accuracy import Accuracy
from queueing.reports.asked import Asked
from queueing.reports.figures import Figures
from queueing.reports.queues import Flow, QueueReport, queue_report
from queueing.reports.visits import VisitReport, visit_report
from scheduling.rules import Visitor
from scheduling.states import AppointmentStatus, AppointmentType

Words = str | Promise
Cells = Iterable[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name in the address, its title, its columns, and how the rows come about."""

    name: str
    title: Words
    columns: tuple[Words, ...]
    rows: Callable[[Asked, Visitor], Iterator[Cells]]


def _doctors(asked: Asked, user: Visitor) -> Iterator[Cells]:
    for one in queue_report(asked, user).by_doctor:
        yield one.doctor.name, *_flow(one.flow), *_figures(one.waits), *_figures(one.lengths), *_accuracy(one.accuracy)


def _hours(asked: Asked, user: Visitor) -> Iterator[Cells]:
    for one in queue_report(asked, user).by_hour:
        yield f"{one.hour:02}:00", *_flow(one.flow), *_figures(one.waits)


def _doctors_and_hours(asked: Asked, user: Visitor) -> Iterator[Cells]:
    for one in queue_report(asked, user).by_doctor_and_hour:
        yield one.doctor.name, f"{one.hour:02}:00", *_figures(one.waits)


def _kinds(asked: Asked, user: Visitor) -> Iterator[Cells]:
    for one in queue_report(asked, user).by_kind:
        yield one.doctor.name, str(AppointmentType(one.type).label), *_figures(one.lengths)


def _satisfaction(asked: Asked, user: Visitor) -> Iterator[Cells]:
    report: QueueReport = queue_report(asked, user)
    yield from report.satisfaction.scores.items()


def _visits(asked: Asked, user: Visitor) -> Iterator[Cells]:
    report: VisitReport = visit_report(asked, user)
    for one in report.by_doctor:
        kept = one.kept
        completed = kept.statuses.get(AppointmentStatus.COMPLETED, 0)
        rate = "" if kept.no_show_rate is None else round(100 * kept.no_show_rate, 1)
        yield one.doctor.name, kept.booked, completed, kept.never_came, kept.missed_call, rate


def _flow(flow: Flow) -> Cells:
    return flow.arrived, flow.seen, flow.left, flow.no_show


def _figures(figures: Figures) -> Cells:
    return figures.count, _minutes(figures.mean), _minutes(figures.median), _minutes(figures.longest_tenth)


def _accuracy(accuracy: Accuracy) -> Cells:
    inside = "" if accuracy.inside is None else round(100 * accuracy.inside, 1)
    errors = (accuracy.error, accuracy.width, accuracy.fixed_rule_error)
    return accuracy.count, inside, *(_minutes(seconds) for seconds in errors)


def _minutes(seconds: float | None) -> float | str:
    return "" if seconds is None else round(seconds / 60, 1)


_FLOW = (_("Arrived"), _("Seen"), _("Left unseen"), _("Called, not there"))
_WAITS = (
    _("Waits"),
    _("Mean wait (minutes)"),
    _("Half waited less (minutes)"),
    _("One in ten waited longer (minutes)"),
)
_LENGTHS = (
    _("Consultations"),
    _("Mean length (minutes)"),
    _("Half took less (minutes)"),
    _("One in ten took longer (minutes)"),
)
_TOLD = (
    _("Told a wait"),
    _("Inside the range (%)"),
    _("Mean error (minutes)"),
    _("Mean width (minutes)"),
    _("Error of 20 minutes each (minutes)"),
)

TABLES = {
    table.name: table
    for table in (
        Table("doctors", _("Doctors"), (_("Doctor"), *_FLOW, *_WAITS, *_LENGTHS, *_TOLD), _doctors),
        Table("hours", _("Hours of the day"), (_("Hour"), *_FLOW, *_WAITS), _hours),
        Table(
            "doctors-and-hours", _("Waits by doctor and hour"), (_("Doctor"), _("Hour"), *_WAITS), _doctors_and_hours
        ),
        Table("consultations", _("Lengths of consultations"), (_("Doctor"), _("Type"), *_LENGTHS), _kinds),
        Table("satisfaction", _("Satisfaction"), (_("From 1 to 5"), _("Visits")), _satisfaction),
        Table(
            "no-shows",
            _("Booked visits"),
            (_("Doctor"), _("Booked"), _("Seen"), _("Never came"), _("Called, not there"), _("Did not come (%)")),
            _visits,
        ),
    )
}

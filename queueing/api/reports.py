"""Reports for programs: the same figures as on the page of staff."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from queueing.api.reports_examples import APPOINTMENTS, QUEUE
from queueing.reports import Accuracy, Asked, Figures, QueueReport, VisitReport, queue_report, visit_report
from queueing.reports.asked import asked_about
from queueing.reports.queues import Flow
from queueing.reports.visits import Kept
from scheduling.api.reports import ReportView
from scheduling.models import Doctor


class QueueReportView(ReportView):
    """Waits, flow, lengths and how good the waits were."""

    @QUEUE
    def get(self, request: Request) -> Response:
        """The figures of the queues one may see."""
        return Response(_queue_shape(queue_report(self.asked(request, asked_about), self.visitor)))


class AppointmentReportView(ReportView):
    """What became of booked visits."""

    @APPOINTMENTS
    def get(self, request: Request) -> Response:
        """The figures of the visits one may see."""
        return Response(_visit_shape(visit_report(self.asked(request, asked_about), self.visitor)))


def _queue_shape(report: QueueReport) -> dict[str, Any]:
    return {
        **_asked_shape(report.asked),
        "flow": _flow(report.flow),
        "waits": _minutes(report.waits),
        "consultations": _minutes(report.lengths),
        "accuracy": _accuracy(report.accuracy),
        "peak_hours": list(report.peak_hours),
        "by_doctor": [
            {
                "doctor": _doctor(one.doctor),
                "flow": _flow(one.flow),
                "waits": _minutes(one.waits),
                "consultations": _minutes(one.lengths),
                "accuracy": _accuracy(one.accuracy),
            }
            for one in report.by_doctor
        ],
        "by_hour": [
            {"hour": one.hour, "flow": _flow(one.flow), "waits": _minutes(one.waits)} for one in report.by_hour
        ],
        "by_doctor_and_hour": [
            {"doctor": _doctor(one.doctor), "hour": one.hour, "waits": _minutes(one.waits)}
            for one in report.by_doctor_and_hour
        ],
        "by_type": [
            {"doctor": _doctor(one.doctor), "type": one.type, "consultations": _minutes(one.lengths)}
            for one in report.by_kind
        ],
        "satisfaction": {
            "count": report.satisfaction.count,
            "mean": _rounded(report.satisfaction.mean),
            "scores": [{"score": score, "count": many} for score, many in report.satisfaction.scores.items()],
        },
    }


def _visit_shape(report: VisitReport) -> dict[str, Any]:
    return {
        **_asked_shape(report.asked),
        **_kept(report.kept),
        "by_doctor": [{"doctor": _doctor(one.doctor), **_kept(one.kept)} for one in report.by_doctor],
        "by_type": [{"type": kind, "count": many} for kind, many in report.by_type.items()],
        "by_source": [{"source": source, "count": many} for source, many in report.by_source.items()],
    }


def _asked_shape(asked: Asked) -> dict[str, Any]:
    return {
        "first_day": asked.first.isoformat(),
        "last_day": asked.last.isoformat(),
        "location": asked.location_id,
        "doctor": asked.doctor_id,
    }


def _kept(kept: Kept) -> dict[str, Any]:
    return {
        "booked": kept.booked,
        "statuses": [{"status": status, "count": many} for status, many in kept.statuses.items()],
        "never_came": kept.never_came,
        "missed_call": kept.missed_call,
        "no_show_rate": _rounded(kept.no_show_rate, 3),
    }


def _doctor(doctor: Doctor) -> dict[str, Any]:
    return {"id": doctor.pk, "name": doctor.name}


def _flow(flow: Flow) -> dict[str, int]:
    return {"arrived": flow.arrived, "seen": flow.seen, "left": flow.left, "no_show": flow.no_show}


def _minutes(figures: Figures) -> dict[str, Any]:
    return {
        "count": figures.count,
        "mean": _in_minutes(figures.mean),
        "median": _in_minutes(figures.median),
        "longest_tenth": _in_minutes(figures.longest_tenth),
    }


def _accuracy(accuracy: Accuracy) -> dict[str, Any]:
    return {
        "count": accuracy.count,
        "is_enough": accuracy.is_enough,
        "inside": _rounded(accuracy.inside, 3),
        "error": _in_minutes(accuracy.error),
        "width": _in_minutes(accuracy.width),
        "fixed_rule_error": _in_minutes(accuracy.fixed_rule_error),
    }


def _in_minutes(seconds: float | None) -> float | None:
    return None if seconds is None else _rounded(seconds / 60)


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)

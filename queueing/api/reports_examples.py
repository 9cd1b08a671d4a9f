"""What the OpenAPI document says of reports, with examples."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from accounts.api.serializers import LARGEST_KEY
from queueing.api.reports_shapes import AppointmentReportSerializer, QueueReportSerializer

_KEY = {"type": "integer", "minimum": 1, "maximum": LARGEST_KEY}
_DAY = {"type": "string", "format": "date"}
_PARAMETERS = [
    OpenApiParameter("from", _DAY, description="The first day; unless told, 29 days before the last."),
    OpenApiParameter("until", _DAY, description="The last day; unless told, today. A report covers 366 days at most."),
    OpenApiParameter("location", _KEY, description="Only this location."),
    OpenApiParameter("doctor", _KEY, description="Only this doctor."),
]
_DAYS = {"first_day": "2026-10-22", "last_day": "2026-11-20", "location": 1, "doctor": None}
_DOCTOR = {"id": 5, "name": "Dr Amara Osei"}
_WAITS = {"count": 412, "mean": 19.4, "median": 16.5, "longest_tenth": 41.0}
_LENGTHS = {"count": 409, "mean": 13.2, "median": 12.1, "longest_tenth": 21.8}
_FLOW = {"arrived": 431, "seen": 412, "left": 12, "no_show": 7}
_HOUR = {"arrived": 96, "seen": 71, "left": 1, "no_show": 2}
_ACCURACY = {
    "count": 412,
    "is_enough": True,
    "inside": 0.796,
    "error": 5.9,
    "width": 17.8,
    "fixed_rule_error": 16.3,
}
_KEPT = {
    "booked": 300,
    "statuses": [{"status": "completed", "count": 276}, {"status": "no_show", "count": 24}],
    "never_came": 19,
    "missed_call": 5,
    "no_show_rate": 0.08,
}

QUEUE = extend_schema(
    operation_id="report_queue",
    summary="Report on queues (staff)",
    description=(
        "Waits, patient flow, peak hours, lengths of consultations, satisfaction, and how good the waits were that "
        "people were told; of the queues one may see. Times are minutes, hours those of the location's clock. Whoever "
        "was transferred counts where they went."
    ),
    parameters=_PARAMETERS,
    responses={200: QueueReportSerializer},
    examples=[
        OpenApiExample(
            "A month at one location",
            value={
                **_DAYS,
                "flow": _FLOW,
                "waits": _WAITS,
                "consultations": _LENGTHS,
                "accuracy": _ACCURACY,
                "peak_hours": [9, 10, 14],
                "by_doctor": [
                    {
                        "doctor": _DOCTOR,
                        "flow": _FLOW,
                        "waits": _WAITS,
                        "consultations": _LENGTHS,
                        "accuracy": _ACCURACY,
                    }
                ],
                "by_hour": [{"hour": 9, "flow": _HOUR, "waits": _WAITS}],
                "by_doctor_and_hour": [{"doctor": _DOCTOR, "hour": 9, "waits": _WAITS}],
                "by_type": [{"doctor": _DOCTOR, "type": "online", "consultations": _LENGTHS}],
                "satisfaction": {
                    "count": 88,
                    "mean": 4.3,
                    "scores": [{"score": score, "count": many} for score, many in enumerate([2, 3, 9, 26, 48], 1)],
                },
            },
            response_only=True,
        )
    ],
)

APPOINTMENTS = extend_schema(
    operation_id="report_appointments",
    summary="Report on booked visits (staff)",
    description=(
        "What became of the visits booked for these days, by doctor, type and source, and who did not come: whether "
        "they never arrived, or were called and not there. Of the visits one may see; walk-ins are in the report on "
        "queues."
    ),
    parameters=_PARAMETERS,
    responses={200: AppointmentReportSerializer},
    examples=[
        OpenApiExample(
            "A month at one location",
            value={
                **_DAYS,
                **_KEPT,
                "by_doctor": [{"doctor": _DOCTOR, **_KEPT}],
                "by_type": [{"type": "follow_up", "count": 40}, {"type": "online", "count": 260}],
                "by_source": [{"source": "api", "count": 60}, {"source": "web", "count": 240}],
            },
            response_only=True,
        )
    ],
)

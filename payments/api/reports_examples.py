"""What the OpenAPI document says of the report on money, with an example."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from accounts.api.serializers import LARGEST_KEY
from payments.api.reports_shapes import RevenueReportSerializer

_KEY = {"type": "integer", "minimum": 1, "maximum": LARGEST_KEY}
_DAY = {"type": "string", "format": "date"}
_PARAMETERS = [
    OpenApiParameter("from", _DAY, description="The first day; unless told, 29 days before the last."),
    OpenApiParameter("until", _DAY, description="The last day; unless told, today. A report covers 366 days at most."),
    OpenApiParameter("location", _KEY, description="Only this location."),
    OpenApiParameter("doctor", _KEY, description="Only this doctor."),
]
_DOCTOR = {"id": 5, "name": "Dr Amara Osei"}
_SUM = {
    "currency": "GBP",
    "payments": 212,
    "captured": "12720.00",
    "refunds": 4,
    "refunded": "210.00",
    "net": "12510.00",
}

REVENUE = extend_schema(
    operation_id="report_revenue",
    summary="Report on money (staff)",
    description=(
        "What came and what went back, by day, doctor, method and location, refunds by reason, and what is owed for "
        "the visits of these days; of the money one may see. Days are those of the location's clock. Each currency "
        "stands by itself."
    ),
    parameters=_PARAMETERS,
    responses={200: RevenueReportSerializer},
    examples=[
        OpenApiExample(
            "A month at one location",
            value={
                "first_day": "2026-10-22",
                "last_day": "2026-11-20",
                "location": 1,
                "doctor": None,
                "totals": [_SUM],
                "by_day": [{"day": "2026-10-22", **_SUM}],
                "by_doctor": [{"doctor": _DOCTOR, **_SUM}],
                "by_method": [{"method": "card", **_SUM}],
                "by_location": [{"location": {"id": 1, "name": "Harbour Clinic"}, **_SUM}],
                "refunds": [{"reason": "cancelled", "currency": "GBP", "count": 4, "amount": "210.00"}],
                "outstanding": [{"doctor": _DOCTOR, "currency": "GBP", "visits": 3, "amount": "180.00"}],
            },
            response_only=True,
        )
    ],
)

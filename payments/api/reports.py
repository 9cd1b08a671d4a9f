"""The report on money for programs: the same figures as on the page of staff."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from payments.api.reports_examples import REVENUE
from payments.money import smallest_unit
from payments.reports import Debts, RevenueReport, Sum, asked_about, debts_of, revenue_report
from scheduling.api.reports import ReportView


class RevenueReportView(ReportView):
    """What came, what went back and why, who owes what."""

    @REVENUE
    def get(self, request: Request) -> Response:
        """The money one may see."""
        asked = self.asked(request, asked_about)
        return Response(_shape(revenue_report(asked, self.visitor), debts_of(asked, self.visitor)))


def _shape(report: RevenueReport, debts: Debts) -> dict[str, Any]:
    asked = report.asked
    return {
        "first_day": asked.first.isoformat(),
        "last_day": asked.last.isoformat(),
        "location": asked.location_id,
        "doctor": asked.doctor_id,
        "totals": [_sum(one) for one in report.totals],
        "by_day": [{"day": line.of.isoformat(), **_sum(line.sum)} for line in report.by_day],
        "by_doctor": [{"doctor": _named(line.of), **_sum(line.sum)} for line in report.by_doctor],
        "by_method": [{"method": line.of, **_sum(line.sum)} for line in report.by_method],
        "by_location": [{"location": _named(line.of), **_sum(line.sum)} for line in report.by_location],
        "refunds": [
            {
                "reason": one.reason,
                "currency": one.currency,
                "count": one.count,
                "amount": _text(one.amount, one.currency),
            }
            for one in report.refunds
        ],
        "outstanding": [
            {
                "doctor": _named(one.doctor),
                "currency": one.currency,
                "visits": one.visits,
                "amount": _text(one.owed, one.currency),
            }
            for one in debts.by_doctor
        ],
    }


def _sum(one: Sum) -> dict[str, Any]:
    return {
        "currency": one.currency,
        "payments": one.payments,
        "captured": _text(one.came, one.currency),
        "refunds": one.refunds,
        "refunded": _text(one.went_back, one.currency),
        "net": _text(one.kept, one.currency),
    }


def _named(thing: Any) -> dict[str, Any]:
    return {"id": thing.pk, "name": thing.name}


def _text(amount: Decimal, currency: str) -> str:
    """With the decimals of its currency."""
    return str(amount.quantize(smallest_unit(currency)))

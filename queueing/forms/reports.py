"""What staff ask of a report."""

from __future__ import annotations

from typing import Any

from queueing import rules
from queueing.models import Queue
from queueing.reports.asked import asked_about
from scheduling.forms.reports import ReportForm
from scheduling.models import Doctor
from scheduling.rules import Visitor


def report_form(data: Any, *, user: Visitor) -> Any:
    """The form of the report on queues: offers the places and doctors whose queues somebody sees."""
    queues = Queue.objects.filter(rules.queue_scope(user)).order_by()
    return ReportForm(
        data,
        locations=rules.locations_with_desk(user),
        doctors=Doctor.objects.filter(pk__in=queues.values("doctor")),
        ask=asked_about,
    )

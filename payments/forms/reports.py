"""What staff ask of a report on money."""

from __future__ import annotations

from typing import Any

from accounts.roles import Role
from payments.reports import asked_about
from scheduling.forms.reports import ReportForm
from scheduling.rules import Visitor, doctors_visible_to, has_role, locations_of


def report_form(data: Any, *, user: Visitor) -> Any:
    """The form of the report on money: offers the places and doctors whose money somebody sees."""
    doctors = doctors_visible_to(user)
    if not has_role(user, Role.RECEPTION, Role.MANAGER):
        doctors = doctors.filter(user=user.pk)
    return ReportForm(data, locations=locations_of(user), doctors=doctors, ask=asked_about)

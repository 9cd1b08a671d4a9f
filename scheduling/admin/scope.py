"""Which rows of each list somebody of the staff sees: those of their own locations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from accounts.back_office import MANAGERS, BackOfficeAdmin, roles_of
from scheduling import rules
from scheduling.models import (
    Appointment,
    Availability,
    Doctor,
    Hold,
    Location,
    Patient,
    Slot,
    SlotBatch,
    TimeOff,
    WaitlistEntry,
)

Row = TypeVar("Row", bound=Model)


def sees_everything(user: Any) -> bool:
    """Whether somebody manages the whole clinic; known without a query once the roles are."""
    return bool(MANAGERS & roles_of(user))


def _at(path: str) -> Callable[[Any], Q]:
    return lambda user: Q(**{f"{path}__in": rules.locations_of(user)})


SCOPES: dict[type[Model], Callable[[Any], Q]] = {
    Location: _at("pk"),
    Doctor: lambda user: Q(pk__in=rules.doctors_visible_to(user)),
    Patient: rules.patient_scope,
    Appointment: rules.appointment_scope,
    Availability: _at("location"),
    TimeOff: rules.time_off_scope,
    Slot: _at("location"),
    SlotBatch: _at("location"),
    Hold: _at("slot__location"),
    WaitlistEntry: rules.waitlist_scope,
}
"""By kind of row; `rules.py` says it wherever pages and API ask the same."""


def narrowed(queryset: QuerySet[Row], user: Any) -> QuerySet[Row]:
    """Leave out of `queryset` what belongs to locations where `user` does not work."""
    scope = SCOPES.get(queryset.model)
    if scope is None or sees_everything(user):
        return queryset
    return queryset.filter(scope(user))


class ClinicAdmin(BackOfficeAdmin):
    """An admin class whose every list, form, choice and action keeps to the person's locations."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only rows of one's own locations."""
        return narrowed(super().get_queryset(request), request.user)

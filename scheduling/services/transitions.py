"""The one place that changes the state of an appointment."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from scheduling.errors import WrongState
from scheduling.models import Appointment
from scheduling.signals import appointment_changed
from scheduling.states import AppointmentStatus, corrected_from, revived_from, sources_of


def change_status(
    appointment: Appointment, to: AppointmentStatus, *, actor: Actor, message: str = "", **changes: Any
) -> Appointment:
    """Move `appointment` to the state `to` together with `changes`, and tell the floors above.

    Call inside a `recorded` block. The UPDATE is conditional on the state that was read, so of two writers one wins;
    the other, and everybody who asks for a step the table does not allow, gets WrongState.
    """
    return _change(appointment, to, sources_of(to), actor, message, changes)


def correct_status(appointment: Appointment, to: AppointmentStatus, *, actor: Actor, **changes: Any) -> Appointment:
    """Take back a step that was a mistake, by the table of corrections. Otherwise like `change_status`."""
    return _change(appointment, to, corrected_from(to), actor, "", changes)


def revive_status(appointment: Appointment, to: AppointmentStatus, *, actor: Actor, **changes: Any) -> Appointment:
    """Bring a visit whose seat was had again back to life, by the table of revivals. Otherwise like `change_status`."""
    return _change(appointment, to, revived_from(to), actor, "", changes)


def _change(
    appointment: Appointment,
    to: AppointmentStatus,
    sources: frozenset[AppointmentStatus],
    actor: Actor,
    message: str,
    changes: dict[str, Any],
) -> Appointment:
    previous = AppointmentStatus(appointment.status)
    if previous not in sources:
        raise WrongState(status_now=previous)
    changes = {"status": to, "changed_at": timezone.now(), **changes}
    if Appointment.objects.filter(pk=appointment.pk, status=previous).update(**changes) != 1:
        raise WrongState(status_now=Appointment.objects.values_list("status", flat=True).get(pk=appointment.pk))
    for name, value in changes.items():
        setattr(appointment, name, value)
    appointment_changed.send(
        sender=Appointment, appointment=appointment, previous=previous, actor=actor, message=message
    )
    return appointment

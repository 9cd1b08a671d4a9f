"""The one function that changes the state of an appointment."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from scheduling.errors import WrongState
from scheduling.models import Appointment
from scheduling.signals import appointment_changed
from scheduling.states import AppointmentStatus, sources_of


def change_status(
    appointment: Appointment, to: AppointmentStatus, *, actor: Actor, message: str = "", **changes: Any
) -> Appointment:
    """Move `appointment` to the state `to` together with `changes`, and tell the floors above.

    Call inside a `recorded` block. The UPDATE is conditional on the state that was read, so of two writers one wins;
    the other, and everybody who asks for a step the table does not allow, gets WrongState.
    """
    previous = AppointmentStatus(appointment.status)
    if previous not in sources_of(to):
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

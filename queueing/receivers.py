"""What the queue does when a visit changes elsewhere: its token follows."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from queueing.selectors.queues import live_token_of, policy_of
from queueing.services.check_in import join_queue
from queueing.services.following import follow_visit
from scheduling.models import Appointment
from scheduling.signals import appointment_changed
from scheduling.states import AppointmentStatus


def connect() -> None:
    """Hang the receivers on their events."""
    appointment_changed.connect(follow)


def follow(sender: object, *, appointment: Appointment, actor: Actor, **kwargs: Any) -> None:
    """Whoever is checked in at the desk of the back office has a place in the queue; whoever is cancelled, none."""
    token = live_token_of(appointment.pk)
    if token is not None:
        follow_visit(token, appointment, actor=actor)
    elif appointment.status == AppointmentStatus.CHECKED_IN:
        join_queue(appointment, policy=policy_of(appointment.location_id), actor=actor, now=timezone.now())

"""What the queue does on events: tokens follow their visits, and screens are told after commit."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.utils import timezone

from accounts.actors import Actor
from queueing import live
from queueing.models import EmergencyRequest, Queue, QueuePolicy, Token
from queueing.selectors.queues import live_token_of, policy_of
from queueing.services.check_in import is_past, join_queue
from queueing.services.following import follow_visit
from queueing.signals import emergency_changed, queue_changed
from scheduling.models import Appointment, Doctor, Location
from scheduling.signals import appointment_changed
from scheduling.states import AppointmentStatus


def connect() -> None:
    """Hang the receivers on their events."""
    appointment_changed.connect(follow)
    queue_changed.connect(tell_of_queue)
    emergency_changed.connect(tell_of_emergency)
    # What a clinic is called and what its rules are is set by forms of the back office, by the import and by hand.
    # Nothing follows from it but that open screens look again: no effect in the domain that a signal would hide.
    post_save.connect(tell_of_doctor, sender=Doctor)
    post_save.connect(tell_of_location, sender=Location)
    post_save.connect(tell_of_policy, sender=QueuePolicy)


HERE = frozenset({AppointmentStatus.CHECKED_IN, AppointmentStatus.IN_PROGRESS})
"""What a visit is while its token is live: nothing else concerns the queue, and costs a booking no query."""


def follow(
    sender: object, *, appointment: Appointment, previous: AppointmentStatus | None, actor: Actor, **kwargs: Any
) -> None:
    """Whoever is checked in at the desk of the back office has a place in the queue; whoever is cancelled, none.

    What the back office enters of a day that is over leads to no queue any more.
    """
    if previous not in HERE and appointment.status not in HERE:
        return
    token = live_token_of(appointment.pk)
    now = timezone.now()
    if token is not None:
        follow_visit(token, appointment, actor=actor)
    elif appointment.status == AppointmentStatus.CHECKED_IN and not is_past(appointment, now):
        join_queue(appointment, policy=policy_of(appointment.location_id), actor=actor, now=now)


def tell_of_queue(sender: object, *, queue: Queue, token: Token | None, what: str, **kwargs: Any) -> None:
    """Boards, the pages of those who wait, desks and programs."""
    token_id = None if token is None else token.pk
    tell = partial(live.tell_of_queue, queue.location_id, queue.pk, token_id, str(what))
    transaction.on_commit(tell, robust=True)


def tell_of_emergency(sender: object, *, emergency: EmergencyRequest, **kwargs: Any) -> None:
    """Desks and programs."""
    transaction.on_commit(partial(live.tell_of_emergency, emergency.location_id, emergency.pk), robust=True)


def tell_of_doctor(sender: object, *, instance: Doctor, **kwargs: Any) -> None:
    """Screens that name the doctor."""
    transaction.on_commit(partial(live.tell_of_doctor, instance.pk), robust=True)


def tell_of_location(sender: object, *, instance: Location, **kwargs: Any) -> None:
    """Screens of the location."""
    transaction.on_commit(partial(live.tell_of_location, instance.pk), robust=True)


def tell_of_policy(sender: object, *, instance: QueuePolicy, **kwargs: Any) -> None:
    """Screens of a location whose rules changed: languages and initials of its boards, the order of its queues."""
    transaction.on_commit(partial(live.tell_of_location, instance.location_id), robust=True)

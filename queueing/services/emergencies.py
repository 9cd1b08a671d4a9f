"""Somebody needs help: every desk of the place is told, until one says that they see to it."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.services.throttling import count_attempt
from queueing.errors import EmergencyUnknown, InvalidEmergency, WrongStep
from queueing.models import EmergencyRequest, Token
from queueing.selectors.queues import live_token_of
from queueing.signals import emergency_changed
from queueing.states import EmergencySource
from scheduling.models import Location
from scheduling.services.locking import lock_visit

CALLS_FOR_HELP = 10
CALLS_WINDOW = timedelta(minutes=10)
"""So often patients call from one place in a queue; each time somebody has seen to it meanwhile."""


def raise_emergency(
    *,
    location: Location,
    source: EmergencySource,
    actor: Actor,
    token: Token | None = None,
    message: str = "",
) -> EmergencyRequest:
    """Alert the desk and the doctors. Somebody in the queue has one open emergency: raised again, it is the same.

    Raises InvalidEmergency.
    """
    message = message.strip()
    if len(message) > 300 or "\x00" in message:
        raise InvalidEmergency(field="message")
    before = _open_one_of(token)
    if before is not None:
        return before
    try:
        with recorded(actor, "emergency.raise"):
            token = None if token is None else _place_now(token)
            emergency = EmergencyRequest.objects.create(
                location=location,
                token=token,
                source=source,
                message=message,
                raised_at=timezone.now(),
                raised_by=actor.user,
            )
            emergency_changed.send(sender=EmergencyRequest, emergency=emergency, actor=actor)
    except IntegrityError:  # raised by somebody else between our look and our insert, and acknowledged by now, even
        before = _open_one_of(token, acknowledged_too=True)
        if before is None:
            raise
        return before
    return emergency


def _place_now(token: Token) -> Token:
    """The place that its person has by now: they may have been sent on since it was read. Nobody sends them on until
    the transaction ends, as that takes the visit's lock too."""
    lock_visit(appointment_id=token.appointment_id)
    return live_token_of(token.appointment_id) or token


def call_for_help(*, token: Token, actor: Actor, message: str = "") -> EmergencyRequest:
    """Somebody in the queue needs help: from their page, or by a program. Who has left is to ask at the desk.

    Raises WrongStep, TooManyAttempts, InvalidEmergency.
    """
    if not token.is_live:
        raise WrongStep(_("This place in the queue is over. Please ask at the desk."), status_now=token.status)
    count_attempt(subject=f"emergency:{token.pk}", limit=CALLS_FOR_HELP, window=CALLS_WINDOW)
    return raise_emergency(
        location=token.location, source=EmergencySource.PATIENT, actor=actor, token=token, message=message
    )


def take_along(*, token: Token, to: Token, actor: Actor) -> None:
    """Whoever goes to another queue takes their calls for help along: they are looked for by the code they have now.

    Call inside a `recorded` block.
    """
    for emergency in EmergencyRequest.objects.filter(token=token).order_by("pk"):
        emergency.token = to
        emergency.save(update_fields=["token"])
        if emergency.acknowledged_at is None:
            emergency_changed.send(sender=EmergencyRequest, emergency=emergency, actor=actor)


def _open_one_of(token: Token | None, *, acknowledged_too: bool = False) -> EmergencyRequest | None:
    """The emergency that a token has already."""
    if token is None:
        return None
    raised = EmergencyRequest.objects.filter(token=token)
    return (raised if acknowledged_too else raised.filter(acknowledged_at=None)).order_by("-pk").first()


def acknowledge_emergency(*, emergency_id: int, actor: Actor) -> EmergencyRequest:
    """Somebody sees to it. Of two who press, the first is remembered. Raises EmergencyUnknown."""
    with recorded(actor, "emergency.acknowledge"):
        open_ones = EmergencyRequest.objects.filter(pk=emergency_id, acknowledged_at=None)
        changed = open_ones.update(acknowledged_at=timezone.now(), acknowledged_by=actor.user)
        emergency = (
            EmergencyRequest.objects.select_related("location", "token", "acknowledged_by")
            .filter(pk=emergency_id)
            .first()
        )
        if emergency is None:
            raise EmergencyUnknown
        if changed:
            emergency_changed.send(sender=EmergencyRequest, emergency=emergency, actor=actor)
    return emergency

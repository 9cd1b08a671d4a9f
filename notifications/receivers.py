"""What is written into the outbox on events from below, in their transaction: one that fails undoes the change."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.actors import Actor
from notifications.selectors.tellings import ways_to_tell
from notifications.services import planning
from notifications.states import ChannelName
from payments.models import Payment, Refund
from payments.signals import payment_changed
from payments.states import PaymentStatus
from queueing.models import Token
from queueing.signals import queue_changed
from queueing.states import Step
from scheduling.models import Appointment, WaitlistEntry
from scheduling.signals import appointment_changed, asked_who_is_told, waitlist_offered


def connect() -> None:
    """Hang the receivers on their events."""
    appointment_changed.connect(tell_of_visit)
    waitlist_offered.connect(tell_of_offer)
    queue_changed.connect(tell_of_call)
    payment_changed.connect(tell_of_money)
    asked_who_is_told.connect(say_who_is_told)


def tell_of_visit(
    sender: object, *, appointment: Appointment, previous: str | None, actor: Actor, message: str, **kwargs: Any
) -> None:
    """The patient is told what became of their visit, and reminded of it."""
    planning.plan_for_visit(appointment=appointment, previous=previous, actor=actor, message=message)


def tell_of_offer(sender: object, *, entry: WaitlistEntry, actor: Actor, **kwargs: Any) -> None:
    """Who waits for a seat is told that one is kept for them."""
    planning.plan_offer(entry=entry, actor=actor)


def tell_of_call(sender: object, *, token: Token | None, what: str, actor: Actor, **kwargs: Any) -> None:
    """Who is called is told so."""
    if token is not None and what in (Step.CALLED, Step.RECALLED):
        planning.plan_call(token=token, actor=actor)


def tell_of_money(
    sender: object,
    *,
    payment: Payment,
    previous: PaymentStatus | None,
    refund: Refund | None,
    actor: Actor,
    **kwargs: Any,
) -> None:
    """The payer is told that money came, and when it goes back."""
    planning.plan_for_payment(payment=payment, previous=previous, refund=refund, actor=actor)


def say_who_is_told(sender: object, *, appointment: Appointment, becomes: str, **kwargs: Any) -> list[str]:
    """Whom a message would reach, by which way and where."""
    name, phone = appointment.patient.full_name, appointment.patient.phone
    by_phone = phone.as_international if phone else ""
    words = {
        ChannelName.EMAIL: _("%(name)s by e-mail, %(address)s"),
        ChannelName.SMS: _("%(name)s by SMS, %(phone)s"),
        ChannelName.CALL: _("%(name)s by a voice call, %(phone)s"),
        ChannelName.PUSH: _("%(name)s on the phone's screen"),
    }
    return [
        str(words[channel] % {"name": name, "address": address, "phone": by_phone})
        for channel, address in ways_to_tell(appointment, becomes)
    ]

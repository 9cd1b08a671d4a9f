"""What is sent, set and stopped in the two locations of the world: messages in every state, rules, addresses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from accounts.models import User
from notifications.models import Message, MessagePolicy, MessageRule, PushSubscription, Suppression
from notifications.selectors.subscriptions import digest_of
from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus, NotSent, StopReason
from notifications.tests.pushing import browser
from scheduling.models import Location, Patient

CAME_OF_IT: tuple[dict[str, Any], ...] = (
    {"status": MessageStatus.SENT, "delivery_status": DeliveryStatus.DELIVERED},
    {"status": MessageStatus.SENT, "delivery_status": DeliveryStatus.KEPT},
    {"status": MessageStatus.FAILED, "why_not": NotSent.GAVE_UP, "error": "no answer"},
    {"status": MessageStatus.SUPPRESSED, "why_not": NotSent.NOT_WANTED},
)


def messages_go_out(place: Location, patients: Iterable[Patient]) -> None:
    """What the bookings of a place wrote into the outbox comes to this and to that; and what staff set there."""
    written = Message.objects.filter(location=place, status=MessageStatus.PENDING).order_by("pk")
    for number, message in enumerate(written.select_related("patient")[:12]):
        message.body = f"Dear {message.patient.full_name}: https://clinic.example/m/{message.code}/"
        message.address, message.sent_at = message.patient.email, timezone.now()
        for name, value in CAME_OF_IT[number % len(CAME_OF_IT)].items():
            setattr(message, name, value)
        message.save()
    MessageRule.objects.create(location=place, kind=Kind.CONFIRMATION, channel=ChannelName.EMAIL)
    MessagePolicy.objects.create(location=place)
    for patient in patients:
        Suppression.objects.create(channel=ChannelName.EMAIL, address=patient.email, reason=StopReason.BOUNCED)
        PushSubscription.objects.create(
            patient=patient,
            endpoint=f"https://push.example/{patient.pk}",
            endpoint_digest=f"digest-{patient.pk}",
            public_key=f"key-of-{patient.email}",
            auth_secret="x",
        )


def codes(**whose: Any) -> set[str]:
    """The codes of the links in messages: keys, as the secrets are that they stand for."""
    return set(Message.objects.filter(**whose).values_list("code", flat=True))


def browser_of(user: User) -> PushSubscription:
    """One that hears of all whom somebody looks after."""
    said = browser(f"https://push.example/send/x{user.pk}x-browser")
    return PushSubscription.objects.create(
        user=user,
        endpoint=said.endpoint,
        endpoint_digest=digest_of(said.endpoint),
        public_key=said.public_key,
        auth_secret=said.auth_secret,
    )

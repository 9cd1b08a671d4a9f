"""Which browsers hear of whom, and what there is for them to hear."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import User
from notifications import push_keys
from notifications.models import PushSubscription
from notifications.selectors.rules import rules_of
from notifications.states import OF_THE_QUEUE, ChannelName
from scheduling.models import Patient


def digest_of(endpoint: str) -> str:
    """By what a browser's address is found."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a browser would be told by push."""

    of_the_queue: bool
    of_the_visit: bool

    def __bool__(self) -> bool:
        return self.of_the_queue or self.of_the_visit


def offer_for(patient: Patient, *, location_id: int) -> Offer:
    """What a browser that asks would hear of a patient there: nothing where nothing could be sent."""
    if not push_keys.is_configured() or not patient.wants_push:
        return Offer(of_the_queue=False, of_the_visit=False)
    kinds = {rule.kind for rule in rules_of(location_id) if rule.channel == ChannelName.PUSH}
    return Offer(of_the_queue=bool(kinds & OF_THE_QUEUE), of_the_visit=bool(kinds - OF_THE_QUEUE))


def hears_of(patient: Patient, *, digest: str) -> bool:
    """Whether a browser hears of a patient, because it asked for them or for all whom its user looks after."""
    theirs = Q(patient=patient)
    if patient.user_id is not None:
        theirs |= Q(patient=None, user=patient.user_id)
    return PushSubscription.objects.filter(theirs, endpoint_digest=digest).exists()


def is_in_use(digest: str) -> bool:
    """Whether a browser still hears of anybody."""
    return PushSubscription.objects.filter(endpoint_digest=digest).exists()


def subscriptions_of(user: User) -> QuerySet[PushSubscription]:
    """The browsers that hear of all whom a user looks after, the latest first."""
    return PushSubscription.objects.filter(user=user, patient=None).order_by("-pk")

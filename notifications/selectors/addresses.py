"""Where a message goes, read when it is sent: people move, and change their minds."""

from __future__ import annotations

from django.db.models import Q

from notifications.models import Message, PushSubscription
from notifications.states import ChannelName
from scheduling.models import Patient


def wants(patient: Patient, channel: str) -> bool:
    """Whether the patient wants messages by a channel."""
    return bool(getattr(patient, f"wants_{ChannelName(channel).value}"))


def addresses_of(message: Message) -> list[str]:
    """The addresses of its channel at which its patient is reached; several where several browsers asked to be woken.

    A push message that has an address already goes to that browser alone.
    """
    if message.channel == ChannelName.EMAIL:
        return [message.patient.email] if message.patient.email else []
    if message.channel == ChannelName.PUSH:
        return _browsers_of(message)
    return [str(message.patient.phone)] if message.patient.phone else []


def _browsers_of(message: Message) -> list[str]:
    patient = message.patient
    theirs = Q(patient=patient)
    if patient.user_id is not None:
        theirs |= Q(user=patient.user_id, patient=None)
    browsers = PushSubscription.objects.filter(theirs).order_by("pk")
    if message.address:
        browsers = browsers.filter(pk=message.address)
    # A browser may have asked twice, for a patient and for all whom its user looks after.
    found = dict(browsers.values_list("endpoint_digest", "pk"))
    return [str(pk) for pk in sorted(found.values())]

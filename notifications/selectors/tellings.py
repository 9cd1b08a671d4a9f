"""Who would hear of it, if staff did something with a visit: asked before they do it."""

from __future__ import annotations

from django.utils import timezone

from notifications.channels.registry import channel_of
from notifications.models import Message
from notifications.selectors.addresses import addresses_of, wants
from notifications.selectors.rules import setup_of
from notifications.selectors.suppressions import is_stopped
from notifications.states import ChannelName, Kind
from scheduling.models import Appointment
from scheduling.states import UPCOMING, AppointmentStatus

TELLS: dict[str, Kind] = {
    AppointmentStatus.CONFIRMED: Kind.CONFIRMATION,
    AppointmentStatus.CANCELLED: Kind.CANCELLED,
    AppointmentStatus.RESCHEDULED: Kind.RESCHEDULED,
}
"""What is sent when a visit comes to a state. Nothing is, once the patient is here or the visit has begun."""


def ways_to_tell(appointment: Appointment, becomes: str) -> list[tuple[ChannelName, str]]:
    """By which channels, and where, the patient would be told; without those that have no gateway, are not wanted, or
    lead nowhere. The address of a browser is nobody's to read: it is left empty."""
    kind = TELLS.get(becomes)
    begins = appointment.starts_at
    if kind is None or appointment.status not in UPCOMING or begins is None or begins <= timezone.now():
        return []
    found: dict[ChannelName, str] = {}
    for rule in setup_of(appointment.location_id).rules_for(kind):
        message = Message(kind=kind, channel=rule.channel, patient=appointment.patient)
        if not wants(message.patient, rule.channel) or not channel_of(rule.channel).is_configured():
            continue
        good = [one for one in addresses_of(message) if not is_stopped(channel=rule.channel, address=one)]
        if good:
            found[rule.channel] = "" if rule.channel == ChannelName.PUSH else good[0]
    return list(found.items())

"""How a message reads for staff: as it was sent, else as it would be sent now."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from notifications.errors import TextBroken
from notifications.models import Message
from notifications.selectors.rules import policy_of
from notifications.states import DeliveryStatus, MessageStatus
from notifications.texts import compose

HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Words:
    """A message's words; `was_sent` when it went out like that. Empty where it never had any."""

    subject: str = ""
    body: str = ""
    was_sent: bool = True
    hides_link: bool = False


def words_now(message: Message) -> Words:
    """What was sent is told as it was, whatever has changed since; what is still ahead, as it would read now.

    The link in it is the patient's key: staff see none of it, except in a trial, where it went to nobody and is there
    to be followed.
    """
    subject, body, was_sent = message.subject, message.body, True
    if not body and message.status in (MessageStatus.PENDING, MessageStatus.SENDING):
        was_sent = False
        try:
            composed = compose(message, language=message.patient.language, policy=policy_of(message.location_id))
        except TextBroken:
            return Words(was_sent=False)
        subject, body = composed.subject, composed.text
    if settings.EMBEDDED and message.delivery_status == DeliveryStatus.KEPT:
        return Words(subject, body, was_sent)
    return Words(subject, body.replace(message.code, HIDDEN), was_sent, hides_link=message.code in body)

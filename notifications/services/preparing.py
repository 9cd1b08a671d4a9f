"""From a message that is due to a parcel for the gateway, or to why there is none. Reads only."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError

from notifications.channels import Parcel
from notifications.errors import TextBroken
from notifications.faults import told_plainly
from notifications.models import Message
from notifications.selectors.addresses import addresses_of
from notifications.selectors.calls import other_calls_than
from notifications.selectors.checking import Objection, objection_to
from notifications.selectors.rules import Setup
from notifications.selectors.suppressions import is_stopped
from notifications.states import NotSent
from notifications.texts import compose

logger = logging.getLogger("frontdesk.messages")


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may be handed over. `also` are more addresses at which the same is to be said."""

    message: Message
    parcel: Parcel
    also: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A message that cannot be sent before somebody mends something."""

    why: NotSent
    error: str


def prepare(message: Message, *, setup: Setup, now: datetime) -> Ready | Objection | Unfit:
    """Check a message against the world and put its words together.

    One that cannot be put together never keeps the others from being sent.
    """
    try:
        return objection_to(message, setup=setup, now=now) or _address_and_compose(message, setup)
    except TextBroken as broken:
        return Unfit(NotSent.NO_TEXT, str(broken))
    except DatabaseError:
        raise
    except Exception as error:
        logger.error("message %s could not be put together: %s", message.pk, told_plainly(error))
        return Unfit(NotSent.NO_TEXT, told_plainly(error))


def _address_and_compose(message: Message, setup: Setup) -> Ready | Objection:
    addresses = addresses_of(message)
    if not addresses:
        return Objection(NotSent.NO_ADDRESS)
    wanted = [address for address in addresses if not is_stopped(channel=message.channel, address=address)]
    if not wanted:
        return Objection(NotSent.STOPPED)
    language = language_of(message)
    words = compose(message, language=language, policy=setup.policy)
    parcel = Parcel(
        message_id=message.pk,
        address=wanted[0],
        subject=words.subject,
        text=words.text,
        language=language,
        html=words.html,
        link=words.link,
        tag=words.tag,
        attachments=words.attachments,
        first_tried_at=message.attempted_at,
        expires_at=message.not_after,
    )
    return Ready(message, parcel, also=wanted[1:])


def language_of(message: Message) -> str:
    """The patient's, if the clinic speaks it."""
    spoken = dict(settings.LANGUAGES)
    return message.patient.language if message.patient.language in spoken else "en"


def parcel_to_ask_for(message: Message) -> Parcel:
    """What was handed over, as far as the gateway is asked about it."""
    return Parcel(
        message_id=message.pk,
        address=message.address,
        subject=message.subject,
        text=message.body,
        language=message.language,
        first_tried_at=message.attempted_at,
        expires_at=message.not_after,
        others=other_calls_than(message),
    )

"""What people and gateways tell the clinic about messages: STOP and START, and that a number is no more."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from enum import StrEnum

from django.utils.translation import get_language_bidi, override
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import TooManyAttempts
from accounts.services.throttling import count_attempt
from notifications.selectors.inbound import answered_for
from notifications.services.outbox import note_delivery
from notifications.services.suppressions import start_address, stop_address
from notifications.states import ChannelName, DeliveryStatus, StopReason
from notifications.texts.filling import isolated

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "UNSTOP", "YES"})
"""Twilio's own: it stops and starts a number by them whatever we do."""

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
ANSWERS = 3
ANSWERS_WITHIN = timedelta(days=1)
"""Two machines that answer each other would otherwise never end."""

STOPPING_CODES = {"30005": StopReason.BOUNCED, "21610": StopReason.STOP}
"""Nobody has that number; they said STOP. Others, such as a telephone that is off, pass."""


class Wish(StrEnum):
    """What somebody who writes to the clinic's number wants, as far as a machine understands it."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"
    OTHER = "OTHER"


def wish_in(body: str) -> Wish:
    """What a text message says, if it is one word that Twilio knows, however it is written."""
    word = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", body)).upper()
    if word in STOP_WORDS:
        return Wish.STOP
    return Wish.START if word in START_WORDS else Wish.OTHER


def hear_text(*, sender: str, body: str, told: str, actor: Actor) -> str:
    """Do what a text message to the clinic asks for; returns the answer to it, or nothing to say.

    `told` is what Twilio made of it, where the clinic has set words of its own there: STOP, START or HELP. Twilio
    answers these itself, and its own words for STOP and START always.
    """
    if not NUMBER.fullmatch(sender):  # a machine's name or short number
        return ""
    wish = Wish(told) if told in set(Wish) else wish_in(body)
    if wish == Wish.STOP:
        stop_address(channel=ChannelName.SMS, address=sender, reason=StopReason.STOP, actor=actor)
        return ""
    if wish == Wish.START and start_address(channel=ChannelName.SMS, address=sender, actor=actor):
        return ""
    return "" if told else _answer_to(sender)


def _answer_to(sender: str) -> str:
    """That a machine answers, and where people do. Nothing about anybody: a telephone is lent and changes hands."""
    try:
        count_attempt(subject=f"text-answer:{sender}", limit=ANSWERS, window=ANSWERS_WITHIN)
    except TooManyAttempts:
        return ""
    phone, language = answered_for(sender)
    with override(language):
        if phone:
            answer = _("Nobody reads replies to this number. Please phone %(phone)s. To stop our messages, reply STOP.")
            return answer % {"phone": isolated(phone, left_to_right=True) if get_language_bidi() else phone}
        return _("Nobody reads replies to this number. To stop our messages, reply STOP.")


def hear_receipt(
    *, message_id: int, provider: str, provider_id: str, status: DeliveryStatus, code: str, address: str, actor: Actor
) -> bool:
    """Note what became of a message, and stop an address of which the gateway says that it is none; False for no news.

    `code` is the gateway's error, and `address` whom it was sent to.
    """
    with recorded(actor, "message.receipt"):
        is_news = note_delivery(
            message_id=message_id,
            provider=provider,
            provider_id=provider_id,
            delivery_status=status,
            error=f"{provider} {code}" if code else "",
            actor=actor,
        )
        reason = STOPPING_CODES.get(code)
        if is_news and reason is not None:
            stop_address(channel=ChannelName.SMS, address=address, reason=reason, actor=actor)
    return is_news

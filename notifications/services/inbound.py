"""What people and gateways tell the clinic about messages: STOP and START, and that a number is no more."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.actors import Actor
from accounts.errors import TooManyAttempts
from accounts.services.throttling import count_attempt
from notifications.selectors.inbound import answered_for
from notifications.services.suppressions import start_address, stop_address
from notifications.states import ChannelName, StopReason

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "UNSTOP", "YES"})
"""Twilio's own: it stops and starts a number by them whatever we do."""

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
ANSWERS = 3
ANSWERS_WITHIN = timedelta(days=1)
"""Two machines that answer each other would otherwise never end."""


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
            return _("Nobody reads messages to this number. Please phone %(phone)s. STOP ends them.") % {"phone": phone}
        return _("Nobody reads messages to this number. STOP ends them.")

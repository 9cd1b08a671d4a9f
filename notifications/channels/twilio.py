"""What text messages and voice calls have in common: they leave through Twilio."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.urls import reverse
from requests import RequestException
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from accounts.twilio_client import twilio_client, was_not_reached
from notifications.channels.contract import Parcel, PermanentRefusal, Receipt, TryLater, Unclear
from notifications.states import DeliveryStatus, NotSent

logger = logging.getLogger(__name__)

PROVIDER = "twilio"
MESSAGE_PARAMETER = "message"
"""Carries our number of a message in the address that is told what became of it."""

CLOCKS_DIFFER = timedelta(seconds=60)
"""By how much Twilio's clock may be behind ours."""
LOOKED_THROUGH = 50

NO_SUCH_NUMBER = frozenset({21211, 21217, 21265, 21401, 21614, 21635})
"""No number, no number that is called, a short code, no mobile, a landline."""
CANNOT_BE_REACHED = frozenset({13224, 21214})
STOPPED = frozenset({21610})
OUR_SETTINGS = frozenset({20003, 20005, 20006, 20404, 21210, 21212, 21603, 21606, 21659, 21660, 30002})
"""The keys are wrong, the account is closed, or the number we send from is not ours."""
NOT_TOLD = 21609
"""Twilio cannot reach the address that is to be told what became of a message."""

_RECEIPTS: dict[str, DeliveryStatus] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "initiated", "ringing"), DeliveryStatus.QUEUED),
    **dict.fromkeys(("sent", "in-progress"), DeliveryStatus.SENT),
    **dict.fromkeys(("delivered", "read", "completed"), DeliveryStatus.DELIVERED),
    **dict.fromkeys(("undelivered", "busy", "no-answer"), DeliveryStatus.UNDELIVERED),
    **dict.fromkeys(("failed", "canceled"), DeliveryStatus.FAILED),
}


def delivery_of(status: str | None) -> DeliveryStatus:
    """What a status of Twilio's means."""
    return _RECEIPTS.get(status or "", DeliveryStatus.UNKNOWN)


def callback_address(message_id: int) -> str:
    """Where Twilio tells what became of a message; empty where it could not: it refuses what names such an address."""
    if not is_public(settings.BASE_URL):
        return ""
    question = urlencode({MESSAGE_PARAMETER: message_id})
    return f"{settings.BASE_URL}{reverse('notifications:twilio_status')}?{question}"


def is_public(address: str) -> bool:
    """Whether others than this machine and its neighbours may reach an address, as far as its name tells."""
    host = (urlsplit(address).hostname or "").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".lan")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return bool(host)


def hand_over(make: Callable[[Client, dict[str, Any]], Any], parcel: Parcel) -> Receipt:
    """Create what `make` makes at Twilio. Raises PermanentRefusal, TryLater, Unclear."""
    callback = callback_address(parcel.message_id)
    told = {"status_callback": callback} if callback else {}
    client = twilio_client()
    try:
        made = make(client, told)
    except TwilioException as error:
        if told and getattr(error, "code", None) == NOT_TOLD:
            logger.error("Twilio cannot reach BASE_URL: nobody will learn what became of messages.")
            return hand_over(lambda client, _told: make(client, {}), parcel)
        _refused(error, client)
    except RequestException as error:
        kind = type(error).__name__
        if was_not_reached(error):
            raise TryLater(f"Twilio could not be reached: {kind}") from error
        raise Unclear(f"The line to Twilio broke: {kind}") from error
    except ValueError as error:  # an answer of success that cannot be read
        raise Unclear(f"Twilio's answer could not be read: {type(error).__name__}") from error
    if not made.sid:
        raise Unclear("Twilio's answer names nothing.")
    return receipt_of(made)


def look_up(find: Callable[[Client], list[Any]], fits: Callable[[Any], bool], parcel: Parcel) -> Receipt | None:
    """The newest of what `find` finds at Twilio that fits and is no older than the parcel. Raises TryLater."""
    try:
        found = find(twilio_client())
    except (TwilioException, RequestException, ValueError) as error:
        raise TryLater(f"Twilio could not be asked: {type(error).__name__}") from error
    return next((receipt_of(row) for row in found if fits(row) and _is_of(row.date_created, parcel)), None)


def receipt_of(row: Any) -> Receipt:
    """What Twilio says about a message or a call of ours."""
    return Receipt(provider=PROVIDER, provider_id=row.sid, delivery_status=delivery_of(row.status))


def _is_of(created: datetime | None, parcel: Parcel) -> bool:
    if created is None or parcel.first_tried_at is None:
        return True
    return created >= parcel.first_tried_at - CLOCKS_DIFFER


def _refused(error: TwilioException, client: Client) -> NoReturn:
    """Say in our words what Twilio refused. Its own are left out: they repeat the number."""
    status, code = getattr(error, "status", 0), getattr(error, "code", 0) or 0
    said = f"Twilio {code} (HTTP {status})"
    if code in NO_SUCH_NUMBER:
        raise PermanentRefusal(said, why=NotSent.BAD_ADDRESS, stop=True) from error
    if code in CANNOT_BE_REACHED:
        raise PermanentRefusal(said, why=NotSent.BAD_ADDRESS) from error
    if code in STOPPED:
        raise PermanentRefusal(said, why=NotSent.STOPPED, stop=True) from error
    if code in OUR_SETTINGS or status == 401:
        logger.error("Twilio refuses us: error %s. Messages wait; see the TWILIO_ variables.", code or status)
        raise TryLater(said) from error
    if status in (502, 504):  # what stands before Twilio answers, and may have passed it on
        raise Unclear(said) from error
    if status == 429 or not 400 <= status < 500:
        raise TryLater(said, after=client.http_client.retry_after) from error
    raise PermanentRefusal(said) from error

"""Push messages to browsers (Web Push, RFC 8030), encrypted so that push services cannot read them."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NoReturn

from django.utils import timezone
from pywebpush import WebPusher, WebPushException
from requests import RequestException

from accounts.twilio_client import was_not_reached
from notifications import push_keys
from notifications.channels import push_line
from notifications.channels.contract import Parcel, PermanentRefusal, Receipt, TryLater, Unclear
from notifications.errors import InvalidSubscription
from notifications.models import PushSubscription
from notifications.push_addresses import require_endpoint
from notifications.services.subscriptions import forget_subscription, note_used
from notifications.states import NotSent

logger = logging.getLogger(__name__)

PROVIDER = "push"

KEPT_SECONDS = 24 * 60 * 60
"""So long a push service keeps a message for a phone that is switched off, if nothing says how long it makes sense."""
SOON_SECONDS = 60 * 60
"""What makes no sense after that must wake the phone now, whatever its battery says."""
LONGEST_PAUSE_SECONDS = 60 * 60
NOTED_AGAIN_AFTER = timedelta(days=1)

GONE = (404, 410)
OUR_KEYS = (401, 403)
NAME: Final = re.compile(r"[\x21-\x7e]{1,200}")
TOPIC: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class PushChannel:
    """Hands messages to the push services of browsers. Those cannot be asked what they have; a message that is sent
    twice carries the same tag, so that the second takes the place of the first.
    """

    def is_configured(self) -> bool:
        """Whether the clinic has keys."""
        return push_keys.is_configured()

    def send(self, parcel: Parcel) -> Receipt:
        """Encrypt it for the browser whose number is its address, and hand it over."""
        browser = _browser_of(parcel.address)
        content, headers = _encrypted(parcel, browser), _headers(parcel, browser)
        try:
            status, told = push_line.post(browser.endpoint, content=content, headers=headers)
        except RequestException as error:
            _not_answered(error)
        if not 200 <= status < 300:
            _refused(status, told.get("Retry-After", ""), browser)
        if browser.used_at is None or timezone.now() - browser.used_at > NOTED_AGAIN_AFTER:
            note_used(subscription_id=browser.pk)
        return Receipt(provider=PROVIDER, provider_id=_name_of(told.get("Location", "")))

    def ask(self, parcel: Parcel) -> Receipt | None:  # noqa: ARG002
        """Push services do not tell."""
        return None


def _browser_of(address: str) -> PushSubscription:
    found = PushSubscription.objects.filter(pk=address).first() if address.isdecimal() else None
    if found is None:
        raise PermanentRefusal("The browser asks to be told no more.", why=NotSent.NO_ADDRESS)
    try:
        require_endpoint(found.endpoint)  # settings may have changed since it was told
    except InvalidSubscription as error:
        raise PermanentRefusal("Its push service is none that we may call.", why=NotSent.BAD_ADDRESS) from error
    return found


def _encrypted(parcel: Parcel, browser: PushSubscription) -> bytes:
    said = {
        "title": parcel.subject,
        "body": parcel.text,
        "link": parcel.link,
        "tag": parcel.tag,
        "language": parcel.language,
    }
    keys = {"p256dh": browser.public_key, "auth": browser.auth_secret}
    try:
        pusher = WebPusher({"endpoint": browser.endpoint, "keys": keys})
        encrypted: bytes = pusher.encode(json.dumps(said, ensure_ascii=False).encode())["body"]
    except (WebPushException, ValueError) as error:
        raise PermanentRefusal("The keys of the browser are none.", why=NotSent.BAD_ADDRESS) from error
    return encrypted


def _headers(parcel: Parcel, browser: PushSubscription) -> dict[str, str]:
    seconds = KEPT_SECONDS
    if parcel.expires_at is not None:
        seconds = max(int((parcel.expires_at - timezone.now()).total_seconds()), 0)
    headers = {
        "Authorization": push_keys.signature_for(browser.endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(min(seconds, KEPT_SECONDS)),
        "Urgency": "high" if seconds <= SOON_SECONDS else "normal",
    }
    return headers | ({"Topic": parcel.tag} if TOPIC.fullmatch(parcel.tag) else {})


def _name_of(location: str) -> str:
    """The number that the push service gave to the message, if it is one that fits: anybody may run a push service."""
    name = location.rstrip("/").rpartition("/")[2]
    return name if NAME.fullmatch(name) else ""


def _not_answered(error: RequestException) -> NoReturn:
    """The address itself is left out: whoever has it can send to the browser's push service."""
    kind = type(error).__name__
    if _led_to_a_private_address(error):
        raise PermanentRefusal("Its push service is at a private address.", why=NotSent.BAD_ADDRESS) from error
    if was_not_reached(error):
        raise TryLater(f"The push service could not be reached: {kind}") from error
    raise Unclear(f"The line to the push service broke: {kind}") from error


def _led_to_a_private_address(error: RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), push_line.PrivateAddress)


def _refused(status: int, retry_after: str, browser: PushSubscription) -> NoReturn:
    said = f"The push service answered HTTP {status}"
    if status in GONE:
        forget_subscription(endpoint_digest=browser.endpoint_digest)
        raise PermanentRefusal(said, why=NotSent.BAD_ADDRESS)
    if status in OUR_KEYS:
        logger.error("A push service refuses our keys (HTTP %s): see the VAPID_ variables.", status)
        raise PermanentRefusal(said)
    if status == 429 or status >= 500:
        raise TryLater(said, after=_seconds(retry_after))
    raise PermanentRefusal(said)


def _seconds(retry_after: str) -> float | None:
    """How long a push service wants to be left alone: it says seconds, or a date."""
    if retry_after.isdecimal():
        return min(float(retry_after), LONGEST_PAUSE_SECONDS)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    left = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - timezone.now()).total_seconds()
    return min(max(left, 0.0), LONGEST_PAUSE_SECONDS)

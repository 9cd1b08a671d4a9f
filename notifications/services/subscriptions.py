"""Browsers that ask to be woken, and those that do so no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.models import User
from notifications import push_keys
from notifications.errors import PushNotConfigured
from notifications.models import PushSubscription
from notifications.push_addresses import require_endpoint, require_keys
from notifications.selectors.subscriptions import digest_of
from scheduling.models import Patient

MOST_BROWSERS = 10
"""So many browsers hear of one patient, or of one user; whoever asked first gives way to one more."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser says about itself: where its push service is, and its keys (RFC 8291)."""

    endpoint: str
    public_key: str
    auth_secret: str


def subscribe(
    *, browser: Browser, actor: Actor, patient: Patient | None = None, user: User | None = None
) -> PushSubscription:
    """Let a browser hear of a patient, or of all whom a user looks after. Whoever asks again has the same, with the
    keys that the browser has by now.

    Raises PushNotConfigured, InvalidSubscription.
    """
    if not push_keys.is_configured():
        raise PushNotConfigured
    require_endpoint(browser.endpoint)
    require_keys(browser.public_key, browser.auth_secret)
    said = {
        "endpoint": browser.endpoint,
        "public_key": browser.public_key.rstrip("="),
        "auth_secret": browser.auth_secret.rstrip("="),
        "language": _language(),
    }
    whose: dict[str, Any] = {"patient": patient} if patient is not None else {"patient": None, "user": user}
    with recorded(actor, "push.subscribe"):
        found, is_new = PushSubscription.objects.update_or_create(
            endpoint_digest=digest_of(browser.endpoint), **whose, defaults=said
        )
        if is_new:
            _let_the_first_go(whose)
    return found


def _let_the_first_go(whose: dict[str, Any]) -> None:
    all_of_them = PushSubscription.objects.filter(**whose).order_by("-pk")
    too_many = list(all_of_them.values_list("pk", flat=True)[MOST_BROWSERS : 2 * MOST_BROWSERS])
    if too_many:
        PushSubscription.objects.filter(pk__in=too_many).delete()


def unsubscribe(*, endpoint: str, patient: Patient, actor: Actor) -> bool:
    """Let a browser hear of a patient no more; False when it did not.

    Whoever asked for all of a family on this browser means it as well: the button says that nothing comes any more.
    """
    browsers = PushSubscription.objects.filter(endpoint_digest=digest_of(endpoint))
    with recorded(actor, "push.unsubscribe"):
        removed, _by_table = browsers.filter(patient=patient).delete()
        if patient.user_id is not None:
            removed += browsers.filter(patient=None, user=patient.user_id).delete()[0]
    return removed > 0


def unsubscribe_user(*, subscription_id: int, user: User, actor: Actor) -> bool:
    """Let one of a user's browsers hear no more; False when it is none of theirs."""
    with recorded(actor, "push.unsubscribe"):
        found = PushSubscription.objects.filter(pk=subscription_id, user=user, patient=None)
        removed, _by_table = found.delete()
    return removed > 0


def forget_subscription(*, endpoint_digest: str) -> None:
    """Its push service knows the browser no more, whomever it was to hear of."""
    PushSubscription.objects.filter(endpoint_digest=endpoint_digest).delete()


def note_used(*, subscription_id: int) -> None:
    """Its push service took a message for the browser."""
    PushSubscription.objects.filter(pk=subscription_id).update(used_at=timezone.now())


def _language() -> str:
    spoken = get_language() or "en"
    return spoken if spoken in dict(settings.LANGUAGES) else "en"

"""The sandbox: a provider without money, so that everything can be tried on one machine.

It keeps its own books (`SandboxSession`), signs what it tells, and is told apart from a real one by nobody above. What
its page does is in `sandbox_page.py`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from payments.errors import BadSignature
from payments.models import SandboxSession
from payments.money import from_minor, to_minor
from payments.providers.contract import (
    Captured,
    Declined,
    Event,
    Fact,
    Known,
    Lapsed,
    Order,
    PermanentRefusal,
    Refunded,
    RefundOrder,
    Started,
)

SIGNATURE = "sandbox-signature"
OLDEST = timedelta(minutes=5)
"""An event that was signed longer ago, or will be, is refused: somebody may have kept it."""

OPEN, ASKING, PAID, CLOSED = "open", "asking", "paid", "closed"
"""States of a session: the form is shown, the bank asks whether it is really the payer, money came, nothing will."""


class Sandbox:
    """The provider, as the contract has it."""

    def is_configured(self) -> bool:
        """On where the settings say so: never beside a provider of real money."""
        return bool(settings.PAYMENTS_SANDBOX)

    def hosts(self) -> tuple[str, ...]:
        """Its page is on our own host."""
        return ()

    def start(self, order: Order) -> Started:
        """Open a page; with the same key again, the same one."""
        session, _is_new = SandboxSession.objects.get_or_create(
            key=order.key,
            defaults={
                "reference": f"sb_{secrets.token_urlsafe(24)}",
                "amount_minor": to_minor(order.amount, order.currency),
                "currency": order.currency,
                "description": order.description[:200],
                "return_url": order.return_url,
                "cancel_url": order.cancel_url,
                "expires_at": order.expires_at,
            },
        )
        page = settings.BASE_URL + reverse("payments:sandbox", args=[session.reference])
        return Started(reference=session.reference, page=page)

    def fetch(self, known: Known) -> tuple[Fact, ...]:
        """What it knows of a payment, as it would tell it."""
        return facts_of(_session_of(known))

    def give_up(self, known: Known) -> None:
        """Close the page."""
        _session_of(known)
        SandboxSession.objects.filter(key=known.key, status__in=(OPEN, ASKING)).update(status=CLOSED)

    def refund(self, order: RefundOrder) -> Refunded:
        """Pay back at once; the same key again pays nothing more."""
        minor = to_minor(order.amount, order.known.currency)
        with transaction.atomic():
            session = SandboxSession.objects.select_for_update().filter(key=order.known.key).first()
            if session is None or session.status != PAID:
                raise PermanentRefusal("the sandbox has no such money")
            known = next((refund for refund in session.refunds if refund["key"] == order.key), None)
            if known is None:
                if sum(refund["amount"] for refund in session.refunds) + minor > session.amount_minor:
                    raise PermanentRefusal("more than what came")
                known = {
                    "id": f"sbr_{secrets.token_hex(12)}",
                    "key": order.key,
                    "amount": minor,
                    "at": timezone.now().isoformat(),
                }
                session.refunds = [*session.refunds, known]
                session.save(update_fields=["refunds"])
        return _refunded(session, known)

    def read_event(self, *, body: bytes, headers: Mapping[str, str]) -> Event:
        """The event in a request that the sandbox has signed."""
        _check_signature(body, headers.get(SIGNATURE, ""))
        try:
            payload = json.loads(body)
        except ValueError:
            raise BadSignature from None
        return self.read_stored(payload)

    def read_stored(self, payload: Mapping[str, Any]) -> Event:
        """The event in a payload."""
        try:
            return Event(
                event_id=payload["id"],
                kind=payload["kind"],
                happened_at=datetime.fromtimestamp(payload["created"], UTC),
                payload=payload,
                key=payload["key"],
                reference=payload["reference"],
                payment=payload["payment"],
                facts=_facts_in(payload),
            )
        except (KeyError, TypeError, ValueError) as unreadable:
            raise BadSignature from unreadable


# --- What it knows ---------------------------------------------------------------------------------------------------


def payment_of(session: SandboxSession) -> str:
    """By what the sandbox knows the money itself."""
    return f"sbp_{session.pk}"


def facts_of(session: SandboxSession) -> tuple[Fact, ...]:
    """What the sandbox says of a session now."""
    now = timezone.now()
    if session.status == PAID:
        if session.paid_at is None or (session.tells_at is not None and session.tells_at > now):
            return ()
        amount = from_minor(session.amount_minor, session.currency)
        captured = Captured(payment_of(session), amount, session.currency, session.paid_at)
        return (captured, *(_refunded(session, refund) for refund in session.refunds))
    if session.status == CLOSED or session.expires_at <= now:
        return (Lapsed(),)
    return (Declined(why=session.failure),) if session.failure else ()


def _session_of(known: Known) -> SandboxSession:
    session = SandboxSession.objects.filter(key=known.key).first()
    if session is None:
        raise PermanentRefusal("the sandbox does not know this payment")
    return session


def _refunded(session: SandboxSession, refund: Mapping[str, Any]) -> Refunded:
    return Refunded(
        refund=refund["id"],
        amount=from_minor(refund["amount"], session.currency),
        currency=session.currency,
        at=datetime.fromisoformat(refund["at"]),
        key=refund["key"],
    )


# --- What it tells ---------------------------------------------------------------------------------------------------


def event_of(session: SandboxSession, fact: Captured | Declined | Lapsed) -> tuple[bytes, dict[str, str]]:
    """A signed event: the body, and the headers that go with it."""
    now = int(timezone.now().timestamp())
    payload: dict[str, Any] = {
        "created": now,
        "key": session.key,
        "reference": session.reference,
        "payment": "",
        "amount": session.amount_minor,
        "currency": session.currency,
    }
    if isinstance(fact, Captured):
        payload |= {"id": f"sbe_{session.pk}_paid", "kind": "payment.captured", "payment": fact.payment}
        payload["captured_at"] = fact.at.isoformat()
    elif isinstance(fact, Declined):
        payload |= {"id": f"sbe_{secrets.token_hex(12)}", "kind": "payment.declined", "why": fact.why}
    else:
        payload |= {"id": f"sbe_{session.pk}_lapsed", "kind": "payment.lapsed"}
    body = json.dumps(payload).encode()
    return body, {SIGNATURE: f"t={now},v1={_signature(now, body)}"}


def _facts_in(payload: Mapping[str, Any]) -> tuple[Fact, ...]:
    if payload["kind"] == "payment.captured":
        amount = from_minor(int(payload["amount"]), payload["currency"])
        at = datetime.fromisoformat(payload["captured_at"])
        return (Captured(payload["payment"], amount, payload["currency"], at),)
    if payload["kind"] == "payment.declined":
        return (Declined(why=payload["why"]),)
    if payload["kind"] == "payment.lapsed":
        return (Lapsed(),)
    return ()


def _signature(moment: int, body: bytes) -> str:
    return salted_hmac("payments.sandbox", b"%d." % moment + body, algorithm="sha256").hexdigest()


def _check_signature(body: bytes, header: str) -> None:
    said = dict(part.partition("=")[::2] for part in header.split(","))
    moment = said.get("t", "")
    if not (moment.isascii() and moment.isdecimal() and len(moment) < 12):
        raise BadSignature
    age = abs(timezone.now().timestamp() - int(moment))
    if age > OLDEST.total_seconds() or not constant_time_compare(said.get("v1", ""), _signature(int(moment), body)):
        raise BadSignature

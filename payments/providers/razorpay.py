"""Razorpay: the payer's browser posts an order to Razorpay's own page, for UPI, netbanking and cards."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import razorpay
from django.conf import settings
from django.utils import timezone
from razorpay.errors import SignatureVerificationError

from payments.errors import BadSignature
from payments.money import from_minor, to_minor
from payments.providers.contract import (
    Captured,
    Declined,
    Event,
    Fact,
    Known,
    Order,
    PermanentRefusal,
    Refunded,
    RefundOrder,
    Started,
    Unclear,
)
from payments.providers.line import line_to
from payments.providers.privacy import without_personal
from payments.providers.reading import UNREADABLE, moment, part, read_object, told_refunds, word
from payments.providers.registry import is_configured
from payments.states import ProviderName

NAME: Final = "Razorpay"
API: Final = "https://api.razorpay.com"
PAGE: Final = "/v1/checkout/embedded"
"""What takes an order by a form, without a script of Razorpay's on our pages."""

OLDEST: Final = timedelta(hours=25)
"""Razorpay tells an event again and again for a day, with the time at which it happened."""
STARTS_WELL: Final = re.compile("[A-Za-z0-9]")
"""How Razorpay wants a description to begin."""
CAPTURED: Final = ("captured", "refunded")
SIGNED: Final = ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")


@dataclass(frozen=True, slots=True)
class Callback:
    """With what a payer's browser comes back. Empty after a decline, which Razorpay does not sign."""

    reference: str = ""
    payment: str = ""


@contextmanager
def _client() -> Iterator[Any]:
    base = {"base_url": settings.RAZORPAY_API_BASE} if settings.RAZORPAY_API_BASE else {}
    with line_to(NAME) as line:
        yield razorpay.Client(session=line, auth=(settings.RAZORPAY_KEY_ID, settings.RAZORPAY_KEY_SECRET), **base)


class Razorpay:
    """UPI, netbanking and cards, by Razorpay's hosted checkout."""

    def is_configured(self) -> bool:
        """Whether the clinic has its keys."""
        return is_configured(ProviderName.RAZORPAY)

    def hosts(self) -> tuple[str, ...]:
        """Where payers are sent."""
        return (settings.RAZORPAY_API_BASE or API,)

    def start(self, order: Order) -> Started:
        """Make an order for a payment, once for each key. Raises Refusal.

        Razorpay knows no keys for orders: one with our key as its receipt is asked for first.
        """
        minor, currency = _minor_of(order.amount, order.currency), order.currency.upper()
        wanted = {"amount": minor, "currency": currency, "receipt": order.key, "payment_capture": 1}
        with _client() as client, _reading():
            rows = client.order.all({"receipt": order.key})["items"]
            found = next((row for row in rows if row["receipt"] == order.key), None)
            if found is None:
                found = client.order.create({**wanted, "notes": {"payment": order.key, "number": order.number}})
            if (found["amount"], found["currency"]) != (minor, currency):
                raise PermanentRefusal(f"{NAME} knows that key with another amount")
            number = str(found["id"])
        form = {
            "key_id": settings.RAZORPAY_KEY_ID,
            "order_id": number,
            "amount": str(minor),
            "currency": currency,
            "name": settings.CLINIC_NAME,
            "description": order.description if STARTS_WELL.match(order.description) else order.number,
            "callback_url": order.return_url,
            "cancel_url": order.cancel_url,
            "prefill[method]": order.method,
        }
        if order.email:
            form["prefill[email]"] = order.email
        return Started(number, f"{settings.RAZORPAY_API_BASE or API}{PAGE}", form)

    def fetch(self, known: Known) -> tuple[Fact, ...]:
        """Everything Razorpay knows of a payment; what a bank granted and nobody took is taken. Raises Refusal."""
        if not known.reference:
            return ()
        facts: list[Fact] = []
        with _client() as client, _reading():
            for row in client.order.payments(known.reference)["items"]:
                if row["status"] == "authorized":
                    row = _capture(client, row)
                facts += _facts_of_payment(row, moment(row["created_at"]))
                if row["status"] in CAPTURED and row["amount_refunded"]:
                    refunds = client.payment.fetch_multiple_refund(row["id"], {"count": 100})["items"]
                    facts += told_refunds(map(_refunded, refunds))
        captured = [fact for fact in facts if not isinstance(fact, Declined)]
        return tuple(captured or facts[:1])  # the newest try is the first

    def give_up(self, known: Known) -> None:
        """Razorpay's orders cannot be closed: what is paid all the same goes back."""

    def refund(self, order: RefundOrder) -> Refunded:
        """Pay back, once for each key. Raises Refusal. What was refunded is asked for first: keys may be forgotten."""
        wanted = {
            "amount": _minor_of(order.amount, order.known.currency),
            "speed": "normal",
            "receipt": order.key,
            "notes": {"refund": order.key, "payment": order.known.key},
        }
        with _client() as client, _reading():
            rows = client.payment.fetch_multiple_refund(order.known.payment, {"count": 100})["items"]
            found = next((row for row in rows if _key_of(row) == order.key), None)
            if found is None:
                headers = {"X-Refund-Idempotency": order.key}
                found = client.payment.refund(order.known.payment, wanted, headers=headers)
            return _refunded(found)

    def read_callback(self, form: Mapping[str, str]) -> Callback:
        """The order and the payment with which a payer's browser comes back. Raises BadSignature.

        It says where to look, not what came of it: ask for that.
        """
        if "razorpay_signature" not in form:
            return Callback()
        said = {name: form.get(name, "") for name in SIGNED}
        if not all(said.values()):
            raise BadSignature
        try:
            _utility().verify_payment_signature(said)
        except (SignatureVerificationError, *UNREADABLE) as error:
            raise BadSignature from error
        return Callback(said["razorpay_order_id"], said["razorpay_payment_id"])

    def read_event(self, *, body: bytes, headers: Mapping[str, str]) -> Event:
        """The event in a request, its signature and its age checked. Raises BadSignature."""
        signature, secret = headers.get("x-razorpay-signature", ""), settings.RAZORPAY_WEBHOOK_SECRET
        if not (signature and secret):
            raise BadSignature
        try:
            _utility().verify_webhook_signature(body.decode(), signature, secret)
            said = read_object(body)
            if moment(said["created_at"]) < timezone.now() - OLDEST:
                raise BadSignature
        except (SignatureVerificationError, *UNREADABLE) as error:
            raise BadSignature from error
        number = headers.get("x-razorpay-event-id", "") or hashlib.sha256(body).hexdigest()
        return self.read_stored({**without_personal(said), "id": number[:200]})

    def read_stored(self, payload: Mapping[str, Any]) -> Event:
        """The event in a payload that was stored. Raises BadSignature where nothing can be read of it.

        Which payment it is about is told by its order, which we made: what the payer's browser posted may be anything.
        """
        try:
            kind, at = str(payload["event"]), moment(payload["created_at"])
            rows = {name: part(payload, "payload", name, "entity") for name in ("payment", "order", "refund")}
            return Event(
                event_id=str(payload["id"]),
                kind=kind[:100],
                happened_at=at,
                payload=payload,
                key=word(rows["order"], "receipt"),
                reference=word(rows["order"], "id") or word(rows["payment"], "order_id"),
                payment=word(rows["payment"], "id") or word(rows["refund"], "payment_id"),
                facts=_facts_of_event(kind, rows, at),
            )
        except UNREADABLE as error:
            raise BadSignature from error


def _utility() -> Any:
    return razorpay.Client(auth=(settings.RAZORPAY_KEY_ID, settings.RAZORPAY_KEY_SECRET)).utility


def _capture(client: Any, row: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted = {"currency": row["currency"]}  # never left out: the client keeps its default from call to call
    try:
        taken: Mapping[str, Any] = client.payment.capture(row["id"], row["amount"], wanted)
    except PermanentRefusal:  # somebody took it, or it has run out
        taken = client.payment.fetch(row["id"])
    return taken


def _minor_of(amount: Decimal, currency: str) -> int:
    try:
        return to_minor(amount, currency)
    except ValueError as error:
        raise PermanentRefusal(f"{NAME} takes no such amount") from error


def _key_of(refund: Mapping[str, Any]) -> str:
    return word(part(refund, "notes"), "refund") or word(refund, "receipt")


def _facts_of_payment(row: Mapping[str, Any], at: datetime) -> tuple[Fact, ...]:
    if row["status"] in CAPTURED:
        currency = str(row["currency"]).upper()
        return (Captured(str(row["id"]), from_minor(int(row["amount"]), currency), currency, at),)
    if row["status"] == "failed":
        return (Declined(word(row, "error_reason", "error_code")),)
    return ()


def _facts_of_event(kind: str, rows: Mapping[str, Mapping[str, Any]], at: datetime) -> tuple[Fact, ...]:
    if kind in ("payment.captured", "order.paid", "payment.failed"):
        return _facts_of_payment(rows["payment"], at)
    if kind in ("refund.created", "refund.processed", "refund.failed"):
        return (_refunded(rows["refund"]),)
    return ()


def _refunded(row: Mapping[str, Any]) -> Refunded:
    currency = str(row["currency"]).upper()
    return Refunded(
        refund=str(row["id"]),
        amount=from_minor(int(row["amount"]), currency),
        currency=currency,
        at=moment(row["created_at"]),
        key=_key_of(row),
        succeeded=row["status"] != "failed",
        is_settled=row["status"] in ("processed", "failed"),
    )


@contextmanager
def _reading() -> Iterator[None]:
    """What Razorpay answers may not be what we know."""
    try:
        yield
    except UNREADABLE as error:
        raise Unclear(f"The answer of {NAME} could not be read") from error

"""Stripe Checkout: the payer types the card into Stripe's own page; we learn what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import stripe
from django.conf import settings

from payments.errors import BadSignature
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
    Unclear,
)
from payments.providers.line import Line, line_to
from payments.providers.privacy import without_personal
from payments.providers.reading import UNREADABLE, moment, number_of, part, read_object, told_refunds, word
from payments.providers.registry import is_configured
from payments.states import ProviderName

NAME: Final = "Stripe"
PAGES: Final = "https://checkout.stripe.com"
TOLERANCE_SECONDS: Final = 300
"""A signature that is older was not made for us just now."""

SHORTEST, LONGEST = 30 * 60, 24 * 60 * 60
"""Seconds for which Stripe lets a page be open."""
STEP: Final = 10 * 60
"""Pages close at full steps: who begins again within one says the same, which an idempotency key asks for."""
MARGIN: Final = 60
"""By how many seconds Stripe's clock may differ from ours."""
LOOKED_THROUGH: Final = 1000

LOCALES: Final = {"en": "en", "es": "es", "hi": "hi-IN"}
"""Languages of ours that Stripe's page speaks; for others it asks the browser."""

ONE_HUNDREDTHS: Final = frozenset({"UGX"})
"""Currencies without decimals that Stripe writes with two all the same."""
WHOLE: Final = frozenset({"MGA"})
"""Currencies with decimals that Stripe writes without any."""


class _Http(stripe.HTTPClient):
    """Stripe's client speaks through our line."""

    name = "line"

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.line = line

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **kwargs: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request. Raises Refusal."""
        answer = self.line.request(method, url, headers=dict(headers or {}), data=post_data)
        return answer.text, answer.status_code, answer.headers

    def close(self) -> None:
        """The line is closed by who opened it."""


@contextmanager
def _client() -> Iterator[stripe.StripeClient]:
    base: Any = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else None
    with line_to(NAME) as line:
        client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY, base_addresses=base, max_network_retries=0, http_client=_Http(line)
        )
        try:
            yield client
        except stripe.StripeError as error:  # an answer of success that its client cannot read
            raise Unclear(f"{NAME}: {type(error).__name__}") from error


class Stripe:
    """Cards, by Stripe Checkout."""

    def is_configured(self) -> bool:
        """Whether the clinic has its keys."""
        return is_configured(ProviderName.STRIPE)

    def hosts(self) -> tuple[str, ...]:
        """Where payers are sent."""
        return (settings.STRIPE_API_BASE or PAGES,)

    def start(self, order: Order) -> Started:
        """Open a page for a payment, once for each key. Raises Refusal."""
        item = {
            "quantity": 1,
            "price_data": {
                "currency": order.currency.lower(),
                "unit_amount": minor_of(order.amount, order.currency),
                "product_data": {"name": order.description[:250] or order.number},
            },
        }
        names = {"payment": order.key, "number": order.number}
        wanted: Any = {
            "mode": "payment",
            "payment_method_types": ["card"],
            "line_items": [item],
            "client_reference_id": order.key,
            "metadata": names,
            "payment_intent_data": {"metadata": names, "description": order.number},
            "success_url": order.return_url,
            "cancel_url": order.cancel_url,
            "locale": LOCALES.get(order.language.partition("-")[0], "auto"),
            "expires_at": closes_at(order.expires_at),
        }
        if order.email:
            wanted["customer_email"] = order.email
        with _client() as client:
            try:
                session = client.v1.checkout.sessions.create(wanted, {"idempotency_key": order.key})
            except PermanentRefusal as refusal:
                # That key has opened a page before, which closes at another time.
                is_known = "idempotency_error" in refusal.detail
                found = self._opened_with(client, order.key) if is_known else None
                if found is None:
                    raise
                session = found
        if not session.url:
            raise Unclear(f"{NAME} names no page")
        return Started(session.id, session.url)

    def fetch(self, known: Known) -> tuple[Fact, ...]:
        """Everything Stripe knows of a payment. Raises Refusal."""
        if not known.reference:
            return ()
        with _client() as client:
            expand: Any = {"expand": ["payment_intent.latest_charge"]}
            session = _plain(client.v1.checkout.sessions.retrieve(known.reference, expand))
            intent = part(session, "payment_intent")
            refunds: list[dict[str, Any]] = []
            if session.get("payment_status") == "paid" and intent:
                rows = client.v1.refunds.list({"payment_intent": intent["id"], "limit": 100})
                refunds = [_plain(row) for row in rows.auto_paging_iter()]
        with _reading():
            return (*_facts_of_session(session, intent), *told_refunds(map(_refunded, refunds)))

    def give_up(self, known: Known) -> None:
        """Close the page. Raises Refusal."""
        if not known.reference:
            return
        with _client() as client:
            try:
                client.v1.checkout.sessions.expire(known.reference)
            except PermanentRefusal:  # it may be closed, or paid
                if client.v1.checkout.sessions.retrieve(known.reference).status == "open":
                    raise

    def refund(self, order: RefundOrder) -> Refunded:
        """Pay back, once for each key. Raises Refusal.

        What was refunded is asked for first: Stripe forgets keys after a day, and tells whoever comes with the key of a
        request that broke that it broke, for as long.
        """
        wanted: Any = {
            "payment_intent": order.known.payment,
            "amount": minor_of(order.amount, order.known.currency),
            "metadata": {"refund": order.key, "payment": order.known.key},
        }
        with _client() as client:
            rows = client.v1.refunds.list({"payment_intent": order.known.payment, "limit": 100}).auto_paging_iter()
            found = next((row for row in map(_plain, rows) if word(part(row, "metadata"), "refund") == order.key), None)
            if found is None:
                found = _plain(client.v1.refunds.create(wanted, {"idempotency_key": order.key}))
        with _reading():
            return _refunded(found)

    def read_event(self, *, body: bytes, headers: Mapping[str, str]) -> Event:
        """The event in a request, its signature and its age checked. Raises BadSignature."""
        signature = headers.get("stripe-signature", "")
        try:
            stripe.WebhookSignature.verify_header(body, signature, settings.STRIPE_WEBHOOK_SECRET, TOLERANCE_SECONDS)
            return self.read_stored(without_personal(read_object(body)))
        except (stripe.SignatureVerificationError, *UNREADABLE) as error:
            raise BadSignature from error

    def read_stored(self, payload: Mapping[str, Any]) -> Event:
        """The event in a payload that was stored. Raises BadSignature where nothing can be read of it."""
        try:
            kind, row, at = str(payload["type"]), part(payload, "data", "object"), moment(payload["created"])
            intent = row if kind.startswith("payment_intent.") else row.get("payment_intent")
            return Event(
                event_id=str(payload["id"])[:200],
                kind=kind[:100],
                happened_at=at,
                payload=payload,
                key=word(part(row, "metadata"), "payment"),
                reference=word(row, "id") if kind.startswith("checkout.session.") else "",
                payment=number_of(intent),
                facts=_facts_of_event(kind, row, at),
            )
        except UNREADABLE as error:
            raise BadSignature from error

    def _opened_with(self, client: stripe.StripeClient, key: str) -> stripe.checkout.Session | None:
        since = int(time.time()) - LONGEST - MARGIN
        rows = client.v1.checkout.sessions.list({"created": {"gte": since}, "status": "open", "limit": 100})
        for seen, session in enumerate(rows.auto_paging_iter()):
            if session.client_reference_id == key:
                return session
            if seen >= LOOKED_THROUGH:
                break
        return None


def closes_at(expires_at: datetime) -> int:
    """When a page closes that should at a moment, as near to it as Stripe allows."""
    now = int(time.time())
    wanted = int(expires_at.timestamp())
    soonest = -(-(now + SHORTEST + MARGIN) // STEP) * STEP
    latest = (now + LONGEST - MARGIN) // STEP * STEP
    return max(soonest, min(wanted, latest))


def minor_of(amount: Decimal, currency: str) -> int:
    """An amount as Stripe writes it. Raises PermanentRefusal for what is none."""
    try:
        if currency.upper() in ONE_HUNDREDTHS:
            return to_minor(amount, currency) * 100
        if currency.upper() in WHOLE:
            return to_minor(amount, "JPY")
        return to_minor(amount, currency)
    except ValueError as error:
        raise PermanentRefusal(f"{NAME} takes no such amount") from error


def amount_of(minor: Any, currency: str) -> Decimal:
    """The amount that Stripe writes as a whole number."""
    if currency.upper() in ONE_HUNDREDTHS:
        return Decimal(int(minor)) / 100
    return from_minor(int(minor), "JPY" if currency.upper() in WHOLE else currency)


def _facts_of_session(session: Mapping[str, Any], intent: Mapping[str, Any]) -> tuple[Fact, ...]:
    if session["payment_status"] == "paid":
        at = part(intent, "latest_charge").get("created") or session["created"]
        return (_captured(session, moment(at)),)
    if session["status"] == "expired":
        return (Lapsed(),)
    if part(intent, "last_payment_error"):
        return (_declined(intent, is_final=session["status"] == "complete"),)
    return ()


def _facts_of_event(kind: str, row: Mapping[str, Any], at: datetime) -> tuple[Fact, ...]:
    if kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded"):
        return (_captured(row, at),) if row["payment_status"] == "paid" else ()
    if kind == "checkout.session.async_payment_failed":
        return (Declined(final=True),)
    if kind == "checkout.session.expired":
        return (Lapsed(),)
    if kind == "payment_intent.payment_failed":
        return (_declined(row),)
    if kind == "charge.refunded":  # younger versions of its API leave the refunds out: they tell of each by itself
        return tuple(_refunded(found) for found in part(row, "refunds").get("data", ()))
    if kind in ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"):
        return (_refunded(row),)
    return ()


def _captured(session: Mapping[str, Any], at: datetime) -> Captured:
    currency = str(session["currency"]).upper()
    return Captured(number_of(session["payment_intent"]), amount_of(session["amount_total"], currency), currency, at)


def _declined(intent: Mapping[str, Any], *, is_final: bool = False) -> Declined:
    return Declined(word(part(intent, "last_payment_error"), "decline_code", "code"), is_final)


def _refunded(row: Mapping[str, Any]) -> Refunded:
    status, currency = row["status"], str(row["currency"]).upper()
    return Refunded(
        refund=str(row["id"]),
        amount=amount_of(row["amount"], currency),
        currency=currency,
        at=moment(row["created"]),
        key=word(part(row, "metadata"), "refund"),
        succeeded=status not in ("failed", "canceled"),
        is_settled=status in ("succeeded", "failed", "canceled"),
        why=word(row, "failure_reason"),
    )


def _plain(row: stripe.StripeObject) -> dict[str, Any]:
    found: dict[str, Any] = row.to_dict()
    return found


@contextmanager
def _reading() -> Iterator[None]:
    """What Stripe answers may not be what we know."""
    try:
        yield
    except UNREADABLE as error:
        raise Unclear(f"The answer of {NAME} could not be read") from error

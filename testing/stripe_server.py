"""A throw-away Stripe in threads: Checkout sessions and refunds over its REST, and what it tells webhooks.

Stripe's own client talks to it through STRIPE_API_BASE. It checks the key, honours Idempotency-Key as Stripe does, and
fails as it is told to. Payers are played by `pay`, `decline`, `pay_later` and so on, each of which returns the events
that Stripe would send.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testing.payment_server import Asked, Fault, Object, PaymentServer, Refused, Told, new_id, now

SESSION_FIELD = re.compile(
    r"(mode|line_items|success_url|cancel_url|client_reference_id|customer_email|expires_at|locale|metadata"
    r"|payment_intent_data|payment_method_types|submit_type|expand)(\[.*)?"
)
LOCALE = re.compile(
    r"auto|bg|cs|da|de|el|en|en-GB|es|es-419|et|fi|fil|fr|fr-CA|hi-IN|hr|hu|id|it|ja|ko|lt|lv|ms|mt|nb|nl|pl|pt|pt-BR"
    r"|ro|ru|sk|sl|sv|th|tr|vi|zh|zh-HK|zh-TW"
)
SOONEST, LATEST = 30 * 60, 24 * 60 * 60
"""Seconds after which a session may close."""
PAYER: Object = {
    "address": {"city": "Leeds", "country": "GB", "line1": "7 Example Row", "postal_code": "LS1 1AA", "state": None},
    "email": "payer@example.org",
    "name": "Pat Payer",
    "phone": "+441632960961",
    "tax_exempt": "none",
    "tax_ids": [],
}
"""What payers type into Stripe's page; we want none of it."""


@dataclass
class StripeServer(PaymentServer):
    """Stripe on a free port of this machine, from `start` to `stop`.

    - `sessions`, `intents`, `charges`, `refunds`: its rows by number.
    - `refunds_pend`: whether refunds wait for `finish_refund`.
    """

    key: str = "sk_test_of_the_clinic"
    webhook_secret: str = "whsec_of_the_clinic"
    sessions: dict[str, Object] = field(default_factory=dict)
    intents: dict[str, Object] = field(default_factory=dict)
    charges: dict[str, Object] = field(default_factory=dict)
    refunds: dict[str, Object] = field(default_factory=dict)
    answers: dict[str, tuple[str, Object, int, Object]] = field(default_factory=dict)
    refunds_pend: bool = False

    @property
    def settings(self) -> dict[str, str]:
        """What goes into the settings, or the environment of a process."""
        keys = {"STRIPE_SECRET_KEY": self.key, "STRIPE_WEBHOOK_SECRET": self.webhook_secret}
        return {**keys, "STRIPE_API_BASE": self.origin}

    # --- What payers and the dashboard do -------------------------------------------------------------------------

    def pay(self, reference: str, *, amount: int | None = None) -> list[Told]:
        """Somebody pays a session; `amount` is another than it asks for."""
        with self.lock:
            session = self._open(reference)
            if amount is not None:
                session["amount_total"] = session["amount_subtotal"] = amount
            intent = self._intent_of(session)
            self._complete(session)
            return self.noted(*self._capture(session, intent), self._event("checkout.session.completed", session))

    def pay_later(self, reference: str) -> list[Told]:
        """Somebody pays a session in a way that takes days; see `come_through` and `fall_through`."""
        with self.lock:
            session = self._open(reference)
            self._intent_of(session)["status"] = "processing"
            self._complete(session)
            return self.noted(self._event("checkout.session.completed", session))

    def come_through(self, reference: str) -> list[Told]:
        """What was paid by `pay_later` has come."""
        with self.lock:
            session = self.sessions[reference]
            events = self._capture(session, self._intent_of(session))
            return self.noted(*events, self._event("checkout.session.async_payment_succeeded", session))

    def fall_through(self, reference: str) -> list[Told]:
        """What was paid by `pay_later` does not come."""
        with self.lock:
            session = self.sessions[reference]
            failed = self._fail(self._intent_of(session), "debit_not_authorized", "")
            return self.noted(failed, self._event("checkout.session.async_payment_failed", session))

    def decline(self, reference: str, why: str = "insufficient_funds") -> list[Told]:
        """The bank says no; the session stays open for another card."""
        with self.lock:
            return self.noted(self._fail(self._intent_of(self._open(reference)), "card_declined", why))

    def lapse(self, reference: str) -> list[Told]:
        """A session closes by itself."""
        with self.lock:
            return self.noted(self._expire(self._open(reference)))

    def refund_by_hand(self, reference: str, amount: int | None = None) -> list[Told]:
        """Somebody refunds what a session brought at the dashboard."""
        with self.lock:
            intent = self.intents[self.sessions[reference]["payment_intent"]]
            return self._refund(intent, amount, {})[1]

    def finish_refund(
        self, refund: str, *, succeeded: bool = True, why: str = "expired_or_canceled_card"
    ) -> list[Told]:
        """A refund that pends, or one the bank sends back, comes to its end."""
        with self.lock:
            row = self.refunds[refund]
            row["status"] = "succeeded" if succeeded else "failed"
            if succeeded:
                return self.noted(self._event("refund.updated", row))
            row["failure_reason"] = why
            charge = self.charges[row["charge"]]
            charge["amount_refunded"] -= row["amount"]
            charge["refunded"] = False
            return self.noted(self._event("refund.updated", row), self._event("refund.failed", row))

    # --- What webhooks are told -----------------------------------------------------------------------------------

    def sign(
        self, event: Mapping[str, Any], *, secret: str | None = None, at: int | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of the request that tells an event, signed at a moment."""
        body = json.dumps(event, indent=2).encode()
        moment = now() if at is None else at
        key = (self.webhook_secret if secret is None else secret).encode()
        signature = hmac.new(key, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Stripe-Signature": f"t={moment},v1={signature}", "User-Agent": "Stripe/1.0"}
        return body, {**headers, "Content-Type": "application/json; charset=utf-8"}

    def _event(self, kind: str, row: Object) -> Told:
        told = Told(id=new_id("evt"), object="event", api_version="2026-01-28", created=now(), livemode=False)
        told |= {"pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "type": kind}
        told["data"] = {"object": copy.deepcopy(_public(row))}
        told.event_id = told["id"]
        return told

    # --- Its rows -------------------------------------------------------------------------------------------------

    def _open(self, reference: str) -> Object:
        session = self.sessions[reference]
        assert session["status"] == "open", f"the session is {session['status']}"
        return session

    def _complete(self, session: Object) -> None:
        session |= {"status": "complete", "url": None, "customer_details": copy.deepcopy(PAYER)}

    def _intent_of(self, session: Object) -> Object:
        if session["payment_intent"] is None:
            intent: Object = {"id": new_id("pi"), "object": "payment_intent", "amount": session["amount_total"]}
            intent |= {"amount_received": 0, "currency": session["currency"], "created": now(), "latest_charge": None}
            intent |= {"last_payment_error": None, "livemode": False, "metadata": session["_intent_metadata"]}
            intent |= {"receipt_email": session["customer_email"], "status": "requires_payment_method"}
            self.intents[intent["id"]] = intent
            session["payment_intent"] = intent["id"]
        return self.intents[session["payment_intent"]]

    def _charge(self, intent: Object, status: str) -> Object:
        details = {key: PAYER[key] for key in ("address", "email", "name", "phone")}
        card = {"brand": "visa", "exp_month": 12, "exp_year": 2034, "last4": "4242", "fingerprint": "Xt5EWLLDS7FJjR1c"}
        charge: Object = {"id": new_id("ch"), "object": "charge", "amount": intent["amount"], "amount_refunded": 0}
        charge |= {"amount_captured": intent["amount"], "billing_details": details, "created": now(), "status": status}
        charge |= {"currency": intent["currency"], "metadata": intent["metadata"], "payment_intent": intent["id"]}
        charge |= {"payment_method_details": {"card": card, "type": "card"}, "refunded": False, "paid": True}
        self.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        return charge

    def _capture(self, session: Object, intent: Object) -> list[Told]:
        intent["amount"] = session["amount_total"]
        charge = self._charge(intent, "succeeded")
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "last_payment_error": None}
        session["payment_status"] = "paid"
        return [self._event("charge.succeeded", charge), self._event("payment_intent.succeeded", intent)]

    def _fail(self, intent: Object, code: str, why: str) -> Told:
        charge = self._charge(intent, "failed")
        card = {"billing_details": charge["billing_details"], "card": {"last4": "0002"}, "id": new_id("pm")}
        error = {"code": code, "decline_code": why or None, "message": "Your card was declined.", "type": "card_error"}
        intent |= {"status": "requires_payment_method", "last_payment_error": {**error, "payment_method": card}}
        return self._event("payment_intent.payment_failed", intent)

    def _expire(self, session: Object) -> Told:
        session |= {"status": "expired", "url": None}
        return self._event("checkout.session.expired", session)

    def _refund(self, intent: Object, amount: int | None, metadata: Object) -> tuple[Object, list[Told]]:
        charge = self.charges[intent["latest_charge"]]
        left = charge["amount"] - charge["amount_refunded"]
        if not left:
            raise _refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if amount is not None and not 0 < amount <= left:
            raise _refused("Refund amount is greater than unrefunded amount on charge.", param="amount")
        row: Object = {"id": new_id("re"), "object": "refund", "amount": amount or left, "charge": charge["id"]}
        row |= {"created": now(), "currency": charge["currency"], "metadata": metadata, "payment_intent": intent["id"]}
        row |= {"reason": None, "receipt_number": None, "status": "pending" if self.refunds_pend else "succeeded"}
        self.refunds[row["id"]] = row
        charge["amount_refunded"] += row["amount"]
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        return row, self.noted(self._event("refund.created", row), self._event("charge.refunded", charge))

    # --- Its REST -------------------------------------------------------------------------------------------------

    def error(self, status: int) -> Object:
        """What it answers when something goes wrong on its side."""
        kind = "rate_limit" if status == 429 else "api_error"
        return {"error": {"type": kind, "message": "Scripted.", **({"code": kind} if status == 429 else {})}}

    def carry_out(self, asked: Asked) -> tuple[int, Object]:
        """Do what a request asks for, once for each Idempotency-Key."""
        if asked.headers.get("authorization") != f"Bearer {self.key}":
            raise _refused("Invalid API Key provided.", status=401)
        key = asked.headers.get("idempotency-key", "") if asked.method == "POST" else ""
        if key in self.answers:
            path, fields, status, answer = self.answers[key]
            if (path, fields) != (asked.path, asked.fields):
                raise _refused("Keys can only be used with the same parameters.", "idempotency_error")
            return status, answer
        answer = copy.deepcopy(_public(self._do(asked)))
        if key:
            self.answers[key] = (asked.path, asked.fields, 200, answer)
        return 200, answer

    def broke(self, asked: Asked, fault: Fault) -> None:
        """Whoever comes with the same key hears the same answer, be it that something went wrong on its side."""
        key = asked.headers.get("idempotency-key", "")
        if fault.status == 500 and key in self.answers:
            self.answers[key] = (asked.path, asked.fields, 500, self.error(500))

    def _do(self, asked: Asked) -> Object:
        if (asked.method, asked.path) == ("POST", "/v1/checkout/sessions"):
            return self._create_session(asked.fields)
        if (asked.method, asked.path) == ("GET", "/v1/checkout/sessions"):
            wanted, since = asked.fields.get("status"), int(asked.fields.get("created[gte]", 0))
            rows = [row for row in self.sessions.values() if row["created"] >= since]
            return _page([_public(row) for row in rows if wanted in (None, row["status"])], asked)
        if (asked.method, asked.path) == ("POST", "/v1/refunds"):
            intent = self.intents.get(asked.fields.get("payment_intent", ""))
            if intent is None or intent["status"] != "succeeded":
                raise _missing("payment_intent", asked.fields.get("payment_intent", ""))
            amount = int(asked.fields["amount"]) if "amount" in asked.fields else None
            return self._refund(intent, amount, _nested(asked.fields, "metadata"))[0]
        if (asked.method, asked.path) == ("GET", "/v1/refunds"):
            wanted = asked.fields.get("payment_intent")
            return _page([row for row in self.refunds.values() if row["payment_intent"] == wanted], asked)
        found = re.fullmatch(r"/v1/checkout/sessions/(\w+)(/expire)?", asked.path)
        if found is None or bool(found[2]) != (asked.method == "POST"):
            raise _refused(f"Unrecognized request URL ({asked.method}: {asked.path}).", status=404)
        session = self.sessions.get(found[1])
        if session is None:
            raise _missing("checkout.session", found[1])
        if session["status"] == "open" and session["expires_at"] <= now():
            self.noted(self._expire(session))
        if not found[2]:
            return self._expanded(session, asked.fields)
        if session["status"] != "open":
            raise _refused("Only Checkout Sessions with a status in ['open'] can be expired.")
        self.noted(self._expire(session))
        return session

    def _create_session(self, fields: Object) -> Object:
        item = "line_items[0][price_data]"
        for name in fields:
            if not SESSION_FIELD.fullmatch(name):
                raise _refused(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        for name in ("mode", "success_url", f"{item}[currency]", f"{item}[unit_amount]"):
            if not fields.get(name):
                raise _refused(f"Missing required param: {name}.", code="parameter_missing", param=name)
        if not fields.get(f"{item}[product_data][name]"):
            raise _refused("Missing required param: name.", code="parameter_missing")
        amount = fields[f"{item}[unit_amount]"]
        if not amount.isdecimal() or not 0 < int(amount) <= 99999999:
            raise _refused("Invalid integer.", code="parameter_invalid_integer", param="unit_amount")
        expires = int(fields.get("expires_at", now() + LATEST))
        if not now() + SOONEST - 1 <= expires <= now() + LATEST:
            raise _refused("The `expires_at` timestamp must be 30 minutes to 24 hours away.", param="expires_at")
        if not LOCALE.fullmatch(fields.get("locale", "auto")):
            raise _refused("Invalid locale.", param="locale")
        number = new_id("cs_test")
        session: Object = {"id": number, "object": "checkout.session", "created": now(), "expires_at": expires}
        session |= {"amount_total": int(amount), "amount_subtotal": int(amount), "livemode": False, "mode": "payment"}
        session |= {"currency": fields[f"{item}[currency]"].lower(), "customer": None, "customer_details": None}
        for name in ("client_reference_id", "customer_email", "success_url", "cancel_url", "locale"):
            session[name] = fields.get(name)
        session |= {"metadata": _nested(fields, "metadata"), "payment_intent": None, "payment_status": "unpaid"}
        session |= {"status": "open", "url": f"{self.origin}/c/pay/{number}", "payment_method_types": ["card"]}
        session["_intent_metadata"] = _nested(fields, "payment_intent_data[metadata]")
        self.sessions[number] = session
        return session

    def _expanded(self, session: Object, fields: Object) -> Object:
        wanted = [value for name, value in fields.items() if name.startswith("expand")]
        if session["payment_intent"] is None or not any(name.startswith("payment_intent") for name in wanted):
            return session
        intent = dict(self.intents[session["payment_intent"]])
        if "payment_intent.latest_charge" in wanted and intent["latest_charge"]:
            intent["latest_charge"] = self.charges[intent["latest_charge"]]
        return {**session, "payment_intent": intent}


def _page(rows: list[Object], asked: Asked) -> Object:
    """A page of rows, the newest first."""
    rows = rows[::-1]
    if "starting_after" in asked.fields:
        rows = rows[[row["id"] for row in rows].index(asked.fields["starting_after"]) + 1 :]
    size = int(asked.fields.get("limit", 10))
    return {"object": "list", "url": asked.path, "has_more": len(rows) > size, "data": rows[:size]}


def _public(row: Object) -> Object:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _nested(fields: Object, name: str) -> Object:
    """The fields of a form below a name: `metadata[payment]` is `payment` of `metadata`."""
    start = f"{name}["
    return {found[len(start) : -1]: value for found, value in fields.items() if found.startswith(start)}


def _refused(words: str, kind: str = "invalid_request_error", *, status: int = 400, **more: str) -> Refused:
    return Refused(status, {"error": {"type": kind, "message": words, **more}})


def _missing(kind: str, number: str) -> Refused:
    return _refused(f"No such {kind}: '{number}'", status=404, code="resource_missing")

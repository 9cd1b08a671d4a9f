"""A throw-away Razorpay in threads: orders, payments and refunds over its REST, and what it tells webhooks.

Razorpay's own client talks to it through RAZORPAY_API_BASE. It checks the keys and fails as it is told to. Payers are
played by `pay`, `decline` and `authorise`, each of which returns the events that Razorpay would send.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testing.payment_server import Asked, Object, PaymentServer, Refused, Told, new_id, now

ORDER_FIELDS = frozenset({"amount", "currency", "receipt", "notes", "payment_capture", "partial_payment"})
REFUND_FIELDS = frozenset({"amount", "speed", "notes", "receipt"})
PATH = re.compile(r"/v1/(orders|payments|refunds)(?:/(\w+))?(?:/(payments|capture|refund|refunds))?")
LEAST = 100
"""One rupee."""
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{10,}")


@dataclass
class RazorpayServer(PaymentServer):
    """Razorpay on a free port of this machine, from `start` to `stop`.

    - `orders`, `payments`, `refunds`: its rows by number.
    - `refunds_pend`: whether refunds wait for `finish_refund`.
    """

    key: str = "rzp_test_of_clinic"
    secret: str = "a-secret-of-razorpay"
    webhook_secret: str = "a-secret-of-webhooks"
    orders: dict[str, Object] = field(default_factory=dict)
    payments: dict[str, Object] = field(default_factory=dict)
    refunds: dict[str, Object] = field(default_factory=dict)
    refund_keys: dict[str, tuple[Object, str]] = field(default_factory=dict)
    refunds_pend: bool = False

    @property
    def settings(self) -> dict[str, str]:
        """What goes into the settings, or the environment of a process."""
        keys = {"RAZORPAY_KEY_ID": self.key, "RAZORPAY_KEY_SECRET": self.secret}
        return {**keys, "RAZORPAY_WEBHOOK_SECRET": self.webhook_secret, "RAZORPAY_API_BASE": self.origin}

    # --- What payers and the dashboard do -------------------------------------------------------------------------

    def pay(self, reference: str, *, amount: int | None = None, method: str = "upi") -> list[Told]:
        """Somebody pays an order; `amount` is another than it asks for."""
        with self.lock:
            order = self._open(reference)
            payment = self._payment(order, order["amount"] if amount is None else amount, method)
            authorised = self._event("payment.authorized", payment=payment)
            return self.noted(authorised, *self._capture(payment))

    def authorise(self, reference: str) -> list[Told]:
        """Somebody's bank says yes, but the money is not taken yet."""
        with self.lock:
            order = self._open(reference)
            return self.noted(self._event("payment.authorized", payment=self._payment(order, order["amount"], "card")))

    def decline(self, reference: str, why: str = "payment_failed") -> list[Told]:
        """The bank says no; the order stays open for another try."""
        with self.lock:
            order = self._open(reference)
            payment = self._payment(order, order["amount"], "card")
            words = "Your payment did not go through as Pat Payer's bank refused it."
            payment |= {"status": "failed", "error_code": "BAD_REQUEST_ERROR", "error_description": words}
            payment |= {"error_source": "bank", "error_step": "payment_authorization", "error_reason": why}
            return self.noted(self._event("payment.failed", payment=payment))

    def refund_by_hand(self, reference: str, amount: int | None = None) -> list[Told]:
        """Somebody refunds what an order brought at the dashboard."""
        with self.lock:
            payment = next(row for row in self.payments.values() if row["order_id"] == reference and row["captured"])
            return self._refund(payment, {} if amount is None else {"amount": amount})[1]

    def finish_refund(self, refund: str, *, succeeded: bool = True) -> list[Told]:
        """A refund that pends comes to its end."""
        with self.lock:
            row = self.refunds[refund]
            payment = self.payments[row["payment_id"]]
            row["status"] = "processed" if succeeded else "failed"
            if not succeeded:
                payment["amount_refunded"] -= row["amount"]
                self._mark(payment)
            kind = "refund.processed" if succeeded else "refund.failed"
            return self.noted(self._event(kind, refund=row, payment=payment))

    def callback(self, reference: str) -> dict[str, str]:
        """The form with which the payer's browser comes back after paying."""
        payment = next(row for row in self.payments.values() if row["order_id"] == reference and row["captured"])
        said = f"{reference}|{payment['id']}".encode()
        signature = hmac.new(self.secret.encode(), said, hashlib.sha256).hexdigest()
        names = {"razorpay_payment_id": payment["id"], "razorpay_order_id": reference}
        return {**names, "razorpay_signature": signature}

    def failed_callback(self, reference: str) -> dict[str, str]:
        """The form with which the payer's browser comes back after a decline. Razorpay does not sign it."""
        payment = next(row for row in self.payments.values() if row["order_id"] == reference)
        about = json.dumps({"payment_id": payment["id"], "order_id": reference})
        error = {"error[code]": "BAD_REQUEST_ERROR", "error[description]": "Payment failed", "error[source]": "bank"}
        return {**error, "error[reason]": "payment_failed", "error[metadata]": about}

    # --- What webhooks are told -----------------------------------------------------------------------------------

    def sign(
        self, event: Mapping[str, Any], *, secret: str | None = None, event_id: str | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of the request that tells an event. Its number stands in a header alone."""
        body = json.dumps(event, separators=(",", ":")).encode()
        key = (self.webhook_secret if secret is None else secret).encode()
        number = getattr(event, "event_id", "") if event_id is None else event_id
        headers = {"X-Razorpay-Signature": hmac.new(key, body, hashlib.sha256).hexdigest(), "User-Agent": "Razorpay/v1"}
        return body, {**headers, "x-razorpay-event-id": number, "Content-Type": "application/json"}

    def _event(self, kind: str, **rows: Object) -> Told:
        told = Told(entity="event", account_id="acc_OfTheClinic001", event=kind, contains=list(rows))
        told["payload"] = {name: {"entity": copy.deepcopy(row)} for name, row in rows.items()}
        told["created_at"] = now()
        told.event_id = new_id("evt")
        return told

    # --- Its rows -------------------------------------------------------------------------------------------------

    def _open(self, reference: str) -> Object:
        order = self.orders[reference]
        assert order["status"] != "paid", "the order is paid"
        return order

    def _payment(self, order: Object, amount: int, method: str) -> Object:
        row: Object = {"id": new_id("pay"), "entity": "payment", "amount": amount, "currency": order["currency"]}
        row |= {"status": "authorized", "order_id": order["id"], "method": method, "amount_refunded": 0}
        row |= {"refund_status": None, "captured": False, "description": order["receipt"], "notes": {}}
        row |= {"email": "payer@example.org", "contact": "+919000090000", "vpa": None, "card": None, "bank": None}
        if method == "upi":
            row |= {"vpa": "patpayer@examplebank", "acquirer_data": {"rrn": "322206890934"}}
        else:
            card = {"id": new_id("card"), "last4": "0153", "name": "Pat Payer", "network": "Visa", "iin": "999999"}
            row |= {"card": card, "card_id": card["id"], "acquirer_data": {"auth_code": "828553"}}
        row |= {"fee": 200, "tax": 0, "error_code": None, "error_description": None, "error_reason": None}
        self.payments[row["id"]] = row | {"created_at": now()}
        order |= {"status": "attempted", "attempts": order["attempts"] + 1}
        return self.payments[row["id"]]

    def _capture(self, payment: Object) -> list[Told]:
        order = self.orders[payment["order_id"]]
        payment |= {"status": "captured", "captured": True}
        order |= {"status": "paid", "amount_paid": payment["amount"], "amount_due": 0}
        captured = self._event("payment.captured", payment=payment)
        return [captured, self._event("order.paid", payment=payment, order=order)]

    def _refund(self, payment: Object, fields: Object) -> tuple[Object, list[Told]]:
        left = payment["amount"] - payment["amount_refunded"]
        amount = fields.get("amount", left)
        if payment["status"] not in ("captured", "refunded"):
            raise _refused("The payment has not been captured.")
        if not left:
            raise _refused("The payment has been fully refunded already")
        if not isinstance(amount, int) or not 0 < amount <= left:
            raise _refused("The refund amount provided is greater than amount captured", field="amount")
        row: Object = {"id": new_id("rfnd"), "entity": "refund", "amount": amount, "currency": payment["currency"]}
        row |= {"payment_id": payment["id"], "notes": fields.get("notes") or [], "receipt": fields.get("receipt")}
        row |= {"acquirer_data": {"arn": None}, "created_at": now(), "batch_id": None, "speed_requested": "normal"}
        row["status"] = "pending" if self.refunds_pend else "processed"
        self.refunds[row["id"]] = row
        payment["amount_refunded"] += amount
        self._mark(payment)
        events = [self._event("refund.created", refund=row, payment=payment)]
        if not self.refunds_pend:
            events.append(self._event("refund.processed", refund=row, payment=payment))
        return row, self.noted(*events)

    def _mark(self, payment: Object) -> None:
        is_full = payment["amount_refunded"] == payment["amount"]
        payment["status"] = "refunded" if is_full else "captured"
        payment["refund_status"] = "full" if is_full else "partial" if payment["amount_refunded"] else None

    # --- Its REST -------------------------------------------------------------------------------------------------

    def error(self, status: int) -> Object:
        """What it answers when something goes wrong on its side."""
        code = "BAD_REQUEST_ERROR" if status == 429 else "SERVER_ERROR"
        return {"error": {"code": code, "description": "Scripted.", "source": "NA", "step": "NA", "reason": "NA"}}

    def carry_out(self, asked: Asked) -> tuple[int, Object]:
        """Do what a request asks for."""
        keys = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {keys}":
            raise _refused("Authentication failed", status=401)
        found = re.fullmatch(
            r"/v1/(orders|payments|refunds)(?:/(\w+))?(?:/(payments|capture|refund|refunds))?", asked.path
        )
        if found is None:
            raise _refused("The requested URL was not found on the server.", status=404)
        answer = self._do(asked, *found.groups())
        return 200, copy.deepcopy(answer)

    def _do(self, asked: Asked, kind: str, number: str | None, more: str | None) -> Object:
        rows = {"orders": self.orders, "payments": self.payments, "refunds": self.refunds}[kind]
        if number is None and kind == "orders":
            return self._create_order(asked.fields) if asked.method == "POST" else self._list_orders(asked.fields)
        if number is None or number not in rows:
            raise _refused("The id provided does not exist")
        row = rows[number]
        if asked.method == "GET" and more is None:
            return row
        if asked.method == "GET" and (kind, more) == ("orders", "payments"):
            return _collection([found for found in self.payments.values() if found["order_id"] == number])
        if asked.method == "GET" and (kind, more) == ("payments", "refunds"):
            return _collection([found for found in self.refunds.values() if found["payment_id"] == number])
        if asked.method == "POST" and (kind, more) == ("payments", "capture"):
            if row["captured"]:
                raise _refused("This payment has already been captured")
            if asked.fields.get("amount") != row["amount"]:
                raise _refused("Capture amount must be equal to the amount authorized", field="amount")
            self.noted(*self._capture(row))
            return row
        if asked.method == "POST" and (kind, more) == ("payments", "refund"):
            return self._refund_once(row, asked)
        raise _refused("The requested URL was not found on the server.", status=404)

    def _create_order(self, fields: Object) -> Object:
        if unknown := set(fields) - ORDER_FIELDS:
            raise _refused(f"{', '.join(sorted(unknown))} is/are not required and should not be sent")
        if not isinstance(fields.get("amount"), int) or fields["amount"] < LEAST:
            raise _refused("Order amount less than minimum amount allowed", field="amount")
        if len(fields.get("currency", "")) != 3 or len(fields.get("receipt", "")) > 40:
            raise _refused("The currency or the receipt is not valid.")
        order: Object = {"id": new_id("order"), "entity": "order", "amount": fields["amount"], "amount_paid": 0}
        order |= {"amount_due": fields["amount"], "currency": fields["currency"], "receipt": fields.get("receipt")}
        order |= {"status": "created", "attempts": 0, "notes": fields.get("notes") or [], "offer_id": None}
        self.orders[order["id"]] = order | {"created_at": now()}
        return self.orders[order["id"]]

    def _list_orders(self, fields: Object) -> Object:
        receipt = fields.get("receipt")
        return _collection([row for row in self.orders.values() if receipt in (None, row["receipt"])])

    def _refund_once(self, payment: Object, asked: Asked) -> Object:
        key = asked.headers.get("x-refund-idempotency", "")
        if unknown := set(asked.fields) - REFUND_FIELDS:
            raise _refused(f"{', '.join(sorted(unknown))} is/are not required and should not be sent")
        if key and not IDEMPOTENCY_KEY.fullmatch(key):
            raise _refused("The idempotency key is not valid.")
        if key in self.refund_keys:
            fields, number = self.refund_keys[key]
            if fields != asked.fields:
                raise _refused("Different request body for the same idempotency key.")
            return self.refunds[number]
        row = self._refund(payment, asked.fields)[0]
        if key:
            self.refund_keys[key] = (asked.fields, row["id"])
        return row


def _collection(rows: list[Object]) -> Object:
    return {"entity": "collection", "count": len(rows), "items": list(reversed(rows))}


def _refused(words: str, *, status: int = 400, **more: str) -> Refused:
    error = {"code": "BAD_REQUEST_ERROR", "description": words, "source": "business", "step": "payment_initiation"}
    return Refused(status, {"error": {**error, "reason": "input_validation_failed", "metadata": {}, **more}})

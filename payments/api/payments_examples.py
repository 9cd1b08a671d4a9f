"""What the OpenAPI document says of the calls about money, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema

from payments.api.bodies import MarkingSerializer, PayingSerializer, RefundingSerializer
from payments.api.shapes import PaymentSerializer, ReceiptSerializer, RefundSerializer, VisitPaymentsSerializer
from scheduling.api.appointments_examples import SUMMARY as APPOINTMENT
from scheduling.api.appointments_reach import SECRET

_SUMMARY = {
    "id": 311,
    "number": "PAY-2026-000311",
    "appointment": {"id": APPOINTMENT["id"], "number": APPOINTMENT["number"]},
    "patient": APPOINTMENT["patient"],
    "doctor": APPOINTMENT["doctor"],
    "location": APPOINTMENT["location"],
    "method": "card",
    "status": "pending",
    "amount": "60.00",
    "currency": "GBP",
    "captured": "0.00",
    "refunded": "0.00",
    "refunding": "0.00",
    "begun_at": "2026-11-20T14:31:00Z",
    "expires_at": "2026-11-20T14:46:00Z",
    "paid_at": None,
}
_PENDING = {
    **_SUMMARY,
    "failure": "",
    "reference": None,
    "pay_to": None,
    "page": "https://checkout.stripe.com/c/pay/cs_live_a1",
    "form": None,
    "refunds": [],
    "receipts": [],
}
_ON_PAPER = {
    "id": 208,
    "number": "RIVERSIDE-2026-000208",
    "kind": "capture",
    "amount": "60.00",
    "currency": "GBP",
    "issued_at": "2026-11-20T14:33:10Z",
}
_CAME = {
    "status": "paid",
    "captured": "60.00",
    "paid_at": "2026-11-20T14:33:09Z",
    "page": None,
    "receipts": [_ON_PAPER],
}
_TRANSFER = {
    "method": "bank_transfer",
    "page": None,
    "expires_at": "2026-11-22T14:31:00Z",
    "reference": "RF2100000311",
    "pay_to": {
        "account_holder": "Riverside Clinic Ltd",
        "account_number": "GB33BUKB20201555555555",
        "bank_name": "BUKBGB22",
        "upi_address": "",
    },
}
_REFUND = {
    "id": 17,
    "payment": 311,
    "amount": "20.00",
    "currency": "GBP",
    "reason": "staff",
    "status": "pending",
    "decided_at": "2026-11-21T09:12:00Z",
    "settled_at": None,
    "words": "The visit was shorter than planned",
    "proof": "",
    "error": "",
}
_ACCOUNT = {
    "fee": "60.00",
    "currency": "GBP",
    "prepayment": "60.00",
    "captured": "0.00",
    "refunded": "0.00",
    "refunding": "0.00",
    "outstanding": "60.00",
    "due_now": "60.00",
    "status": "pending",
    "has_pending": False,
}
_RECEIPT = {
    **_ON_PAPER,
    "payment": 311,
    "refund": None,
    "clinic": "Riverside Clinic",
    "clinic_address": "4 Mill Lane, Riverside",
    "payer": "Ada Okafor",
    "doctor": "Dr Amara Osei",
    "visit_number": APPOINTMENT["number"],
    "visit_at": APPOINTMENT["starts_at"],
    "fee": "60.00",
    "url": "https://clinic.example/a/Hk3vS0m3th1ngN0b0dyGu3ss/receipts/208/",
}


def _sent(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


def _shown(name: str, value: Any, http: int = 200) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(http)])


VISITS: dict[str, Any] = {
    "retrieve": extend_schema(
        summary="See how an appointment stands with its fee",
        description=(
            "What it costs, what came and went back, what is due now, in which ways it may be paid, and its payments, "
            "the first one first. What was paid before it was moved counts."
        ),
        parameters=[SECRET],
        responses={200: VisitPaymentsSerializer},
        examples=[
            _shown(
                "To be paid",
                {"appointment": 123, "account": _ACCOUNT, "offers": [{"method": "card"}], "payments": []},
            )
        ],
    ),
    "create": extend_schema(
        summary="Pay for an appointment",
        description=(
            "For the patient's side: by one of the `offers`. How much is due, the clinic says. A card or netbanking is "
            "paid at `page`: send the browser there (where there is a `form`, let it post that), and read the payment "
            "again until it is no longer `pending`; no number of a card is ever sent to the clinic. A transfer goes to "
            "`pay_to` with the `reference`. A `pending` appointment keeps its time until `expires_at`, and is "
            "confirmed when the money has come. For staff who handle money, `at_desk`: what they were given, paid now."
        ),
        parameters=[SECRET],
        request=PayingSerializer,
        responses={201: PaymentSerializer},
        examples=[
            _sent("By card", {"method": "card"}),
            _sent("Cash at the desk (staff)", {"method": "cash", "at_desk": True, "amount": "60.00"}),
            _shown("At the provider", _PENDING, 201),
            _shown("A transfer", {**_PENDING, **_TRANSFER}, 201),
        ],
    ),
}

PAYMENTS: dict[str, Any] = {
    "list": extend_schema(
        summary="List payments (staff)",
        description="Reception those of its locations, doctors those for their visits. Begun last, first.",
        examples=[OpenApiExample("A payment", value=_SUMMARY, response_only=True)],
    ),
    "retrieve": extend_schema(
        summary="Read a payment",
        description="With what went back of it, and its receipts.",
        parameters=[SECRET],
        responses={200: PaymentSerializer},
        examples=[_shown("Paid", {**_PENDING, **_CAME})],
    ),
    "refund": extend_schema(
        summary="Pay back (staff)",
        description=(
            "An amount of what came, or all of it. Providers are asked within the minute. What was paid in cash or by "
            "transfer is paid back by hand: now, with `proof` of it, or later in the back office."
        ),
        request=RefundingSerializer,
        responses={201: RefundSerializer},
        examples=[
            _sent("A part", {"amount": "20.00", "words": "The visit was shorter than planned"}),
            _shown("On its way", _REFUND, 201),
        ],
    ),
    "mark_paid": extend_schema(
        summary="Enter that the money of a transfer has come (staff)",
        description="For bank transfers and UPI to the clinic's own address; providers tell by themselves.",
        request=MarkingSerializer,
        responses={200: PaymentSerializer},
        examples=[
            _sent("As the statement has it", {"proof": "Statement of 21 November, line 4"}),
            _shown("Paid", {**_PENDING, **_TRANSFER, **_CAME, "pay_to": None}),
        ],
    ),
}

RECEIPTS: dict[str, Any] = {
    "retrieve": extend_schema(
        summary="Read a receipt",
        description="Or the credit note of a refund, as it was written.",
        parameters=[SECRET],
        responses={200: ReceiptSerializer},
        examples=[_shown("A receipt", _RECEIPT)],
    ),
}

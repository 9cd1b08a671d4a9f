"""What is paid, owed and paid back in the two locations of the world, and what their banks and providers said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import override_settings
from django.utils import timezone

from payments.models import (
    Payment,
    PaymentPolicy,
    Receipt,
    Refund,
    SandboxSession,
    StatementImport,
    StatementLine,
    WebhookEvent,
)
from payments.providers.contract import Order
from payments.providers.sandbox import Sandbox
from payments.services.desk import mark_paid, take_at_desk
from payments.services.refunds import refund_payment
from payments.services.starting import begin_payment, give_up_payment
from payments.states import EventStatus, LineStatus, Method, ProviderName
from scheduling.models import Appointment, Location
from scheduling.tests.factories import CLINIC, VISITOR

PART = Decimal("10.00")


@dataclass
class Money:
    """The rows, by place and what became of them: `here_paid`, `there_waiting`."""

    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    lines: dict[str, StatementLine] = field(default_factory=dict)
    events: dict[str, WebhookEvent] = field(default_factory=dict)
    sessions: dict[str, SandboxSession] = field(default_factory=dict)


def money_moves(money: Money, name: str, place: Location, visits: dict[str, Appointment]) -> None:
    """At one place: by transfer, in cash, at the sandbox; some of it goes back. Confirmed visits stay to be paid."""
    PaymentPolicy.objects.create(
        location=place,
        account_holder=f"{place.name} Ltd",
        account_number="GB33BUKB20201555555555",
        bank_name="BUKBGB22",
    )
    paid = _transfer(visits[f"{name}_completed"])
    money.payments[f"{name}_paid"] = mark_paid(payment_id=paid.pk, proof=f"x{name}x-transfer-proof", actor=CLINIC)
    money.refunds[f"{name}_to_pay"] = _goes_back(name, paid, "transfer")
    visit = visits[f"{name}_checked_in"]
    cash = take_at_desk(appointment_id=visit.pk, amount=visit.fee, actor=CLINIC, proof=f"x{name}x-cash-proof")
    money.payments[f"{name}_cash"] = cash
    money.refunds[f"{name}_paid_back"] = _goes_back(name, cash, "cash", proof=f"x{name}x-handed-out")
    money.payments[f"{name}_waiting"] = _transfer(visits[f"{name}_in_progress"])
    given_up = _transfer(visits[f"{name}_walk_in"])
    money.payments[f"{name}_given_up"] = give_up_payment(payment_id=given_up.pk, actor=VISITOR)
    _at_the_sandbox(money, name, visits[f"both_{name}"])
    _bank_says(money, name, place)
    _provider_says(money, name)


def _transfer(visit: Appointment) -> Payment:
    return begin_payment(appointment_id=visit.pk, method=Method.BANK_TRANSFER, actor=VISITOR)


def _goes_back(name: str, payment: Payment, what: str, proof: str = "") -> Refund:
    words = f"x{name}x-{what}-refund"
    return refund_payment(payment_id=payment.pk, amount=PART, words=words, proof=proof, actor=CLINIC)


def _at_the_sandbox(money: Money, name: str, visit: Appointment) -> None:
    with override_settings(PAYMENTS_SANDBOX=True):
        payment = begin_payment(appointment_id=visit.pk, method=Method.CARD, actor=VISITOR)
    payment.expires_at = timezone.now() + timedelta(hours=1)  # a world may serve many tests
    order = Order(
        key=payment.key,
        number=payment.number,
        method=payment.method,
        amount=payment.amount,
        currency=payment.currency,
        description=visit.number,
        return_url=f"/a/{visit.secret}/",
        cancel_url=f"/a/{visit.secret}/",
        expires_at=payment.expires_at,
        language="en",
    )
    started = Sandbox().start(order)
    payment.provider_reference, payment.page = started.reference, started.page
    payment.save(update_fields=["provider_reference", "page", "expires_at"])
    money.payments[f"{name}_at_sandbox"] = payment
    money.sessions[name] = SandboxSession.objects.get(key=payment.key)


def _bank_says(money: Money, name: str, place: Location) -> None:
    statement = StatementImport.objects.create(location=place, file_name=f"x{name}x-statement.csv")
    for row, status in enumerate((LineStatus.NEAR, LineStatus.UNMATCHED, LineStatus.MATCHED), start=2):
        money.lines[f"{name}_{status}"] = StatementLine.objects.create(
            statement=statement,
            location=place,
            row=row,
            fingerprint=f"{name}{row}",
            booked_on=timezone.localdate(),
            amount=PART,
            currency="GBP",
            payer=f"x{name}x-payer{row}",
            words=f"x{name}x-line{row}",
            bank_reference=f"x{name}x-at-bank{row}",
            status=status,
            payment=money.payments[f"{name}_paid"] if status == LineStatus.MATCHED else None,
        )


def _provider_says(money: Money, name: str) -> None:
    payment = money.payments[f"{name}_at_sandbox"]
    money.events[name] = WebhookEvent.objects.create(
        provider=ProviderName.SANDBOX,
        event_id=f"x{name}x-event",
        kind="payment.declined",
        payload={"id": f"x{name}x-event", "why": "declined"},
        status=EventStatus.APPLIED,
        payment=payment,
    )


def money_not_for(person: Any) -> Iterator[tuple[str, str]]:
    """What is written down about money that this person may not read, and what it is."""
    is_staff = person.user is not None and person.user.is_staff
    for payment in Payment.objects.all():
        is_theirs = payment.appointment_id in person.visits
        if not is_theirs or not is_staff:
            yield from ((word, f"payment {payment.pk}") for word in (payment.proof, payment.provider_reference) if word)
        if not is_theirs and payment.reference:
            yield payment.reference, f"payment {payment.pk}"
    for refund in Refund.objects.select_related("payment"):
        if not is_staff or refund.payment.appointment_id not in person.visits:
            yield from ((word, f"refund {refund.pk}") for word in (refund.words, refund.proof) if word)
    for receipt in Receipt.objects.select_related("entry__payment", "location"):
        if receipt.entry.payment.appointment_id not in person.visits:
            yield receipt.number, f"receipt {receipt.pk}"
    for line in StatementLine.objects.select_related("statement"):
        if line.location_id not in person.places or person.name.startswith("doctor"):
            words = (line.payer, line.words, line.bank_reference, line.statement.file_name)
            yield from ((word, f"line {line.pk}") for word in words)

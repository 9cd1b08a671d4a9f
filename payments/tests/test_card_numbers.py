"""Numbers of cards are not kept, in no field of money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from payments.card_numbers import CardNumberEntered, hide_card_numbers, holds_card_number
from payments.models import Payment, Refund
from payments.services.desk import mark_paid, take_at_desk
from payments.services.refunds import mark_refunded, refund_payment
from payments.states import Method
from payments.tests.factories import begin, paid_in_cash, policy
from scheduling.models import Appointment
from scheduling.tests.factories import CLINIC, SlotFactory, book, in_hours

VISA = "4242 4242 4242 4242"


@pytest.mark.parametrize(
    "text",
    [
        VISA,
        "4242424242424242",
        "Card 4242-4242-4242-4242, approved",
        "2026-11-23 4242 4242 4242 4242 12:04",
        "5555.5555.5555.4444",
        "3782 822463 10005",
        "٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢",
        "४२४२४२४२४२४२४२४२",
    ],
)
def test_a_cards_number_is_seen_however_it_is_written(text: str):
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Slip 0042, ending 4242",
        "4242 4242 4242 4241",
        "633912345678",  # a number of UPI: twelve digits
        "GB33BUKB20201555555555",
        "DE89370400440532013000",
        "SBIN4242424242424242",
        "RF18 5390 0754 7034",
        "+44 20 7946 0018",
        "2026-11-23 10:04, terminal 12345678",
        "1234567890123452",  # Luhn's sum fits, and no brand begins so
        "4" * 400,
    ],
)
def test_other_numbers_may_be_kept(text: str):
    assert not holds_card_number(text)


def test_in_what_others_wrote_the_last_four_digits_are_kept():
    assert hide_card_numbers(f"From {VISA}, for RF21 0000 0311") == "From …4242, for RF21 0000 0311"
    assert hide_card_numbers("DE89370400440532013000") == "DE89370400440532013000"


@pytest.mark.django_db
@pytest.mark.once("refused before anything is written")
def test_nobody_writes_one_down_with_money():
    slot = SlotFactory(starts_at=in_hours(24 * 9))
    visit = book(slot)
    policy(slot.location, terms="at_clinic", account_number="GB33BUKB20201555555555")
    waiting = begin(visit, method=Method.BANK_TRANSFER)
    cash = paid_in_cash(visit, "20.00")
    refund = _refund(cash, "Too long a wait")
    attempts: list[tuple[str, Any]] = [
        ("proof", lambda: _take(visit, f"Slip {VISA}")),
        ("proof", lambda: mark_paid(payment_id=waiting.pk, proof=VISA, actor=CLINIC)),
        ("words", lambda: _refund(cash, f"Back to {VISA}")),
        ("proof", lambda: _refund(cash, "Too long a wait", proof=VISA)),
        ("proof", lambda: mark_refunded(refund_id=refund.pk, proof=VISA, actor=CLINIC)),
    ]
    for field, attempt in attempts:
        with pytest.raises(CardNumberEntered) as refusal:
            attempt()
        assert refusal.value.field == field
    assert (Payment.objects.count(), Refund.objects.count()) == (2, 1)
    assert not Payment.objects.exclude(proof="").exists()


def _take(visit: Appointment, proof: str) -> Payment:
    amount = Decimal("1.00")
    return take_at_desk(appointment_id=visit.pk, amount=amount, method=Method.CARD, proof=proof, actor=CLINIC)


def _refund(payment: Payment, words: str, proof: str = "") -> Refund:
    return refund_payment(payment_id=payment.pk, amount=Decimal("1.00"), words=words, proof=proof, actor=CLINIC)

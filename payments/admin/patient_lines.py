"""What happened to the money of a visit, in sentences, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from payments.failure_words import words_for_failure
from payments.models import LedgerEntry, Payment, Receipt, Refund, WebhookEvent
from payments.selectors.patient_money import VisitMoney
from payments.states import CAPTURED, EventStatus, PaymentStatus, ProviderName, RefundReason, RefundStatus
from scheduling.admin.columns import on_the_clock
from scheduling.models import Appointment
from scheduling.templatetags.clinic_time import price


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when, in words, and what more there is to say of it."""

    at: datetime
    words: str
    details: tuple[str, ...] = ()
    payment: Payment | None = None
    receipt: Receipt | None = None
    warns: bool = False


def lines_of(money: VisitMoney) -> list[Line]:
    """Everything about a visit's money, from the booking on."""
    lines = list(_booked(money.rows))
    for payment in money.payments:
        lines += _of_payment(payment)
    return sorted(lines, key=lambda line: line.at)


def terms_in_words(visit: Appointment) -> str:
    """What it costs, and what of it was to be paid before."""
    if not visit.fee:
        return _("There is no fee.")
    fee = price(visit.fee, visit.currency)
    if not visit.prepayment:
        return _("The fee is %(fee)s, to be paid at the clinic or before.") % {"fee": fee}
    if visit.prepayment >= visit.fee:
        return _("The fee is %(fee)s, all of it to be paid to confirm the booking.") % {"fee": fee}
    said = {"fee": fee, "deposit": price(visit.prepayment, visit.currency)}
    return _("The fee is %(fee)s; %(deposit)s of it was to be paid to confirm the booking.") % said


def who(person: User | None, otherwise: str) -> str:
    """Their name; else who it was that has no account here."""
    return str(person) if person is not None else otherwise


def _booked(rows: list[Appointment]) -> Iterator[Line]:
    for number, row in enumerate(rows):
        said = {"who": who(row.booked_by, _("the patient")), "when": on_the_clock(row.starts_at, row.location)}
        words = _("Moved to %(when)s by %(who)s.") if number else _("Booked for %(when)s by %(who)s.")
        yield Line(row.created_at, words % said, (terms_in_words(row),) if row is rows[-1] else ())


def _of_payment(payment: Payment) -> Iterator[Line]:
    amount = price(payment.amount, payment.currency)
    if payment.status not in CAPTURED or payment.provider != ProviderName.DESK:
        yield Line(payment.created_at, _begun(payment, amount), _transfer(payment), payment)
    receipts = {entry.refund_id: _receipt(entry) for entry in payment.entries.all()}
    if payment.status in CAPTURED:
        yield _came(payment, receipts.get(None))
    elif payment.status == PaymentStatus.FAILED:
        words = _("%(number)s failed. %(why)s") % {"number": payment.number, "why": words_for_failure(payment.failure)}
        yield Line(payment.changed_at, words, _code(payment.failure), payment)
    elif payment.status == PaymentStatus.CANCELLED:
        yield Line(payment.changed_at, _("%(number)s was given up.") % {"number": payment.number}, (), payment)
    for refund in payment.refunds.all():
        yield from _of_refund(refund, payment, receipts.get(refund.pk))
    for event in payment.events.all():
        yield _of_event(event, payment)


def _begun(payment: Payment, amount: str) -> str:
    return _("%(number)s begun: %(amount)s by %(method)s, %(provider)s. By %(who)s.") % {
        "number": payment.number,
        "amount": amount,
        "method": payment.get_method_display(),
        "provider": payment.get_provider_display(),
        "who": who(payment.begun_by, _("the patient")),
    }


def _transfer(payment: Payment) -> tuple[str, ...]:
    return (
        (_("Reference to write on it: %(reference)s") % {"reference": payment.reference},) if payment.reference else ()
    )


def _code(failure: str) -> tuple[str, ...]:
    return (_("The provider calls it: %(code)s") % {"code": failure},) if failure else ()


def _came(payment: Payment, receipt: Receipt | None) -> Line:
    words = _("%(amount)s came by %(method)s, %(provider)s: %(number)s.") % {
        "amount": price(payment.captured, payment.currency),
        "method": payment.get_method_display(),
        "provider": payment.get_provider_display(),
        "number": payment.number,
    }
    details = []
    if payment.captured != payment.amount:
        details.append(_("Asked for: %(amount)s") % {"amount": price(payment.amount, payment.currency)})
    if payment.received_by is not None:
        details.append(_("Taken, or entered, by %(who)s") % {"who": payment.received_by})
    if payment.proof:
        details.append(_("Shown by: %(proof)s") % {"proof": payment.proof})
    if payment.provider_payment:
        details.append(_("Number at the provider: %(number)s") % {"number": payment.provider_payment})
    return Line(payment.paid_at or payment.changed_at, words, tuple(details), payment, receipt)


def _of_refund(refund: Refund, payment: Payment, note: Receipt | None) -> Iterator[Line]:
    amount = price(refund.amount, payment.currency)
    words = _("%(amount)s of %(number)s is to go back. %(reason)s.") % {
        "amount": amount,
        "number": payment.number,
        "reason": refund.get_reason_display(),
    }
    details = [f"“{refund.words}”"] if refund.words else []
    details.append(_("Decided by %(who)s") % {"who": who(refund.decided_by, _decided_otherwise(refund))})
    yield Line(refund.created_at, words, tuple(details), payment)
    if refund.status == RefundStatus.SUCCEEDED:
        yield _went_back(refund, payment, amount, note)
    elif refund.status == RefundStatus.FAILED:
        refused = _("The provider refused to pay back %(amount)s.") % {"amount": amount}
        yield Line(refund.created_at, refused, _code(refund.error), payment, warns=True)


def _decided_otherwise(refund: Refund) -> str:
    if refund.reason == RefundReason.PROVIDER:
        return _("somebody at the provider")
    if refund.reason == RefundReason.CANCELLED:
        return _("the rules of the place, when the patient cancelled")
    return _("the rules of the place")


def _went_back(refund: Refund, payment: Payment, amount: str, note: Receipt | None) -> Line:
    details = [_("Shown by: %(proof)s") % {"proof": refund.proof}] if refund.proof else []
    if refund.provider_refund:
        details.append(_("Number at the provider: %(number)s") % {"number": refund.provider_refund})
    if refund.error:
        details.append(_("The bank sent it back since: %(why)s") % {"why": refund.error})
    words = _("%(amount)s of %(number)s went back.") % {"amount": amount, "number": payment.number}
    return Line(refund.settled_at or refund.created_at, words, tuple(details), payment, note, warns=bool(refund.error))


def _of_event(event: WebhookEvent, payment: Payment) -> Line:
    words = _("%(provider)s told us: %(kind)s. %(status)s.") % {
        "provider": event.get_provider_display(),
        "kind": event.kind,
        "status": event.get_status_display(),
    }
    failed = event.status == EventStatus.FAILED
    return Line(event.received_at, words, (event.error,) if event.error else (), payment, warns=failed)


def _receipt(entry: LedgerEntry) -> Receipt | None:
    return getattr(entry, "receipt", None)

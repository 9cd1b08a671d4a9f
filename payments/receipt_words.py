"""What stands on a receipt or a credit note, in a language: the same on the page and in the file.

Names are those that were written down with it. Why somebody came to the clinic is nobody's business who sees a receipt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import Receipt
from payments.money import ZERO
from payments.selectors.receipts import balance_at, receipt_of
from payments.states import EntryKind, Method, ProviderName
from scheduling.templatetags.clinic_time import clinic_moment, price

METHODS: dict[str, Promise] = {
    Method.CARD: gettext_lazy("Card"),
    Method.UPI: gettext_lazy("UPI"),
    Method.NETBANKING: gettext_lazy("Netbanking"),
    Method.BANK_TRANSFER: gettext_lazy("Bank transfer"),
    Method.CASH: gettext_lazy("Cash"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what stands beside it; `is_ltr` is a number or an amount, which reads so in every language."""

    label: str
    text: str
    is_ltr: bool = False
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A receipt as it is read."""

    language: str
    is_rtl: bool
    title: str
    number: str
    clinic: str
    address: tuple[str, ...]
    facts: tuple[Line, ...]
    amounts: tuple[Line, ...]
    notes: tuple[str, ...]

    @property
    def direction(self) -> str:
        """As HTML has it."""
        return "rtl" if self.is_rtl else "ltr"


def language_of(receipt: Receipt) -> str:
    """The patient's, if the clinic speaks it."""
    wanted = receipt.entry.payment.appointment.patient.language
    return wanted if wanted in dict(settings.LANGUAGES) else "en"


def sheet_of(receipt: Receipt, *, language: str = "") -> Sheet:
    """What stands on it, in the patient's language unless another is asked for. Wants `with_everything`."""
    language = language or language_of(receipt)
    with translation.override(language):
        is_credit = receipt.entry.kind == EntryKind.REFUND
        return Sheet(
            language=language,
            is_rtl=translation.get_language_bidi(),
            title=_("Credit note") if is_credit else _("Receipt"),
            number=receipt.number,
            clinic=receipt.clinic,
            address=tuple(line.strip() for line in receipt.clinic_address.splitlines() if line.strip()),
            facts=tuple(_facts(receipt, is_credit=is_credit)),
            amounts=tuple(_amounts(receipt, is_credit=is_credit)),
            notes=tuple(_notes(receipt)),
        )


def _facts(receipt: Receipt, *, is_credit: bool) -> Iterator[Line]:
    payment, place = receipt.entry.payment, receipt.location
    yield Line(_("Date of issue"), clinic_moment(receipt.issued_at, place))
    if is_credit:
        original = receipt_of(payment)
        if original is not None:
            yield Line(_("Belongs to receipt"), original.number, is_ltr=True)
    yield Line(_("Paid back to") if is_credit else _("Received from"), receipt.payer)
    yield Line(_("Doctor"), receipt.doctor)
    yield Line(_("Appointment number"), receipt.visit_number, is_ltr=True)
    if receipt.visit_at is not None:
        yield Line(_("Time of the visit"), clinic_moment(receipt.visit_at, place))
    yield Line(_("Paid back by") if is_credit else _("Paid by"), str(METHODS[payment.method]))


def _amounts(receipt: Receipt, *, is_credit: bool) -> Iterator[Line]:
    entry = receipt.entry
    balance, currency = balance_at(entry), entry.currency
    yield Line(_("Fee of the visit"), price(receipt.fee, currency), is_ltr=True)
    if balance.before:
        yield Line(_("Paid before"), price(balance.before, currency), is_ltr=True)
    said = _("Paid back") if is_credit else _("Received")
    yield Line(said, price(entry.amount, currency), is_ltr=True, is_main=True)
    if is_credit:
        yield Line(_("Remains paid"), price(balance.after, currency), is_ltr=True)
    else:
        yield Line(_("Still to be paid"), price(max(receipt.fee - balance.after, ZERO), currency), is_ltr=True)


def _notes(receipt: Receipt) -> Iterator[str]:
    if receipt.entry.payment.provider == ProviderName.SANDBOX:
        yield _("This is a trial: no real money was paid.")

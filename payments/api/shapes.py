"""What money looks like to programs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import KeyField
from payments.failure_words import words_for_failure
from payments.models import Payment, PaymentPolicy, Receipt, Refund
from payments.selectors.methods import upi_address_of
from payments.selectors.policies import policy_of
from payments.states import (
    HOSTED,
    AccountStatus,
    EntryKind,
    Method,
    PaymentStatus,
    ProviderName,
    RefundReason,
    RefundStatus,
)
from scheduling.api.appointments_shapes import DoctorNameSerializer, LocationNameSerializer, Sight
from scheduling.api.fields import MomentField, MoneyField
from scheduling.api.patients_shapes import PatientNameSerializer

OF_REFUNDS_FOR_STAFF = ("words", "proof", "error")
OF_PAYMENTS_FOR_STAFF = ("provider", "provider_reference", "proof")


class VisitNumberSerializer(serializers.Serializer[Any]):
    """An appointment, in other things."""

    id = KeyField()
    number = serializers.CharField(help_text="What people read out.")


class RefundSerializer(serializers.Serializer[Any]):
    """Money that goes back. `words`, `proof` and `error` are there only for staff."""

    id = KeyField()
    payment = KeyField(source="payment_id")
    amount = MoneyField()
    currency = serializers.CharField(source="payment.currency")
    reason = serializers.ChoiceField(choices=RefundReason.choices)
    status = serializers.ChoiceField(
        choices=RefundStatus.choices,
        help_text="`pending` and `sending` are on their way; `failed`: staff see to it.",
    )
    decided_at = MomentField(source="created_at")
    settled_at = MomentField(allow_null=True, help_text="When it had gone back; null: not yet.")
    words = serializers.CharField(required=False, help_text="Why, in the words of the staff.")
    proof = serializers.CharField(required=False, help_text="What shows that staff paid it back.")
    error = serializers.CharField(required=False, help_text="What the provider said.")

    def to_representation(self, refund: Refund) -> dict[str, Any]:
        """Without what is not for the visitor."""
        shown: dict[str, Any] = super().to_representation(refund)
        return shown if self.context["sight"].is_staffs else _without(shown, OF_REFUNDS_FOR_STAFF)


class ReceiptOfPaymentSerializer(serializers.Serializer[Any]):
    """A receipt, in its payment."""

    id = KeyField()
    number = serializers.CharField(help_text="What stands on the paper.")
    kind = serializers.ChoiceField(
        source="entry.kind", choices=EntryKind.choices, help_text="`capture`: a receipt; `refund`: a credit note."
    )
    amount = MoneyField(source="entry.amount")
    currency = serializers.CharField(source="entry.currency")
    issued_at = MomentField()


class PayToSerializer(serializers.Serializer[Any]):
    """Where to send the money, with the payment's `reference`. What does not matter for the method is empty."""

    account_holder = serializers.CharField()
    account_number = serializers.CharField()
    bank_name = serializers.CharField()
    upi_address = serializers.CharField()


class PaymentSummarySerializer(serializers.Serializer[Any]):
    """A payment in a list."""

    id = KeyField()
    number = serializers.CharField(help_text="What people read out.")
    appointment = VisitNumberSerializer()
    patient = PatientNameSerializer(source="appointment.patient")
    doctor = DoctorNameSerializer(source="appointment.doctor")
    location = LocationNameSerializer()
    method = serializers.ChoiceField(choices=Method.choices)
    status = serializers.ChoiceField(
        choices=PaymentStatus.choices,
        help_text="`failed` and `cancelled` may still become `paid`: money comes late from a bank that is slow.",
    )
    amount = MoneyField(help_text="What was asked for.")
    currency = serializers.CharField()
    captured = MoneyField(help_text="What came.")
    refunded = MoneyField(help_text="What of it went back.")
    refunding = MoneyField(help_text="What of it is about to go back.")
    begun_at = MomentField(source="created_at")
    expires_at = MomentField(allow_null=True, help_text="Until when it is waited for.")
    paid_at = MomentField(allow_null=True)


class PaymentSerializer(PaymentSummarySerializer):
    """A payment. `provider` with its number and `proof` are there only for staff; `page` and `form` have something in
    them only for the patient's side, while the payment is under way."""

    failure = serializers.SerializerMethodField(help_text="Why it failed, in a sentence for the payer; or empty.")
    reference = serializers.CharField(allow_null=True, help_text="What the payer writes on a transfer (ISO 11649).")
    pay_to = serializers.SerializerMethodField(help_text="Of a transfer under way.")
    page = serializers.SerializerMethodField(help_text="Where the payer's browser goes.")
    form = serializers.SerializerMethodField(
        help_text="What the browser posts to `page`, field by field; null: it is sent there by GET."
    )
    refunds = RefundSerializer(many=True)
    receipts = serializers.SerializerMethodField()
    provider = serializers.ChoiceField(choices=ProviderName.choices, required=False)
    provider_reference = serializers.CharField(required=False)
    proof = serializers.CharField(required=False, help_text="What shows that the money came.")

    def to_representation(self, payment: Payment) -> dict[str, Any]:
        """Without what is not for the visitor."""
        shown: dict[str, Any] = super().to_representation(payment)
        return shown if self.context["sight"].is_staffs else _without(shown, OF_PAYMENTS_FOR_STAFF)

    def get_failure(self, payment: Payment) -> str:
        """The sentence; a bank's code is nobody's to read."""
        return words_for_failure(payment.failure) if payment.failure else ""

    @extend_schema_field(PayToSerializer(allow_null=True))
    def get_pay_to(self, payment: Payment) -> dict[str, str] | None:
        """The clinic's account, or its address for UPI."""
        if payment.status != PaymentStatus.PENDING or payment.provider not in (ProviderName.BANK, ProviderName.UPI):
            return None
        policies = self.context.setdefault("policies", {})
        if payment.location_id not in policies:
            policies[payment.location_id] = policy_of(payment.location_id)
        return pay_to(payment, policies[payment.location_id])

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_page(self, payment: Payment) -> str | None:
        """The page, for whoever pays: it leads back by the patient's own link."""
        return payment.page if self._is_payable_by_them(payment) else None

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": {"type": "string"}})
    def get_form(self, payment: Payment) -> dict[str, str] | None:
        """The fields, for whoever pays."""
        return dict(payment.form) if payment.form and self._is_payable_by_them(payment) else None

    @extend_schema_field(ReceiptOfPaymentSerializer(many=True))
    def get_receipts(self, payment: Payment) -> Any:
        """The receipt and the credit notes, in the order in which they were written."""
        found = [entry.receipt for entry in payment.entries.all() if hasattr(entry, "receipt")]
        return ReceiptOfPaymentSerializer(sorted(found, key=lambda receipt: receipt.pk), many=True).data

    def _is_payable_by_them(self, payment: Payment) -> bool:
        is_open = payment.provider in HOSTED and payment.status == PaymentStatus.PENDING and bool(payment.page)
        sight: Sight = self.context["sight"]
        return is_open and sight.is_own(payment.appointment)


def pay_to(payment: Payment, policy: PaymentPolicy) -> dict[str, str]:
    """Where a transfer goes."""
    if payment.provider == ProviderName.UPI:
        return {"account_holder": "", "account_number": "", "bank_name": "", "upi_address": upi_address_of(policy)}
    return {
        "account_holder": policy.account_holder,
        "account_number": policy.account_number,
        "bank_name": policy.bank_name,
        "upi_address": "",
    }


class AccountSerializer(serializers.Serializer[Any]):
    """How a visit stands with its fee."""

    fee = MoneyField()
    currency = serializers.CharField()
    prepayment = MoneyField(help_text="What of it is to be paid before the booking is confirmed.")
    captured = MoneyField()
    refunded = MoneyField()
    refunding = MoneyField()
    outstanding = MoneyField(help_text="What is still owed in all.")
    due_now = MoneyField(help_text="What a payment begun now would be for.")
    status = serializers.ChoiceField(choices=AccountStatus.choices)
    has_pending = serializers.BooleanField(help_text="Whether a payment is under way.")


class OfferSerializer(serializers.Serializer[Any]):
    """A way in which the patient may pay now."""

    method = serializers.ChoiceField(choices=Method.choices)


class VisitPaymentsSerializer(serializers.Serializer[Any]):
    """The money of an appointment. What was paid before it was moved counts for it as well."""

    appointment = KeyField()
    account = AccountSerializer()
    offers = OfferSerializer(many=True)
    payments = PaymentSerializer(many=True)


class ReceiptSerializer(ReceiptOfPaymentSerializer):
    """A receipt, or the credit note of a refund, with the words that stood on it when it was written."""

    payment = KeyField(source="entry.payment_id")
    refund = KeyField(source="entry.refund_id", allow_null=True)
    clinic = serializers.CharField()
    clinic_address = serializers.CharField()
    payer = serializers.CharField()
    doctor = serializers.CharField()
    visit_number = serializers.CharField()
    visit_at = MomentField(allow_null=True)
    fee = MoneyField()
    url = serializers.SerializerMethodField(help_text="The same for a browser, to be printed; null for staff.")

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_url(self, receipt: Receipt) -> str | None:
        """Its page, which lies behind the patient's own link."""
        visit = receipt.entry.payment.appointment
        if not self.context["sight"].is_own(visit):
            return None
        return f"{settings.BASE_URL}{reverse('payments:receipt', args=[visit.secret, receipt.pk])}"


def _without(shown: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in names}

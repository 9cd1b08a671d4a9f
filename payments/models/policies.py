"""What a clinic tunes about money."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.states import Terms
from scheduling.models import Doctor, Location


class PaymentPolicy(models.Model):
    """The rules of a location. A location without a row has the defaults: people pay at the clinic.

    A method is offered where it is ticked here and its provider is set up (keys in the environment, an account below).
    """

    location = models.OneToOneField(
        Location, verbose_name=_("location"), on_delete=models.CASCADE, related_name="payment_policy"
    )
    terms = models.CharField(
        _("to be paid before the visit"), max_length=10, choices=Terms.choices, default=Terms.AT_CLINIC
    )
    deposit = models.DecimalField(
        _("deposit"), max_digits=10, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    pay_minutes = models.PositiveSmallIntegerField(
        _("minutes to pay"),
        default=15,
        validators=[MinValueValidator(2), MaxValueValidator(24 * 60)],
        help_text=_("So long a booking keeps its time before it is paid, and again whenever a payment is begun."),
    )
    transfer_hours = models.PositiveSmallIntegerField(
        _("hours for a transfer"),
        default=48,
        validators=[MinValueValidator(1), MaxValueValidator(14 * 24)],
        help_text=_("So long a booking keeps its time while a bank transfer or UPI payment is on its way."),
    )
    free_follow_up_days = models.PositiveSmallIntegerField(
        _("days in which a follow-up is free"),
        default=0,
        validators=[MaxValueValidator(365)],
        help_text=_("After a visit to the same doctor. 0: every visit is paid."),
    )
    refund_notice_hours = models.PositiveSmallIntegerField(
        _("hours of notice for a full refund"),
        default=24,
        validators=[MaxValueValidator(60 * 24)],
        help_text=_("Whoever cancels earlier than that before the visit gets all of it back."),
    )
    late_refund_percent = models.PositiveSmallIntegerField(
        _("percent refunded to whoever cancels later"), default=0, validators=[MaxValueValidator(100)]
    )
    takes_card = models.BooleanField(_("card"), default=True)
    takes_upi = models.BooleanField(_("UPI"), default=True)
    takes_netbanking = models.BooleanField(_("netbanking"), default=True)
    takes_bank_transfer = models.BooleanField(_("bank transfer"), default=True)
    takes_cash = models.BooleanField(_("cash at the desk"), default=True)
    account_holder = models.CharField(_("account holder"), max_length=100, blank=True)
    account_number = models.CharField(
        _("account number"), max_length=60, blank=True, help_text=_("IBAN, or sort code and account number.")
    )
    bank_name = models.CharField(_("bank and its code"), max_length=100, blank=True, help_text=_("Name, BIC or IFSC."))
    upi_address = models.CharField(
        _("UPI address"), max_length=100, blank=True, help_text=_("Such as clinic@bank. Empty: UPI_VPA of the server.")
    )

    class Meta:
        verbose_name = _("rules for payments of a place")
        verbose_name_plural = _("rules for payments of places")
        constraints = [
            models.CheckConstraint(condition=models.Q(late_refund_percent__lte=100), name="refund_percent_to_100"),
            models.CheckConstraint(
                condition=~models.Q(terms="deposit") | models.Q(deposit__gt=0), name="deposit_terms_name_one"
            ),
        ]

    def __str__(self) -> str:
        return str(self.location)


class DoctorTerms(models.Model):
    """Where a doctor's terms differ from those of the location."""

    doctor = models.OneToOneField(
        Doctor, verbose_name=_("doctor"), on_delete=models.CASCADE, related_name="payment_terms"
    )
    terms = models.CharField(_("to be paid before the visit"), max_length=10, choices=Terms.choices)
    deposit = models.DecimalField(
        _("deposit"), max_digits=10, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    free_follow_up_days = models.PositiveSmallIntegerField(
        _("days in which a follow-up is free"), default=0, validators=[MaxValueValidator(365)]
    )

    class Meta:
        verbose_name = _("terms of a doctor")
        verbose_name_plural = _("terms of doctors")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(terms="deposit") | models.Q(deposit__gt=0), name="doctors_deposit_named"
            ),
        ]

    def __str__(self) -> str:
        return str(self.doctor)

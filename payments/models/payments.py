"""Payments, and what is paid back of them."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from payments.states import Method, PaymentStatus, ProviderName, RefundReason, RefundStatus
from scheduling.models import Appointment, Location


def new_key() -> str:
    """What names a payment or a refund at a provider, so that a retry finds the same one."""
    return secrets.token_hex(16)


class Payment(models.Model):
    """One attempt to pay for a visit. `status` and the amounts change only in `services/transitions.py`.

    `amount` is what was asked for, `captured` what came, `refunded` what went back, `refunding` what is about to. All
    are of `currency`. The row belongs to the appointment it was begun for; a visit that moves keeps its payments by its
    `calendar_uid`.
    """

    key = models.CharField(_("key at the provider"), max_length=32, unique=True, default=new_key, editable=False)
    request_key = models.CharField(
        _("what asked for it, once"), max_length=120, unique=True, null=True, blank=True, editable=False
    )
    appointment = models.ForeignKey(
        Appointment, verbose_name=_("appointment"), on_delete=models.PROTECT, related_name="payments"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="payments"
    )
    method = models.CharField(_("method"), max_length=15, choices=Method.choices)
    provider = models.CharField(_("provider"), max_length=10, choices=ProviderName.choices)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.PENDING)
    captured = models.DecimalField(_("came"), max_digits=12, decimal_places=2, default=0)
    refunded = models.DecimalField(_("went back"), max_digits=12, decimal_places=2, default=0)
    refunding = models.DecimalField(_("about to go back"), max_digits=12, decimal_places=2, default=0)
    reference = models.CharField(
        _("reference"),
        max_length=25,
        unique=True,
        null=True,
        blank=True,
        help_text=_("What the payer writes on a transfer (ISO 11649)."),
    )
    provider_reference = models.CharField(
        _("number at the provider"), max_length=200, blank=True, help_text=_("Of the session or the order.")
    )
    provider_payment = models.CharField(
        _("number of the money at the provider"), max_length=200, blank=True, help_text=_("What a refund names.")
    )
    page = models.URLField(_("page of the provider"), max_length=2000, blank=True, editable=False)
    form = models.JSONField(_("what the payer's browser posts to it"), default=dict, blank=True, editable=False)
    expires_at = models.DateTimeField(_("the provider takes it until"), null=True, blank=True)
    ask_at = models.DateTimeField(
        _("the provider is asked at"), null=True, blank=True, help_text=_("Empty: there is nothing to ask.")
    )
    asked = models.PositiveSmallIntegerField(_("times asked"), default=0)
    asked_at = models.DateTimeField(_("the provider was asked"), null=True, blank=True, editable=False)
    failure = models.CharField(_("why it failed"), max_length=300, blank=True)
    proof = models.CharField(
        _("what shows that it came"), max_length=300, blank=True, help_text=_("Entered by staff, or by a statement.")
    )
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("begun by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("received by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who of the staff took the cash, or entered that the money has come."),
    )
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_asks_for_something"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunding__gte=0, captured__gte=F("refunded") + F("refunding")),
                name="payment_gives_back_what_came",
            ),
            models.CheckConstraint(
                condition=(Q(status__in=["pending", "failed", "cancelled"], captured=0))
                | Q(status="paid", captured__gt=0, refunded=0)
                | Q(status="partially_refunded", refunded__gt=0, captured__gt=F("refunded"))
                | Q(status="refunded", captured__gt=0, refunded=F("captured")),
                name="payment_status_as_its_amounts",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="one_payment_per_provider_reference",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_payment"],
                condition=~Q(provider_payment=""),
                name="one_payment_per_provider_payment",
            ),
        ]
        indexes = [
            models.Index(fields=["appointment", "id"], name="payment_of_appointment"),
            models.Index(fields=["location", "created_at"], name="payment_of_location"),
            models.Index(fields=["created_at", "id"], name="payment_begun"),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="payment_to_ask_about"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out, such as `PAY-2026-000123`; unique because the key is."""
        return f"PAY-{self.created_at:%Y}-{self.pk:06d}"


class Refund(models.Model):
    """Money that goes back. `status` changes only in `services/transitions.py`.

    `try_at` is when the provider is asked next; empty where staff pay it back by hand.
    """

    key = models.CharField(_("key at the provider"), max_length=32, unique=True, default=new_key, editable=False)
    request_key = models.CharField(
        _("what asked for it, once"), max_length=120, unique=True, null=True, blank=True, editable=False
    )
    payment = models.ForeignKey(Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=12, choices=RefundReason.choices)
    words = models.CharField(_("what staff say about it"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=RefundStatus.choices, default=RefundStatus.PENDING)
    provider_refund = models.CharField(_("number at the provider"), max_length=200, blank=True)
    proof = models.CharField(
        _("what shows that it went back"), max_length=300, blank=True, help_text=_("Where staff paid it back.")
    )
    try_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claim = models.CharField(_("held by"), max_length=32, blank=True, editable=False)
    claimed_until = models.DateTimeField(_("held until"), null=True, blank=True, editable=False)
    error = models.CharField(_("error"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    paid_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("paid back by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who of the staff handed it out, or sent it."),
    )
    created_at = models.DateTimeField(_("decided"), auto_now_add=True)
    settled_at = models.DateTimeField(_("paid back"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_gives_something"),
            models.CheckConstraint(condition=~Q(reason="staff") | ~Q(words=""), name="refund_by_staff_says_why"),
            models.UniqueConstraint(
                fields=["payment", "provider_refund"],
                condition=~Q(provider_refund=""),
                name="one_refund_per_provider_refund",
            ),
        ]
        indexes = [
            models.Index(
                fields=["try_at", "id"], condition=Q(status__in=["pending", "sending"]), name="refund_to_send"
            ),
            models.Index(fields=["created_at", "id"], name="refund_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.payment} −{self.amount}"

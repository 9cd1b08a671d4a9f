"""The ledger: every movement of money, once; and the receipts that prove it to the payer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment, Refund
from payments.states import EntryKind
from scheduling.models import Location


class LedgerEntry(models.Model):
    """Money that came, or went back. Written with the change it speaks of; never changed after."""

    payment = models.ForeignKey(Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="entries")
    refund = models.OneToOneField(
        Refund, verbose_name=_("refund"), on_delete=models.PROTECT, null=True, blank=True, related_name="entry"
    )
    kind = models.CharField(_("what"), max_length=10, choices=EntryKind.choices)
    amount = models.DecimalField(
        _("amount"), max_digits=12, decimal_places=2, help_text=_("Above zero, whichever way it went.")
    )
    currency = models.CharField(_("currency"), max_length=3)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment"], condition=Q(kind="capture"), name="money_of_a_payment_comes_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_entry_of_something"),
            models.CheckConstraint(
                condition=Q(kind="capture", refund__isnull=True) | Q(kind="refund", refund__isnull=False),
                name="ledger_entry_of_a_refund_names_it",
            ),
        ]
        indexes = [models.Index(fields=["at", "id"], name="ledger_by_time")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount} {self.currency}"


class ReceiptCounter(models.Model):
    """The last number given at a location in a year. It moves in the transaction that writes the receipt, so a number
    that is not used is not gone."""

    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="receipt_counters"
    )
    year = models.PositiveSmallIntegerField(_("year"), help_text=_("On the calendar of the location."))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("receipt counter")
        verbose_name_plural = _("receipt counters")
        constraints = [
            models.UniqueConstraint(fields=["location", "year"], name="one_receipt_counter_per_year"),
        ]

    def __str__(self) -> str:
        return f"{self.location} {self.year}"


class Receipt(models.Model):
    """What the payer gets for an entry of the ledger: a receipt, or for a refund a credit note.

    It keeps the words that stood on it when it was written, whatever becomes of the records since. Its language is the
    patient's when it is read.
    """

    entry = models.OneToOneField(
        LedgerEntry, verbose_name=_("ledger entry"), on_delete=models.PROTECT, related_name="receipt"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="receipts"
    )
    year = models.PositiveSmallIntegerField(_("year"))
    sequence = models.PositiveIntegerField(_("number"))
    issued_at = models.DateTimeField(_("issued"))
    clinic = models.CharField(_("clinic"), max_length=150)
    clinic_address = models.TextField(_("address"), blank=True)
    payer = models.CharField(_("for"), max_length=200)
    doctor = models.CharField(_("doctor"), max_length=150)
    visit_number = models.CharField(_("appointment"), max_length=30)
    visit_at = models.DateTimeField(_("visit"), null=True, blank=True)
    fee = models.DecimalField(_("fee of the visit"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-issued_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["location", "year", "sequence"], name="receipt_numbers_differ"),
            models.CheckConstraint(condition=Q(sequence__gt=0), name="receipt_numbers_from_one"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number on the paper, such as `HARBOUR-2026-000123`."""
        return f"{self.location.slug.upper()}-{self.year}-{self.sequence:06d}"

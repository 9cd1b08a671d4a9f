"""Bank statements that staff import, and what their lines turned out to be."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment
from payments.states import LineStatus
from scheduling.models import Location


class StatementImport(models.Model):
    """A file that was imported."""

    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="statement_imports"
    )
    file_name = models.CharField(_("file"), max_length=200)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("imported by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("imported"), auto_now_add=True)

    class Meta:
        verbose_name = _("imported statement")
        verbose_name_plural = _("imported statements")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.file_name


class StatementLine(models.Model):
    """Money that came to the account. The same line of two files is one row: its fingerprint is unique."""

    statement = models.ForeignKey(
        StatementImport, verbose_name=_("statement"), on_delete=models.CASCADE, related_name="lines"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="statement_lines"
    )
    row = models.PositiveIntegerField(_("line of the file"))
    fingerprint = models.CharField(_("what it is, once"), max_length=64, editable=False)
    booked_on = models.DateField(_("booked"))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    payer = models.CharField(_("payer"), max_length=200, blank=True)
    words = models.CharField(_("what the payer wrote"), max_length=300, blank=True)
    bank_reference = models.CharField(_("number at the bank"), max_length=100, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=LineStatus.choices)
    why = models.CharField(_("why"), max_length=300, blank=True)
    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), on_delete=models.PROTECT, null=True, blank=True, related_name="lines"
    )
    created_at = models.DateTimeField(_("imported"), auto_now_add=True)

    class Meta:
        verbose_name = _("line of a statement")
        verbose_name_plural = _("lines of statements")
        ordering = ["-booked_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["location", "fingerprint"], name="one_row_per_statement_line"),
            models.UniqueConstraint(fields=["payment"], condition=Q(status="matched"), name="one_line_pays_a_payment"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="statement_line_of_something"),
            models.CheckConstraint(
                condition=~Q(status="matched") | Q(payment__isnull=False), name="matched_line_names_payment"
            ),
        ]
        indexes = [models.Index(fields=["location", "status"], name="statement_lines_open")]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"

"""The sandbox's own books: what a provider would keep on its side."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SandboxSession(models.Model):
    """A payment at the sandbox. No real money, and never a card number: only which of the test cards was used."""

    reference = models.CharField(_("number"), max_length=60, unique=True)
    key = models.CharField(_("key of the payment"), max_length=32, unique=True)
    amount_minor = models.PositiveBigIntegerField(_("amount in the smallest unit"))
    currency = models.CharField(_("currency"), max_length=3)
    description = models.CharField(_("description"), max_length=200)
    return_url = models.URLField(_("returns to"), max_length=2000)
    cancel_url = models.URLField(_("gives up to"), max_length=2000)
    status = models.CharField(_("status"), max_length=20, default="open")
    failure = models.CharField(_("why it failed"), max_length=100, blank=True)
    brand = models.CharField(_("brand of the card"), max_length=20, blank=True)
    tells_at = models.DateTimeField(_("tells the clinic at"), null=True, blank=True)
    refunds = models.JSONField(_("refunds"), default=list)
    expires_at = models.DateTimeField(_("expires"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)

    class Meta:
        verbose_name = _("sandbox session")
        verbose_name_plural = _("sandbox sessions")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.reference

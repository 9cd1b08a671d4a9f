"""Addresses that somebody says are theirs and has still to prove."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ContactClaim(models.Model):
    """The e-mail address or phone number that somebody registered with through a program, until a code proves it.

    Many may claim one address: a claim keeps nobody out, and the address is on no user's row before it is proven.
    `code_digest` is empty when no code was sent, because somebody signs in by the address already.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="contact_claim"
    )
    address = models.CharField(_("e-mail address or phone number"), max_length=254, db_index=True)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("until"))
    code_digest = models.CharField(_("hash of the code"), max_length=64, blank=True)
    code_expires_at = models.DateTimeField(_("the code works until"))
    attempts = models.PositiveSmallIntegerField(_("guesses at the code"), default=0)

    class Meta:
        verbose_name = _("unproven address")
        verbose_name_plural = _("unproven addresses")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.address

"""What programs asked for with a key of their own, so that asking again makes nothing twice."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotentRequest(models.Model):
    """One create that a program named with an `Idempotency-Key`.

    Keeps no words of anybody: `key` and `body` are keyed hashes, `made` says which row came of it.
    """

    key = models.CharField(_("key"), max_length=64, unique=True)
    body = models.CharField(_("body"), max_length=64)
    made = models.JSONField(_("made"), null=True)
    created_at = models.DateTimeField(_("asked"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("request with a key")
        verbose_name_plural = _("requests with a key")

    def __str__(self) -> str:
        return self.key[:12]

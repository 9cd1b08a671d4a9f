"""Browsers that asked to be woken."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduling.models import Patient


class PushSubscription(models.Model):
    """One browser's address at its push service (RFC 8030), with the keys that only it can read by (RFC 8291).

    It hears of one patient (somebody who holds a secret link), or of all whom its user looks after.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="push_subscriptions",
    )
    patient = models.ForeignKey(
        Patient,
        verbose_name=_("patient"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="push_subscriptions",
    )
    endpoint = models.TextField(_("address at the push service"))
    endpoint_digest = models.CharField(_("hash of the address"), max_length=64, editable=False)
    public_key = models.CharField(_("public key"), max_length=120)
    auth_secret = models.CharField(_("secret"), max_length=60)
    language = models.CharField(_("language"), max_length=10, default="en")
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint_digest", "patient"], name="one_subscription_per_patient"),
            models.UniqueConstraint(
                fields=["endpoint_digest", "user"],
                condition=Q(patient__isnull=True),
                name="one_subscription_per_user",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(patient__isnull=False), name="subscription_for_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.created_at:%Y-%m-%d}"

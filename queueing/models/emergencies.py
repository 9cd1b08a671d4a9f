"""Somebody needs help now."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from queueing.models.tokens import Token
from queueing.states import EmergencySource
from scheduling.models import Location


class EmergencyRequest(models.Model):
    """Stays on every desk of the location until somebody acknowledges it."""

    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="emergencies"
    )
    token = models.ForeignKey(
        Token, verbose_name=_("token"), on_delete=models.SET_NULL, null=True, blank=True, related_name="emergencies"
    )
    source = models.CharField(_("raised through"), max_length=20, choices=EmergencySource.choices)
    message = models.CharField(_("what is the matter"), max_length=300, blank=True)
    raised_at = models.DateTimeField(_("raised"))
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("raised by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("acknowledged by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("emergency")
        verbose_name_plural = _("emergencies")
        ordering = ["-raised_at"]
        indexes = [
            models.Index(fields=["location"], condition=Q(acknowledged_at__isnull=True), name="emergency_open"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["token"], condition=Q(acknowledged_at__isnull=True), name="one_open_emergency_per_token"
            )
        ]

    def __str__(self) -> str:
        return f"{self.location_id} {self.raised_at:%H:%M}"

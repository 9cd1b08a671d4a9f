"""Addresses that nothing is sent to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.states import ChannelName, StopReason


class Suppression(models.Model):
    """An address that said STOP, bounced, or was entered by staff. A row is in force as long as it is there."""

    channel = models.CharField(_("channel"), max_length=10, choices=ChannelName.choices)
    address = models.CharField(_("address"), max_length=254)
    reason = models.CharField(_("reason"), max_length=10, choices=StopReason.choices)
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("stopped address")
        verbose_name_plural = _("stopped addresses")
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "address"], name="one_stop_per_address"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.get_reason_display()}"

"""What providers tell us."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment
from payments.states import EventStatus, ProviderName


class WebhookEvent(models.Model):
    """One event of a provider, stored before anything is done with it, and applied once.

    `payload` is the event without what is personal (`providers/privacy.py`): enough to apply it again.
    """

    provider = models.CharField(_("provider"), max_length=10, choices=ProviderName.choices)
    event_id = models.CharField(_("number at the provider"), max_length=200)
    kind = models.CharField(_("about"), max_length=100)
    payload = models.JSONField(_("what it says"))
    happened_at = models.DateTimeField(_("happened"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    times_received = models.PositiveIntegerField(_("times received"), default=1)
    status = models.CharField(_("status"), max_length=10, choices=EventStatus.choices, default=EventStatus.RECEIVED)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    try_at = models.DateTimeField(
        _("applied again at"), null=True, blank=True, help_text=_("Empty: it is done with, or given up.")
    )
    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )

    class Meta:
        verbose_name = _("event of a provider")
        verbose_name_plural = _("events of providers")
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="one_row_per_event"),
        ]
        indexes = [
            models.Index(fields=["received_at", "id"], name="event_by_time"),
            models.Index(
                fields=["status"], condition=Q(status__in=["received", "waiting", "failed"]), name="event_to_apply"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind}"

"""Texts of a clinic's own, in place of those that Frontdesk brings."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.states import ChannelName, Kind


class MessageText(models.Model):
    """The words of one kind of message by one channel in one language, with placeholders such as `{doctor}`.

    Where there is no row, the text of `notifications/texts/` is sent.
    """

    kind = models.CharField(_("about"), max_length=20, choices=Kind.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=ChannelName.choices)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("message text")
        verbose_name_plural = _("message texts")
        ordering = ["kind", "channel", "language"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "channel", "language"], name="one_text_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_channel_display()} {self.language}"

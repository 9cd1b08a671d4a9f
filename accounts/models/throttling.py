"""How often somebody tried something."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AttemptCounter(models.Model):
    """Attempts at one thing (`subject`) by one person or address in one window of time."""

    subject = models.CharField(_("subject"), max_length=160)  # such as `find:203.0.113.9`, hashed where personal
    window_start = models.DateTimeField(_("since"))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)

    class Meta:
        verbose_name = _("attempt counter")
        verbose_name_plural = _("attempt counters")
        constraints = [models.UniqueConstraint(fields=["subject", "window_start"], name="one_counter_per_window")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.attempts}"

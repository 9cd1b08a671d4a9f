"""How it was."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduling.models import Appointment


class Feedback(models.Model):
    """What a patient says of a visit, once."""

    appointment = models.OneToOneField(
        Appointment, verbose_name=_("visit"), on_delete=models.CASCADE, related_name="feedback"
    )
    score = models.PositiveSmallIntegerField(
        _("satisfaction"), validators=[MinValueValidator(1), MaxValueValidator(5)], help_text=_("From 1 to 5.")
    )
    comment = models.TextField(_("in their words"), max_length=1000, blank=True)
    given_at = models.DateTimeField(_("given"))

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["-given_at"]
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="feedback_from_one_to_five")
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id}: {self.score}"

"""What a clinic tunes about its messages."""

from __future__ import annotations

from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.states import ChannelName, Kind
from scheduling.models import Location

MINUTES_OF_A_MONTH = 31 * 24 * 60


class MessageRule(models.Model):
    """That a kind of message goes out by a channel, for a reminder so many minutes before the visit.

    A location with rows of its own follows these; else it follows those without a location; where there are none
    either, `notifications/defaults.py` holds (`selectors/rules.py`).
    """

    location = models.ForeignKey(
        Location,
        verbose_name=_("location"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="message_rules",
        help_text=_("Leave empty for all locations that have no rules of their own."),
    )
    kind = models.CharField(_("about"), max_length=20, choices=Kind.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=ChannelName.choices)
    offset_minutes = models.PositiveIntegerField(
        _("minutes before the visit"),
        default=0,
        validators=[MaxValueValidator(MINUTES_OF_A_MONTH)],
        help_text=_("For reminders; 1440 is the day before at the same time on the clock. Others go at once: 0."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("message rule")
        verbose_name_plural = _("message rules")
        ordering = ["location", "kind", "channel", "-offset_minutes"]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "kind", "channel", "offset_minutes"], name="one_message_rule_per_location"
            ),
            models.UniqueConstraint(
                fields=["kind", "channel", "offset_minutes"],
                condition=models.Q(location__isnull=True),
                name="one_message_rule_for_all",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="reminder", offset_minutes__gt=0)
                | (~models.Q(kind="reminder") & models.Q(offset_minutes=0)),
                name="only_reminders_come_before",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_channel_display()} {self.offset_minutes}"


class MessagePolicy(models.Model):
    """How a location writes to its patients. A location without a row has the defaults."""

    location = models.OneToOneField(
        Location, verbose_name=_("location"), on_delete=models.CASCADE, related_name="message_policy"
    )
    short_name = models.CharField(
        _("name in text messages"),
        max_length=20,
        blank=True,
        help_text=_("Text messages are short. Empty: as much of the location's name as fits."),
    )
    quiet_from = models.TimeField(_("quiet from"), default=time(21))
    quiet_until = models.TimeField(
        _("quiet until"),
        default=time(8),
        help_text=_("On the clock of the location. The same time twice: no quiet hours."),
    )
    texts_a_day = models.PositiveSmallIntegerField(
        _("text messages about one visit a day"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_(
            "Alerts that a turn is near or has come count too. News about the visit, such as another time, goes out "
            "besides."
        ),
    )
    near_places = models.PositiveSmallIntegerField(
        _("places from the front at which somebody's turn is near"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
    )

    class Meta:
        verbose_name = _("rules for messages of a place")
        verbose_name_plural = _("rules for messages of places")
        constraints = [
            models.CheckConstraint(condition=models.Q(texts_a_day__gte=1), name="a_text_message_a_day"),
        ]

    def __str__(self) -> str:
        return str(self.location)

"""What a clinic tunes about its queues, by location."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from queueing import languages
from scheduling.models import Location

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_POINTS = 600


def _points(label: StrOrPromise, default: int) -> models.PositiveSmallIntegerField[int, int]:
    return models.PositiveSmallIntegerField(label, default=default, validators=[MaxValueValidator(MOST_POINTS)])


class QueuePolicy(models.Model):
    """The rules of a location's queues. A location without a row has the defaults.

    A point is worth a minute of waiting: somebody with ten points more is called before whoever came up to ten
    minutes earlier. As waiting adds one point a minute without end, nobody waits for ever.
    """

    location = models.OneToOneField(
        Location, verbose_name=_("location"), on_delete=models.CASCADE, related_name="queue_policy"
    )
    early_minutes = models.PositiveSmallIntegerField(
        _("minutes before the appointment when check-in opens"),
        default=60,
        validators=[MaxValueValidator(720)],
        help_text=_("For patients themselves; the desk can always."),
    )
    late_minutes = models.PositiveSmallIntegerField(
        _("minutes after which somebody counts as late"), default=10, validators=[MaxValueValidator(720)]
    )
    latest_minutes = models.PositiveSmallIntegerField(
        _("minutes after the appointment when check-in closes"),
        default=120,
        validators=[MaxValueValidator(720)],
        help_text=_("Later than that, patients are sent to the desk."),
    )
    takes_walk_ins = models.BooleanField(
        _("walk-ins at the kiosk"), default=True, help_text=_("The desk can always register somebody.")
    )
    running_late_minutes = models.PositiveSmallIntegerField(
        _("minutes that one press of “running late” adds"), default=10, validators=[MaxValueValidator(240)]
    )
    break_minutes = models.PositiveSmallIntegerField(
        _("minutes a break is taken to last when nobody says how long"),
        default=15,
        validators=[MaxValueValidator(240)],
    )
    shows_initials = models.BooleanField(
        _("initials on the board"), default=False, help_text=_("Beside the token. Names are never shown.")
    )
    board_languages = models.CharField(
        _("languages of the board"),
        max_length=60,
        default="en",
        validators=[languages.only_known],
        help_text=_("Codes in the order in which they take turns, such as: en hi"),
    )

    points_medium = _points(_("points for medium urgency"), 15)
    points_high = _points(_("points for high urgency"), 45)
    points_emergency = _points(_("points for an emergency"), 480)
    points_on_time = _points(_("points for keeping a booked time"), 20)
    points_late = _points(_("points for a booked time that was missed"), 5)
    points_child = _points(_("points for small children"), 5)
    points_elderly = _points(_("points for the elderly"), 10)
    points_special = _points(_("points for special requirements"), 10)
    child_age = models.PositiveSmallIntegerField(_("small children are younger than"), default=5)
    elderly_age = models.PositiveSmallIntegerField(_("the elderly are at least"), default=75)

    class Meta:
        verbose_name = _("rules of the queue")
        verbose_name_plural = _("rules of the queues")

    def __str__(self) -> str:
        return str(self.location)

"""One doctor's queue at one location on one day."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from queueing.states import DoctorStatus
from scheduling.models import Doctor, Location


class Queue(models.Model):
    """A doctor, a location, a local day. `last_number` counts its tokens; whoever gives one out locks the row."""

    doctor = models.ForeignKey(Doctor, verbose_name=_("doctor"), on_delete=models.PROTECT, related_name="queues")
    location = models.ForeignKey(Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="queues")
    day = models.DateField(_("day"))
    letter = models.CharField(_("letter"), max_length=2, help_text=_("What its tokens begin with."))
    last_number = models.PositiveIntegerField(_("tokens given out"), default=0)
    status = models.CharField(
        _("doctor's status"), max_length=20, choices=DoctorStatus.choices, default=DoctorStatus.NOT_STARTED
    )
    late_minutes = models.PositiveSmallIntegerField(_("minutes late"), default=0)
    back_at = models.DateTimeField(_("back from the break at"), null=True, blank=True)
    status_at = models.DateTimeField(_("status since"), null=True, blank=True)
    room = models.CharField(_("room today"), max_length=50, blank=True, help_text=_("Else the doctor's own."))
    consultations_at_once = models.PositiveSmallIntegerField(_("consultations at one time"), default=1)
    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ["-day", "letter"]
        constraints = [
            models.UniqueConstraint(fields=["doctor", "location", "day"], name="one_queue_per_doctor_and_day"),
            models.UniqueConstraint(fields=["location", "day", "letter"], name="one_queue_per_letter_and_day"),
            models.CheckConstraint(condition=models.Q(consultations_at_once__gte=1), name="queue_lets_somebody_in"),
        ]

    def __str__(self) -> str:
        return f"{self.letter} {self.day}"

    @property
    def place(self) -> str:
        """Where its patients go: the room of the day, else the doctor's."""
        return self.room or self.doctor.room

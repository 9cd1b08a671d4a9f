"""When doctors are there: rules (availability, time off) and what they make (slots)."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.clinic import Doctor, Location


class Availability(models.Model):
    """A doctor's recurring hours at a location, in the wall clock of that location.

    Days come from `weekdays` (0 is Monday) or, where that is empty, from `rrule` (RFC 5545). An `end_time` not
    after `start_time` is on the next day: a session past midnight.
    """

    doctor = models.ForeignKey(
        Doctor, verbose_name=_("doctor"), on_delete=models.CASCADE, related_name="availabilities"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="availabilities"
    )
    weekdays = models.JSONField(_("weekdays"), default=list, blank=True)
    rrule = models.CharField(
        _("recurrence rule"),
        max_length=300,
        blank=True,
        help_text=_("RFC 5545, such as FREQ=MONTHLY;BYDAY=1MO. Used where no weekdays are chosen."),
    )
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)
    start_time = models.TimeField(_("starts"))
    end_time = models.TimeField(_("ends"))
    slot_minutes = models.PositiveSmallIntegerField(
        _("minutes per slot"), default=20, validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    capacity = models.PositiveSmallIntegerField(
        _("patients per slot"), default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    is_active = models.BooleanField(_("active"), default=True)
    generated_until = models.DateField(
        _("slots made until"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The last day whose slots were made. Slots that staff removed up to there stay removed."),
    )

    class Meta:
        verbose_name = _("availability")
        verbose_name_plural = _("availability")
        ordering = ["doctor", "valid_from", "start_time"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gte=models.F("valid_from")),
                name="availability_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.doctor} {self.start_time:%H:%M}-{self.end_time:%H:%M}"


class AvailabilityBreak(models.Model):
    """A pause inside a session, in the same wall clock."""

    availability = models.ForeignKey(
        Availability, verbose_name=_("availability"), on_delete=models.CASCADE, related_name="breaks"
    )
    start_time = models.TimeField(_("starts"))
    end_time = models.TimeField(_("ends"))

    class Meta:
        verbose_name = _("break")
        verbose_name_plural = _("breaks")
        ordering = ["start_time"]

    def __str__(self) -> str:
        return f"{self.start_time:%H:%M}-{self.end_time:%H:%M}"


class TimeOff(models.Model):
    """A doctor's leave (`doctor`) or a location's closure (`location`); no slots are offered in it."""

    doctor = models.ForeignKey(
        Doctor, verbose_name=_("doctor"), on_delete=models.CASCADE, null=True, blank=True, related_name="time_off"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.CASCADE, null=True, blank=True, related_name="closures"
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("time off")
        verbose_name_plural = _("time off")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="time_off_has_length"),
            models.CheckConstraint(
                condition=models.Q(doctor__isnull=False) | models.Q(location__isnull=False), name="time_off_of_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.doctor or self.location} {self.starts_at:%Y-%m-%d}-{self.ends_at:%Y-%m-%d}"


class SlotBatch(models.Model):
    """Slots that staff made in one go, so that those nobody booked can be undone in one go."""

    doctor = models.ForeignKey(Doctor, verbose_name=_("doctor"), on_delete=models.CASCADE, related_name="batches")
    location = models.ForeignKey(Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("made by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    description = models.CharField(_("what was asked for"), max_length=300)

    class Meta:
        verbose_name = _("batch of slots")
        verbose_name_plural = _("batches of slots")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.description


class Slot(models.Model):
    """A time with a doctor that can be booked; materialised ahead, never made by somebody looking at a page.

    `taken` counts the live holds and seated appointments. Only `services/seats.py` changes it, by a conditional
    UPDATE; the check constraint behind it makes overselling impossible, and `check_invariants` recounts it.
    No two slots of a doctor overlap (`database_guards.py`).
    """

    doctor = models.ForeignKey(Doctor, verbose_name=_("doctor"), on_delete=models.CASCADE, related_name="slots")
    location = models.ForeignKey(Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="slots")
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    capacity = models.PositiveSmallIntegerField(_("patients"), default=1, validators=[MinValueValidator(1)])
    taken = models.PositiveSmallIntegerField(_("taken"), default=0, editable=False)
    is_open = models.BooleanField(_("open"), default=True)
    availability = models.ForeignKey(
        Availability,
        verbose_name=_("availability"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="slots",
    )
    batch = models.ForeignKey(
        SlotBatch,
        verbose_name=_("batch"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="slots",
    )

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["doctor", "starts_at"], name="one_slot_per_doctor_and_start"),
            models.CheckConstraint(condition=models.Q(taken__lte=models.F("capacity")), name="slot_never_oversold"),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="slot_has_length"),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="slot_start"),  # programs page through whole calendars
            models.Index(fields=["location", "starts_at"], name="slot_location_start"),
        ]

    def __str__(self) -> str:
        return f"{self.doctor} {self.starts_at:%Y-%m-%d %H:%M}"

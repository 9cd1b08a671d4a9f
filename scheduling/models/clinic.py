"""The clinic: where it is, what it offers, who works there."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.phone_numbers import PhoneField


def validate_time_zone(value: str) -> None:
    """Refuse what is not the name of an IANA time zone."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(zone)s” is not a time zone, such as Europe/London."), params={"zone": value})


def default_time_zone() -> str:
    """The zone of a new location."""
    return str(settings.DEFAULT_TIME_ZONE)


def default_currency() -> str:
    """The currency of a new fee."""
    return str(settings.DEFAULT_CURRENCY)


class Location(models.Model):
    """One place of the clinic, with its own clock and its own rules for booking."""

    name = models.CharField(_("name"), max_length=150)
    slug = models.SlugField(_("short name in links"), unique=True)
    address = models.TextField(_("address"), blank=True)
    phone = PhoneField(_("phone"), blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=default_time_zone, validators=[validate_time_zone]
    )
    is_active = models.BooleanField(_("active"), default=True)

    hold_minutes = models.PositiveSmallIntegerField(
        _("minutes a seat is held"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text=_("While somebody fills in the form. They can prolong it."),
    )
    needs_confirmation = models.BooleanField(
        _("bookings must be confirmed"),
        default=False,
        help_text=_("The patient presses a second button before the time below runs out, else the seat comes free."),
    )
    pending_minutes = models.PositiveIntegerField(
        _("minutes to confirm a booking"), default=5, validators=[MinValueValidator(1)]
    )
    lead_minutes = models.PositiveIntegerField(_("minutes before the start when online booking ends"), default=0)
    cancel_notice_minutes = models.PositiveIntegerField(
        _("minutes of notice to cancel or move online"),
        default=120,
        help_text=_("Later than that, patients are asked to phone. Staff can always."),
    )
    waitlist_offer_minutes = models.PositiveIntegerField(
        _("minutes a waitlist offer stands"), default=60, validators=[MinValueValidator(1)]
    )
    days_ahead = models.PositiveSmallIntegerField(
        _("days the calendar is open ahead"), default=90, validators=[MinValueValidator(1), MaxValueValidator(730)]
    )

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The clock on its wall."""
        return zoneinfo.ZoneInfo(self.time_zone)


class Specialty(models.Model):
    """What a doctor is a doctor of."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("specialty")
        verbose_name_plural = _("specialties")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Doctor(models.Model):
    """Somebody patients come to see."""

    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail address"), unique=True)
    phone = PhoneField(_("phone"), blank=True)
    specialty = models.ForeignKey(
        Specialty, verbose_name=_("specialty"), on_delete=models.PROTECT, related_name="doctors"
    )
    license_number = models.CharField(_("licence number"), max_length=50, unique=True)
    consultation_fee = models.DecimalField(
        _("consultation fee"), max_digits=10, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, default=default_currency)
    experience_years = models.PositiveSmallIntegerField(_("years of experience"), default=0)
    biography = models.TextField(_("about"), blank=True)
    photo = models.ImageField(_("photo"), upload_to="doctors/", blank=True)
    locations = models.ManyToManyField(Location, verbose_name=_("locations"), related_name="doctors", blank=True)
    room = models.CharField(_("room"), max_length=50, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="doctor",
    )

    class Meta:
        verbose_name = _("doctor")
        verbose_name_plural = _("doctors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class StaffAssignment(models.Model):
    """At which locations somebody of the staff works; they see no others. Managers see all."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="assignment"
    )
    locations = models.ManyToManyField(Location, verbose_name=_("locations"), related_name="assignments")

    class Meta:
        verbose_name = _("staff assignment")
        verbose_name_plural = _("staff assignments")

    def __str__(self) -> str:
        return str(self.user)

"""Seats that are kept for a while, and seats that are somebody's."""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.calendar import Slot
from scheduling.models.clinic import Doctor, Location, default_currency
from scheduling.models.patients import Patient
from scheduling.states import ACTIVE, SEATED, AppointmentStatus, AppointmentType, Source, Urgency


def new_secret() -> str:
    """144 random bits, safe in a URL: nobody guesses the link to an appointment."""
    return secrets.token_urlsafe(18)


class Hold(models.Model):
    """A seat kept for one person while they fill in the form. It stops counting at `expires_at`."""

    slot = models.ForeignKey(Slot, verbose_name=_("slot"), on_delete=models.CASCADE, related_name="holds")
    token = models.CharField(_("token"), max_length=32, unique=True, default=new_secret)
    holder = models.CharField(_("who"), max_length=64, blank=True, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    waitlist_entry = models.OneToOneField(
        "scheduling.WaitlistEntry",
        verbose_name=_("waitlist offer"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="hold",
    )
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    extensions = models.PositiveSmallIntegerField(_("times prolonged"), default=0)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["expires_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["slot", "holder"], condition=~models.Q(holder=""), name="one_hold_per_slot_and_holder"
            )
        ]

    def __str__(self) -> str:
        return f"{self.slot_id} -{self.expires_at:%H:%M:%S}"


class Appointment(models.Model):
    """A patient's visit. `status` changes only in `services/lifecycle.py`."""

    patient = models.ForeignKey(
        Patient, verbose_name=_("patient"), on_delete=models.PROTECT, related_name="appointments"
    )
    doctor = models.ForeignKey(Doctor, verbose_name=_("doctor"), on_delete=models.PROTECT, related_name="appointments")
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="appointments"
    )
    slot = models.ForeignKey(
        Slot,
        verbose_name=_("slot"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="appointments",
        help_text=_("None for a walk-in."),
    )
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    type = models.CharField(_("type"), max_length=20, choices=AppointmentType.choices, default=AppointmentType.ONLINE)
    status = models.CharField(_("status"), max_length=20, choices=AppointmentStatus.choices)
    reason = models.CharField(_("reason for the visit"), max_length=500, blank=True)
    symptoms = models.TextField(_("symptoms"), blank=True)
    urgency = models.CharField(_("urgency"), max_length=20, choices=Urgency.choices, default=Urgency.LOW)
    special_requirements = models.TextField(_("special requirements"), blank=True)
    source = models.CharField(_("came in through"), max_length=20, choices=Source.choices, default=Source.WEB)
    notes = models.TextField(_("notes for staff"), blank=True)
    meeting_link = models.URLField(_("virtual meeting link"), blank=True)
    expires_at = models.DateTimeField(_("must be confirmed by"), null=True, blank=True)
    fee = models.DecimalField(_("fee"), max_digits=10, decimal_places=2, default=0)
    currency = models.CharField(_("currency"), max_length=3, default=default_currency)
    prepayment = models.DecimalField(
        _("to be paid before it is confirmed"),
        max_digits=10,
        decimal_places=2,
        default=0,
        help_text=_("Of the fee. 0: nothing has to be paid before the visit, or staff waived it."),
    )

    secret = models.CharField(_("secret of the link"), max_length=32, unique=True, default=new_secret, editable=False)
    secret_expires_at = models.DateTimeField(_("link valid until"), null=True, editable=False)
    booking_key = models.CharField(
        _("what made it, once"),
        max_length=120,
        unique=True,
        null=True,
        blank=True,
        editable=False,
        help_text=_("The token of the hold it came from, or the key a client sent: a retry finds the same booking."),
    )
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("booked by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    follows = models.ForeignKey(
        "self",
        verbose_name=_("follows"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="follow_ups",
        help_text=_("The visit that this one follows up."),
    )
    successor = models.OneToOneField(
        "self",
        verbose_name=_("moved to"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="predecessor",
    )
    calendar_uid = models.UUIDField(_("calendar identity"), default=uuid.uuid4, editable=False, db_index=True)
    calendar_sequence = models.PositiveIntegerField(_("calendar sequence"), default=0, editable=False)
    attendance_confirmed_at = models.DateTimeField(_("said they will come"), null=True, blank=True)
    cancellation_message = models.TextField(_("message with the cancellation"), blank=True)
    created_at = models.DateTimeField(_("booked"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "slot"],
                condition=models.Q(status__in=sorted(SEATED)),
                name="one_live_appointment_per_patient_and_slot",
            ),
            models.CheckConstraint(
                condition=models.Q(starts_at__isnull=True, ends_at__isnull=True)
                | models.Q(ends_at__gt=models.F("starts_at")),
                name="appointment_times_in_order",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="pending") | models.Q(expires_at__isnull=False),
                name="pending_appointment_expires",
            ),
            models.CheckConstraint(
                condition=models.Q(prepayment__gte=0, prepayment__lte=models.F("fee")), name="prepayment_within_fee"
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="appointment_start"),
            models.Index(fields=["doctor", "starts_at"], name="appointment_doctor_start"),
            models.Index(fields=["location", "starts_at"], name="appointment_location_start"),
            models.Index(fields=["patient", "starts_at"], name="appointment_patient_start"),
            models.Index(
                fields=["expires_at"], condition=models.Q(status="pending"), name="appointment_pending_expiry"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The reference people read out, such as `APT-2026-000123`; unique because the key is."""
        return f"APT-{self.created_at:%Y}-{self.pk:06d}"

    @property
    def is_active(self) -> bool:
        """Whether the visit is still to come or under way."""
        return self.status in ACTIVE

"""People who would come sooner if a seat came free."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.appointments import Appointment, new_secret
from scheduling.models.calendar import Slot
from scheduling.models.clinic import Doctor, Location, Specialty
from scheduling.models.patients import Patient
from scheduling.states import WaitlistStatus


class WaitlistEntry(models.Model):
    """Who wants which doctor or specialty, on which days. First come, first offered.

    An offer keeps a seat by a `Hold` (`entry.hold`) that expires with the offer.
    """

    patient = models.ForeignKey(Patient, verbose_name=_("patient"), on_delete=models.CASCADE, related_name="waitlist")
    doctor = models.ForeignKey(
        Doctor, verbose_name=_("doctor"), on_delete=models.CASCADE, null=True, blank=True, related_name="waitlist"
    )
    specialty = models.ForeignKey(
        Specialty, verbose_name=_("specialty"), on_delete=models.PROTECT, null=True, blank=True, related_name="waitlist"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.CASCADE, null=True, blank=True, related_name="waitlist"
    )
    earliest_date = models.DateField(_("from"))
    latest_date = models.DateField(_("until"))
    instead_of = models.ForeignKey(
        Appointment,
        verbose_name=_("instead of"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="waitlist_entries",
        help_text=_("The booking that an earlier seat would replace."),
    )
    status = models.CharField(
        _("status"), max_length=20, choices=WaitlistStatus.choices, default=WaitlistStatus.WAITING
    )
    offered_slot = models.ForeignKey(
        Slot, verbose_name=_("offered"), on_delete=models.SET_NULL, null=True, blank=True, related_name="offers"
    )
    offer_expires_at = models.DateTimeField(_("offer stands until"), null=True, blank=True)
    secret = models.CharField(_("secret of the link"), max_length=32, unique=True, default=new_secret, editable=False)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("waitlist entry")
        verbose_name_plural = _("waitlist")
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(doctor__isnull=False) | models.Q(specialty__isnull=False),
                name="waitlist_for_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(latest_date__gte=models.F("earliest_date")), name="waitlist_dates_in_order"
            ),
        ]
        indexes = [models.Index(fields=["status", "doctor", "created_at"], name="waitlist_first_in_line")]

    def __str__(self) -> str:
        return f"{self.patient} -> {self.doctor or self.specialty}"

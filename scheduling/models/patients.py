"""The people the clinic is there for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.phone_numbers import PhoneField
from scheduling.states import Gender


class Patient(models.Model):
    """One person's record. A contact (`user`, phone, e-mail) may look after several patients.

    A booking never overwrites an existing patient (`services/patients.py`).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("looked after by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="patients",
    )
    first_name = models.CharField(_("first name"), max_length=100)
    last_name = models.CharField(_("last name"), max_length=100)
    date_of_birth = models.DateField(_("date of birth"))
    gender = models.CharField(_("gender"), max_length=20, choices=Gender.choices, default=Gender.UNDISCLOSED)
    phone = PhoneField(_("phone"), blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    address = models.TextField(_("address"), blank=True)
    emergency_contact_name = models.CharField(_("emergency contact"), max_length=150, blank=True)
    emergency_contact_phone = PhoneField(_("emergency contact's phone"), blank=True)
    medical_history = models.TextField(_("medical history"), blank=True)
    insurance_provider = models.CharField(_("insurer"), max_length=150, blank=True)
    insurance_number = models.CharField(_("insurance number"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    wants_email = models.BooleanField(_("messages by e-mail"), default=True)
    wants_sms = models.BooleanField(_("messages by SMS"), default=True)
    wants_push = models.BooleanField(_("messages on the phone's screen"), default=True)
    wants_call = models.BooleanField(_("messages by voice call"), default=False)
    created_at = models.DateTimeField(_("registered"), auto_now_add=True)

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        ordering = ["last_name", "first_name", "id"]
        indexes = [
            models.Index(fields=["last_name", "first_name", "date_of_birth"], name="patient_name_birth"),
            models.Index(fields=["phone"], name="patient_phone"),
            models.Index(fields=["email"], name="patient_email"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(phone="") | ~models.Q(email=""), name="patient_has_a_contact"),
            models.UniqueConstraint(
                Lower("last_name"),
                Lower("first_name"),
                "date_of_birth",
                "phone",
                Lower("email"),
                name="one_record_per_person_and_contact",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """First and last name as people say them."""
        return f"{self.first_name} {self.last_name}"

    @property
    def number(self) -> str:
        """The number on the record, such as `PAT-000042`; unique because the key is."""
        return f"PAT-{self.pk:06d}"

"""The four roles, as groups."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody is at the clinic. One person may be several."""

    PATIENT = "patient", _("Patient")
    DOCTOR = "doctor", _("Doctor")
    RECEPTION = "reception", _("Reception")
    MANAGER = "manager", _("Manager")


STAFF_ROLES = (Role.DOCTOR, Role.RECEPTION, Role.MANAGER)

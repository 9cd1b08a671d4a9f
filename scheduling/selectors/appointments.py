"""Finding appointments."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.phone_numbers import read_phone
from scheduling.models import Appointment, Patient
from scheduling.states import ACTIVE

_APPOINTMENT_NUMBER = re.compile(r"^\s*APT[-\s]?(\d{4})[-\s]?0*(\d{1,12})\s*$", re.IGNORECASE)


def with_everything() -> QuerySet[Appointment]:
    """Appointments with all that pages show of them, in one query."""
    return Appointment.objects.select_related("patient", "doctor__specialty", "location", "slot", "successor")


def by_secret(secret: str) -> Appointment | None:
    """The appointment behind a secret link."""
    return None if "\x00" in secret else with_everything().filter(secret=secret).first()


def by_number(number: str) -> Appointment | None:
    """The appointment with a reference such as `APT-2026-000123`, however it is typed."""
    match = _APPOINTMENT_NUMBER.match(number)
    if match is None or not int(match[1]):  # no calendar has a year 0
        return None
    year, key = int(match[1]), int(match[2])
    return with_everything().filter(pk=key, created_at__year=year).first()


def in_one_spelling(number: str) -> str:
    """A reference the same way however it is typed, to count by; what is none, as it is."""
    match = _APPOINTMENT_NUMBER.match(number)
    return f"APT-{int(match[1])}-{int(match[2])}" if match else number.strip().upper()


def find_for_contact(*, number: str, contact: str) -> Appointment | None:
    """The appointment with that reference, if `contact` is the phone or e-mail address on its patient's record."""
    appointment = by_number(number)
    if appointment is None or not is_contact_of(appointment.patient, contact):
        return None
    return appointment


def is_contact_of(patient: Patient, contact: str) -> bool:
    """Whether a phone number or e-mail address, however typed, is the patient's."""
    contact = contact.strip()
    if "@" in contact:
        return bool(patient.email) and patient.email.lower() == contact.lower()
    number = read_phone(contact)
    return bool(number) and number == str(patient.phone)


def upcoming_for_email(email: str) -> QuerySet[Appointment]:
    """Coming visits of the patients with that e-mail address, and those that somebody who signs in with it booked;
    what staff booked at the desk is not theirs."""
    email = email.strip()
    booked = Q(booked_by__email__iexact=email, booked_by__is_staff=False)
    return _coming(with_everything().filter(Q(patient__email__iexact=email) | booked))


def _coming(appointments: QuerySet[Appointment]) -> QuerySet[Appointment]:
    still = Q(ends_at__gt=timezone.now()) | Q(ends_at__isnull=True)
    return appointments.filter(still, status__in=ACTIVE).order_by("starts_at", "pk")

"""Finding appointments."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.phone_numbers import read_phone
from scheduling.clock import day_bounds
from scheduling.errors import AppointmentUnknown, LinkExpired
from scheduling.models import Appointment, Location, Patient
from scheduling.selectors.self_service import link_has_expired
from scheduling.states import ACTIVE

_APPOINTMENT_NUMBER = re.compile(r"^\s*APT[-\s]?(\d{4})[-\s]?0*(\d{1,12})\s*$", re.IGNORECASE)


def with_everything() -> QuerySet[Appointment]:
    """Appointments with all that pages show of them, in one query."""
    return Appointment.objects.select_related("patient", "doctor__specialty", "location", "slot", "successor")


def by_secret(secret: str) -> Appointment | None:
    """The appointment behind a secret link."""
    return None if "\x00" in secret else with_everything().filter(secret=secret).first()


def by_link(*, secret: str, appointment_id: int) -> Appointment | None:
    """The visit that a secret link leads to: the one it was made for, or one that this was moved to since.

    Raises LinkExpired for a link that is too old to be trusted.
    """
    made_for = by_secret(secret)
    if made_for is None:
        return None
    if link_has_expired(made_for):
        raise LinkExpired
    if made_for.pk == appointment_id:
        return made_for
    moves = with_everything().filter(
        calendar_uid=made_for.calendar_uid, calendar_sequence__gt=made_for.calendar_sequence
    )
    return moves.filter(pk=appointment_id).first()


def live_visit_of(appointment_id: int) -> Appointment:
    """What a visit has become: the appointment itself, or the last one it was moved to. Raises AppointmentUnknown."""
    identity = Appointment.objects.filter(pk=appointment_id).values("calendar_uid")
    visit = with_everything().filter(calendar_uid__in=identity, successor__isnull=True).order_by("-pk").first()
    if visit is None:
        raise AppointmentUnknown
    return visit


def by_number(number: str) -> Appointment | None:
    """The appointment with a reference such as `APT-2026-000123`, however it is typed."""
    return with_everything().filter(of_number(number)).first()


def of_number(number: str) -> Q:
    """The visit with a reference, however it is typed; none for what is no reference."""
    match = _APPOINTMENT_NUMBER.match(number)
    if match is None or not int(match[1]):  # no calendar has a year 0
        return Q(pk__in=[])
    return Q(pk=int(match[2]), created_at__year=int(match[1]))


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
    return _coming(with_everything().filter(of_email(email)))


def of_email(email: str, *, asker: User | None = None) -> Q:
    """Visits of patients with that e-mail address, and those that somebody who signs in with it booked; not what staff
    booked at the desk. For an `asker`, a patient, only by addresses that they may know: of their family, and their own.
    """
    email = email.strip()
    patients = Q(patient__email__iexact=email)
    booked = Q(booked_by__email__iexact=email, booked_by__is_staff=False)
    if asker is not None:
        patients, booked = patients & Q(patient__user=asker), booked & Q(booked_by=asker)
    return patients | booked


def on_days(first: date | None, last: date | None) -> Q:
    """Visits from one day to another, both included, as the clock of each location has it; walk-ins by when they came.

    One query, for the clocks.
    """
    found = Q(pk__in=[])
    for zone, locations in _locations_by_clock().items():
        starts = day_bounds(first, zone)[0] if first else None
        ends = day_bounds(last, zone)[1] if last else None
        found |= Q(location__in=locations) & (
            _between("starts_at", starts, ends) | (Q(starts_at__isnull=True) & _between("created_at", starts, ends))
        )
    return found


def _locations_by_clock() -> dict[ZoneInfo, list[int]]:
    clocks: dict[ZoneInfo, list[int]] = {}
    for pk, name in Location.objects.order_by("pk").values_list("pk", "time_zone"):
        clocks.setdefault(ZoneInfo(name), []).append(pk)
    return clocks


def _between(column: str, starts: datetime | None, ends: datetime | None) -> Q:
    found = Q()
    if starts is not None:
        found &= Q(**{f"{column}__gte": starts})
    if ends is not None:
        found &= Q(**{f"{column}__lt": ends})
    return found


def _coming(appointments: QuerySet[Appointment]) -> QuerySet[Appointment]:
    still = Q(ends_at__gt=timezone.now()) | Q(ends_at__isnull=True)
    return appointments.filter(still, status__in=ACTIVE).order_by("starts_at", "pk")

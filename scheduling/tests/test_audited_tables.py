"""What the audit trail keeps of the ground floor."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from accounts import audit
from accounts.actors import system
from accounts.audit_tables import MARKER
from accounts.models import AuditEntry
from scheduling.models import Appointment, Doctor, Location, Patient, Slot, Specialty
from scheduling.states import AppointmentStatus

pytestmark = pytest.mark.django_db
START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def doctor() -> Doctor:
    location = Location.objects.create(name="North", slug="north", time_zone="Europe/London")
    doctor = Doctor.objects.create(
        name="Ada", email="ada@example.org", specialty=Specialty.objects.create(name="General"), license_number="L1"
    )
    doctor.locations.add(location)
    return doctor


def _slot(doctor: Doctor, number: int) -> Slot:
    starts_at = START + timedelta(minutes=20 * number)
    location = doctor.locations.all()[0]
    return Slot(doctor=doctor, location=location, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=20))


def _patient() -> Patient:
    return Patient.objects.create(
        first_name="Zebedee",
        last_name="Quillfeather",
        date_of_birth=date(1980, 4, 5),
        phone="+447700900123",
        email="zebedee@example.org",
        medical_history="Hayfever",
        address="7 Elm Row",
        insurance_number="IN-7788",
    )


def _entries(table: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(object_type=table).order_by("id"))


def test_nothing_of_a_patient_can_be_read_from_the_trail(doctor: Doctor) -> None:
    patient = _patient()
    Patient.objects.filter(pk=patient.pk).update(first_name="Zeb", medical_history="Asthma")
    appointment = Appointment.objects.create(
        patient=patient,
        doctor=doctor,
        location=doctor.locations.all()[0],
        status="confirmed",
        reason="Sneezing",
        symptoms="Itching",
        notes="Kind",
        special_requirements="Wheelchair",
        starts_at=START,
        ends_at=START + timedelta(hours=1),
    )
    appointment.delete()
    patient.delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT changes FROM accounts_auditentry")
        stored = str(cursor.fetchall())
    for personal in (
        "Zeb",
        "Quillfeather",
        "1980",
        "447700900123",
        "zebedee@",
        "Hayfever",
        "Asthma",
        "Elm Row",
        "IN-7788",
        "Sneezing",
        "Itching",
        "Kind",
        "Wheelchair",
        appointment.secret,
    ):
        assert personal not in stored
    changed = _entries("scheduling_patient")[1]
    assert changed.changes == {"first_name": [MARKER, MARKER], "medical_history": [MARKER, MARKER]}


def test_one_entry_for_one_change_of_state(doctor: Doctor) -> None:
    appointment = Appointment.objects.create(
        patient=_patient(), doctor=doctor, location=doctor.locations.all()[0], status="confirmed"
    )
    with audit.recorded(system("test"), "appointment.check_in"):
        Appointment.objects.filter(pk=appointment.pk).update(status=AppointmentStatus.CHECKED_IN)
    made, changed = _entries("scheduling_appointment")
    assert made.changes["status"] == [None, "confirmed"]
    assert changed.changes == {"status": ["confirmed", "checked_in"]}
    assert changed.verb == "appointment.check_in"


def test_slots_are_made_and_booked_without_a_word_and_closed_with_one(doctor: Doctor) -> None:
    slots = Slot.objects.bulk_create([_slot(doctor, number) for number in range(3)])
    Slot.objects.update(taken=1)
    Slot.objects.update(taken=0)
    assert _entries("scheduling_slot") == []
    Slot.objects.filter(pk=slots[0].pk).update(is_open=False)
    slots[1].delete()
    closed, removed = _entries("scheduling_slot")
    assert list(closed.changes) == ["is_open"]
    assert removed.action == "delete"

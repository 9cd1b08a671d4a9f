"""What the database refuses by itself, on whichever database the run is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from scheduling import database_guards
from scheduling.database_guards import PATIENT_BUSY, SLOT_OVERLAP, violated
from scheduling.models import Appointment, Slot
from scheduling.states import ACTIVE, AppointmentStatus
from scheduling.tests.factories import DoctorFactory, PatientFactory, SlotFactory, in_hours

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def refused_by(guard: str):
    """The write inside fails because of this guard."""
    return pytest.raises(IntegrityError, match=guard)


def make_slot(first: Slot, *, start: int, minutes: int = 20, **more) -> Slot:
    starts_at = first.starts_at + start * MINUTE
    return SlotFactory(
        doctor=more.pop("doctor", first.doctor),
        location=first.location,
        starts_at=starts_at,
        ends_at=starts_at + minutes * MINUTE,
    )


@pytest.mark.parametrize(("start", "minutes"), [(5, 20), (-5, 20), (5, 5), (-5, 60), (19, 1)])
def test_slots_of_one_doctor_never_overlap(start, minutes):
    first = SlotFactory()
    with refused_by(SLOT_OVERLAP), transaction.atomic():
        make_slot(first, start=start, minutes=minutes)


def test_slots_may_touch_and_doctors_do_not_block_each_other():
    first = SlotFactory()
    make_slot(first, start=20)
    make_slot(first, start=-20)
    make_slot(first, start=5, doctor=DoctorFactory())
    assert Slot.objects.count() == 4


def test_a_slot_cannot_be_moved_into_another_either():
    first = SlotFactory()
    second = make_slot(first, start=60)
    with refused_by(SLOT_OVERLAP), transaction.atomic():
        Slot.objects.filter(pk=second.pk).update(starts_at=first.starts_at + 10 * MINUTE)
    Slot.objects.filter(pk=second.pk).update(starts_at=second.starts_at + MINUTE)  # not in its own way


def test_existing_slots_can_be_passed_over():
    first = SlotFactory()
    again = Slot(
        doctor=first.doctor, location=first.location, starts_at=first.starts_at, ends_at=first.ends_at + 5 * MINUTE
    )
    Slot.objects.bulk_create([again], ignore_conflicts=True)
    assert Slot.objects.count() == 1


def make_appointment(slot: Slot, patient, status: str = AppointmentStatus.CONFIRMED) -> Appointment:
    return Appointment.objects.create(
        patient=patient,
        doctor=slot.doctor,
        location=slot.location,
        slot=slot,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        status=status,
        expires_at=in_hours(1),
    )


@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_a_patient_is_never_in_two_places_at_once(status):
    patient, first = PatientFactory(), SlotFactory()
    make_appointment(first, patient)
    other = make_slot(first, start=10, doctor=DoctorFactory())
    with refused_by(PATIENT_BUSY) as refused, transaction.atomic():
        make_appointment(other, patient, status)
    assert violated(refused.value, PATIENT_BUSY)
    assert not violated(refused.value, SLOT_OVERLAP)


@pytest.mark.parametrize("status", sorted(frozenset(AppointmentStatus) - ACTIVE))
def test_what_is_over_blocks_nobody(status):
    patient, first = PatientFactory(), SlotFactory()
    make_appointment(first, patient, status)
    make_appointment(make_slot(first, start=10, doctor=DoctorFactory()), patient)


def test_an_appointment_cannot_come_back_to_life_on_top_of_another():
    patient, first = PatientFactory(), SlotFactory()
    over = make_appointment(first, patient, AppointmentStatus.CANCELLED)
    make_appointment(make_slot(first, start=10, doctor=DoctorFactory()), patient)
    with refused_by(PATIENT_BUSY), transaction.atomic():
        Appointment.objects.filter(pk=over.pk).update(status=AppointmentStatus.CONFIRMED)


def test_walk_ins_have_no_time_to_overlap_at():
    patient, slot = PatientFactory(), SlotFactory()
    for _number in range(2):
        Appointment.objects.create(patient=patient, doctor=slot.doctor, location=slot.location, status="checked_in")


def test_without_the_guards_both_would_happen():
    """The twin: what the tests above show is the guards' doing."""
    database_guards.remove(connection)
    patient, first = PatientFactory(), SlotFactory()
    make_appointment(first, patient)
    make_appointment(make_slot(first, start=10), patient)


def test_a_missing_guard_is_noticed_and_put_back(capsys):
    assert database_guards.missing(connection) == []
    database_guards.remove(connection)

    warnings = database_guards.check_guards(None, databases=["default"])
    assert {warning.id for warning in warnings} == {"scheduling.W001"}
    assert any(SLOT_OVERLAP in warning.msg for warning in warnings)

    assert database_guards.install(connection)
    assert database_guards.check_guards(None, databases=["default"]) == []
    assert database_guards.install(connection) == []


def test_migrate_puts_missing_guards_back():
    database_guards.remove(connection)
    call_command("migrate", verbosity=0)
    assert database_guards.missing(connection) == []


def test_all_being_well_costs_two_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        database_guards.install(connection)


@pytest.mark.sqlite_only
def test_the_trigger_takes_one_step_in_the_index_however_full_the_calendar_is():
    plan = connection.cursor().execute(
        "EXPLAIN QUERY PLAN SELECT other.ends_at FROM scheduling_slot AS other WHERE other.doctor_id = 1 "
        "AND other.starts_at < '2027' AND other.id IS NOT 5 AND other.starts_at <> '2026' "
        "AND other.starts_at IS NOT NULL ORDER BY other.starts_at DESC LIMIT 1"
    )
    steps = [row[3] for row in plan.fetchall()]
    assert len(steps) == 1
    assert steps[0].startswith("SEARCH other USING INDEX")
    assert "(doctor_id=? AND starts_at" in steps[0]

"""Holding, booking, and what each costs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor, from_request, system
from accounts.models import AuditEntry
from scheduling.errors import (
    BookingKeyReused,
    HoldExpired,
    HoldProlongedTooOften,
    InvalidPatient,
    InvalidVisit,
    PatientBusy,
    SlotClosed,
    SlotPast,
    SlotTaken,
    SlotUnknown,
)
from scheduling.models import Appointment, Hold, Patient, Slot
from scheduling.services.booking import VisitDetails, book_hold, book_slot, register_walk_in
from scheduling.services.holds import MOST_EXTENSIONS, extend_hold, hold_seat, release_hold
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
    details,
    in_hours,
)

pytestmark = pytest.mark.django_db
CLERK = Actor(label="system:desk")


def taken(slot: Slot) -> int:
    return Slot.objects.values_list("taken", flat=True).get(pk=slot.pk)


def test_a_hold_keeps_the_seat_for_the_minutes_of_its_location() -> None:
    slot = SlotFactory(location__hold_minutes=7)
    hold = hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    assert taken(slot) == 1
    assert timedelta(minutes=6, seconds=55) < hold.expires_at - timezone.now() <= timedelta(minutes=7)


def test_the_second_holder_of_a_single_seat_is_refused() -> None:
    slot = SlotFactory()
    hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    with pytest.raises(SlotTaken):
        hold_seat(slot_id=slot.pk, holder="b", actor=VISITOR)
    assert taken(slot) == 1


def test_the_same_holder_asking_again_gets_the_same_hold() -> None:
    slot = SlotFactory(capacity=3)
    first = hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    again = hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    assert again.pk == first.pk
    assert taken(slot) == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"is_open": False}, SlotClosed),
        ({"doctor__is_active": False}, SlotClosed),
        ({"location__is_active": False}, SlotClosed),
        ({"starts_at": in_hours(-1), "ends_at": in_hours(1)}, SlotPast),
        ({"starts_at": in_hours(1), "location__lead_minutes": 90}, SlotPast),
    ],
)
def test_what_is_not_offered_cannot_be_held(changes: dict[str, Any], error: type[Exception]) -> None:
    slot = SlotFactory(**changes)
    with pytest.raises(error):
        hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    assert taken(slot) == 0


def test_an_unknown_slot_is_said_to_be_unknown() -> None:
    with pytest.raises(SlotUnknown):
        hold_seat(slot_id=999_999_999, holder="a", actor=VISITOR)


def test_staff_may_book_a_running_slot() -> None:
    slot = SlotFactory(starts_at=in_hours(-0.2), ends_at=in_hours(1))
    appointment = book_slot(slot_id=slot.pk, patient=PatientFactory(), visit=VisitDetails(), actor=CLERK)
    assert appointment.status == AppointmentStatus.CONFIRMED


def test_a_hold_can_be_prolonged_at_least_ten_times_and_not_for_ever() -> None:
    hold = hold_seat(slot_id=SlotFactory().pk, holder="a", actor=VISITOR)
    for _time in range(MOST_EXTENSIONS):
        extend_hold(token=hold.token, actor=VISITOR)
    assert MOST_EXTENSIONS >= 10
    with pytest.raises(HoldProlongedTooOften):
        extend_hold(token=hold.token, actor=VISITOR)


def test_a_patients_hold_ends_when_the_visit_starts_however_often_it_is_prolonged() -> None:
    slot = SlotFactory()
    with time_machine.travel(slot.starts_at - timedelta(minutes=2), tick=False) as clock:
        hold = hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
        assert hold.expires_at == slot.starts_at
        assert extend_hold(token=hold.token, actor=VISITOR).expires_at == slot.starts_at
        clock.shift(timedelta(minutes=2))
        with pytest.raises(HoldExpired):
            book_hold(token=hold.token, patient=details(), visit=VisitDetails(), actor=VISITOR)


def test_an_expired_hold_cannot_be_prolonged() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        hold = hold_seat(slot_id=SlotFactory().pk, holder="a", actor=VISITOR)
        clock.shift(timedelta(minutes=5))
        with pytest.raises(HoldExpired):
            extend_hold(token=hold.token, actor=VISITOR)


def test_a_released_seat_is_free_again_and_releasing_twice_is_harmless() -> None:
    slot = SlotFactory()
    hold = hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    release_hold(token=hold.token, actor=VISITOR)
    release_hold(token=hold.token, actor=VISITOR)
    assert taken(slot) == 0


def test_an_expired_hold_gives_its_seat_back_when_no_worker_runs() -> None:
    slot = SlotFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        old = hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
        clock.shift(timedelta(minutes=5))
        hold_seat(slot_id=slot.pk, holder="b", actor=VISITOR)
        with pytest.raises(HoldExpired):
            book_hold(token=old.token, patient=details(), visit=VisitDetails(), actor=VISITOR)
    assert taken(slot) == 1
    assert Hold.objects.get().holder == "b"


def test_an_unconfirmed_booking_gives_its_seat_back_when_no_worker_runs() -> None:
    slot = SlotFactory(location__needs_confirmation=True, location__pending_minutes=2)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = book(slot)
        assert first.status == AppointmentStatus.PENDING
        clock.shift(timedelta(minutes=2))
        second = book(slot)
    first.refresh_from_db()
    assert first.status == AppointmentStatus.EXPIRED
    assert second.status == AppointmentStatus.PENDING
    assert taken(slot) == 1
    lapse = AuditEntry.objects.get(object_type="scheduling_appointment", object_id=str(first.pk), action="update")
    assert (lapse.actor, lapse.verb) == ("system:expire_pending", "seat.lapse")


def test_booking_a_hold_moves_the_seat_and_fixes_the_fee() -> None:
    slot = SlotFactory()
    hold = hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    visit = VisitDetails(reason="  Cough ", urgency="medium")
    appointment = book_hold(token=hold.token, patient=details(), visit=visit, actor=VISITOR)
    assert taken(slot) == 1
    assert not Hold.objects.exists()
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED
    assert (appointment.starts_at, appointment.ends_at) == (slot.starts_at, slot.ends_at)
    assert appointment.reason == "Cough"
    assert str(appointment.fee) == "60.00"
    assert appointment.patient.phone == "+442079460456"


def test_booking_a_hold_twice_makes_one_appointment() -> None:
    hold = hold_seat(slot_id=SlotFactory().pk, holder="a", actor=VISITOR)
    first = book_hold(token=hold.token, patient=details(), visit=VisitDetails(), actor=VISITOR)
    again = book_hold(token=hold.token, patient=details(phone=" (020) 7946-0456 "), visit=VisitDetails(), actor=VISITOR)
    assert again.pk == first.pk
    assert Appointment.objects.count() == 1
    assert Patient.objects.count() == 1


def test_the_same_hold_with_other_details_is_refused() -> None:
    hold = hold_seat(slot_id=SlotFactory().pk, holder="a", actor=VISITOR)
    book_hold(token=hold.token, patient=details(), visit=VisitDetails(), actor=VISITOR)
    with pytest.raises(BookingKeyReused):
        book_hold(token=hold.token, patient=details(first_name="Bea"), visit=VisitDetails(), actor=VISITOR)
    with pytest.raises(BookingKeyReused):
        book_hold(token=hold.token, patient=details(), visit=VisitDetails(reason="other"), actor=VISITOR)
    assert Patient.objects.count() == 1


def test_a_key_makes_a_direct_booking_happen_once() -> None:
    slot, patient = SlotFactory(capacity=2), PatientFactory()
    first = book_slot(slot_id=slot.pk, patient=patient, visit=VisitDetails(), actor=VISITOR, key="k1")
    again = book_slot(slot_id=slot.pk, patient=patient, visit=VisitDetails(), actor=VISITOR, key="k1")
    assert again.pk == first.pk
    assert taken(slot) == 1


def test_a_key_that_comes_again_for_another_slot_is_refused() -> None:
    slot, other, patient = SlotFactory(), SlotFactory(), PatientFactory()
    book_slot(slot_id=slot.pk, patient=patient, visit=VisitDetails(), actor=VISITOR, key="k1")
    with pytest.raises(BookingKeyReused):
        book_slot(slot_id=other.pk, patient=patient, visit=VisitDetails(), actor=VISITOR, key="k1")
    assert taken(other) == 0


def test_a_known_patient_is_recognised_and_never_overwritten() -> None:
    known = PatientFactory(first_name="Ada", last_name="Okafor", date_of_birth=date(1990, 2, 3), phone="+442079460456")
    appointment = book(patient=details(first_name="ADA", email="someone-else@example.org"))
    assert appointment.patient_id == known.pk
    before = known.email
    known.refresh_from_db()
    assert (known.first_name, known.email) == ("Ada", before)


def test_two_children_on_one_phone_are_two_patients() -> None:
    slot = SlotFactory(capacity=2)
    first = book(slot, patient=details(first_name="Chi", date_of_birth=date(2020, 1, 1)))
    second = book(slot, patient=details(first_name="Ike", date_of_birth=date(2020, 1, 1)))
    assert first.patient_id != second.patient_id


def test_somebody_with_the_same_name_and_birthday_but_another_contact_is_somebody_else() -> None:
    PatientFactory(first_name="Ada", last_name="Okafor", date_of_birth=date(1990, 2, 3), phone="+442079460999")
    book(patient=details())
    assert Patient.objects.count() == 2


def test_a_signed_in_parent_books_for_the_child_on_their_account() -> None:
    parent = UserFactory()
    child = PatientFactory(user=parent, first_name="Chi", last_name="Okafor", date_of_birth=date(2020, 1, 1))
    actor = Actor(label=f"user:{parent.pk}", user=parent)
    hold = hold_seat(slot_id=SlotFactory().pk, holder="a", actor=actor)
    said = details(first_name="Chi", date_of_birth=date(2020, 1, 1))
    appointment = book_hold(token=hold.token, patient=said, visit=VisitDetails(), actor=actor)
    assert appointment.patient_id == child.pk


def test_a_patient_is_never_in_two_places_at_once() -> None:
    patient = PatientFactory()
    start = in_hours(30)
    book(SlotFactory(starts_at=start), patient=patient)
    other = SlotFactory(starts_at=start + timedelta(minutes=10))
    hold = hold_seat(slot_id=other.pk, holder="a", actor=VISITOR)
    with pytest.raises(PatientBusy):
        book_hold(token=hold.token, patient=patient, visit=VisitDetails(), actor=VISITOR)
    assert Hold.objects.filter(pk=hold.pk).exists(), "the seat is still kept, so that another person can be chosen"


def test_one_patient_cannot_fill_a_group_slot() -> None:
    slot, patient = SlotFactory(capacity=3), PatientFactory()
    book(slot, patient=patient)
    with pytest.raises(PatientBusy):
        book(slot, patient=patient)
    assert taken(slot) == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"first_name": "  "}, "first_name"),
        ({"first_name": "x" * 101}, "first_name"),
        ({"date_of_birth": date(2999, 1, 1)}, "date_of_birth"),
        ({"date_of_birth": date(1066, 10, 14)}, "date_of_birth"),
        ({"phone": "12"}, "phone"),
        ({"phone": "", "email": ""}, "phone"),
        ({"email": "nobody at nowhere"}, "email"),
        ({"gender": "robot"}, "gender"),
        ({"last_name": "nul\x00"}, None),
    ],
)
def test_impossible_patients_are_refused_and_the_seat_stays_held(said: dict[str, Any], field: str | None) -> None:
    slot = SlotFactory()
    hold = hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    with pytest.raises(InvalidPatient) as refused:
        book_hold(token=hold.token, patient=details(**said), visit=VisitDetails(), actor=VISITOR)
    assert refused.value.field == field
    assert Hold.objects.filter(pk=hold.pk).exists()
    assert not Patient.objects.exists()


@pytest.mark.parametrize("said", [{"reason": "x" * 501}, {"urgency": "panic"}, {"symptoms": "nul\x00"}])
def test_impossible_visits_are_refused(said: dict[str, str]) -> None:
    hold = hold_seat(slot_id=SlotFactory().pk, holder="a", actor=VISITOR)
    with pytest.raises(InvalidVisit):
        book_hold(token=hold.token, patient=details(), visit=VisitDetails(**said), actor=VISITOR)
    assert Hold.objects.filter(pk=hold.pk).exists()


def test_a_walk_in_has_no_slot() -> None:
    location = LocationFactory()
    doctor = DoctorFactory(locations=[location])
    appointment = register_walk_in(
        doctor_id=doctor.pk,
        location_id=location.pk,
        patient=details(),
        visit=VisitDetails(type="walk_in"),
        actor=system("desk"),
    )
    assert (appointment.slot, appointment.starts_at, appointment.status) == (None, None, AppointmentStatus.CONFIRMED)


def test_a_walk_in_with_the_same_key_is_one_visit() -> None:
    location = LocationFactory()
    doctor = DoctorFactory(locations=[location])
    visits = {
        register_walk_in(
            doctor_id=doctor.pk,
            location_id=location.pk,
            patient=details(),
            visit=VisitDetails(type="walk_in"),
            actor=CLERK,
            key="desk 1, press 1",
        ).pk
        for _press in range(2)
    }
    assert len(visits) == 1


def test_a_walk_in_cannot_go_where_the_doctor_does_not_work() -> None:
    with pytest.raises(SlotClosed):
        register_walk_in(
            doctor_id=DoctorFactory().pk,
            location_id=LocationFactory().pk,
            patient=details(),
            visit=VisitDetails(),
            actor=CLERK,
        )


@pytest.mark.django_db(transaction=True)
def test_a_hold_costs_at_most_five_statements() -> None:
    slot = SlotFactory()
    with CaptureQueriesContext(connection) as statements:
        hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    assert len(statements) <= 5, [query["sql"] for query in statements]


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_too_late_is_answered_after_one_statement() -> None:
    slot = SlotFactory()
    hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
    with CaptureQueriesContext(connection) as statements, pytest.raises(SlotTaken):
        hold_seat(slot_id=slot.pk, holder="b", actor=VISITOR)
    assert len(statements) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [False, True])
def test_a_booking_with_all_that_is_written_beside_it_costs_at_most_twelve_statements(known: bool) -> None:
    hold = hold_seat(slot_id=SlotFactory().pk, holder="a", actor=VISITOR)
    patient = PatientFactory() if known else details()
    with CaptureQueriesContext(connection) as statements:
        appointment = book_hold(token=hold.token, patient=patient, visit=VisitDetails(), actor=VISITOR)
    assert len(statements) <= 12, [query["sql"] for query in statements]
    entry = AuditEntry.objects.get(object_type="scheduling_appointment", object_id=str(appointment.pk))
    assert (entry.actor, entry.verb, entry.address) == ("visitor", "appointment.book", "203.0.113.9")


def test_the_database_refuses_to_oversell_even_without_the_service() -> None:
    slot = SlotFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Slot.objects.filter(pk=slot.pk).update(taken=2)


def test_an_actor_from_a_request_names_user_link_or_visitor(rf: Any) -> None:
    request = rf.get("/", REMOTE_ADDR="203.0.113.9")
    assert from_request(request).label == "visitor"
    assert from_request(request, link=7).label == "link:7"
    request.user = UserFactory()
    assert from_request(request, link=7).label == f"user:{request.user.pk}"

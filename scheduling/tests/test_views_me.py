"""The page of somebody signed in."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from scheduling.models import Appointment, Patient
from scheduling.selectors.appointments import upcoming_for_email
from scheduling.selectors.people import upcoming_visits_of
from scheduling.services.links import add_to_account, address_on_file
from scheduling.services.waitlist import join_waitlist
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import VISITOR, PatientFactory, SlotFactory, UserFactory, book, in_hours

pytestmark = pytest.mark.django_db

ME = "/me/"
ADD = "/me/family/add/"
SOMEBODY = {
    "first_name": "Tomi",
    "last_name": "Okafor",
    "date_of_birth_day": "3",
    "date_of_birth_month": "2",
    "date_of_birth_year": "2018",
    "gender": "male",
    "phone": "020 7946 0456",
    "email": "",
    "language": "en",
}


@pytest.fixture
def mother(client: Client) -> User:
    """Somebody signed in."""
    user = UserFactory(email="mother@example.org")
    client.force_login(user)
    return user


def edit(patient: Patient) -> str:
    return reverse("scheduling:family_edit", args=[patient.pk])


def record(patient: Patient, **changes: str) -> dict[str, str]:
    """The edit form as a browser would send it back."""
    born = patient.date_of_birth
    return {
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "date_of_birth_day": str(born.day),
        "date_of_birth_month": str(born.month),
        "date_of_birth_year": str(born.year),
        "gender": patient.gender,
        "phone": str(patient.phone),
        "email": patient.email,
        "language": "en",
        "wants_email": "on",
        "wants_sms": "on",
        "wants_push": "on",
        **changes,
    }


def test_visitors_are_sent_to_sign_in_and_come_back(client: Client) -> None:
    for address in (ME, ADD, "/me/family/1/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith(f"?next={address}")


def test_own_familys_and_own_bookings_are_listed_and_nobody_elses(client: Client, mother: User) -> None:
    child = PatientFactory(user=mother, first_name="Tomi")
    of_child = book(patient=child)
    for_neighbour = book(patient=PatientFactory(first_name="Neighbour"))
    Appointment.objects.filter(pk=for_neighbour.pk).update(booked_by=mother)
    foreign = book(patient=PatientFactory(first_name="Stranger"))
    said = client.get(ME).content.decode()
    assert of_child.secret in said
    assert for_neighbour.secret in said
    assert foreign.secret not in said
    assert "Stranger" not in said


def test_the_ways_to_change_the_account_are_found_here(client: Client, mother: User) -> None:
    said = client.get(ME).content.decode()
    for name in ("account_email", "account_change_phone", "account_change_password", "mfa_index"):
        assert f'href="{reverse(name)}"' in said
        assert client.get(reverse(name)).status_code == 200


def test_guest_records_with_the_same_address_are_not_linked(client: Client, mother: User) -> None:
    book(patient=PatientFactory(email=mother.email, first_name="Guest"))
    assert "Guest" not in client.get(ME).content.decode()


def test_what_is_over_stands_below_and_a_moved_one_only_once(client: Client, mother: User) -> None:
    child = PatientFactory(user=mother)
    over = book(patient=child)
    Appointment.objects.filter(pk=over.pk).update(starts_at=in_hours(-2), ends_at=in_hours(-1))
    moved = book(patient=child)
    Appointment.objects.filter(pk=moved.pk).update(status=AppointmentStatus.RESCHEDULED)
    context = client.get(ME).context
    assert [visit.pk for visit in context["past"]] == [over.pk]
    assert context["upcoming"] == []


def test_the_page_costs_the_same_for_one_row_and_for_many(
    client: Client, mother: User, django_assert_num_queries: object
) -> None:
    def fill(number: int) -> None:
        for _row in range(number):
            patient = PatientFactory(user=mother)
            book(patient=patient)
            over = book(patient=patient)
            Appointment.objects.filter(pk=over.pk).update(starts_at=in_hours(-2), ends_at=in_hours(-1))
            slot = SlotFactory()
            today = slot.starts_at.date()
            join_waitlist(
                patient=patient, doctor_id=slot.doctor_id, earliest_date=today, latest_date=today, actor=VISITOR
            )

    fill(1)
    with django_assert_num_queries(7):  # type: ignore[operator]
        client.get(ME)
    fill(5)
    with django_assert_num_queries(7):  # type: ignore[operator]
        client.get(ME)


def test_somebody_can_be_added_and_belongs_to_the_one_who_added_them(client: Client, mother: User) -> None:
    answer = client.post(ADD, SOMEBODY, follow=True)
    assert "Tomi Okafor has been added" in answer.content.decode()
    patient = Patient.objects.get()
    assert patient.user == mother
    assert patient.date_of_birth == date(2018, 2, 3)
    client.post(ADD, SOMEBODY)
    assert Patient.objects.count() == 1


def test_a_record_in_nobodys_care_is_not_handed_over_by_typing_its_details(client: Client, mother: User) -> None:
    guest = PatientFactory(first_name="Tomi", last_name="Okafor", date_of_birth=date(2018, 2, 3), phone="+442079460456")
    said = client.post(ADD, SOMEBODY).content.decode()
    assert "Please ask at reception" in said
    guest.refresh_from_db()
    assert guest.user is None


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(client: Client, mother: User) -> None:
    bad = {**SOMEBODY, "first_name": "", "date_of_birth_month": "13", "phone": "call me", "last_name": "<b>Okafor"}
    said = client.post(ADD, bad).content.decode()
    assert "<title>Error:" in said
    assert "Enter the first name" in said
    assert "Check the date of birth" in said
    assert "Enter a phone number we can call" in said
    assert "&lt;b&gt;Okafor" in said
    assert not Patient.objects.exists()


def test_a_record_is_changed_only_where_something_was_changed(client: Client, mother: User) -> None:
    child = PatientFactory(user=mother, medical_history="Asthma")
    said = client.get(edit(child)).content.decode()
    assert child.first_name in said
    assert "Asthma" not in said
    client.post(edit(child), record(child, address="2 Low Road", wants_call="on", email="New@Example.org"))
    before = child.first_name
    child.refresh_from_db()
    assert (child.first_name, child.address, child.wants_call) == (before, "2 Low Road", True)
    assert child.email == "new@example.org"
    assert child.medical_history == "Asthma"


def test_extra_fields_in_the_body_are_ignored(client: Client, mother: User) -> None:
    child = PatientFactory(user=mother, medical_history="Asthma")
    client.post(edit(child), record(child, user="", medical_history="None", id="99", number="PAT-1"))
    child.refresh_from_db()
    assert child.user == mother
    assert child.medical_history == "Asthma"


def test_nobody_opens_the_record_of_somebody_elses_patient(client: Client, mother: User) -> None:
    booked_for = PatientFactory()
    Appointment.objects.filter(pk=book(patient=booked_for).pk).update(booked_by=mother)
    for foreign in (booked_for, PatientFactory(user=UserFactory())):
        assert client.get(edit(foreign)).status_code == 404
        assert client.post(edit(foreign), record(foreign, first_name="Mine")).status_code == 404
        foreign.refresh_from_db()
        assert foreign.first_name != "Mine"


def test_strange_page_numbers_show_a_page(client: Client, mother: User) -> None:
    for number in ("0", "-1", "999", "abc", "<script>"):
        assert client.get(ME, {"page": number}).status_code == 200


def test_an_old_link_still_opens_for_the_one_whose_appointment_it_is(client: Client, mother: User) -> None:
    mine, foreign = book(patient=PatientFactory(user=mother)), book()
    Appointment.objects.update(secret_expires_at=timezone.now())
    assert client.get(reverse("scheduling:appointment", args=[mine.secret])).status_code == 200
    assert client.get(reverse("scheduling:appointment", args=[foreign.secret])).status_code == 410


def test_what_staff_book_at_the_desk_is_not_in_their_own_account(client: Client) -> None:
    clerk = UserFactory(is_staff=True)
    at_the_desk, for_themselves = book(source="admin"), book()
    Appointment.objects.update(booked_by=clerk)
    client.force_login(clerk)
    assert client.get(ME).context["upcoming"] == [for_themselves]
    assert list(upcoming_for_email(clerk.email)) == []
    for_themselves.refresh_from_db()
    at_the_desk.refresh_from_db()
    assert address_on_file(at_the_desk) == at_the_desk.patient.email
    patient = UserFactory()
    add_to_account(appointment_id=at_the_desk.pk, actor=Actor(label=f"user:{patient.pk}", user=patient))
    assert upcoming_visits_of(patient) == [at_the_desk]

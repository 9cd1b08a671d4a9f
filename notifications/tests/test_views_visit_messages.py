"""What patients read of their messages, and how they choose by which ways these come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, User
from notifications.models import Message
from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus, NotSent
from notifications.tests.factories import message
from scheduling.models import Appointment, Patient
from scheduling.states import AppointmentStatus
from scheduling.tests.booking import DETAILS, WHO, hold, page
from scheduling.tests.factories import PatientFactory, SlotFactory, UserFactory, book, in_hours

pytestmark = pytest.mark.django_db

CHOICES = {"language": "es", "wants_email": "on", "wants_push": "on"}


@pytest.fixture
def visit() -> Appointment:
    patient = PatientFactory.create(user=UserFactory.create(), email="ann@example.org")
    return book(SlotFactory.create(starts_at=in_hours(72)), patient=patient)


def address_of(visit: Appointment) -> str:
    return reverse("notifications:visit_messages", args=[visit.secret])


def panel(visit: Appointment, client: Client | None = None) -> str:
    answer = (client or Client()).get(address_of(visit), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    said = answer.content.decode()
    assert "<html" not in said
    return said


def by_email(visit: Appointment, kind: Kind, **fields: Any) -> None:
    Message.objects.filter(appointment=visit, kind=kind, channel=ChannelName.EMAIL).update(**fields)


def test_the_page_of_the_appointment_fetches_the_panel_and_leads_to_it_without_scripts(visit: Appointment) -> None:
    said = Client().get(reverse("scheduling:appointment", args=[visit.secret])).content.decode()
    assert f'hx-get="{address_of(visit)}"' in said
    assert f'<a href="{address_of(visit)}">' in said
    alone = Client().get(address_of(visit))
    assert "<h1>What we send you</h1>" in alone.content.decode()
    assert alone.headers["Referrer-Policy"] == "same-origin"


def test_what_went_out_and_what_will_come_is_listed_and_no_address(visit: Appointment) -> None:
    now = timezone.now()
    by_email(
        visit, Kind.CONFIRMATION, status="sent", sent_at=now, address="ann@example.org", delivery_status="delivered"
    )
    said = panel(visit)
    assert "Confirmation, by e-mail" in said
    assert "It arrived" in said
    assert said.count("Reminder, by e-mail") == 2
    assert "It will be sent" in said
    assert "ann@example.org" not in said
    assert "on its way" not in said


def test_nothing_is_promised_that_will_not_come(visit: Appointment, settings: Any) -> None:
    by_email(visit, Kind.CONFIRMATION, status="sent", sent_at=timezone.now(), delivery_status=DeliveryStatus.KEPT)
    assert "by text message" not in panel(visit)  # there is no gateway in these tests
    Patient.objects.update(wants_email=False)
    said = panel(visit)
    assert "Reminder" not in said
    assert "Confirmation" not in said
    assert "No message about this appointment is planned. Keep the address of this page." in said
    Patient.objects.update(wants_email=True)
    assert "Reminder, by e-mail" in panel(visit)
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "Reminder, by e-mail" not in panel(visit)


def test_when_the_visit_is_over_or_off_nothing_is_left_to_choose(visit: Appointment) -> None:
    assert "Choose how we write to you" in panel(visit)
    Patient.objects.update(wants_email=False)
    Appointment.objects.update(status=AppointmentStatus.CANCELLED)
    said = panel(visit)
    assert "Choose how we write to you" not in said
    assert "Keep the address of this page" not in said


def test_what_could_not_be_delivered_is_said(visit: Appointment) -> None:
    by_email(visit, Kind.CONFIRMATION, status=MessageStatus.FAILED, why_not=NotSent.BAD_ADDRESS)
    assert "It could not be delivered" in panel(visit)


def booked_by_visitor(client: Client, **who: str) -> Appointment:
    slot = SlotFactory.create(starts_at=in_hours(72))
    token = hold(client, slot)
    client.post(page("book_who", token), WHO | who)
    client.post(page("book_details", token), DETAILS)
    client.post(page("book_check", token))
    return Appointment.objects.get(slot=slot)


def test_just_booked_it_says_where_the_confirmation_went_once_it_has_gone(client: Client) -> None:
    visit = booked_by_visitor(client, email="Ann@Example.org")
    waits = panel(visit, client)
    assert "A message about this appointment is on its way to you." in waits
    assert 'hx-trigger="load delay:4s"' in waits
    assert "We have sent" not in waits
    by_email(visit, Kind.CONFIRMATION, status="sent", sent_at=timezone.now(), address="ann@example.org")
    said = panel(visit, client)
    assert "We have sent a confirmation to ann@example.org." in said
    assert "hx-get" not in said
    assert "ann@example.org" not in panel(visit)  # another browser, with the same link


def test_where_nothing_is_sent_it_does_not_say_so(client: Client) -> None:
    visit = booked_by_visitor(client)
    by_email(visit, Kind.CONFIRMATION, status="sent", address=visit.patient.email, delivery_status=DeliveryStatus.KEPT)
    said = panel(visit, client)
    assert "We have sent" not in said
    assert "on its way" not in said


def test_who_books_for_a_known_patient_does_not_read_their_address(client: Client) -> None:
    known = PatientFactory.create(
        first_name=WHO["first_name"], last_name=WHO["last_name"], phone="+442079460018", email="known@example.org"
    )
    born = [int(WHO[f"date_of_birth_{part}"]) for part in ("year", "month", "day")]
    known.date_of_birth = known.date_of_birth.replace(*born)
    known.save()
    visit = booked_by_visitor(client, phone="020 7946 0018", email="")
    assert visit.patient == known
    by_email(visit, Kind.CONFIRMATION, status="sent", sent_at=timezone.now(), address="known@example.org")
    assert "known@example.org" not in panel(visit, client)


def test_the_ways_and_the_language_are_chosen_behind_the_link_and_that_is_ascribed(visit: Appointment) -> None:
    wish = CHOICES | {"email": "evil@example.org", "first_name": "Eve", "user": "1", "medical_history": "forged"}
    answer = Client().post(address_of(visit), wish)
    assert answer.status_code == 302
    assert answer["Location"] == reverse("scheduling:appointment", args=[visit.secret])
    patient = Patient.objects.get()
    assert (patient.language, patient.wants_email, patient.wants_sms) == ("es", True, False)
    assert (patient.email, patient.first_name, patient.user) == (
        "ann@example.org",
        visit.patient.first_name,
        visit.patient.user,
    )
    entry = AuditEntry.objects.filter(object_type="scheduling_patient", action="update").get()
    assert (entry.verb, entry.actor) == ("patient.update", f"link:{visit.pk}")
    Client().post(address_of(visit), CHOICES)
    assert AuditEntry.objects.filter(object_type="scheduling_patient", action="update").count() == 1


@pytest.mark.parametrize("language", ["", "xx", "e" * 3000])
def test_a_language_that_is_none_changes_nothing(visit: Appointment, language: str) -> None:
    answer = Client().post(address_of(visit), CHOICES | {"language": language})
    assert answer.status_code == 200
    assert "There is a problem" in answer.content.decode()
    assert Patient.objects.get().wants_sms is True


def test_an_unknown_link_is_told_nothing(visit: Appointment) -> None:
    address = reverse("notifications:visit_messages", args=["x" * 20])
    assert Client().get(address).status_code == 404
    assert Client().post(address, CHOICES).status_code == 404
    Appointment.objects.update(secret_expires_at=timezone.now())
    assert Client().post(address_of(visit), CHOICES).status_code == 410
    assert Patient.objects.get().language == "en"


def mine(user: User | None) -> str:
    client = Client()
    assert user is not None
    client.force_login(user)
    answer = client.get(reverse("notifications:my_messages"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_ones_own_page_lists_what_was_sent_to_the_family_and_to_nobody_else(visit: Appointment) -> None:
    other = book()
    for one in (visit, other):
        by_email(one, Kind.CONFIRMATION, status="sent", sent_at=timezone.now(), delivery_status="delivered")
    said = mine(visit.patient.user)
    assert f"Confirmation, {visit.patient.full_name}" in said
    assert other.patient.first_name not in said
    assert "Reminder" not in said  # it is still to come: the appointment's page says so
    assert reverse("scheduling:appointment", args=[visit.secret]) in said
    assert Client().get(reverse("notifications:my_messages")).status_code == 302
    assert "Nothing has been sent yet." in mine(UserFactory.create())


def test_the_list_of_messages_costs_the_same_for_many_and_has_pages(
    visit: Appointment, django_assert_max_num_queries: Any
) -> None:
    for number in range(45):
        message(appointment=visit, status=MessageStatus.SENT, due_at=timezone.now() - timedelta(hours=number))
    client = Client()
    assert visit.patient.user is not None
    client.force_login(visit.patient.user)
    with django_assert_max_num_queries(5):
        client.get(reverse("notifications:my_messages"))
    assert "?page=3" in client.get(reverse("notifications:my_messages") + "?page=2").content.decode()
    assert client.get(reverse("notifications:my_messages") + "?page=x").status_code == 200
    assert reverse("notifications:my_messages") in client.get("/me/").content.decode()

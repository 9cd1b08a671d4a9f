"""The page of one appointment behind its secret link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import system
from scheduling.models import Appointment, WaitlistEntry
from scheduling.services.booking import VisitDetails, book_slot
from scheduling.services.lifecycle import (
    cancel_appointment,
    check_in_appointment,
    complete_appointment,
    mark_no_show,
    start_appointment,
)
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import (
    VISITOR,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
    in_hours,
)
from scheduling.tests.waiting import wait_for_mail

pytestmark = pytest.mark.django_db

DESK = system("test")


def page(appointment: Appointment, name: str = "appointment", *more: Any) -> str:
    """The address of one of the appointment's pages."""
    return reverse(f"scheduling:{name}", args=[appointment.secret, *more])


def pending(minutes: int = 30) -> Appointment:
    """An appointment that wants to be confirmed."""
    location = LocationFactory(needs_confirmation=True, pending_minutes=minutes)
    return book(SlotFactory(location=location))


def begun(appointment: Appointment) -> Appointment:
    """The same appointment, an hour ago."""
    past = {"starts_at": in_hours(-1), "ends_at": in_hours(-0.5)}
    Appointment.objects.filter(pk=appointment.pk).update(**past)
    appointment.refresh_from_db()
    return appointment


def test_the_page_says_when_where_with_whom_and_what_it_costs(client: Client) -> None:
    slot = SlotFactory(location__address="1 High Street\nLondon", doctor__room="Room 4")
    appointment = book(slot)
    answer = client.get(page(appointment))
    for words in (appointment.number, slot.doctor.name, "Room 4", "1 High Street", "£60.00", "020 7946 0018"):
        assert words in answer.content.decode()


def test_pages_behind_a_secret_stay_out_of_caches_indexes_and_referers(client: Client) -> None:
    appointment = book()
    for address in (page(appointment), page(appointment, "appointment_cancel"), page(appointment, "reschedule")):
        answer = client.get(address)
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert appointment.patient.last_name not in address


def test_opening_any_page_changes_nothing(client: Client) -> None:
    appointment = pending()
    before = Appointment.objects.values().get(pk=appointment.pk)
    for name in ("appointment", "appointment_cancel", "reschedule", "appointment_calendar"):
        assert client.get(page(appointment, name)).status_code == 200
        assert client.head(page(appointment, name)).status_code == 200
    for name in (
        "appointment_confirm",
        "appointment_attendance",
        "appointment_wait_for_earlier",
        "appointment_add_to_account",
        "appointment_fresh_link",
    ):
        assert client.get(page(appointment, name)).status_code == 405
    assert Appointment.objects.values().get(pk=appointment.pk) == before
    assert not WaitlistEntry.objects.exists()


def test_an_unknown_or_tampered_secret_leads_to_find(client: Client) -> None:
    appointment = book()
    for secret in ("nonsense", appointment.secret[:-1], appointment.secret + "x", "%3Cscript%3Ealert(1)%3C", "ü" * 300):
        for suffix in ("", "cancel/", "reschedule/", "calendar.ics"):
            answer = client.get(f"/a/{secret}/{suffix}")
            assert answer.status_code == 404
            assert reverse("scheduling:find") in answer.content.decode()
            assert "no-store" in answer["Cache-Control"]


def test_names_with_scripts_are_shown_as_text(client: Client) -> None:
    script = "<script>alert(1)</script>"
    appointment = book(patient=PatientFactory(first_name=script))
    said = client.get(page(appointment)).content.decode()
    assert script not in said
    assert "&lt;script&gt;" in said


def test_a_pending_appointment_is_confirmed_by_pressing_the_button_once_or_twice(client: Client) -> None:
    appointment = pending()
    assert "Confirm this appointment" in client.get(page(appointment)).content.decode()
    for _press in range(2):
        answer = client.post(page(appointment, "appointment_confirm"), follow=True)
        assert "Your appointment is booked" in answer.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED


def test_a_pending_appointment_that_ran_out_says_so_before_any_job_ran(client: Client) -> None:
    appointment = pending()
    Appointment.objects.filter(pk=appointment.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    said = client.post(page(appointment, "appointment_confirm"), follow=True).content.decode()
    assert "was not confirmed in time" in said
    assert "The time to confirm this appointment has run out" in said
    assert "Book again with" in said


def test_yes_is_noted_and_no_leads_to_the_choice(client: Client) -> None:
    appointment = book()
    said = client.post(page(appointment, "appointment_attendance"), {"answer": "no"})
    assert said.headers["Location"] == page(appointment, "appointment_cancel")
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED
    assert appointment.attendance_confirmed_at is None
    said = client.post(page(appointment, "appointment_attendance"), {"answer": "yes"}, follow=True)
    assert "We have told the clinic that you are coming" in said.content.decode()
    appointment.refresh_from_db()
    assert appointment.attendance_confirmed_at is not None


def test_cancelling_gives_the_seat_back_and_tells_the_clinic_why(client: Client) -> None:
    slot = SlotFactory()
    appointment = book(slot)
    for _press in range(2):  # a double click, or Back and once more
        answer = client.post(
            page(appointment, "appointment_cancel"), {"reason": "better", "details": "Thank you"}, follow=True
        )
        assert "This appointment is cancelled" in answer.content.decode()
    appointment.refresh_from_db()
    slot.refresh_from_db()
    assert appointment.status == AppointmentStatus.CANCELLED
    assert appointment.cancellation_message == "I feel better: Thank you"
    assert slot.taken == 0
    assert client.get(page(appointment, "appointment_cancel"), follow=True).redirect_chain


def test_a_made_up_reason_is_refused_and_what_was_typed_stays(client: Client) -> None:
    appointment = book()
    answer = client.post(page(appointment, "appointment_cancel"), {"reason": "<b>", "details": "Still here"})
    said = answer.content.decode()
    assert "There is a problem" in said
    assert "<title>Error:" in said
    assert "Still here" in said
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED


def test_within_the_notice_the_page_gives_the_phone_instead(client: Client) -> None:
    appointment = book(SlotFactory(starts_at=in_hours(1)))
    for name in ("appointment", "appointment_cancel", "reschedule"):
        said = client.get(page(appointment, name)).content.decode()
        assert "It is too late to change this appointment online" in said
        assert "+44 20 7946 0018" in said
    answer = client.post(page(appointment, "appointment_cancel"), {"reason": ""})
    assert "It is too late to change" in answer.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([cancel_appointment], "This appointment is cancelled"),
        ([check_in_appointment], "You are checked in"),
        ([check_in_appointment, start_appointment], "You are with the doctor"),
        ([check_in_appointment, start_appointment, complete_appointment], "Your visit is over"),
        ([mark_no_show], "You missed this appointment"),
        ([], "This appointment is over"),
    ],
)
def test_each_state_is_said_in_words_and_offers_nothing_that_is_over(client: Client, steps: list, words: str) -> None:
    appointment = begun(book())
    for step in steps:
        step(appointment_id=appointment.pk, actor=DESK)
    answer = client.get(page(appointment))
    said = answer.content.decode()
    assert words in said
    assert "Cancel the appointment" not in said
    assert client.get(page(appointment, "appointment_cancel")).status_code == 302
    assert client.get(page(appointment, "reschedule")).status_code == 302


def test_the_old_link_of_a_moved_appointment_leads_to_the_new_one(client: Client) -> None:
    first = SlotFactory()
    second = SlotFactory(doctor=first.doctor, location=first.location)
    old = book(first)
    new = reschedule_appointment(appointment_id=old.pk, slot_id=second.pk, actor=VISITOR)
    assert client.get(page(old)).headers["Location"] == page(new)
    assert client.post(page(old, "appointment_cancel")).headers["Location"] == page(new)
    assert client.get(page(old, "appointment_calendar")).headers["Location"] == page(new, "appointment_calendar")
    new.refresh_from_db()
    assert new.status == AppointmentStatus.CONFIRMED


def test_an_old_link_tells_nothing_and_offers_a_fresh_one_by_mail(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    appointment = book(patient=PatientFactory(email="ada@example.org"))
    Appointment.objects.filter(pk=appointment.pk).update(secret_expires_at=timezone.now() - timedelta(seconds=1))
    answer = client.get(page(appointment))
    said = answer.content.decode()
    assert answer.status_code == 410
    assert "This link has expired" in said
    for private in (appointment.patient.last_name, appointment.number, appointment.doctor.name, "ada@"):
        assert private not in said
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(page(appointment, "appointment_fresh_link"))
    assert "Check your e-mail" in answer.content.decode()
    [message] = wait_for_mail(1)
    assert message.to == ["ada@example.org"]
    assert client.get(page(appointment)).status_code == 404
    appointment.refresh_from_db()
    assert page(appointment) in message.body
    assert client.get(page(appointment)).status_code == 200


def test_without_an_address_on_file_the_answer_is_the_same_and_nothing_is_sent(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    appointment = book(patient=PatientFactory(email=""))
    Appointment.objects.filter(pk=appointment.pk).update(secret_expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        answer = client.post(page(appointment, "appointment_fresh_link"))
    assert "Check your e-mail" in answer.content.decode()
    assert callbacks == []
    assert mail.outbox == []


def test_fresh_links_cannot_be_asked_for_without_end(client: Client) -> None:
    appointment = book(patient=PatientFactory(email=""))
    Appointment.objects.filter(pk=appointment.pk).update(secret_expires_at=timezone.now() - timedelta(seconds=1))
    answers = [client.post(page(appointment, "appointment_fresh_link")) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "Too many attempts" in answers[-1].content.decode()


def test_waiting_for_an_earlier_time_keeps_the_booking(client: Client) -> None:
    appointment = book()
    for _press in range(2):
        answer = client.post(page(appointment, "appointment_wait_for_earlier"), follow=True)
        assert "You are on the list for an earlier time" in answer.content.decode()
    entry = WaitlistEntry.objects.get()
    assert entry.instead_of == appointment
    assert entry.latest_date == timezone.localdate(appointment.starts_at, appointment.location.zone)
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED


def test_somebody_signed_in_can_add_an_appointment_but_not_take_it_from_another_account(client: Client) -> None:
    appointment = book()
    one, other = UserFactory(), UserFactory()
    assert "Add to my account" not in client.get(page(appointment)).content.decode()
    assert "/accounts/login/" in client.post(page(appointment, "appointment_add_to_account")).headers["Location"]
    client.force_login(one)
    assert "Add to my account" in client.get(page(appointment)).content.decode()
    client.post(page(appointment, "appointment_add_to_account"))
    appointment.refresh_from_db()
    assert appointment.booked_by == one
    assert appointment.patient.user is None
    client.force_login(other)
    said = client.post(page(appointment, "appointment_add_to_account"), follow=True).content.decode()
    assert "already in another account" in said
    appointment.refresh_from_db()
    assert appointment.booked_by == one


def test_the_calendar_file_is_a_download_of_its_kind(client: Client) -> None:
    appointment = book()
    answer = client.get(page(appointment, "appointment_calendar"))
    assert answer["Content-Type"].startswith("text/calendar")
    assert appointment.number in answer["Content-Disposition"]


def test_a_visit_without_a_time_has_a_page_but_no_calendar_file(client: Client) -> None:
    appointment = book()
    Appointment.objects.filter(pk=appointment.pk).update(slot=None, starts_at=None, ends_at=None)
    assert client.get(page(appointment)).status_code == 200
    assert client.get(page(appointment, "appointment_calendar")).status_code == 404


def test_a_follow_up_is_named_on_both_pages(client: Client) -> None:
    first = book()
    second = book_slot(
        slot_id=SlotFactory().pk,
        patient=first.patient,
        visit=VisitDetails(follows=first),
        actor=DESK,
    )
    assert second.number in client.get(page(first)).content.decode()
    assert "follows up the one with" in client.get(page(second)).content.decode()


def test_the_confirmation_is_shown_to_whoever_booked_for_a_while_and_to_nobody_else(client: Client) -> None:
    appointment = pending()
    client.post(page(appointment, "appointment_confirm"))
    for _refresh in range(2):
        said = client.get(page(appointment)).content.decode()
        assert "What happens next" in said
        assert "Bookmark this page" in said
    assert "What happens next" not in Client().get(page(appointment)).content.decode()
    Appointment.objects.update(changed_at=timezone.now() - timedelta(hours=2))
    assert "What happens next" not in client.get(page(appointment)).content.decode()

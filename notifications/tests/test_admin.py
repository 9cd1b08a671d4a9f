"""Messages in the back office: what became of each in words, as what it went out, and sending again what failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from notifications.models import Message
from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus, NotSent
from notifications.tests.factories import message
from scheduling.tests.back_office import run_action, staff
from scheduling.tests.factories import LocationFactory, SlotFactory, book

pytestmark = pytest.mark.django_db

FAILED = {"status": MessageStatus.FAILED, "why_not": NotSent.GAVE_UP}


def failed(**more: Any) -> Message:
    return message(**{**FAILED, **more})


def listed(client: Client, **query: Any) -> str:
    answer = client.get(reverse("admin:notifications_message_changelist"), query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def rows(client: Client, **query: Any) -> set[int]:
    answer = client.get(reverse("admin:notifications_message_changelist"), query)
    assert answer.status_code == 200, answer
    return {row.pk for row in answer.context["cl"].result_list}


def page(client: Client, one: Message) -> str:
    answer = client.get(reverse("admin:notifications_message_change", args=[one.pk]))
    assert answer.status_code == 200, answer
    return answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "It is still to be sent."),
        ({"attempts": 1}, "The last try failed. It is tried again."),
        ({"status": MessageStatus.SENDING}, "It is being sent."),
        ({"status": MessageStatus.SENT}, "Sent. Whether it arrived, nobody told us."),
        ({"status": MessageStatus.SENT, "delivery_status": DeliveryStatus.DELIVERED}, "It arrived."),
        ({"status": MessageStatus.SENT, "delivery_status": DeliveryStatus.UNDELIVERED}, "Sent, but it did not arrive."),
        (
            {"status": MessageStatus.SENT, "delivery_status": DeliveryStatus.KEPT},
            "Kept in the outbox and sent to nobod",
        ),
        (FAILED, "The gateway could not be reached after several tries."),
        ({"status": MessageStatus.CANCELLED, "why_not": NotSent.VISIT_MOVED}, "The visit was moved to another time."),
        ({"status": MessageStatus.SUPPRESSED, "why_not": NotSent.STOPPED}, "This address said STOP"),
    ],
)
def test_each_row_says_in_words_what_came_of_it(fields: dict[str, Any], words: str) -> None:
    one = message(**fields)
    Message.objects.exclude(pk=one.pk).delete()
    assert words in listed(staff(Role.MANAGER))


def test_what_somebody_looks_for_is_found_by_whatever_is_read_out() -> None:
    client, one = staff(Role.MANAGER), message()
    message()
    assert one.appointment is not None
    own = set(Message.objects.filter(appointment=one.appointment).values_list("pk", flat=True))
    for term in (one.appointment.number, one.patient.number, one.patient.email, one.patient.first_name):
        assert rows(client, q=term) == own, term
    one.patient.phone = "+442079460777"
    one.patient.save()
    assert rows(client, q="020 7946 0777") == own
    assert rows(client, q="nobody@example.org") == set()


def test_filters_stand_in_the_address() -> None:
    client = staff(Role.MANAGER)
    lost = message(status=MessageStatus.SENT, delivery_status=DeliveryStatus.UNDELIVERED)
    bad, came = (
        failed(channel=ChannelName.SMS),
        message(
            Kind.REMINDER,
            status=MessageStatus.SENT,
            delivery_status=DeliveryStatus.DELIVERED,
            due_at=timezone.now().replace(hour=12) - timedelta(days=40),
        ),
    )
    assert rows(client, came="failed") == {lost.pk, bad.pk}
    assert rows(client, came="arrived") == {came.pk}
    assert rows(client, came="kept") == set()
    assert rows(client, came="failed", channel__exact="sms") == {bad.pk}
    assert rows(client, delivery_status__exact="delivered", kind__exact="reminder") == {came.pk}
    assert rows(client, status__exact="failed", location__id__exact=bad.location_id) == {bad.pk}
    long_ago = came.due_at.date().isoformat()
    assert rows(client, due_at_from=long_ago, due_at_to=long_ago) == {came.pk}


def test_each_place_sees_its_own_and_a_doctor_their_own_patients() -> None:
    here, there = message(), message()
    assert here.appointment is not None
    client = staff(Role.RECEPTION, here.location)
    assert here.pk in rows(client)
    assert there.pk not in rows(client)
    assert client.get(reverse("admin:notifications_message_change", args=[there.pk])).status_code == 302
    doctor = staff(Role.DOCTOR, here.location)
    assert rows(doctor) == set()
    here.appointment.doctor.user_id = int(doctor.session["_auth_user_id"])
    here.appointment.doctor.save()
    assert here.pk in rows(doctor)


def test_the_page_shows_the_text_as_it_was_sent_without_the_patients_key() -> None:
    one = message(status=MessageStatus.SENT, subject="Your visit")
    one.body = f"See you <soon>: https://clinic.example/m/{one.code}/"
    one.save()
    client = staff(Role.RECEPTION, one.location)
    shown = page(client, one)
    assert "Your visit" in shown
    assert "See you &lt;soon&gt;" in shown
    assert one.code not in shown
    assert "not shown whole" in shown
    assert client.post(reverse("admin:notifications_message_change", args=[one.pk]), {}).status_code == 403
    assert AuditEntry.objects.filter(verb="message.view", object_id=str(one.pk)).exists()


def test_a_kept_message_says_so_and_in_a_trial_its_link_can_be_followed(settings: Any) -> None:
    one = message(status=MessageStatus.SENT, delivery_status=DeliveryStatus.KEPT)
    one.body = f"See you: https://clinic.example/m/{one.code}/"
    one.save()
    client = staff(Role.MANAGER)
    shown = page(client, one)
    assert "This was only kept. Nobody got it." in shown
    assert one.code not in shown
    settings.EMBEDDED = True
    assert f'href="https://clinic.example/m/{one.code}/"' in page(client, one)


def test_a_message_that_is_still_ahead_reads_as_it_would_now() -> None:
    one = message()
    shown = page(staff(Role.MANAGER), one)
    assert one.appointment is not None
    assert "as it would read now" in shown
    assert one.appointment.doctor.name in shown
    assert one.code not in shown


def test_every_moment_of_a_message_stands_on_the_clock_of_the_place() -> None:
    visit = book(slot=SlotFactory(location=LocationFactory(time_zone="Asia/Kolkata")))
    noon = datetime(2030, 1, 7, 12, tzinfo=UTC)
    moments: dict[str, Any] = dict.fromkeys(("due_at", "attempted_at", "sent_at", "delivered_at", "not_after"), noon)
    one = message(appointment=visit, status=MessageStatus.SENT, **moments)
    assert page(staff(Role.MANAGER), one).count("Mon 7 Jan 2030, 17:30") == len(moments)


def test_what_was_never_sent_has_no_text() -> None:
    one = message(status=MessageStatus.SUPPRESSED, why_not=NotSent.NO_ADDRESS)
    assert "It was never put together" in page(staff(Role.MANAGER), one)


def test_what_failed_is_sent_again_after_asking_and_each_is_reported() -> None:
    bad, good = failed(), message(status=MessageStatus.SENT)
    client = staff(Role.MANAGER)
    assert 'value="send_again"' in page(client, bad)
    assert 'value="send_again"' not in page(client, good).partition("words-title")[0]
    asked = run_action(client, "send_again", bad, good, confirmed=False)
    assert bad.patient.full_name in asked
    assert Message.objects.get(pk=bad.pk).status == "failed"
    report = run_action(client, "send_again", bad, good)
    assert "1 of 2 were done" in report
    assert "the state of the message is now “Sent”" in report
    assert Message.objects.get(pk=bad.pk).status == "pending"


def test_too_late_is_too_late() -> None:
    bad = failed(not_after=timezone.now() - timedelta(minutes=1))
    assert "too late for this message" in run_action(staff(Role.MANAGER), "send_again", bad)
    assert Message.objects.get(pk=bad.pk).status == "failed"


def test_doctors_and_other_places_send_nothing_again() -> None:
    bad = failed()
    assert bad.appointment is not None
    run_action(staff(Role.RECEPTION, LocationFactory.create()), "send_again", bad)
    doctor = staff(Role.DOCTOR, bad.location)
    bad.appointment.doctor.user_id = int(doctor.session["_auth_user_id"])
    bad.appointment.doctor.save()
    assert 'value="send_again"' not in listed(doctor)
    doctor.post(
        reverse("admin:notifications_message_changelist"),
        {"action": "send_again", "_selected_action": [bad.pk], "confirmed": "yes"},
    )
    assert Message.objects.get(pk=bad.pk).status == "failed"


def test_the_first_page_counts_what_failed_these_days_and_leads_to_it() -> None:
    bad = failed()
    failed(due_at=timezone.now() - timedelta(days=9))
    message(status=MessageStatus.SENT, delivery_status=DeliveryStatus.FAILED, appointment=bad.appointment)
    client = staff(Role.RECEPTION, bad.location)
    cards = client.get(reverse("admin:index")).context["cards"]
    card = next(card for card in cards if card.title == "Messages that failed")
    assert (card.figure, card.warns) == (2, True)
    assert len(client.get(card.link).context["cl"].result_list) == 2
    other = staff(Role.RECEPTION, LocationFactory.create()).get(reverse("admin:index")).context["cards"]
    assert next(card for card in other if card.title == "Messages that failed").figure == 0


def test_the_list_costs_the_same_for_one_and_for_many(django_assert_num_queries: Any) -> None:
    location = LocationFactory.create()
    client = staff(Role.RECEPTION, location)
    book(SlotFactory(location=location))
    listed(client)
    with CaptureQueriesContext(connection) as one:
        listed(client)
    for _number in range(9):
        book(SlotFactory(location=location))
    with django_assert_num_queries(len(one)):
        listed(client)

"""What programs are told of the messages about an appointment."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from notifications.models import Message
from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus, NotSent
from notifications.tests.factories import message
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment
from scheduling.tests.api import ByLink, Program, program_of, refused
from scheduling.tests.factories import LocationFactory, PatientFactory, SlotFactory, UserFactory, book, in_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit() -> Appointment:
    patient = PatientFactory.create(user=UserFactory.create(), email="ann@example.org")
    booked = book(SlotFactory.create(starts_at=in_hours(72)), patient=patient)
    Message.objects.all().delete()
    return booked


def sent(visit: Appointment, **more: Any) -> Message:
    fields = {"status": MessageStatus.SENT, "sent_at": timezone.now(), "address": "ann@example.org", "language": "en"}
    return message(appointment=visit, **{**fields, **more})


def test_who_sees_the_visit_is_told_what_came_of_its_messages(visit: Appointment) -> None:
    one = sent(visit, delivery_status=DeliveryStatus.DELIVERED, delivered_at=timezone.now())
    one.body = f"https://clinic.example/m/{one.code}/"
    one.save()
    other = message(
        Kind.REMINDER,
        ChannelName.SMS,
        appointment=visit,
        offset_minutes=120,
        status=MessageStatus.SUPPRESSED,
        why_not=NotSent.NOT_WANTED,
        due_at=visit.starts_at,
    )
    desk = program_of(Role.RECEPTION, visit.location)
    for program in (desk, Program(visit.patient.user), program_of(Role.MANAGER)):
        answer = program.get(f"appointments/{visit.pk}/messages/")
        assert answer.status_code == 200, answer.content
        late, early = answer.json()["results"]
        assert (early["id"], early["delivery_status"], early["address"]) == (one.pk, "delivered", "ann@example.org")
        assert (late["id"], late["why_not"], late["delivery_status"]) == (other.pk, "not_wanted", None)
        assert (late["address"], late["offset_minutes"], late["language"]) == (None, 120, None)
        assert one.code not in answer.content.decode()


def test_who_holds_the_link_or_only_booked_is_told_no_address(visit: Appointment) -> None:
    sent(visit)
    somebody = UserFactory.create()
    Appointment.objects.filter(pk=visit.pk).update(booked_by=somebody)
    for program in (ByLink(visit), Program(somebody), ByLink(visit, visit.patient.user)):
        answer = program.get(f"appointments/{visit.pk}/messages/")
        assert answer.json()["results"][0]["address"] is None
        assert "ann@" not in answer.content.decode()


def test_what_was_said_of_the_place_in_the_queue_is_among_them() -> None:
    token = walk_in(*a_doctor())
    one = message(Kind.YOUR_TURN, ChannelName.PUSH, token=token)
    Message.objects.filter(pk=one.pk).update(appointment=None)
    answer = ByLink(token.appointment).get(f"appointments/{token.appointment_id}/messages/")
    assert [row["id"] for row in answer.json()["results"]] == [one.pk]


def test_the_address_of_a_browser_is_told_to_nobody(visit: Appointment) -> None:
    sent(visit, channel=ChannelName.PUSH, address="17")
    answer = program_of(Role.MANAGER).get(f"appointments/{visit.pk}/messages/")
    assert answer.json()["results"][0]["address"] is None


def test_nobody_elses_visit_is_told(visit: Appointment) -> None:
    sent(visit)
    path = f"appointments/{visit.pk}/messages/"
    for program in (Program(), Program(UserFactory.create()), program_of(Role.RECEPTION, LocationFactory.create())):
        refused(program.get(path), 404, "not_found")
    refused(ByLink(book()).get(path), 404, "not_found")
    refused(program_of(Role.MANAGER).get("appointments/999999/messages/"), 404, "not_found")
    refused(program_of(Role.MANAGER).get(path, status="sent"), 400, "unknown_parameter")


@pytest.mark.parametrize("count", [1, 100])
def test_it_costs_the_same_for_one_and_for_a_hundred(visit: Appointment, count: int) -> None:
    for _number in range(count):
        sent(visit)
    program = program_of(Role.RECEPTION, visit.location)
    path = f"appointments/{visit.pk}/messages/"
    program.get(path)
    with CaptureQueriesContext(connection) as asked:
        answer = program.get(path, page_size=100)
    assert len(answer.json()["results"]) == count
    assert len(asked) == QUERIES


QUERIES = 8


def test_pages_follow_each_other(visit: Appointment) -> None:
    found, path = [], f"appointments/{visit.pk}/messages/"
    rows = [sent(visit) for _number in range(5)]
    program, query = Program(visit.patient.user), {"page_size": 2}
    for _page in range(3):
        answer = program.get(path, **query).json()
        found += [row["id"] for row in answer["results"]]
        query = {"page_size": 2, "cursor": unquote((answer["next"] or "").partition("cursor=")[2].partition("&")[0])}
    assert found == sorted((row.pk for row in rows), reverse=True)

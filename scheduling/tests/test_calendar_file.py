"""The calendar file, read back by a calendar library as a calendar would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from icalendar import Calendar, Event

from accounts.actors import system
from scheduling.calendar_file import calendar_file, google_link, outlook_link, place_of
from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment, confirm_appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.factories import VISITOR, DoctorFactory, LocationFactory, SlotFactory, book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]

LONDON = ZoneInfo("Europe/London")
BEFORE_CLOCKS_GO_BACK = datetime(2026, 10, 1, 9, tzinfo=UTC)
DESK = system("test")


def event_of(appointment: Appointment) -> Event:
    """What a calendar makes of the file."""
    appointment.refresh_from_db()
    [event] = Calendar.from_ical(calendar_file(appointment)).walk("VEVENT")
    return event


def appointment_on(*times: datetime, **location: object) -> tuple[Appointment, list[int]]:
    """An appointment at the first of the times, and the ids of slots of the same doctor at the others."""
    place = LocationFactory(**location)
    doctor = DoctorFactory()
    slots = [SlotFactory(doctor=doctor, location=place, starts_at=moment) for moment in times]
    return book(slots[0]), [slot.pk for slot in slots[1:]]


def test_the_file_says_when_where_and_with_whom() -> None:
    appointment, _ = appointment_on(datetime(2027, 3, 1, 9, 20, tzinfo=UTC), address="1 High Street\nLondon N1")
    calendar = Calendar.from_ical(calendar_file(appointment))
    event = event_of(appointment)
    assert calendar["method"] == "PUBLISH"
    assert calendar["version"] == "2.0"
    assert event["uid"] == str(appointment.calendar_uid)
    assert event.decoded("dtstart") == appointment.starts_at
    assert event.decoded("dtend") == appointment.ends_at
    assert "dtstamp" in event
    assert appointment.doctor.name in event["summary"]
    assert event["location"] == f"{appointment.location.name}, 1 High Street, London N1"
    assert event["status"] == "CONFIRMED"
    assert appointment.number in event["description"]


def test_nothing_private_is_in_the_file_or_the_links() -> None:
    appointment, _ = appointment_on(datetime(2027, 3, 1, 9, 20, tzinfo=UTC))
    appointment.reason = "Confidential rash"
    appointment.symptoms = "Itching"
    texts = [calendar_file(appointment).decode(), google_link(appointment), outlook_link(appointment)]
    for text in texts:
        for private in ("Confidential", "Itching", appointment.patient.last_name, appointment.secret):
            assert private not in text


def test_a_move_across_the_clock_change_keeps_the_event_and_the_wall_time() -> None:
    with time_machine.travel(BEFORE_CLOCKS_GO_BACK, tick=False):
        summer = datetime(2026, 10, 22, 9, 20, tzinfo=LONDON)
        winter = datetime(2026, 10, 29, 9, 20, tzinfo=LONDON)  # the clocks go back on 25 October
        old, [later] = appointment_on(summer.astimezone(UTC), winter.astimezone(UTC))
        before = event_of(old)
        new = reschedule_appointment(appointment_id=old.pk, slot_id=later, actor=VISITOR)
        after = event_of(new)
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert before.decoded("dtstart").astimezone(LONDON).strftime("%H:%M") == "09:20"
    assert after.decoded("dtstart").astimezone(LONDON).strftime("%H:%M") == "09:20"
    assert after.decoded("dtstart") - before.decoded("dtstart") == timedelta(days=7, hours=1)


def test_every_change_raises_the_sequence_and_a_cancellation_says_so() -> None:
    start = datetime(2027, 3, 1, 9, 20, tzinfo=UTC)
    pending, [later] = appointment_on(start, start + timedelta(days=1), needs_confirmation=True, pending_minutes=60)
    events = [event_of(pending)]
    confirm_appointment(appointment_id=pending.pk, actor=VISITOR)
    events.append(event_of(pending))
    moved = reschedule_appointment(appointment_id=pending.pk, slot_id=later, actor=VISITOR)
    events.append(event_of(moved))
    cancel_appointment(appointment_id=moved.pk, actor=DESK)
    events.append(event_of(moved))
    assert [event["status"] for event in events] == ["TENTATIVE", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    sequences = [event["sequence"] for event in events]
    assert sequences == sorted(set(sequences))
    assert len({event["uid"] for event in events}) == 1


def test_names_cannot_add_lines_or_events_to_the_file() -> None:
    evil = "Dr Evil\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:<script>; , \\n"
    appointment, _ = appointment_on(datetime(2027, 3, 1, 9, 20, tzinfo=UTC), address="A; B, C\\D\r\nEND:VCALENDAR")
    appointment.doctor.name = evil
    [event] = Calendar.from_ical(calendar_file(appointment)).walk("VEVENT")
    assert event["location"].endswith("A; B, C\\D, END:VCALENDAR")
    assert event["summary"].startswith("Appointment with Dr Evil END:VEVENT")
    assert all(len(line) <= 75 for line in calendar_file(appointment).split(b"\r\n"))


def test_the_links_carry_the_same_instant_as_the_file() -> None:
    appointment, _ = appointment_on(datetime(2027, 7, 1, 8, 20, tzinfo=UTC))
    google = parse_qs(urlsplit(google_link(appointment)).query)
    outlook = parse_qs(urlsplit(outlook_link(appointment)).query)
    assert google["dates"] == ["20270701T082000Z/20270701T084000Z"]
    assert outlook["startdt"] == ["2027-07-01T08:20:00Z"]
    assert google["location"] == outlook["location"] == [place_of(appointment)]

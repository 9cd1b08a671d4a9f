"""The queue on the page of an appointment: when check-in opens, “I'm here”, the place, and the way there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.middleware import BACKGROUND_HEADER
from queueing.models import QueuePolicy, Token
from queueing.services import queues, steps
from queueing.services.check_in import check_in
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment, complete_appointment, start_appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.booking import words
from scheduling.tests.factories import CLINIC, SlotFactory, book

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """Nine in the morning, winter in London."""
    with time_machine.travel(NINE, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def visit(clock: time_machine.Coordinates) -> Appointment:
    """Booked for eleven."""
    doctor, location = a_doctor()
    return book(SlotFactory(doctor=doctor, location=location, starts_at=NINE + timedelta(hours=2)))


def panel(visit: Appointment) -> str:
    return reverse("queueing:visit_queue", args=[visit.secret])


def press(client: Client, visit: Appointment, operation: str = "") -> object:
    return client.post(reverse("queueing:visit_check_in", args=[visit.secret]), {"operation": operation}, follow=True)


def test_the_page_of_the_appointment_leads_to_the_queue_with_and_without_scripts(
    client: Client, visit: Appointment
) -> None:
    page = words(client.get(reverse("scheduling:appointment", args=[visit.secret])))
    assert f'hx-get="{panel(visit)}"' in page
    assert f'href="{panel(visit)}"' in page
    whole = client.get(panel(visit))
    part = client.get(panel(visit), headers={"HX-Request": "true"})
    assert "<html" in words(whole)
    assert words(part).startswith('<div class="visit-queue"')
    assert words(part).rpartition("csrf")[0] in words(whole)
    assert "no-store" in part.headers["Cache-Control"]


def test_what_the_panel_asks_by_itself_is_no_activity_and_leaves_the_focus(
    client: Client, visit: Appointment, clock: time_machine.Coordinates
) -> None:
    clock.shift(timedelta(hours=1, minutes=55))
    part = client.get(panel(visit), headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 30s"' in part
    assert f'{{"{BACKGROUND_HEADER}": "1"}}' in part
    assert re.search(r'<button[^>]* id="check-in-button"', part)  # htmx finds the focused one again by its id


def test_before_check_in_opens_it_says_when(client: Client, visit: Appointment) -> None:
    said = words(client.get(panel(visit)))
    assert "You can check in here from Wednesday 18 November 2026 at 10:00am" in said
    assert "I’m here" not in said
    assert "It is too early to check in" in words(press(client, visit))
    assert not Token.objects.exists()


def test_the_clinic_says_how_early(client: Client, visit: Appointment) -> None:
    QueuePolicy.objects.create(location=visit.location, early_minutes=90)
    assert "from Wednesday 18 November 2026 at 9:30am" in words(client.get(panel(visit)))


def test_opening_the_panel_checks_nobody_in(client: Client, visit: Appointment, clock: object) -> None:
    clock.shift(timedelta(hours=1))
    assert "I’m here: check in" in words(client.get(panel(visit)))
    assert client.get(reverse("queueing:visit_check_in", args=[visit.secret])).status_code == 405
    assert not Token.objects.exists()


def test_i_am_here_gives_a_place_and_pressed_twice_the_same(client: Client, visit: Appointment, clock: object) -> None:
    clock.shift(timedelta(hours=1))
    [operation] = re.findall(r'name="operation" value="([^"]+)"', words(client.get(panel(visit))))
    for _press in range(2):
        answer = press(client, visit, operation)
        assert "You are next" in words(answer)
    token = Token.objects.get()
    assert answer.redirect_chain == [(reverse("queueing:token", args=[token.secret]), 302)]
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CHECKED_IN
    assert token.code in words(client.get(panel(visit)))


@pytest.mark.parametrize("operation", ["", "x", "x" * 5000, "a\x00b", "٣", "[]"])
def test_a_strange_name_of_a_press_checks_in_all_the_same(
    client: Client, visit: Appointment, clock: object, operation: str
) -> None:
    clock.shift(timedelta(hours=1))
    answer = press(client, visit, operation)
    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or Token.objects.count() == 1


def test_too_late_and_refused_are_sentences(client: Client, visit: Appointment, clock: object) -> None:
    clock.shift(timedelta(hours=4, minutes=1))
    late = "It is too late to check in here. Please go to the desk"
    assert late in words(client.get(panel(visit)))
    assert late in words(press(client, visit))
    visit.refresh_from_db()
    assert (visit.status, Token.objects.count()) == ("confirmed", 0)


def test_a_doctor_who_has_finished_takes_nobody(client: Client, visit: Appointment, clock: object) -> None:
    clock.shift(timedelta(hours=1))
    token = walk_in(visit.doctor, visit.location)
    queues.set_doctor_status(queue_id=token.queue_id, status="finished", actor=CLINIC)
    assert "The doctor has finished for today." in words(press(client, visit))
    visit.refresh_from_db()
    assert visit.status == "confirmed"


@pytest.mark.parametrize("status", ["called", "in_consultation", "completed", "no_show", "cancelled"])
def test_the_panel_follows_the_place(client: Client, visit: Appointment, clock: object, status: str) -> None:
    clock.shift(timedelta(hours=1))
    token = check_in(appointment_id=visit.pk, actor=CLINIC)
    way = {"no_show": ["called", "no_show"], "cancelled": ["cancelled"]}
    for step in way.get(status, ["called", "in_consultation", "completed"]):
        steps.take_step(token_id=token.pk, to=step, actor=CLINIC)
        if step == status:
            break
    said = words(client.get(panel(visit)))
    words_of = {
        "called": "Please go to Room 1 now",
        "in_consultation": "You are with the doctor",
        "completed": "Tell us how it was",
        "no_show": "You were called and were not there",
        "cancelled": "You have left the queue",
    }
    assert words_of[status] in said
    assert "I’m here" not in said


def test_a_visit_that_never_stood_in_a_queue_says_so_or_asks_how_it_was(
    client: Client, visit: Appointment, clock: object
) -> None:
    cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
    assert "You have no place in a queue for this visit" in words(client.get(panel(visit)))


def test_the_day_after_only_the_question_how_it_was_is_left(client: Client, visit: Appointment, clock: object) -> None:
    clock.shift(timedelta(hours=2))
    token = check_in(appointment_id=visit.pk, actor=CLINIC)
    start_appointment(appointment_id=visit.pk, actor=CLINIC)
    complete_appointment(appointment_id=visit.pk, actor=CLINIC)
    clock.shift(timedelta(days=1))
    said = words(client.get(panel(visit)))
    assert token.code not in said
    assert "Tell us how it was" in said


def test_a_moved_appointment_leads_to_the_queue_of_its_successor(client: Client, visit: Appointment) -> None:
    slot = SlotFactory(doctor=visit.doctor, location=visit.location, starts_at=NINE + timedelta(hours=5))
    moved = reschedule_appointment(appointment_id=visit.pk, slot_id=slot.pk, actor=CLINIC)
    assert client.get(panel(visit)).url == panel(moved)


def test_the_secret_of_a_place_is_none_of_an_appointment(client: Client, visit: Appointment, clock: object) -> None:
    clock.shift(timedelta(hours=1))
    token = check_in(appointment_id=visit.pk, actor=CLINIC)
    for name in ("visit_queue", "visit_feedback"):
        assert client.get(reverse(f"queueing:{name}", args=[token.secret])).status_code == 404
    assert client.get(reverse("queueing:token", args=[visit.secret])).status_code == 404


# --- From the start page -----------------------------------------------------------------------------------------


def test_the_start_page_leads_to_check_in(client: Client, visit: Appointment) -> None:
    address = reverse("queueing:check_in")
    assert f'href="{address}"' in words(client.get("/"))
    assert client.get(address).status_code == 200
    answer = client.post(address, {"number": visit.number, "contact": visit.patient.email})
    assert answer.url == panel(visit)


def test_what_does_not_belong_together_is_refused_with_one_sentence_and_kept(
    client: Client, visit: Appointment
) -> None:
    for number, contact in ((visit.number, "else@example.org"), ("APT-2026-999999", visit.patient.email)):
        said = words(client.post(reverse("queueing:check_in"), {"number": number, "contact": contact}))
        assert "We could not find an upcoming or recent appointment" in said
        assert f'value="{number}"' in said
        assert f'value="{contact}"' in said


def test_guesses_at_check_in_are_counted_with_those_at_finding(client: Client, visit: Appointment) -> None:
    said = {"number": visit.number, "contact": "else@example.org"}
    pages = [reverse("queueing:check_in"), reverse("scheduling:find")]
    answers = [client.post(pages[turn % 2], said).status_code for turn in range(11)]
    assert answers == [200] * 10 + [429]

"""The desk's pages: who sees which queue, what each press does, what is refused, and all of it without a script."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actors import system
from accounts.middleware import BACKGROUND_HEADER, SEEN_KEY
from accounts.models import User
from accounts.roles import Role
from queueing.models import Queue, Token
from queueing.selectors.desk import columns_of
from queueing.services import steps
from queueing.services.emergencies import raise_emergency
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.states import DoctorStatus, EmergencySource, TokenStatus
from queueing.tests.desks import Desk, doctor_at, status_of
from queueing.tests.factories import a_doctor, arrived, walk_in
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus
from scheduling.tests.back_office import staff
from scheduling.tests.factories import DoctorFactory, LocationFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db

CLINIC = system("test")


# --- Who sees what ----------------------------------------------------------------------------------------------


def test_a_desk_is_for_those_who_work_there(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    elsewhere = staff(Role.RECEPTION, LocationFactory())
    colleague = staff(Role.DOCTOR)
    DoctorFactory(locations=[desk.place], user_id=int(colleague.session["_auth_user_id"]))
    for client in (elsewhere, colleague):
        for name in ("doctor", "person"):
            more = {"token_id": token.pk} if name == "person" else {}
            assert client.get(desk.address(name, **more)).status_code == 404
        assert desk.press("call", token, client=client).status_code == 404
        assert client.post(desk.address("person", token_id=token.pk), {"do": "leave"}).status_code == 404
    assert elsewhere.get(desk.address("location")).status_code == 404
    assert token.patient.full_name not in desk.page(colleague, "location")
    assert status_of(token) == TokenStatus.WAITING


def test_nobody_else_is_let_in(desk: Desk) -> None:
    assert Client().get(desk.address()).status_code == 302
    patient = staff(Role.PATIENT)
    user_id = int(patient.session["_auth_user_id"])
    User.objects.filter(pk=user_id).update(is_staff=False)
    assert patient.get(desk.address()).status_code == 403
    assert patient.get(reverse("queueing:desk")).status_code == 403


def test_doctors_work_their_own_queue_and_managers_every_one(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    doctor, manager = doctor_at(desk), staff(Role.MANAGER)
    assert token.patient.full_name in desk.page(doctor)
    assert token.patient.full_name in desk.page(manager, "location")
    desk.press("call", token, client=doctor)
    assert status_of(token) == TokenStatus.CALLED
    desk.press("start", token, client=manager)
    assert status_of(token) == TokenStatus.IN_CONSULTATION


def test_the_desk_leads_to_ones_only_place_or_own_queue_else_lets_choose(desk: Desk) -> None:
    DoctorFactory(locations=[desk.place])
    start = reverse("queueing:desk")
    assert desk.client.get(start).headers["Location"] == desk.address("location")
    assert doctor_at(desk).get(start).headers["Location"] == desk.address()
    other = LocationFactory(name="Hill Clinic")
    assert "Hill Clinic" in staff(Role.RECEPTION, desk.place, other).get(start).content.decode()
    assert "You have no desk yet" in staff(Role.RECEPTION).get(start).content.decode()


def test_only_reception_and_managers_check_people_in(desk: Desk) -> None:
    visit = book(SlotFactory(doctor=desk.doctor, location=desk.place, starts_at=in_hours(0.5)))
    doctor = doctor_at(desk)
    for name, more in (("arrivals", {}), ("walk_in", {}), ("arrive", {"appointment_id": visit.pk})):
        assert doctor.post(desk.address(name, **more)).status_code == 404
    assert "Walk-in</a>" not in desk.page(doctor)
    assert not Token.objects.exists()


# --- Looking changes nothing ------------------------------------------------------------------------------------


def test_a_queue_that_nobody_opened_is_shown_and_opened_by_the_first_thing_said(desk: Desk) -> None:
    SlotFactory(doctor=desk.doctor, location=desk.place, starts_at=in_hours(1))
    for name in ("doctor", "location"):
        assert "Nobody is waiting." in desk.page(name=name)
    assert desk.doctor.name in desk.page(name="location")
    assert not Queue.objects.exists()
    refused = desk.press("next")
    assert refused.status_code == 409
    assert "Nobody is waiting in this queue." in refused.content.decode()
    assert not Queue.objects.exists()
    assert desk.press("status.on_time").status_code == 302
    assert desk.queue().status == DoctorStatus.ON_TIME


def test_the_page_says_who_waits_since_when_and_why(desk: Desk) -> None:
    booked = arrived(desk.doctor, desk.place, minutes=10)
    urgent = walk_in(desk.doctor, desk.place, urgency="high")
    page = " ".join(desk.page().split())
    for words in (booked.code, booked.patient.full_name, "Booked for 10:10am", "Walk-in", "High urgency"):
        assert words in page
    assert page.index(f'id="token-{urgent.pk}"') < page.index(f'id="token-{booked.pk}"')
    assert "high urgency +45" in page.lower()
    assert "points:" in page
    assert ">2</strong> waiting" in page


def test_polling_does_not_keep_a_session_alive(desk: Desk) -> None:
    desk.page()
    before = desk.client.session[SEEN_KEY]
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        headers = {BACKGROUND_HEADER: "1", "HX-Request": "true"}
        assert desk.client.get(desk.address(), headers=headers).status_code == 200
        assert desk.client.session[SEEN_KEY] == before
        desk.page()
        assert desk.client.session[SEEN_KEY] > before


@pytest.mark.parametrize("name", ["doctor", "location"])
def test_a_hundred_who_wait_cost_as_many_queries_as_one(desk: Desk, name: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            desk.page(name=name)
        return len(counted)

    first = walk_in(desk.doctor, desk.place)
    steps.leave_queue(token_id=walk_in(desk.doctor, desk.place).pk, actor=CLINIC)
    steps.call_token(token_id=first.pk, actor=CLINIC)
    steps.mark_token_no_show(token_id=first.pk, actor=CLINIC)
    walk_in(desk.doctor, desk.place)
    raise_emergency(
        location=desk.place, source=EmergencySource.STAFF, actor=CLINIC, token=walk_in(desk.doctor, desk.place)
    )
    queries()
    one = queries()
    for number in range(30):
        token = walk_in(desk.doctor, desk.place)
        if number % 3 == 0:
            steps.leave_queue(token_id=token.pk, actor=CLINIC)
    assert queries() == one


# --- Pressing ---------------------------------------------------------------------------------------------------


def test_a_whole_consultation_without_a_script(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    assert desk.press("next").headers["Location"] == desk.address()
    assert status_of(token) == TokenStatus.CALLED
    assert "Called once" in desk.page()
    desk.press("recall", token)
    assert "Called 2 times" in desk.page()
    desk.press("start", token)
    assert "With the doctor" in desk.page()
    desk.press("finish", token)
    assert status_of(token) == TokenStatus.COMPLETED
    assert Appointment.objects.get(pk=token.appointment_id).status == AppointmentStatus.COMPLETED
    assert "1 finished today" in desk.page()


def test_who_did_not_come_comes_after_all(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    desk.press("call", token)
    desk.press("no_show", token)
    assert status_of(token) == TokenStatus.NO_SHOW
    assert "Came after all" in desk.page()
    desk.press("put_back", token)
    assert status_of(token) == TokenStatus.WAITING


def test_the_last_step_is_named_and_taken_back(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    assert f"Undo: {token.code} checked in" in desk.page()
    desk.press("next")
    page = desk.page()
    assert f"Undo: {token.code} called" in page
    undo = re.search(r'value="(undo\.\d+)"', page)
    assert undo is not None
    desk.press(undo[1])
    assert status_of(token) == TokenStatus.WAITING
    other = Desk()
    walk_in(other.doctor, other.place)
    foreign = re.search(r'value="(undo\.\d+)"', other.page())
    assert foreign is not None
    assert desk.press(foreign[1]).status_code == 404


def test_who_was_checked_in_or_sent_on_by_mistake_is_not_among_those_who_left(desk: Desk) -> None:
    by_mistake, sent_on = arrived(desk.doctor, desk.place), walk_in(desk.doctor, desk.place)
    undo_step(step_id=by_mistake.steps.latest("pk").pk, actor=CLINIC)
    assert by_mistake.code not in desk.page()
    moved = transfer_token(token_id=sent_on.pk, doctor_id=a_doctor(desk.place)[0].pk, actor=CLINIC)
    undo_step(step_id=sent_on.steps.latest("pk").pk, actor=CLINIC)
    columns = columns_of(desk.place, [desk.doctor, moved.queue.doctor])
    assert [token for column in columns for token in column.finished] == []
    steps.leave_queue(token_id=sent_on.pk, actor=CLINIC)
    assert columns_of(desk.place, [desk.doctor])[0].finished == (sent_on,)


def test_a_session_that_runs_past_midnight_stays_on_the_desk_until_it_is_over(desk: Desk) -> None:
    with time_machine.travel("2026-11-20T23:50:00Z"):
        token = walk_in(desk.doctor, desk.place)
        desk.client = staff(Role.RECEPTION, desk.place)
        desk.press("next")
        desk.press("start", token)
    with time_machine.travel("2026-11-21T00:10:00Z"):
        desk.client = staff(Role.RECEPTION, desk.place)
        assert token.patient.full_name in desk.page(name="location")
        desk.press("status.running_late")
        desk.press("finish", token)
        assert status_of(token) == TokenStatus.COMPLETED
        assert token.patient.full_name not in desk.page()
        assert Queue.objects.get().late_minutes == 10


def test_who_came_before_midnight_is_called_before_who_came_after(desk: Desk) -> None:
    with time_machine.travel("2026-11-20T23:50:00Z"):
        before = walk_in(desk.doctor, desk.place)
    with time_machine.travel("2026-11-21T00:10:00Z"):
        after = walk_in(desk.doctor, desk.place)
        desk.client = staff(Role.RECEPTION, desk.place)
        assert before.patient.full_name in desk.page()
        desk.press("next")
        assert (status_of(before), status_of(after)) == (TokenStatus.CALLED, TokenStatus.WAITING)
        desk.press("start", before)
        desk.press("finish", before)
        assert after.patient.full_name in desk.page()
        desk.press("next")
        assert status_of(after) == TokenStatus.CALLED


def test_a_transfer_is_undone_at_the_queue_it_came_from(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    other = DoctorFactory(locations=[desk.place])
    token.refresh_from_db()
    said = {"do": "transfer", "doctor": other.pk, "version": token.version, "operation": "t"}
    assert desk.client.post(desk.address("person", token_id=token.pk), said).status_code == 302
    there = desk.client.get(desk.address(doctor_id=other.pk)).content.decode()
    assert token.patient.full_name in there
    assert "Undo:" not in there
    assert f"Undo: {token.code} transferred" in desk.page()


def test_the_doctors_day_is_said_in_one_press(desk: Desk) -> None:
    desk.press("status.running_late")
    desk.press("status.running_late")
    assert "Running 20 minutes late" in desk.page()
    desk.press("status.on_break", minutes="25")
    assert "On a break until 10:25am" in desk.page()
    walk_in(desk.doctor, desk.place)
    assert "End the break first" in desk.press("next").content.decode()
    desk.press("status.on_time")
    desk.press("room", room="  Room 9 ")
    assert desk.queue().room == "Room 9"
    assert desk.press("next").status_code == 302
    desk.press("status.finished")
    assert desk.queue().status == DoctorStatus.FINISHED


@pytest.mark.parametrize(
    ("press", "more"),
    [
        ("status.on_break", {"minutes": "soon"}),
        ("status.on_break", {"minutes": "9999"}),
        ("status.dancing", {}),
        ("", {}),
        ("call", {}),
        ("call.x.1", {}),
        ("undo.", {}),
        ("dance.1.1", {}),
    ],
)
def test_presses_that_make_no_sense_are_refused_with_a_sentence(desk: Desk, press: str, more: dict[str, str]) -> None:
    walk_in(desk.doctor, desk.place)
    response = desk.press(press, **more)
    assert response.status_code in {400, 409}
    assert 'role="alert"' in response.content.decode()
    assert desk.queue().status == DoctorStatus.NOT_STARTED


def test_a_double_click_does_one_thing(desk: Desk) -> None:
    first, second = walk_in(desk.doctor, desk.place), walk_in(desk.doctor, desk.place)
    for _time in range(2):
        assert desk.press("next", operation="same").status_code == 302
    assert [status_of(first), status_of(second)] == [TokenStatus.CALLED, TokenStatus.WAITING]
    for _time in range(2):
        assert desk.press("status.running_late", operation="late").status_code == 302
    assert desk.queue().late_minutes == 10
    first.refresh_from_db()
    what = f"start.{first.pk}.{first.version}"
    for _time in range(2):
        assert desk.press(what, operation="start").status_code == 302


def test_two_at_the_desk_call_two_patients(desk: Desk) -> None:
    first, second = walk_in(desk.doctor, desk.place), walk_in(desk.doctor, desk.place)
    desk.press("next")
    desk.press("next", client=staff(Role.RECEPTION, desk.place))
    assert [status_of(first), status_of(second)] == [TokenStatus.CALLED] * 2


def test_a_stale_screen_is_told_so_and_nothing_is_done(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    stale = f"call.{token.pk}.{token.version}"
    desk.press("call", token)
    desk.press("put_back", token)
    response = desk.press(stale)
    assert response.status_code == 409
    assert "Somebody else was first" in response.content.decode()
    assert status_of(token) == TokenStatus.WAITING


def test_a_script_is_answered_with_the_parts_that_changed(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    answer = desk.client.post(
        desk.address("press"), {"press": "next", "operation": "a"}, headers={"HX-Request": "true"}
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in page
    assert f"{token.code} was called to Room 1." in page
    assert f'id="queue-{desk.doctor.pk}-live" hx-swap-oob="true"' in page
    refused = desk.client.post(
        desk.address("press"), {"press": "next", "operation": "b"}, headers={"HX-Request": "true"}
    )
    assert refused.status_code == 409
    assert "Nobody is waiting in this queue." in refused.content.decode()


def test_each_rendering_asks_under_a_new_name(desk: Desk) -> None:
    names = [re.findall(r'name="operation" value="([^"]+)"', desk.page()) for _time in range(2)]
    assert len({*names[0], *names[1]}) == len(names[0]) + len(names[1]) > 2


# --- From the back office ---------------------------------------------------------------------------------------


def test_the_back_office_leads_to_the_desk_and_says_how_it_stands(desk: Desk) -> None:
    walk_in(desk.doctor, desk.place)
    with time_machine.travel(timezone.now() + timedelta(minutes=7)):
        page = desk.client.get(reverse("admin:index")).content.decode()
    assert reverse("queueing:desk") in page
    assert "Waiting now" in page
    assert "Longest wait" in page


@pytest.mark.parametrize("word", ["reports", "desk", "state", "arrivals"])
def test_a_place_may_be_called_as_a_page_is(word: str) -> None:
    place = LocationFactory(slug=word)
    _doctor, place = a_doctor(place)
    clerk = staff(Role.RECEPTION, place)
    for name in ("queueing:desk_location", "queueing:board", "queueing:kiosk"):
        page = clerk.get(reverse(name, kwargs={"slug": word}))
        assert page.status_code == 200
        assert page.resolver_match is not None
        assert page.resolver_match.view_name == name

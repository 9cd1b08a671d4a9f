"""A morning at a clinic, played on all its screens: twelve patients, two doctors, a desk, a kiosk, a board, phones.

Everybody presses what they would press. At the end every screen shows what the database says, and no call was missed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as current
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from accounts.roles import Role
from config.tests.sockets import signed_in
from queueing.invariants import check
from queueing.models import EmergencyRequest, Queue, Token, TokenStep
from queueing.selectors.lines import Line, lines_of
from queueing.selectors.queues import queues_of_today
from queueing.states import DoctorStatus, Step, TokenStatus
from scheduling.models import Appointment, Doctor, Location, StaffAssignment
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import DoctorFactory, LocationFactory, PatientFactory, SlotFactory, book
from testing.embedded import EmbeddedServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SOON = 5_000
"""Milliseconds within which every screen has caught up."""
BORN = date(1980, 5, 17)
REMEMBER_CALLS = """
window.announced = [];
document.addEventListener("board-called", ({ detail }) => {
  window.announced.push(...detail.calls.map((call) => call.id));
});
"""


def where_it_is_ten_in_the_morning() -> str:
    """A zone in which the whole morning lies within one day, whenever this runs."""
    ahead = (22 - datetime.now(UTC).hour) % 24 - 12  # there are zones from twelve hours behind to fourteen ahead
    return "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"


class Morning:
    """The clinic, its screens, and what people do at them."""

    def __init__(self, new_context: Callable[..., BrowserContext], server: EmbeddedServer) -> None:
        self.new_context = new_context
        self.server = server
        self.problems: list[str] = []
        self.place: Location = LocationFactory(time_zone=where_it_is_ten_in_the_morning(), slug="harbour")
        self.lee: Doctor = DoctorFactory(name="Dr Lee", room="Room 1", locations=[self.place])
        self.roy: Doctor = DoctorFactory(name="Dr Roy", room="Room 2", locations=[self.place])
        self.desk = self._desk()
        self.kiosk = self._page(1024, 768)
        self.board = self._page(1920, 1080)
        self.board.add_init_script(REMEMBER_CALLS)
        self.phones: dict[str, Page] = {}

    def _page(self, width: int, height: int) -> Page:
        page = self.new_context(viewport={"width": width, "height": height}).new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        return page

    def _desk(self) -> Page:
        clerk = User.objects.create_user("clerk@clinic.example", is_staff=True)
        clerk.groups.add(Group.objects.get_or_create(name=Role.RECEPTION)[0])
        StaffAssignment.objects.create(user=clerk).locations.set([self.place])
        key = signed_in(clerk).cookies[current.SESSION_COOKIE_NAME].value
        page = self._page(1280, 900)
        page.context.add_cookies([{"name": current.SESSION_COOKIE_NAME, "value": key, "url": self.server.address}])
        return page

    def go(self, page: Page, name: str, *arguments: Any) -> None:
        page.goto(self.server.address + reverse(name, args=arguments))

    def has_booked(self, doctor: Doctor, *, minutes: int) -> Appointment:
        """A visit so many minutes from now, or ago."""
        now = timezone.now().replace(second=0, microsecond=0)
        slot = SlotFactory(doctor=doctor, location=self.place, starts_at=now + timedelta(days=2, minutes=minutes))
        slot.ends_at = slot.starts_at + timedelta(minutes=5)
        slot.save()
        visit = book(slot, patient=PatientFactory(date_of_birth=BORN))
        times = {"starts_at": slot.starts_at - timedelta(days=2), "ends_at": slot.ends_at - timedelta(days=2)}
        type(slot).objects.filter(pk=slot.pk).update(**times)
        Appointment.objects.filter(pk=visit.pk).update(**times)
        visit.refresh_from_db()
        return visit

    # --- How people come ----------------------------------------------------------------------------------------

    def comes_by_phone(self, visit: Appointment, name: str = "") -> Token:
        """They press the button on the page of their appointment."""
        page = self._page(390, 844)
        self.go(page, "queueing:visit_queue", visit.secret)
        page.get_by_role("button", name="I’m here: check in").click()
        expect(page.locator("#place, .place__code").first).to_be_visible()
        token = Token.objects.get(appointment=visit)
        if name:
            self.go(page, "queueing:token", token.secret)
            self.phones[name] = page
        else:
            page.close()
        return token

    def comes_to_the_desk(self, visit: Appointment) -> Token:
        self.go(self.desk, "queueing:desk_arrivals", self.place.slug)
        self.desk.locator(f"#arrive-{visit.pk}").click()
        expect(self.desk.locator(".arrived__code")).to_be_visible()
        return Token.objects.get(appointment=visit)

    def walks_in_at_the_desk(self, doctor: Doctor, name: str, *, urgency: str = "low") -> Token:
        self.go(self.desk, "queueing:desk_walk_in", self.place.slug)
        page = self.desk
        page.get_by_label("First name").fill(name)
        page.get_by_label("Last name").fill("Walker")
        self._born(page)
        page.get_by_label(re.compile("^(Phone|Mobile)")).first.fill("020 7946 0123")
        page.get_by_label("Doctor").select_option(str(doctor.pk))
        page.get_by_label("Urgency").select_option(urgency)
        page.get_by_role("button", name="Give a place in the queue").click()
        expect(page.locator(".arrived__code")).to_be_visible()
        return Token.objects.get(patient__first_name=name)

    def comes_to_the_kiosk(self, visit: Appointment) -> Token:
        page = self.kiosk
        self.go(page, "queueing:kiosk_reference", self.place.slug)
        page.locator("[name=reference]").fill(visit.number)
        self._born(page)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Yes, check in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("We will call")
        return Token.objects.get(appointment=visit)

    def walks_in_at_the_kiosk(self, doctor: Doctor, name: str) -> Token:
        page = self.kiosk
        self.go(page, "queueing:kiosk_walk_in", self.place.slug)
        page.get_by_role("button", name=doctor.name).click()
        page.locator("[name=first_name]").fill(name)
        page.locator("[name=last_name]").fill("Kiosk")
        self._born(page)
        page.locator("[name=phone]").fill("020 7946 0789")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Join the queue").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("We will call")
        return Token.objects.get(patient__first_name=name)

    def _born(self, page: Page) -> None:
        for name, value in (("Day", "17"), ("Month", "5"), ("Year", "1980")):
            page.get_by_label(name, exact=True).fill(value)

    # --- What the desk does -------------------------------------------------------------------------------------

    def opens_the_screens(self) -> None:
        self.go(self.board, "queueing:board", self.place.slug)
        self.at_the_desk()

    def at_the_desk(self) -> None:
        self.go(self.desk, "queueing:desk_location", self.place.slug)
        expect(self.desk.get_by_text("Live: changes appear at once.")).to_be_visible()

    def calls_next(self, doctor: Doctor) -> Token:
        """With the key, as somebody who calls all day does."""
        before = set(self._called(doctor))
        self.desk.locator(f"#queue-{doctor.pk}").focus()
        self.desk.keyboard.press("n")
        expect(self.desk.locator(f"#queue-{doctor.pk} [id$='-recall']")).to_have_count(len(before) + 1)
        (called,) = set(self._called(doctor)) - before
        return Token.objects.get(pk=called)

    def _called(self, doctor: Doctor) -> list[int]:
        called = Token.objects.filter(queue__doctor=doctor, status=TokenStatus.CALLED)
        return list(called.values_list("pk", flat=True))

    def presses(self, token: Token, what: str, *, then: str) -> None:
        """A button of a person, until the database has it and the desk shows it."""
        token.refresh_from_db()
        before = token.version
        self.desk.locator(f"#token-{token.pk}-{what}").click()
        self.waits_until(token, then, after=before)
        if token.is_live:
            expect(self.desk.locator(f"[value$='.{token.pk}.{token.version}']").first).to_be_visible(timeout=SOON)
        else:
            expect(self.desk.locator(f"#token-{token.pk}.person:not(.person--over)")).to_have_count(0, timeout=SOON)

    def waits_until(self, token: Token, status: str, *, after: int = 0) -> None:
        for _turn in range(100):
            token.refresh_from_db()
            if token.status == status and token.version > after:
                return
            self.desk.wait_for_timeout(50)
        raise AssertionError(f"{token.code} is {token.status}, not {status}")

    def sees(self, token: Token) -> None:
        """In, and out again."""
        self.presses(token, "start", then=TokenStatus.IN_CONSULTATION)
        self.presses(token, "finish", then=TokenStatus.COMPLETED)

    # --- What the screens say -----------------------------------------------------------------------------------

    def lines(self) -> list[Line]:
        return lines_of(queues_of_today(self.place))

    def every_screen_equals_the_database(self) -> None:
        lines = self.lines()
        called = sorted(token.code for line in lines for token in line.called)
        expect(self.board.locator("#board-calls .call:not(.call--over) .call__code")).to_have_text(
            [re.compile(code) for code in self._in_order_of_call(called)], timeout=SOON
        )
        for line in lines:
            self._board_equals(line)
            self._desk_equals(line)
        for name, page in self.phones.items():
            self._phone_equals(name, page, lines)

    def _in_order_of_call(self, codes: list[str]) -> list[str]:
        calls = TokenStep.objects.filter(token__code__in=codes, what__in=[Step.CALLED, Step.RECALLED])
        return list(dict.fromkeys(calls.order_by("-pk").values_list("token__code", flat=True)))

    def _board_equals(self, line: Line) -> None:
        doctor = self.board.locator(f"#board-doctors [data-doctor='{line.queue.doctor_id}']")
        expect(doctor).to_have_attribute("data-status", line.queue.status, timeout=SOON)
        shown = [place.token.code for place in line.waiting][: doctor.locator("li").count() or 1]
        expect(doctor.locator("li")).to_have_text([re.compile(code) for code in shown], timeout=SOON)
        if line.waiting:
            expect(doctor.locator(".doctor__waiting")).to_contain_text(str(len(line.waiting)), timeout=SOON)

    def _desk_equals(self, line: Line) -> None:
        queue = self.desk.locator(f"#queue-{line.queue.doctor_id}")
        here = [*line.running, *line.called, *(place.token for place in line.waiting)]
        expect(queue.locator(".person:not(.person--over) .person__code")).to_have_text(
            [token.code for token in here], timeout=SOON
        )

    def _phone_equals(self, name: str, page: Page, lines: list[Line]) -> None:
        token = Token.objects.get(secret=page.url.rstrip("/").rpartition("/")[2])
        while token.successor is not None:
            token = token.successor
        stages = {
            TokenStatus.CALLED: "called",
            TokenStatus.IN_CONSULTATION: "with_doctor",
            TokenStatus.COMPLETED: "finished",
            TokenStatus.CANCELLED: "left",
        }
        place = next((found for line in lines if (found := line.place_of(token.pk))), None)
        stage = stages.get(TokenStatus(token.status)) or ("next" if place and place.position == 1 else "waiting")
        expect(page.locator("#place"), name).to_have_attribute("data-stage", stage, timeout=SOON)
        if token.is_live:
            expect(page.locator(".place__code")).to_contain_text(token.code, timeout=SOON)
        if place is not None and place.position > 1:
            expect(page.locator(".place__headline, .place__detail").first).to_contain_text(
                str(place.position - 1), timeout=SOON
            )

    def no_call_was_missed(self) -> None:
        made = set(TokenStep.objects.filter(what__in=[Step.CALLED, Step.RECALLED]).values_list("pk", flat=True))
        self.board.wait_for_function(f"() => window.announced.length >= {len(made)}", timeout=SOON)
        announced: list[int] = self.board.evaluate("() => window.announced")
        assert sorted(announced) == sorted(made)


@pytest.fixture
def morning(new_context: Callable[..., BrowserContext], served: EmbeddedServer) -> Morning:
    return Morning(new_context, served)


def test_a_morning(morning: Morning) -> None:
    lee, roy = morning.lee, morning.roy
    booked = [morning.has_booked(lee, minutes=minutes) for minutes in (5, 10, 15, 20)]
    others = [morning.has_booked(roy, minutes=minutes) for minutes in (5, 10, 15)]
    late = morning.has_booked(lee, minutes=-40)
    morning.opens_the_screens()

    one = morning.comes_by_phone(booked[0], "one")
    two = morning.comes_by_phone(booked[1], "two")
    three = morning.comes_by_phone(others[0], "three")
    morning.comes_to_the_kiosk(booked[2])
    leaving = morning.comes_to_the_desk(booked[3])
    gone = morning.comes_to_the_kiosk(others[1])
    morning.comes_by_phone(others[2])
    tardy = morning.comes_to_the_desk(late)
    morning.walks_in_at_the_desk(lee, "Wanda")
    morning.walks_in_at_the_kiosk(roy, "Willem")
    morning.walks_in_at_the_desk(roy, "Wilma")
    urgent = morning.walks_in_at_the_desk(lee, "Ursula", urgency="emergency")
    assert Token.objects.count() == 12
    morning.at_the_desk()
    morning.every_screen_equals_the_database()

    assert morning.calls_next(lee) == urgent  # an emergency goes before everybody
    first = morning.calls_next(roy)
    morning.sees(urgent)
    assert first == three
    expect(morning.phones["three"].locator("#place")).to_have_attribute("data-stage", "called", timeout=SOON)
    morning.presses(first, "recall", then=TokenStatus.CALLED)
    morning.presses(first, "start", then=TokenStatus.IN_CONSULTATION)

    morning.desk.locator(f"#queue-{lee.pk}-late").click()
    expect(morning.phones["two"].locator(".place__doctor")).to_contain_text("late", timeout=SOON)
    phone = morning.phones["two"]
    phone.get_by_role("link", name="I need help now").click()
    phone.get_by_role("button", name="Tell the desk now").click()
    emergency = EmergencyRequest.objects.get()
    morning.desk.locator(f"#acknowledge-{emergency.pk}").click(timeout=SOON)
    expect(morning.desk.locator(".emergency")).to_have_count(0)
    phone.get_by_role("link", name="Back to your place").click()

    called = morning.calls_next(lee)
    assert called == one
    morning.sees(one)
    missing = morning.calls_next(lee)
    morning.presses(missing, "no-show", then=TokenStatus.NO_SHOW)
    morning.desk.locator(f"#queue-{lee.pk}-undo").click()
    morning.waits_until(missing, TokenStatus.CALLED)
    morning.presses(missing, "put-back", then=TokenStatus.WAITING)

    morning.presses(first, "finish", then=TokenStatus.COMPLETED)
    absent = morning.calls_next(roy)
    assert absent == gone
    morning.presses(absent, "no-show", then=TokenStatus.NO_SHOW)
    morning.calls_next(roy)

    morning.go(phone, "queueing:token_leave", two.secret)
    phone.get_by_role("button", name="Leave the queue").click()
    morning.waits_until(two, TokenStatus.CANCELLED)
    morning.go(phone, "queueing:token", two.secret)

    morning.calls_next(lee)
    morning.every_screen_equals_the_database()
    morning.no_call_was_missed()
    assert {leaving.appointment_id, tardy.appointment_id} <= set(
        Appointment.objects.filter(
            status__in=[AppointmentStatus.CHECKED_IN, AppointmentStatus.IN_PROGRESS]
        ).values_list("pk", flat=True)
    )
    assert Queue.objects.get(doctor=lee).status == DoctorStatus.RUNNING_LATE
    assert list(check()) == []
    assert morning.problems == []

"""The back office's calendar in a real browser: a seat that goes is seen at once, and nobody is disturbed by it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as current
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from accounts.roles import Role
from config.tests.sockets import signed_in, start
from config.tests.test_floods_of_sockets import Visitor
from scheduling.models import Doctor, Location, Slot, StaffAssignment
from scheduling.tests.factories import DoctorFactory, LocationFactory, SlotFactory
from testing.embedded import EmbeddedServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AT_ONCE = 4_000
"""Milliseconds within which a change is seen on a busy machine; polling alone would take fifteen seconds."""


class Desk:
    """A clerk with the calendar of a doctor open."""

    def __init__(self, new_context: Callable[..., BrowserContext], server: EmbeddedServer) -> None:
        self.place: Location = LocationFactory()
        self.doctor: Doctor = DoctorFactory(locations=[self.place])
        self.free: Slot = SlotFactory(doctor=self.doctor, location=self.place)
        self.visitor = Visitor(self.place, self.doctor, 1)
        self.server = server
        self.client = self._signed_in()
        self.page: Page = new_context(viewport={"width": 1280, "height": 900}).new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        key = self.client.cookies[current.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies([{"name": current.SESSION_COOKIE_NAME, "value": key, "url": server.address}])

    def _signed_in(self) -> Client:
        clerk = User.objects.create_user("clerk@clinic.example", is_staff=True)
        clerk.groups.add(Group.objects.get_or_create(name=Role.RECEPTION)[0])
        StaffAssignment.objects.create(user=clerk).locations.set([self.place])
        return signed_in(clerk)

    def open(self) -> Page:
        day = self.free.starts_at.astimezone(self.place.zone).date()
        query = f"?doctor={self.doctor.pk}&date={day}&view=week"
        self.page.goto(self.server.address + reverse("scheduling_admin:calendar") + query)
        expect(self.page.get_by_text("Live: changes appear at once.")).to_be_visible()
        return self.page

    def slot(self, slot: Slot) -> Any:
        return self.page.locator(f"#slot-{slot.pk}")


@pytest.fixture
def desk(new_context: Callable[..., BrowserContext], served: EmbeddedServer) -> Desk:
    return Desk(new_context, served)


def visit_on(page: Page) -> Any:
    return page.get_by_role("link", name="Ann1 Lee", exact=True)


def test_a_booking_is_seen_at_once_and_the_focus_stays(desk: Desk) -> None:
    page = desk.open()
    link = desk.slot(desk.free).get_by_role("link")
    link.focus()
    assert visit_on(page).count() == 0
    desk.visitor.books(desk.server)
    expect(visit_on(page)).to_be_visible(timeout=AT_ONCE)
    expect(link).to_be_focused()
    assert desk.problems == []


def test_who_was_about_to_take_a_seat_that_went_stays_where_it_was(desk: Desk) -> None:
    page = desk.open()
    seat = desk.slot(desk.free)
    seat.get_by_role("link").focus()
    other = desk.page.context.browser.new_page()  # type: ignore[union-attr]
    take(other, desk)
    expect(seat.get_by_text("Being booked")).to_be_visible(timeout=AT_ONCE)
    expect(seat).to_be_focused()
    page.keyboard.press("Tab")
    assert desk.problems == []


def take(page: Page, desk: Desk) -> None:
    """Somebody else takes the seat, on the patients' pages."""
    day = desk.free.starts_at.astimezone(desk.place.zone).date()
    query = f"specialty={desk.doctor.specialty_id}&location={desk.place.pk}&doctor={desk.doctor.pk}&day={day}"
    page.goto(f"{desk.server.address}{reverse('scheduling:book_time')}?{query}")
    page.locator(f"button#slot-{desk.free.pk}").click()
    expect(page).to_have_url(re.compile("/who/"))
    page.close()


def test_the_page_says_when_it_is_not_live_and_catches_up(
    new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    server = start(tmp_path)
    desk = Desk(new_context, server)
    page = desk.open()
    server.stop()
    expect(page.get_by_text("Not live at the moment")).to_be_visible(timeout=5_000)
    desk.free.delete()
    again = start(tmp_path, port=server.port)
    try:
        expect(page.get_by_text("Live: changes appear at once.")).to_be_visible(timeout=20_000)
        expect(desk.slot(desk.free)).to_have_count(0, timeout=AT_ONCE)
    finally:
        again.stop()


def test_after_signing_out_elsewhere_nothing_stays_on_the_screen(desk: Desk) -> None:
    page = desk.open()
    desk.client.logout()
    expect(page).to_have_url(re.compile("/login/"), timeout=8_000)  # closed within five seconds, then asked for anew
    assert page.locator("#calendar").count() == 0


def test_without_live_updates_the_page_asks(desk: Desk) -> None:
    desk.page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    desk.page.clock.install(time=time.time())
    day = desk.free.starts_at.astimezone(desk.place.zone).date()
    query = f"?doctor={desk.doctor.pk}&date={day}&view=day"
    desk.page.goto(desk.server.address + reverse("scheduling_admin:calendar") + query)
    expect(desk.page.get_by_text("Not live at the moment")).to_be_visible()
    expect(desk.slot(desk.free)).to_be_visible()
    desk.free.delete()
    desk.page.clock.fast_forward(16_000)
    desk.page.clock.fast_forward(2_000)
    expect(desk.slot(desk.free)).to_have_count(0)


def test_axe_finds_nothing_in_what_is_new(desk: Desk) -> None:
    page = desk.open()
    desk.visitor.books(desk.server)
    expect(visit_on(page)).to_be_visible(timeout=AT_ONCE)
    found = Axe().run(page).response["violations"]
    assert [(finding["id"], finding["nodes"][0]["html"]) for finding in found] == []

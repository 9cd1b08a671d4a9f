"""Patients look after their appointments, in a real browser of a phone's size, with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Error, Page, Route, expect

from accounts.models import User
from scheduling.models import Appointment, Hold, Slot, WaitlistEntry
from scheduling.selectors.people import upcoming_visits_of
from scheduling.services.lifecycle import cancel_appointment
from scheduling.services.offers import offer_slot
from scheduling.services.waitlist import join_waitlist
from scheduling.states import AppointmentStatus
from scheduling.tests.browser import hear_nothing
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    UserFactory,
    book,
    in_hours,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
NewContext = Callable[..., BrowserContext]


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def phone(request: pytest.FixtureRequest, new_context: NewContext) -> Iterator[Page]:
    """A page of a phone's browser."""
    context = new_context(viewport=PHONE, java_script_enabled=request.param)
    page = context.new_page()
    page.scripts = request.param  # type: ignore[attr-defined]
    return page


@pytest.fixture
def times() -> list[Slot]:
    """Three times of one doctor on three days of one month, as the picker shows one."""
    place = LocationFactory(address="1 High Street\nLondon")
    doctor = DoctorFactory(locations=[place])
    starts = [in_hours(24 * days) for days in range(2, 8)]
    months = [at.astimezone(place.zone).month for at in starts]
    begin = next(number for number, month in enumerate(months) if month == months[number + 2])
    return [SlotFactory(doctor=doctor, location=place, starts_at=at) for at in starts[begin : begin + 3]]


def check(page: Page) -> None:
    """What holds for every page: one heading, no sideways scroll, nothing that axe finds, nothing on the console."""
    expect(page.locator("h1")).to_have_count(1)
    if not getattr(page, "scripts", True):
        return
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = Axe().run(page).response["violations"]
    assert [(finding["id"], finding["nodes"][0]["html"]) for finding in found] == []


def link(live_server: Any, appointment: Appointment, suffix: str = "") -> str:
    return f"{live_server.url}/a/{appointment.secret}/{suffix}"


def local_day(slot: Slot) -> str:
    """The day of a slot on the clinic's calendar, as the picker names it."""
    return slot.starts_at.astimezone(slot.location.zone).date().isoformat()


def show_day(page: Page, slot: Slot) -> None:
    """Choose the day of a slot; once its address is shown, so is the day, and nothing is drawn under the next press."""
    day = local_day(slot)
    page.locator(f"#day-{day}").click()
    expect(page).to_have_url(re.compile(f"day={day}"))


def test_open_the_link_say_yes_move_and_cancel(phone: Page, live_server: Any, times: list[Slot]) -> None:
    appointment = book(times[0])
    phone.goto(link(live_server, appointment))
    check(phone)
    phone.get_by_role("button", name="Yes, I’m coming").click()
    expect(phone.get_by_text("We have told the clinic that you are coming")).to_be_visible()

    phone.get_by_role("link", name="Choose another time").click()
    check(phone)
    show_day(phone, times[2])
    expect(phone.locator(f"#slot-{times[2].pk}")).to_be_visible()
    check(phone)
    phone.locator(f"#slot-{times[2].pk}").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Check the new time")
    expect(phone.locator(".visit")).to_have_count(2)
    check(phone)
    phone.get_by_role("button", name="Move my appointment").click()
    expect(phone.get_by_text("Your appointment has been moved")).to_be_visible()
    check(phone)
    appointment.refresh_from_db()
    assert appointment.successor is not None
    assert appointment.successor.slot == times[2]
    assert [Slot.objects.get(pk=slot.pk).taken for slot in times] == [0, 0, 1]

    phone.goto(link(live_server, appointment))  # the old link, from an old message
    phone.get_by_role("link", name="Cancel the appointment").click()
    check(phone)
    phone.get_by_label("I feel better").check()
    phone.get_by_role("button", name="Cancel this appointment").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("This appointment is cancelled")
    check(phone)
    phone.go_back()
    phone.goto(link(live_server, appointment, "cancel/"))
    expect(phone.get_by_role("heading", level=1)).to_have_text("This appointment is cancelled")
    assert Slot.objects.get(pk=times[2].pk).taken == 0


def test_a_pending_appointment_is_confirmed_with_one_press(phone: Page, live_server: Any) -> None:
    location = LocationFactory(needs_confirmation=True, pending_minutes=30)
    appointment = book(SlotFactory(location=location, starts_at=in_hours(48)))
    phone.goto(link(live_server, appointment))
    expect(phone.get_by_text(re.compile("You have (29|30) minutes left"))).to_be_visible()
    check(phone)
    phone.get_by_role("button", name="Confirm this appointment").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your appointment is booked")
    expect(phone.locator(".reference")).to_have_text(appointment.number)
    check(phone)


def test_a_double_click_moves_once(page: Page, live_server: Any, times: list[Slot]) -> None:
    appointment = book(times[0])
    page.goto(link(live_server, appointment, "reschedule/"))
    show_day(page, times[1])
    page.locator(f"#slot-{times[1].pk}").dblclick()
    page.get_by_role("button", name="Move my appointment").dblclick()
    expect(page.get_by_text("Your appointment has been moved")).to_be_visible()
    assert Appointment.objects.count() == 2
    assert [Slot.objects.get(pk=slot.pk).taken for slot in times] == [0, 1, 0]


def test_a_press_overtakes_a_day_that_is_still_loading(page: Page, live_server: Any, times: list[Slot]) -> None:
    appointment = book(times[0])
    page.goto(link(live_server, appointment, "reschedule/"))
    slow: list[Route] = []
    page.route(
        re.compile(r"reschedule/\?day="),
        lambda route: slow.append(route) if route.request.method == "GET" else route.continue_(),
    )
    page.locator(f"#day-{local_day(times[2])}").click()
    page.locator(f"#slot-{times[1].pk}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check the new time")
    assert slow
    for route in slow:
        with suppress(Error):  # the browser has given it up by now
            route.continue_()
    page.wait_for_timeout(500)
    expect(page).to_have_url(re.compile(r"/reschedule/[\w-]+/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Check the new time")


def test_a_time_lost_while_looking_is_said_and_focused(phone: Page, live_server: Any, times: list[Slot]) -> None:
    appointment = book(times[0])
    hear_nothing(phone)
    phone.goto(link(live_server, appointment, "reschedule/"))
    show_day(phone, times[1])  # it is read and drawn before somebody else books
    button = phone.locator(f"#slot-{times[1].pk}")
    expect(button).to_be_visible()
    book(times[1])
    button.click()
    expect(phone.get_by_role("alert")).to_contain_text("Somebody else has just taken that time")
    expect(phone.get_by_role("alert")).to_contain_text("still at its old time")
    expect(phone).to_have_title(re.compile("^Error:"))
    check(phone)
    if phone.scripts:  # type: ignore[attr-defined]
        expect(phone.locator(".error-summary")).to_be_focused()


def test_keeping_the_slot_and_losing_it(phone: Page, live_server: Any, times: list[Slot]) -> None:
    appointment = book(times[0])
    phone.goto(link(live_server, appointment, "reschedule/"))
    show_day(phone, times[1])
    phone.locator(f"#slot-{times[1].pk}").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Check the new time")
    Hold.objects.update(expires_at=timezone.now() + timedelta(seconds=40))
    phone.reload()
    expect(phone.get_by_text("You have less than a minute left")).to_be_visible()
    phone.get_by_role("button", name="Keep my slot").click()
    expect(phone.get_by_text(re.compile("You have (4|5) minutes left"))).to_be_visible()
    Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    phone.get_by_role("button", name="Move my appointment").click()
    expect(phone.get_by_role("alert")).to_contain_text("We could not keep the new time any longer")
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED


def test_an_offer_from_the_waitlist_is_taken(phone: Page, live_server: Any) -> None:
    slot = SlotFactory(starts_at=in_hours(48))
    entry = wait_for(slot)
    offer_slot(slot.pk)
    phone.goto(f"{live_server.url}/waitlist/{entry.secret}/")
    check(phone)
    phone.get_by_role("button", name="Yes, book this for me").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your appointment is booked")


def test_somebody_signed_in_adds_a_child_and_sees_the_appointment(
    phone: Page, live_server: Any, client: Client
) -> None:
    mother = UserFactory(email="mother@example.org")
    appointment = book()
    sign_in(phone, live_server, client, mother)
    phone.goto(f"{live_server.url}/me/")
    check(phone)
    phone.get_by_role("link", name="Add somebody").click()
    check(phone)
    phone.get_by_role("button", name="Add this person").click()
    expect(phone.get_by_role("alert")).to_contain_text("Enter the first name")
    check(phone)
    phone.get_by_label("First name").fill("Tomi")
    phone.get_by_label("Last name").fill("Okafor")
    phone.get_by_label("Day").fill("3")
    phone.get_by_label("Month").fill("2")
    phone.get_by_label("Year").fill("2018")
    phone.get_by_role("button", name="Add this person").click()
    expect(phone.get_by_text("Tomi Okafor has been added")).to_be_visible()
    phone.get_by_role("link", name="Tomi Okafor").click()
    check(phone)
    phone.get_by_label("Voice calls").check()
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_text("The details have been saved")).to_be_visible()

    phone.goto(link(live_server, appointment))
    phone.get_by_role("button", name="Add to my account").click()
    expect(phone.get_by_text("This appointment is now among yours")).to_be_visible()
    assert upcoming_visits_of(mother) == [appointment]
    phone.goto(f"{live_server.url}/me/")
    check(phone)


def test_finding_an_appointment_by_reference(phone: Page, live_server: Any) -> None:
    appointment = book(patient=PatientFactory(email="ada@example.org"))
    phone.goto(f"{live_server.url}/find/")
    check(phone)
    phone.get_by_role("button", name="Find it").click()
    expect(phone).to_have_title(re.compile("^Error:"))
    check(phone)
    phone.get_by_label("Reference").fill(appointment.number)
    phone.get_by_label("Phone number or e-mail address").fill("bob@example.org")
    phone.get_by_role("button", name="Find it").click()
    expect(phone.get_by_role("alert")).to_contain_text("We could not find")
    check(phone)
    phone.get_by_label("Phone number or e-mail address").fill("ada@example.org")
    phone.get_by_role("button", name="Find it").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your appointment")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_and_state_is_accessible(new_context: NewContext, live_server: Any, scheme: str) -> None:
    page = new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme).new_page()
    for path in every_state():
        page.goto(live_server.url + path)
        check(page)


def every_state() -> list[str]:
    """Addresses of pages in each state that a patient can meet."""
    appointments = {status: book(SlotFactory(starts_at=in_hours(48 + n))) for n, status in enumerate(AppointmentStatus)}
    for status, appointment in appointments.items():
        Appointment.objects.filter(pk=appointment.pk).update(
            status=status, expires_at=in_hours(1) if status == AppointmentStatus.PENDING else None
        )
    late = book(SlotFactory(starts_at=in_hours(1)))
    old = book()
    Appointment.objects.filter(pk=old.pk).update(secret_expires_at=timezone.now())
    cancelled = book()
    cancel_appointment(appointment_id=cancelled.pk, actor=VISITOR, message="I feel better")
    pages = [f"/a/{appointment.secret}/" for appointment in (*appointments.values(), late, old, cancelled)]
    pages += [f"/a/{late.secret}/cancel/", f"/a/{late.secret}/reschedule/", "/a/unknown/", "/waitlist/unknown/"]
    pages += [f"/waitlist/{wait_for(SlotFactory(), status=status).secret}/" for status in ("waiting", "lapsed")]
    pages += [f"/waitlist/{wait_for(SlotFactory(), status=status).secret}/" for status in ("booked", "cancelled")]
    return [*pages, "/find/by-email/", "/find/sent/"]


def wait_for(slot: Slot, status: str = "waiting") -> WaitlistEntry:
    """Somebody who waits for a seat on the day of a slot."""
    day = slot.starts_at.date()
    entry = join_waitlist(
        patient=PatientFactory(),
        doctor_id=slot.doctor_id,
        earliest_date=day - timedelta(days=1),
        latest_date=day + timedelta(days=1),
        actor=VISITOR,
    )
    WaitlistEntry.objects.filter(pk=entry.pk).update(status=status)
    return entry


def sign_in(page: Page, live_server: Any, client: Client, user: User) -> None:
    """Give the browser the session of somebody who has signed in."""
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])

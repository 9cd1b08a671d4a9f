"""A patient books in a real browser of a phone's size, with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from scheduling.models import Appointment, Hold, Slot
from scheduling.services.holds import hold_seat
from scheduling.tests.browser import hear_nothing
from scheduling.tests.factories import VISITOR, DoctorFactory, LocationFactory, SlotFactory, book, in_hours

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
NewContext = Callable[..., BrowserContext]


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def phone(request: pytest.FixtureRequest, new_context: NewContext) -> Page:
    """A page of a phone's browser."""
    context = new_context(viewport=PHONE, java_script_enabled=request.param)
    return watched(context.new_page(), scripts=request.param)


def watched(page: Page, *, scripts: bool = True) -> Page:
    """The page, with what its console complains about."""
    page.scripts = scripts  # type: ignore[attr-defined]
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
    return page


@pytest.fixture
def slots() -> list[Slot]:
    """Three times of one doctor, on one day at least two days ahead, with a second doctor beside."""
    place = LocationFactory(address="1 High Street\nLondon")
    ten = in_hours(48).astimezone(place.zone).replace(hour=10, minute=0)
    first = SlotFactory(location=place, starts_at=ten)
    DoctorFactory(specialty=first.doctor.specialty, locations=[first.location], name="Dr Other")
    later = [first.starts_at + timedelta(minutes=minutes) for minutes in (30, 60)]
    return [first, *[SlotFactory(doctor=first.doctor, location=first.location, starts_at=at) for at in later]]


def check(page: Page) -> None:
    """What holds for every page: one heading, no sideways scroll, nothing that axe finds, a quiet console."""
    expect(page.locator("h1")).to_have_count(1)
    if not page.scripts:  # type: ignore[attr-defined]
        return
    assert page.complaints == []  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = Axe().run(page).response["violations"]
    assert [(finding["id"], finding["nodes"][0]["html"]) for finding in found] == []
    page.complaints.clear()  # type: ignore[attr-defined]  # axe itself sets styles


def heading(page: Page, words: str) -> None:
    """Wait for the page with this heading; after a swap, the focus is on it."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def focused_heading(page: Page, words: str) -> None:
    """The same, with the focus on the heading where scripts swapped it in."""
    heading(page, words)
    if page.scripts:  # type: ignore[attr-defined]
        expect(page.get_by_role("heading", level=1)).to_be_focused()


def choose_time(page: Page, live_server: Any, slot: Slot) -> None:
    """From the front door to a press on a time."""
    page.goto(live_server.url)
    page.get_by_role("link", name="Book an appointment").click()
    heading(page, "What do you need help with?")
    check(page)
    page.get_by_role("link", name=slot.doctor.specialty.name).click()
    focused_heading(page, "Who would you like to see?")
    check(page)
    page.get_by_role("link", name=slot.doctor.name).click()
    focused_heading(page, "When would you like to come?")
    check(page)
    page.locator(f"#slot-{slot.pk}").click()
    focused_heading(page, "Who is the appointment for?")


def say_who(page: Page, first_name: str = "Ann") -> None:
    """Fill in who it is for."""
    page.get_by_label("First name").fill(first_name)
    page.get_by_label("Last name").fill("Lee")
    for part, value in (("Day", "3"), ("Month", "4"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_label("Phone number").fill("+44 (20) 7946 0018")


def test_book_from_the_front_door_to_the_reference(phone: Page, live_server: Any, slots: list[Slot]) -> None:
    choose_time(phone, live_server, slots[1])
    check(phone)
    say_who(phone)
    phone.get_by_role("button", name="Continue").click()
    focused_heading(phone, "What is the visit about?")
    check(phone)
    phone.get_by_label("Reason for the visit").fill("Sore knee")
    phone.get_by_label("It bothers me every day").check()
    phone.get_by_role("button", name="Continue").click()
    focused_heading(phone, "Check your answers")
    check(phone)

    phone.get_by_role("link", name="Change the reason").click()
    heading(phone, "What is the visit about?")
    phone.get_by_label("Reason for the visit").fill("Sore left knee")
    phone.get_by_role("button", name="Continue").click()
    heading(phone, "Check your answers")
    expect(phone.get_by_text("Sore left knee")).to_be_visible()
    phone.go_back()
    heading(phone, "What is the visit about?")
    expect(phone.get_by_label("Reason for the visit")).to_have_value("Sore left knee")
    phone.get_by_role("button", name="Continue").click()
    heading(phone, "Check your answers")

    phone.get_by_role("button", name="Book this appointment – £60.00").click()
    heading(phone, "Your appointment is booked")
    made = Appointment.objects.get()
    expect(phone.locator(".reference")).to_have_text(made.number)
    assert (made.slot, made.reason, made.patient.date_of_birth) == (slots[1], "Sore left knee", date(1980, 4, 3))
    check(phone)

    phone.go_back()
    heading(phone, "You have booked this already")
    check(phone)
    phone.get_by_role("link", name="See my appointment").click()
    assert phone.url.endswith(f"/a/{made.secret}/")


def test_mistakes_are_summed_up_focused_and_linked(phone: Page, live_server: Any, slots: list[Slot]) -> None:
    choose_time(phone, live_server, slots[0])
    phone.get_by_label("Last name").fill("Lee")
    phone.get_by_role("button", name="Continue").click()
    expect(phone).to_have_title(re.compile("^Error: Who is the appointment for"))
    summary = phone.get_by_role("alert")
    expect(summary).to_contain_text("There is a problem")
    expect(phone.get_by_label("Last name")).to_have_value("Lee")
    check(phone)
    if phone.scripts:  # type: ignore[attr-defined]
        expect(summary).to_be_focused()
        summary.get_by_role("link", name="Enter the date of birth.").click()
        expect(phone.get_by_label("Day", exact=True)).to_be_focused()
    expect(phone.get_by_label("First name")).to_have_attribute("aria-invalid", "true")


def test_keep_my_slot_keeps_what_is_being_typed(phone: Page, live_server: Any, slots: list[Slot]) -> None:
    choose_time(phone, live_server, slots[0])
    Hold.objects.update(expires_at=timezone.now() + timedelta(seconds=40))
    phone.get_by_label("First name").fill("Ann")
    for _time in range(3):
        phone.get_by_role("button", name="Keep my slot").click()
        if phone.scripts:  # type: ignore[attr-defined]
            expect(phone.get_by_text("Kept longer.")).to_be_visible()
            expect(phone.get_by_role("button", name="Keep my slot")).to_be_focused()
    heading(phone, "Who is the appointment for?")
    expect(phone.get_by_label("First name")).to_have_value("Ann")
    kept = Hold.objects.get()
    assert kept.expires_at > timezone.now() + timedelta(minutes=4)
    check(phone)


def test_a_hold_that_runs_out_loses_no_answer(phone: Page, live_server: Any, slots: list[Slot]) -> None:
    choose_time(phone, live_server, slots[0])
    say_who(phone)
    Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    hold_seat(slot_id=slots[0].pk, holder="somebody", actor=VISITOR)
    phone.get_by_role("button", name="Continue").click()
    focused_heading(phone, "Your time is no longer kept")
    check(phone)
    phone.locator(f"button[value='{slots[1].pk}']").click()
    heading(phone, "What is the visit about?")  # who it is for was answered and is not asked twice
    phone.get_by_role("link", name="Back").click()
    heading(phone, "Who is the appointment for?")
    expect(phone.get_by_label("First name")).to_have_value("Ann")
    phone.get_by_role("button", name="Continue").click()
    heading(phone, "What is the visit about?")


def test_a_time_that_somebody_took_a_moment_ago(phone: Page, live_server: Any, slots: list[Slot]) -> None:
    hear_nothing(phone)
    phone.goto(times(live_server, slots[0]))
    button = phone.locator(f"#slot-{slots[0].pk}")
    expect(button).to_be_visible()
    book(slots[0])
    button.click()
    summary = phone.get_by_role("alert")
    expect(summary).to_contain_text("Somebody else has just taken that time")
    expect(phone).to_have_title(re.compile("^Error:"))
    check(phone)
    if phone.scripts:  # type: ignore[attr-defined]
        expect(summary).to_be_focused()
    summary.get_by_role("button").first.click()
    heading(phone, "Who is the appointment for?")


def times(live_server: Any, slot: Slot) -> str:
    return (
        f"{live_server.url}/book/time/?specialty={slot.doctor.specialty_id}"
        f"&location={slot.location_id}&doctor={slot.doctor_id}"
    )


def test_a_taken_time_greys_out_while_somebody_looks(
    new_context: NewContext, live_server: Any, slots: list[Slot]
) -> None:
    page = watched(new_context(viewport=PHONE).new_page())
    page.goto(times(live_server, slots[0]))
    page.locator(f"#slot-{slots[0].pk}").focus()
    hold_seat(slot_id=slots[0].pk, holder="somebody", actor=VISITOR)
    taken = page.locator(f"#slot-{slots[0].pk}")
    expect(taken).to_have_attribute("aria-disabled", "true", timeout=9_000)
    expect(taken).to_be_focused()
    expect(taken).to_contain_text("taken")
    check(page)


def test_two_quick_presses_book_once_and_show_that_something_happens(
    new_context: NewContext, live_server: Any, slots: list[Slot]
) -> None:
    page = watched(new_context(viewport=PHONE).new_page())
    choose_time(page, live_server, slots[0])
    say_who(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Reason for the visit").fill("Sore knee")
    page.get_by_role("button", name="Continue").click()
    heading(page, "Check your answers")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    button = page.get_by_role("button", name="Book this appointment")
    busy = button.evaluate("button => { button.click(); button.click(); return button.getAttribute('aria-disabled'); }")
    heading(page, "Your appointment is booked")
    assert busy == "true"
    assert len(sent) == 1
    assert Appointment.objects.count() == 1
    assert Slot.objects.get(pk=slots[0].pk).taken == 1


def test_a_lost_connection_is_said_and_the_button_works_again(
    new_context: NewContext, live_server: Any, slots: list[Slot]
) -> None:
    context = new_context(viewport=PHONE)
    page = watched(context.new_page())
    choose_time(page, live_server, slots[0])
    say_who(page)
    context.set_offline(True)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("We could not reach the clinic just now")).to_be_visible()
    context.set_offline(False)
    page.complaints.clear()  # type: ignore[attr-defined]
    expect(page.get_by_label("First name")).to_have_value("Ann")
    page.get_by_role("button", name="Continue").click()
    heading(page, "What is the visit about?")
    expect(page.get_by_text("We could not reach the clinic just now")).to_be_hidden()


def test_the_countdown_warns_in_time(new_context: NewContext, live_server: Any, slots: list[Slot]) -> None:
    page = watched(new_context(viewport=PHONE).new_page())
    choose_time(page, live_server, slots[0])
    page.clock.install()
    Hold.objects.update(expires_at=timezone.now() + timedelta(seconds=85))
    page.reload()
    expect(page.locator("#hold")).to_contain_text("about one more minute")
    page.clock.fast_forward(26_000)
    expect(page.locator("#hold")).to_contain_text("Less than a minute left")
    expect(page.locator("#announcer")).to_contain_text("Keep my slot")


def test_the_whole_way_by_keyboard(new_context: NewContext, live_server: Any, slots: list[Slot]) -> None:
    page = watched(new_context(viewport=PHONE).new_page())
    page.goto(live_server.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main content")).to_be_focused()
    press_on(page, "link", "Book an appointment")
    heading(page, "What do you need help with?")
    press_on(page, "link", slots[0].doctor.specialty.name)
    heading(page, "Who would you like to see?")
    press_on(page, "link", slots[0].doctor.name)
    heading(page, "When would you like to come?")
    press_on(page, "button", "10:00am")
    heading(page, "Who is the appointment for?")
    tab_to(page, page.get_by_label("First name"))
    for word in ("Ann", "Lee", "3", "4", "1980", "020 7946 0018"):
        page.keyboard.type(word)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # in the e-mail field: the form is sent, as everywhere
    heading(page, "What is the visit about?")
    tab_to(page, page.get_by_label("Reason for the visit"))
    page.keyboard.type("Sore knee")
    press_on(page, "button", "Continue")
    heading(page, "Check your answers")
    press_on(page, "button", "Book this appointment – £60.00")
    heading(page, "Your appointment is booked")


def tab_to(page: Page, target: Any, most: int = 60) -> None:
    """Press Tab until the target has the focus; it must never be hidden behind the panel at the bottom."""
    expect(target).to_be_visible()
    for _press in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate(
                """element => {
                    const box = element.getBoundingClientRect();
                    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                    return element.contains(top) || element.getAttribute("class") === null || top?.contains(element);
                }"""
            ), "the focus is hidden"
            return
    raise AssertionError(f"Tab never reaches {target}")


def press_on(page: Page, role: Any, name: str) -> None:
    """Reach something with Tab and press Enter."""
    target = page.get_by_role(role, name=name).first
    tab_to(page, target)
    page.keyboard.press("Enter")


def test_the_narrowest_phone_scrolls_only_down(new_context: NewContext, live_server: Any, slots: list[Slot]) -> None:
    page = watched(new_context(viewport={"width": 320, "height": 640}).new_page())
    choose_time(page, live_server, slots[0])
    check(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page)


def test_the_zone_is_named_only_where_the_device_has_another(
    new_context: NewContext, live_server: Any, slots: list[Slot]
) -> None:
    at_home = new_context(timezone_id="Europe/London").new_page()
    at_home.goto(times(live_server, slots[0]))
    expect(at_home.locator(f"#slot-{slots[0].pk}")).to_be_visible()
    expect(at_home.get_by_text("Europe/London")).to_be_hidden()
    abroad = new_context(timezone_id="America/New_York").new_page()
    abroad.goto(times(live_server, slots[0]))
    expect(abroad.get_by_text("Europe/London").first).to_be_visible()
    unscripted = new_context(java_script_enabled=False).new_page()
    unscripted.goto(times(live_server, slots[0]))
    expect(unscripted.get_by_text("Europe/London").first).to_be_visible()


def test_a_full_day_leads_to_the_waitlist(phone: Page, live_server: Any, slots: list[Slot]) -> None:
    for slot in slots:
        book(slot)
    phone.goto(times(live_server, slots[0]))
    expect(phone.get_by_text("There are no free times at the moment")).to_be_visible()
    check(phone)
    phone.get_by_role("link", name="Join the waitlist").click()
    heading(phone, "Join the waitlist")
    check(phone)
    phone.get_by_role("button", name="Join the waitlist").click()
    expect(phone.get_by_role("alert")).to_contain_text("Enter the first name.")
    check(phone)
    say_who(phone)
    phone.get_by_role("button", name="Join the waitlist").click()
    expect(phone).to_have_url(re.compile("/waitlist/"))
    check(phone)


def test_two_tabs_book_two_people(new_context: NewContext, live_server: Any, slots: list[Slot]) -> None:
    context = new_context(viewport=PHONE)
    tabs = [watched(context.new_page()), watched(context.new_page())]
    for tab, slot in zip(tabs, slots, strict=False):
        choose_time(tab, live_server, slot)
    for tab, name in zip(tabs, ("Kim", "Lou"), strict=True):
        say_who(tab, name)
        tab.get_by_role("button", name="Continue").click()
        heading(tab, "What is the visit about?")
    for tab in tabs:
        tab.get_by_label("Reason for the visit").fill("Check-up")
        tab.get_by_role("button", name="Continue").click()
        tab.get_by_role("button", name="Book this appointment").click()
        heading(tab, "Your appointment is booked")
    made = Appointment.objects.order_by("starts_at")
    assert [(visit.patient.first_name, visit.slot) for visit in made] == [("Kim", slots[0]), ("Lou", slots[1])]


def test_the_first_paint_is_light(new_context: NewContext, live_server: Any, slots: list[Slot]) -> None:
    page = new_context(viewport=PHONE).new_page()
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    page.goto(times(live_server, slots[0]), wait_until="networkidle")
    assert sum(sizes) < 100_000

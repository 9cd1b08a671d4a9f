"""The kiosk under a finger: both ways to a ticket, help, and a screen that forgets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from queueing.models import EmergencyRequest, Token
from queueing.tests.factories import a_doctor, walk_in
from queueing.tests.kiosks import expected
from scheduling.models import Appointment, Location
from scheduling.tests.browser.test_book import check, heading, watched
from scheduling.tests.factories import SlotFactory, in_hours

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOBBY = {"width": 1024, "height": 768}
NewContext = Callable[..., BrowserContext]


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def lobby(request: pytest.FixtureRequest, new_context: NewContext) -> Page:
    """The kiosk's screen."""
    context = new_context(viewport=LOBBY, has_touch=True, java_script_enabled=request.param)
    return watched(context.new_page(), scripts=request.param)


@pytest.fixture
def scripted(new_context: NewContext) -> Page:
    """The same, with scripts and a clock that the test moves."""
    page = watched(new_context(viewport=LOBBY, has_touch=True).new_page())
    page.clock.install()
    return page


@pytest.fixture
def visit() -> Appointment:
    """Somebody who is expected."""
    return expected(20, first_name="Wilhelmina")


@pytest.fixture
def place() -> Location:
    """A lobby with two doctors, one of whom has people waiting."""
    busy, location = a_doctor(name="Dr Busy Bee")
    free, _location = a_doctor(location, name="Dr Free Time", specialty=busy.specialty)
    for doctor in (busy, free):
        SlotFactory(doctor=doctor, location=location, starts_at=in_hours(-0.01))
    for _person in range(2):
        walk_in(busy, location)
    return location


def open_kiosk(page: Page, live_server: Any, location: Location, query: str = "") -> None:
    page.goto(f"{live_server.url}{reverse('queueing:kiosk', args=[location.slug])}{query}")
    heading(page, f"Welcome to {location.name}")


def looked_at(page: Page) -> None:
    """What holds for each page, and that fingers meet every target: 64 px high, and within the screen's width."""
    check(page)
    if not page.scripts:  # type: ignore[attr-defined]
        return
    small = page.evaluate(
        """() => [...document.querySelectorAll("#kiosk button, #kiosk a, #kiosk input:not([type=hidden])")]
            .map((one) => (one.type === "radio" ? one.closest(".radio") : one))
            .filter((one) => one.offsetParent && !one.closest(".error-summary") && one.offsetHeight < 64)
            .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert small == []


def say_birthday(page: Page, day: str = "17") -> None:
    for part, value in (("Day", day), ("Month", "5"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(value)


def ticket_shown(page: Page) -> Token:
    """The newest place, which the screen shows."""
    expect(page.locator(".kiosk__code")).to_be_visible()
    made = Token.objects.select_related("queue__doctor").latest("pk")
    expect(page.locator(".kiosk__code")).to_have_text(made.code)
    return made


def to_reference(page: Page) -> None:
    page.get_by_role("link", name="I have an appointment").click()
    heading(page, "Show us your code")
    page.get_by_role("link", name="I have a reference").click()
    heading(page, "Find your appointment")


def test_with_an_appointment_from_the_start_to_the_ticket(lobby: Page, live_server: Any, visit: Appointment) -> None:
    open_kiosk(lobby, live_server, visit.location)
    looked_at(lobby)
    to_reference(lobby)
    looked_at(lobby)
    lobby.get_by_label("Reference").fill(visit.number.lower().replace("-", " "))
    say_birthday(lobby, "18")
    lobby.get_by_role("button", name="Continue").click()
    expect(lobby.get_by_role("alert").filter(has_text="There is a problem")).to_contain_text(
        "We could not find it. Please ask at the desk."
    )
    looked_at(lobby)
    say_birthday(lobby)
    lobby.get_by_role("button", name="Continue").click()
    heading(lobby, "Is this you?")
    expect(lobby.get_by_text("First name with W")).to_be_visible()
    looked_at(lobby)
    lobby.get_by_role("button", name="Yes, check in").click()
    expect(lobby.get_by_role("heading", level=1)).to_contain_text("We will call")
    ticket_shown(lobby)
    looked_at(lobby)
    lobby.get_by_role("link", name="Finish").click()
    heading(lobby, f"Welcome to {visit.location.name}")


def test_a_scanner_types_the_code_and_enter(lobby: Page, live_server: Any, visit: Appointment) -> None:
    open_kiosk(lobby, live_server, visit.location)
    lobby.get_by_role("link", name="I have an appointment").click()
    heading(lobby, "Show us your code")
    expect(lobby.get_by_label("What the scanner reads")).to_be_focused()
    looked_at(lobby)
    lobby.keyboard.type(f"{live_server.url}/a/{visit.secret}/\n")
    heading(lobby, "Is this you?")
    lobby.get_by_role("button", name="Yes, check in").click()
    ticket_shown(lobby)


def test_without_an_appointment_from_the_start_to_the_ticket(lobby: Page, live_server: Any, place: Location) -> None:
    open_kiosk(lobby, live_server, place)
    lobby.get_by_role("link", name="I have no appointment").click()
    heading(lobby, "Who would you like to see?")
    expect(lobby.get_by_role("button", name="Dr Busy Bee")).to_contain_text("2 people are waiting.")
    looked_at(lobby)
    lobby.get_by_role("button", name="First available doctor").click()
    heading(lobby, "Who is the patient?")
    looked_at(lobby)
    lobby.get_by_role("button", name="Continue").click()
    expect(lobby).to_have_title(re.compile("^Error: Who is the patient"))
    looked_at(lobby)
    lobby.get_by_label("First name").fill("Nora")
    lobby.get_by_label("Last name").fill("New")
    say_birthday(lobby)
    lobby.get_by_label("Phone number").fill("020 7946 0777")
    lobby.get_by_role("button", name="Continue").click()
    heading(lobby, "What is the visit about?")
    looked_at(lobby)
    lobby.get_by_label("Reason for the visit").fill("Sore knee")
    lobby.get_by_role("button", name="Continue").click()
    heading(lobby, "Check your answers")
    looked_at(lobby)
    lobby.get_by_role("button", name="Change the visit").click()
    heading(lobby, "What is the visit about?")
    expect(lobby.get_by_label("Reason for the visit")).to_have_value("Sore knee")
    lobby.get_by_role("button", name="Continue").click()
    heading(lobby, "Check your answers")
    lobby.get_by_role("button", name="Join the queue").dblclick()
    expect(lobby.get_by_role("heading", level=1)).to_contain_text("We will call")
    made = ticket_shown(lobby)
    assert (Token.objects.count(), made.queue.doctor.name) == (3, "Dr Free Time")
    looked_at(lobby)


def test_help_is_two_presses_away_from_everywhere(lobby: Page, live_server: Any, place: Location) -> None:
    open_kiosk(lobby, live_server, place)
    lobby.get_by_role("link", name="I have no appointment").click()
    lobby.get_by_role("link", name="Get help").click()
    heading(lobby, "What do you need help with?")
    looked_at(lobby)
    lobby.get_by_role("button", name="I feel very unwell").click()
    heading(lobby, "Somebody is coming")
    looked_at(lobby)
    assert EmergencyRequest.objects.get().source == "kiosk"


def test_pressing_twice_checks_in_once_and_keeps_the_devices_name_for_it(
    scripted: Page, live_server: Any, visit: Appointment
) -> None:
    open_kiosk(scripted, live_server, visit.location)
    to_reference(scripted)
    sent: list[str] = []
    scripted.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    name = scripted.locator("input[name=operation]").input_value()
    scripted.get_by_label("Reference").fill(visit.number)
    say_birthday(scripted)
    scripted.get_by_role("button", name="Continue").click()
    heading(scripted, "Is this you?")
    scripted.get_by_role("button", name="Yes, check in").dblclick()
    expect(scripted.locator(".kiosk__code")).to_be_visible()
    assert Token.objects.count() == 1
    assert len(sent) == 2
    assert all(f"operation={name}" in body and "device_time=" in body for body in sent)


def typed_something(page: Page, live_server: Any, visit: Appointment) -> None:
    open_kiosk(page, live_server, visit.location)
    to_reference(page)
    page.get_by_label("Reference").fill(visit.number)
    say_birthday(page)


def test_an_idle_screen_asks_and_then_forgets_everything(scripted: Page, live_server: Any, visit: Appointment) -> None:
    typed_something(scripted, live_server, visit)
    dialog = scripted.get_by_role("dialog", name="Are you still there?")
    scripted.clock.pause_at(scripted.evaluate("Date.now()") / 1000 + 10)  # no second goes by that is not ours
    scripted.get_by_label("Reference").press("End")
    scripted.clock.run_for(58_000)
    expect(dialog).to_be_hidden()
    scripted.clock.run_for(3_000)
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text(re.compile("This screen will be cleared in (19|20) seconds"))
    expect(scripted.get_by_role("button", name="I’m still here")).to_be_focused()
    scripted.clock.resume()
    looked_at(scripted)

    scripted.get_by_role("button", name="I’m still here").click()
    expect(dialog).to_be_hidden()
    expect(scripted.get_by_label("Reference")).to_have_value(visit.number)

    scripted.clock.run_for(70_000)
    expect(dialog).to_be_visible()
    scripted.clock.run_for(12_000)
    heading(scripted, f"Welcome to {visit.location.name}")
    expect(dialog).to_be_hidden()
    for _step in range(2):
        assert visit.number not in scripted.content()
        scripted.go_back()
        heading(scripted, f"Welcome to {visit.location.name}")


def test_typing_keeps_the_screen_awake(scripted: Page, live_server: Any, visit: Appointment) -> None:
    typed_something(scripted, live_server, visit)
    scripted.get_by_label("Reference").press("End")
    for letter in "abc":
        scripted.clock.run_for(50_000)
        scripted.keyboard.type(letter)
    expect(scripted.get_by_role("dialog")).to_be_hidden()
    scripted.clock.run_for(62_000)
    expect(scripted.get_by_role("dialog")).to_be_visible()
    scripted.keyboard.press("Escape")
    expect(scripted.get_by_role("dialog")).to_be_hidden()
    expect(scripted.get_by_label("Reference")).to_have_value(f"{visit.number}abc")


def test_back_at_any_time_leads_to_an_empty_start(scripted: Page, live_server: Any, visit: Appointment) -> None:
    typed_something(scripted, live_server, visit)
    scripted.get_by_role("button", name="Continue").click()
    heading(scripted, "Is this you?")
    scripted.go_back()
    heading(scripted, f"Welcome to {visit.location.name}")
    scripted.go_forward()
    scripted.get_by_role("link", name="I have an appointment").click()
    scripted.get_by_role("link", name="I have a reference").click()
    expect(scripted.get_by_label("Reference")).to_have_value("")


def test_an_answer_that_comes_after_the_wipe_is_shown_to_nobody(
    scripted: Page, live_server: Any, visit: Appointment
) -> None:
    typed_something(scripted, live_server, visit)
    held: list[Any] = []
    scripted.route("**/reference/", lambda route: held.append(route))
    scripted.get_by_role("button", name="Continue").click()
    expect(scripted.get_by_role("button", name="Continue")).to_have_attribute("aria-disabled", "true")
    scripted.get_by_role("link", name="Start again").click()
    heading(scripted, f"Welcome to {visit.location.name}")
    for route in held:
        route.continue_()
    scripted.get_by_role("link", name="I have an appointment").click()
    heading(scripted, "Show us your code")
    expect(scripted.get_by_text("First name with")).to_have_count(0)


def test_whoever_presses_another_link_is_taken_there(scripted: Page, live_server: Any, place: Location) -> None:
    open_kiosk(scripted, live_server, place)
    held: list[Any] = []
    scripted.route("**/walk-in/", lambda route: held.append(route))
    scripted.get_by_role("link", name="I have no appointment").click()
    scripted.get_by_role("link", name="Get help").click()
    heading(scripted, "What do you need help with?")
    for route in held:
        route.abort()
    expect(scripted.get_by_text("We could not reach the clinic just now.")).to_be_hidden()


def test_what_the_clinic_does_not_hear_is_not_lost(scripted: Page, live_server: Any, visit: Appointment) -> None:
    typed_something(scripted, live_server, visit)
    scripted.route("**/reference/", lambda route: route.abort())
    scripted.get_by_role("button", name="Continue").click()
    expect(scripted.get_by_text("We could not reach the clinic just now.")).to_be_visible()
    expect(scripted.get_by_label("Reference")).to_have_value(visit.number)
    scripted.unroute("**/reference/")
    scripted.get_by_role("button", name="Continue").click()
    heading(scripted, "Is this you?")
    expect(scripted.get_by_text("We could not reach the clinic just now.")).to_be_hidden()


def test_a_start_page_that_cannot_be_reached_is_shown_all_the_same(
    scripted: Page, live_server: Any, visit: Appointment
) -> None:
    typed_something(scripted, live_server, visit)
    scripted.route(re.compile("/kiosk/"), lambda route: route.abort())
    scripted.get_by_role("link", name="Start again").click()
    heading(scripted, f"Welcome to {visit.location.name}")
    assert visit.number not in scripted.content()


def test_nothing_is_printed_but_by_a_press(scripted: Page, live_server: Any, visit: Appointment) -> None:
    scripted.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    typed_something(scripted, live_server, visit)
    scripted.get_by_role("button", name="Continue").click()
    scripted.get_by_role("button", name="Yes, check in").click()
    expect(scripted.locator(".kiosk__code")).to_be_visible()
    assert scripted.evaluate("window.printed") == 0
    scripted.get_by_role("button", name="Print the ticket").click()
    assert scripted.evaluate("window.printed") == 1
    scripted.emulate_media(media="print")
    expect(scripted.locator(".ticket")).to_be_visible()
    expect(scripted.locator(".kiosk__done")).to_be_hidden()


CAMERA = """
navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream();
window.BarcodeDetector = class { async detect() { return [{ rawValue: "%s" }]; } };
HTMLVideoElement.prototype.play = async () => {};
"""


def test_a_camera_reads_the_code_where_the_browser_can(
    new_context: NewContext, live_server: Any, visit: Appointment
) -> None:
    page = watched(new_context(viewport=LOBBY).new_page())
    page.add_init_script(CAMERA % f"https://clinic.example/a/{visit.secret}/")
    open_kiosk(page, live_server, visit.location)
    page.get_by_role("link", name="I have an appointment").click()
    page.get_by_role("button", name="Use the camera").click()
    heading(page, "Is this you?")


def test_a_camera_that_cannot_be_used_says_so(new_context: NewContext, live_server: Any, visit: Appointment) -> None:
    page = watched(new_context(viewport=LOBBY).new_page())
    page.add_init_script(CAMERA.replace("document.createElement", "nothing.createElement") % "x")
    open_kiosk(page, live_server, visit.location)
    page.get_by_role("link", name="I have an appointment").click()
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_text("The camera cannot be used.")).to_be_visible()


def test_where_the_browser_cannot_no_camera_is_offered(
    new_context: NewContext, live_server: Any, visit: Appointment
) -> None:
    page = new_context(viewport=LOBBY).new_page()
    page.add_init_script("delete window.BarcodeDetector;")
    open_kiosk(page, live_server, visit.location)
    page.get_by_role("link", name="I have an appointment").click()
    heading(page, "Show us your code")
    expect(page.get_by_role("button", name="Use the camera")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 390, 1080])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen(
    new_context: NewContext, live_server: Any, place: Location, width: int, scheme: str
) -> None:
    page = watched(
        new_context(viewport={"width": width, "height": 1920 if width == 1080 else 844}, color_scheme=scheme).new_page()
    )
    for name in ("kiosk", "kiosk_appointment", "kiosk_phone", "kiosk_walk_in", "kiosk_help"):
        page.goto(f"{live_server.url}{reverse(f'queueing:{name}', args=[place.slug])}")
        looked_at(page)

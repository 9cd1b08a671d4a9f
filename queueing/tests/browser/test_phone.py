"""A phone in the waiting room: check in from the appointment, watch the place go down, be called, leave, come back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, WebSocketRoute, expect

from accounts.live.renderer import renderer
from config.tests.sockets import start
from queueing.models import EmergencyRequest, Feedback, Token
from queueing.services import queues, steps
from queueing.services.transferring import transfer_token
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment
from scheduling.tests.factories import CLINIC, SlotFactory, book, in_hours
from testing.embedded import EmbeddedServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 568}
AT_ONCE = 3_000
NewContext = Callable[..., BrowserContext]

RINGS = """
window.rung = 0;
navigator.vibrate = () => { window.rung += 1; return true; };
"""


@pytest.fixture(scope="module")
def served(django_db_setup: None, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that hears through Redis what this process does."""
    server = start(tmp_path_factory.mktemp("served"), REDIS_URL=redis_url)
    yield server
    assert "Traceback" not in server.stop()


class Clinic:
    """A waiting room, and phones in it."""

    def __init__(self, new_context: NewContext, server: EmbeddedServer) -> None:
        self.new_context, self.server = new_context, server
        self.doctor, self.place = a_doctor(name="Dr Ada Byron")
        self.problems: list[str] = []

    def joins(self) -> Token:
        return walk_in(self.doctor, self.place)

    def call(self, token: Token) -> None:
        """Next, please."""
        assert steps.call_next(queue_id=token.queue_id, actor=CLINIC).pk == token.pk

    def finish(self, token: Token) -> None:
        steps.start_token(token_id=token.pk, actor=CLINIC)
        steps.finish_token(token_id=token.pk, actor=CLINIC)

    def phone(self, *, scripts: bool = True, **more: Any) -> Page:
        page = self.new_context(viewport=PHONE, java_script_enabled=scripts, **more).new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.add_init_script(RINGS)
        return page

    def opened(self, token: Token, **more: Any) -> Page:
        page = self.phone(**more)
        page.goto(f"{self.server.address}/t/{token.secret}/")
        return page


@pytest.fixture
def clinic(new_context: NewContext, served: EmbeddedServer, settings: Any, redis_url: str) -> Iterator[Clinic]:
    """One for each test; nothing goes wrong on any page."""
    settings.LIVE_UPDATES, settings.REDIS_URL = True, redis_url
    made = Clinic(new_context, served)
    yield made
    renderer.stop()
    assert made.problems == []


def headline(page: Page) -> Locator:
    return page.locator(".place__headline")


def check(page: Page) -> None:
    """What holds for every page and every state of it."""
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = Axe().run(page).response["violations"]
    assert [(finding["id"], finding["nodes"][0]["html"]) for finding in found] == []


def soon(clinic: Clinic, minutes: float = 20) -> Appointment:
    return book(SlotFactory(doctor=clinic.doctor, location=clinic.place, starts_at=in_hours(minutes / 60)))


def test_from_the_appointment_to_the_doctor(clinic: Clinic) -> None:
    first, visit = clinic.joins(), soon(clinic)
    page = clinic.phone()
    page.goto(f"{clinic.server.address}/a/{visit.secret}/")
    check(page)
    page.get_by_role("button", name="I’m here: check in").click()
    page.wait_for_url(re.compile("/t/"))
    check(page)
    token = Token.objects.get(appointment=visit)
    expect(page.locator(".place__code")).to_contain_text(token.code)
    line = [first, token] if "before you" in headline(page).inner_text() else [token, first]
    if line[0] == first:
        expect(headline(page)).to_have_text("1 person is before you")
        clinic.call(first)
        expect(headline(page)).to_have_text("You are next", timeout=AT_ONCE)
        clinic.finish(first)
    clinic.call(token)
    expect(headline(page)).to_have_text("Please go to Room 1 now", timeout=AT_ONCE)
    expect(page).to_have_title(re.compile("^Please go to Room 1 now"))
    expect(page.locator("[data-token-alert]")).to_contain_text("Please go to Room 1 now")
    check(page)
    steps.start_token(token_id=token.pk, actor=CLINIC)
    expect(headline(page)).to_have_text("You are with the doctor", timeout=AT_ONCE)
    expect(page.get_by_role("link", name="Leave the queue")).to_be_hidden()
    check(page)
    steps.finish_token(token_id=token.pk, actor=CLINIC)
    expect(headline(page)).to_have_text("Thank you for coming", timeout=AT_ONCE)
    check(page)
    page.get_by_role("link", name="Tell us how it was").click()
    check(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    check(page)
    page.get_by_label("4, good").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Feedback.objects.get().score == 4


def test_the_place_goes_down_as_others_are_called_and_rings_only_when_asked_to(clinic: Clinic) -> None:
    tokens = [clinic.joins() for _ in range(3)]
    page, silent = clinic.opened(tokens[2]), clinic.opened(tokens[2])
    for before, words in zip(tokens[:2], ("1 person is before you", "You are next"), strict=True):
        clinic.call(before)
        expect(headline(page)).to_have_text(words, timeout=AT_ONCE)
        clinic.finish(before)
    expect(page.locator("#announcer")).to_contain_text("You are next")
    ring = page.get_by_role("button", name="Ring on this phone when I am called")
    ring.click()
    expect(ring).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("rung") == 1  # so that one hears what it will be like
    clinic.call(tokens[2])
    for one in (page, silent):
        expect(headline(one)).to_have_text("Please go to Room 1 now", timeout=AT_ONCE)
    page.wait_for_function("rung >= 2")
    assert silent.evaluate("rung") == 0
    steps.recall_token(token_id=tokens[2].pk, actor=CLINIC)
    expect(silent.locator("[data-calls='2']")).to_be_visible(timeout=AT_ONCE)


def test_the_doctors_status_reaches_the_phone_at_once(clinic: Clinic) -> None:
    token = clinic.joins()
    page = clinic.opened(token)
    queues.set_doctor_status(queue_id=token.queue_id, status="running_late", minutes=20, actor=CLINIC)
    expect(page.get_by_text("Dr Ada Byron is running about 20 minutes late.")).to_be_visible(timeout=AT_ONCE)
    check(page)


def test_who_is_sent_to_another_doctor_goes_on_from_the_same_page(clinic: Clinic) -> None:
    clinic.joins()
    token = clinic.joins()
    page = clinic.opened(token)
    other, _place = a_doctor(clinic.place, room="Room 7")
    moved = transfer_token(token_id=token.pk, doctor_id=other.pk, actor=CLINIC)
    expect(page.locator(".place__code")).to_contain_text(moved.code, timeout=AT_ONCE)
    expect(headline(page)).to_have_text("You are next")
    check(page)
    steps.call_token(token_id=moved.pk, actor=CLINIC)
    expect(headline(page)).to_have_text("Please go to Room 7 now", timeout=AT_ONCE)


def test_a_line_that_is_cut_heals_and_what_was_missed_is_shown(clinic: Clinic) -> None:
    token = clinic.joins()
    page = clinic.phone()
    lines: list[WebSocketRoute] = []
    is_down = False

    def pass_on(line: WebSocketRoute) -> None:
        lines.append(line)
        if is_down:
            line.close(code=1012)
        else:
            line.connect_to_server()

    page.route_web_socket(re.compile("/ws/"), pass_on)
    page.goto(f"{clinic.server.address}/t/{token.secret}/")
    expect(headline(page)).to_have_text("You are next")
    is_down = True
    page.route(re.compile("/state/"), lambda route: route.abort())
    lines[-1].close(code=1012)
    expect(page.get_by_text("We cannot reach the clinic at the moment.")).to_be_visible(timeout=AT_ONCE)
    check(page)
    clinic.call(token)
    is_down = False
    expect(headline(page)).to_have_text("Please go to Room 1 now", timeout=15_000)
    expect(page.get_by_text("We cannot reach the clinic at the moment.")).to_be_hidden()
    assert len(lines) > 1


def test_without_a_socket_the_page_asks_and_refresh_asks_at_once(clinic: Clinic) -> None:
    token = clinic.joins()
    page = clinic.phone()
    page.route_web_socket(re.compile("/ws/"), lambda line: line.close(code=4403))
    page.goto(f"{clinic.server.address}/t/{token.secret}/")
    page.wait_for_timeout(500)
    clinic.call(token)
    page.get_by_role("link", name="Refresh").click()
    expect(headline(page)).to_have_text("Please go to Room 1 now", timeout=AT_ONCE)
    steps.start_token(token_id=token.pk, actor=CLINIC)
    expect(headline(page)).to_have_text("You are with the doctor", timeout=13_000)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_leave_and_call_for_help_with_and_without_scripts(clinic: Clinic, scripts: bool) -> None:
    token = clinic.joins()
    page = clinic.opened(token, scripts=scripts)
    page.get_by_role("link", name="I need help now").click()
    page.get_by_label("What is the matter?").fill("I feel faint")
    page.get_by_role("button", name="Tell the desk now").click()
    expect(page.get_by_role("heading", name="The desk has been told")).to_be_visible()
    assert EmergencyRequest.objects.get().message == "I feel faint"
    if scripts:
        check(page)
    page.get_by_role("link", name="Back to your place in the queue").click()
    page.get_by_role("link", name="Leave the queue").click()
    if scripts:
        check(page)
    page.get_by_role("button", name="Leave the queue").click()
    expect(headline(page)).to_have_text("You have left the queue")
    if scripts:
        check(page)
    token.refresh_from_db()
    assert token.status == "cancelled"


def test_without_scripts_all_of_the_way_works_by_pressing(clinic: Clinic) -> None:
    visit = soon(clinic)
    page = clinic.phone(scripts=False)
    page.goto(clinic.server.address)
    page.get_by_role("link", name="Check in").click()
    page.get_by_label("Reference").fill(visit.number)
    page.get_by_label("Phone number or e-mail address").fill(visit.patient.email)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="I’m here: check in").click()
    expect(headline(page)).to_have_text("You are next")
    assert page.locator("noscript meta[http-equiv=refresh], meta[http-equiv=refresh]").count() == 1
    expect(page.get_by_role("button", name="Ring on this phone")).to_be_hidden()
    clinic.call(Token.objects.get(appointment=visit))
    page.get_by_role("link", name="Refresh").click()
    expect(headline(page)).to_have_text("Please go to Room 1 now")


def test_the_panel_of_the_appointment_is_live(clinic: Clinic) -> None:
    visit = soon(clinic)
    page = clinic.phone()
    page.goto(f"{clinic.server.address}/a/{visit.secret}/")
    page.get_by_role("button", name="I’m here: check in").click()
    page.wait_for_url(re.compile("/t/"))
    page.goto(f"{clinic.server.address}/a/{visit.secret}/")
    expect(headline(page)).to_have_text("You are next")
    check(page)
    clinic.call(Token.objects.get(appointment=visit))
    expect(headline(page)).to_have_text("Please go to Room 1 now", timeout=AT_ONCE)
    check(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_readable_on_the_smallest_phone_in_light_and_dark(clinic: Clinic, scheme: str) -> None:
    token = clinic.joins()
    page = clinic.opened(token, color_scheme=scheme)
    page.set_viewport_size(NARROW)
    check(page)
    for step in (steps.call_token, steps.mark_token_no_show):
        step(token_id=token.pk, actor=CLINIC)
        page.reload()
        page.wait_for_timeout(100)
        check(page)


def test_a_foreign_secret_opens_nothing(clinic: Clinic) -> None:
    token = clinic.joins()
    page = clinic.phone()
    answer = page.goto(f"{clinic.server.address}/t/{token.secret.swapcase()}/")
    assert answer is not None
    assert answer.status == 404
    check(page)

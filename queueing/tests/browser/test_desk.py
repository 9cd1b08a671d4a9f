"""The desk in real browsers, served as in life: by keyboard alone, by two people at once, on a tablet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as current
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, Route, WebSocketRoute, expect

from accounts.models import User
from accounts.roles import Role
from config.tests.sockets import signed_in, start
from queueing.models import EmergencyRequest, Token
from queueing.services.emergencies import raise_emergency
from queueing.states import EmergencySource, TokenStatus
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import StaffAssignment
from scheduling.tests.factories import CLINIC, DoctorFactory
from testing.embedded import EmbeddedServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AT_ONCE = 2_500
"""Milliseconds within which a change is seen; polling alone would take half a minute."""

DESKTOP = {"width": 1280, "height": 900}
TABLET = {"width": 1024, "height": 768}
NARROW = {"width": 320, "height": 700}
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def served(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One process with everything, as bin/run starts it."""
    server = start(tmp_path_factory.mktemp("served"))
    yield server
    assert "Traceback" not in server.stop()


class Desk:
    """A doctor with three who wait, and clerks at the desk."""

    def __init__(self, new_context: NewContext, server: EmbeddedServer) -> None:
        self.new_context, self.server = new_context, server
        self.doctor, self.place = a_doctor()
        self.other = DoctorFactory(locations=[self.place], room="Room 2")
        self.tokens = [walk_in(self.doctor, self.place) for _number in range(3)]
        self.problems: list[str] = []
        self.clerks = 0

    def open(self, name: str = "doctor", *, viewport: dict[str, int] = DESKTOP, wait: bool = True, **more: Any) -> Page:
        """A clerk of their own in a browser of their own."""
        self.clerks += 1
        clerk = User.objects.create_user(f"clerk{self.clerks}@clinic.example", is_staff=True)
        clerk.groups.add(Group.objects.get_or_create(name=Role.RECEPTION)[0])
        StaffAssignment.objects.create(user=clerk).locations.set([self.place])
        key = signed_in(clerk).cookies[current.SESSION_COOKIE_NAME].value
        page = self.new_context(viewport=viewport, **more).new_page()
        page.context.add_cookies([{"name": current.SESSION_COOKIE_NAME, "value": key, "url": self.server.address}])
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(self.address(name))
        if wait:
            expect(page.get_by_text("Live: changes appear at once.")).to_be_visible(timeout=10_000)
        return page

    def address(self, name: str = "doctor") -> str:
        arguments: dict[str, Any] = {"slug": self.place.slug}
        if name == "doctor":
            arguments["doctor_id"] = self.doctor.pk
        return self.server.address + reverse(f"queueing:desk_{name}", kwargs=arguments)

    def status(self, number: int) -> str:
        self.tokens[number].refresh_from_db()
        return self.tokens[number].status


@pytest.fixture
def desk(new_context: NewContext, served: EmbeddedServer) -> Iterator[Desk]:
    made = Desk(new_context, served)
    yield made
    assert made.problems == []


def group(page: Page, heading: str) -> Any:
    """The people under a heading of a queue."""
    return page.get_by_role("list", name=heading, exact=True)


def test_a_whole_consultation_by_keyboard_alone(desk: Desk) -> None:
    page = desk.open()
    expect(page.get_by_role("button", name="Call next").locator("kbd")).to_be_visible()
    first, second, third = (token.code for token in desk.tokens)
    said = page.locator("#announcer")
    page.keyboard.press("n")
    expect(group(page, "Called")).to_contain_text(first)
    expect(said).to_have_text(f"{first} was called to Room 1.")
    page.keyboard.press("r")
    expect(group(page, "Called")).to_contain_text("Called 2 times")
    page.keyboard.press("s")
    expect(group(page, "With the doctor")).to_contain_text(first)
    page.keyboard.press("f")
    expect(page.get_by_text("1 finished today")).to_be_visible()
    page.keyboard.press("n")
    expect(group(page, "Called")).to_contain_text(second)
    page.keyboard.press("p")
    expect(group(page, "Called")).to_have_count(0)
    page.keyboard.press("u")
    expect(group(page, "Called")).to_contain_text(second)
    page.keyboard.press("x")
    expect(page.get_by_text("1 did not come")).to_be_visible()
    page.keyboard.press("l")
    expect(page.get_by_text("Running 10 minutes late", exact=True)).to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_text("On a break", exact=True)).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("alert").get_by_text("End the break first")).to_be_visible()
    page.keyboard.press("o")
    expect(page.get_by_role("alert").get_by_text("End the break first")).to_have_count(0)
    page.keyboard.press("n")
    expect(group(page, "Called")).to_contain_text(third)
    assert [desk.status(number) for number in range(3)] == [
        TokenStatus.COMPLETED,
        TokenStatus.NO_SHOW,
        TokenStatus.CALLED,
    ]


def test_arrows_choose_a_person_and_the_focus_stays_with_them(desk: Desk) -> None:
    page = desk.open()
    last = desk.tokens[2]
    for _press in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.locator(f"#token-{last.pk}")).to_be_focused()
    page.keyboard.press("c")
    expect(group(page, "Called")).to_contain_text(last.code)
    expect(page.locator(f"#token-{last.pk}")).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog")
    expect(panel.get_by_role("heading", level=2)).to_be_focused()
    page.keyboard.press("n")
    assert desk.status(0) == TokenStatus.WAITING
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page.locator(f"#token-{last.pk}")).to_be_focused()


def test_names_are_found_without_their_accents_and_with_any_apostrophe(desk: Desk) -> None:
    page = desk.open()
    page.evaluate("document.querySelector('[data-token]').dataset.words = 'A001 Zoë D’Lefèvre'")
    for typed, count in [("zoe d'lefevre", 1), ("ZOË", 1), ("zoe nobody", 0)]:
        page.locator("#desk-find").fill(typed)
        expect(page.locator("[data-token]:not([hidden])")).to_have_count(count)


def test_keys_are_no_keys_while_somebody_types_or_holds_another_one(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.press("/")
    expect(page.locator("#desk-find")).to_be_focused()
    page.keyboard.type("n")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+b")
    page.keyboard.press("Alt+x")
    page.keyboard.press("Shift+N")
    expect(group(page, "Waiting").get_by_role("listitem")).to_have_count(3)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    keys.get_by_label("Use single keys on this device").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_text("Live: changes appear at once.")).to_be_visible(timeout=10_000)
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    assert [desk.status(number) for number in range(3)] == [TokenStatus.WAITING] * 3


def test_what_is_typed_in_the_panel_outlives_what_others_do(desk: Desk) -> None:
    page, other = desk.open(), desk.open()
    last = desk.tokens[2]
    page.locator(f"#token-{last.pk}-more").click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("Points given by hand").fill("90")
    other.keyboard.press("n")
    expect(group(page, "Called")).to_contain_text(desk.tokens[0].code, timeout=AT_ONCE)
    panel.get_by_role("button", name="Change priority").click()
    expect(panel.get_by_role("alert").get_by_text("Say why")).to_be_visible()
    expect(panel.get_by_label("Points given by hand")).to_have_value("90")
    panel.get_by_label("Why", exact=False).last.fill("cannot sit")
    panel.get_by_role("button", name="Change priority").click()
    expect(panel).to_have_count(0)
    expect(group(page, "Waiting").get_by_role("listitem").first).to_contain_text(last.code)


def test_two_desks_show_the_same_at_once(desk: Desk) -> None:
    one, other = desk.open(), desk.open("location")
    other.locator(f"#token-{desk.tokens[1].pk}").focus()
    one.keyboard.press("n")
    expect(group(other, "Called")).to_contain_text(desk.tokens[0].code, timeout=AT_ONCE)
    expect(other.locator(f"#token-{desk.tokens[1].pk}")).to_be_focused()
    other.keyboard.press("n")
    expect(group(other, "Called")).to_contain_text(desk.tokens[1].code)
    shown = other.locator(f"#queue-{desk.doctor.pk}-live").element_handle()
    words = shown.inner_text()
    other.get_by_role("link", name="Refresh").click()
    other.wait_for_timeout(500)
    if other.locator(f"#queue-{desk.doctor.pk}-live").inner_text() == words:  # no minute has gone by
        assert shown.evaluate("part => part.isConnected"), "what is shown already was put in again"
    expect(group(one, "Called")).to_contain_text(desk.tokens[1].code, timeout=AT_ONCE)
    one.keyboard.press("l")
    expect(other.get_by_text("Running 10 minutes late", exact=True)).to_be_visible(timeout=AT_ONCE)


def test_times_go_on_while_nothing_else_happens(desk: Desk) -> None:
    page = desk.open(wait=False)
    page.clock.install()
    page.reload()
    waited = page.locator(f"#token-{desk.tokens[2].pk} [data-since]")
    expect(waited).to_have_text("0 min")
    page.route(re.compile("/desk/"), lambda route: route.abort())
    page.clock.run_for(4 * 60_000)
    expect(waited).to_have_text(re.compile(r"^[45] min$"))
    page.clock.fast_forward(61 * 60_000)
    expect(waited).to_have_text(re.compile(r"^1 h [5-7] min$"))


def test_a_double_click_calls_one(desk: Desk) -> None:
    page = desk.open()
    page.get_by_role("button", name="Call next").dblclick()
    expect(group(page, "Called").get_by_role("listitem")).to_have_count(1)
    page.wait_for_timeout(300)
    expect(group(page, "Called").get_by_role("listitem")).to_have_count(1)
    assert Token.objects.filter(status=TokenStatus.CALLED).count() == 1


def test_an_answer_is_shown_though_the_queue_changes_before_it_comes(desk: Desk) -> None:
    page, other = desk.open(), desk.open()
    other.keyboard.press("b")
    expect(page.get_by_text("On a break", exact=True)).to_be_visible(timeout=AT_ONCE)
    held: list[Route] = []
    page.route("**/press/", lambda route: held.append(route))
    page.keyboard.press("n")
    with page.expect_response(lambda answer: answer.url == page.url, timeout=10_000):
        other.locator(f"#queue-{desk.doctor.pk}-room-open").click()
        other.get_by_label("Room today").fill("Room 9")
        other.get_by_label("Room today").press("Enter")
    page.wait_for_timeout(300)
    held[0].continue_()
    expect(page.get_by_role("alert").get_by_text("End the break first")).to_be_visible()
    expect(page.locator(f"#queue-{desk.doctor.pk}-room-open")).to_contain_text("Room 9")


def test_a_stale_screen_is_told_and_shown_what_is(desk: Desk) -> None:
    page, other = desk.open(), desk.open()
    page.route(re.compile(rf"/desk/{desk.place.slug}/{desk.doctor.pk}/$"), lambda route: route.abort())
    other.locator(f"#token-{desk.tokens[1].pk}-call").click()
    expect(group(other, "Called")).to_contain_text(desk.tokens[1].code)
    expect(page.get_by_text("This page is not up to date")).to_be_visible(timeout=10_000)
    page.locator(f"#token-{desk.tokens[1].pk}-call").click()
    expect(page.get_by_role("alert").get_by_text("Somebody else was first")).to_be_visible()
    expect(group(page, "Called")).to_contain_text(desk.tokens[1].code)
    desk.tokens[1].refresh_from_db()
    assert desk.tokens[1].calls == 1


def test_an_emergency_is_on_every_desk_at_once_until_acknowledged(desk: Desk) -> None:
    one, other = desk.open(), desk.open("location")
    raising = desk.open("emergency", wait=False)
    raising.get_by_label("What is the matter?").fill("chest pain")
    raising.get_by_label("Who is it about?").select_option(label=desk.tokens[0].code)
    raising.get_by_role("button", name="Raise the alarm").click()
    for page in (one, other):
        banner = page.get_by_role("region", name=f"Emergency: {desk.tokens[0].code}")
        expect(banner).to_contain_text("chest pain", timeout=AT_ONCE)
    one.get_by_role("button", name="I see to it").click()
    expect(one.locator(".emergency")).to_have_count(0)
    expect(other.locator(".emergency")).to_have_count(0, timeout=AT_ONCE)
    assert EmergencyRequest.objects.get().acknowledged_at is not None


@pytest.mark.parametrize("name", ["location", "arrivals"])
def test_whoever_sees_to_an_emergency_stands_at_the_next_and_then_at_the_top(desk: Desk, name: str) -> None:
    said: Any = {"location": desk.place, "source": EmergencySource.STAFF, "actor": CLINIC}
    first, second, third = (raise_emergency(**said) for _number in range(3))
    page = desk.open(name, wait=name == "location")
    page.locator(f"#acknowledge-{second.pk}").focus()
    for next_one in (first, third):  # the newest stands first
        page.keyboard.press("Enter")
        expect(page.locator(f"#acknowledge-{next_one.pk}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".emergency")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_an_alarm_reaches_a_desk_behind_another_tab(desk: Desk) -> None:
    page, raising = desk.open(), desk.open("emergency", wait=False)
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { get: () => true });
            window.tones = 0;
            window.OscillatorNode = class extends window.OscillatorNode {
                constructor(...said) { super(...said); window.tones += 1; }
            };
        }"""
    )
    raising.get_by_role("button", name="Raise the alarm").click()
    expect(page.locator(".emergency")).to_have_count(1, timeout=AT_ONCE)
    page.wait_for_function("window.tones === 4")


@pytest.mark.parametrize("name", ["doctor", "arrivals"])
def test_an_alarm_that_is_shown_already_is_not_spoken_again(desk: Desk, name: str) -> None:
    raising = desk.open("emergency", wait=False)
    raising.get_by_role("button", name="Raise the alarm").click()
    page = desk.open(name, wait=name == "doctor")
    page.evaluate("document.getElementById('emergency-list').dataset.mark = 'same'")
    asked = page.url if name == "doctor" else desk.address("emergency")
    with page.expect_response(lambda answer: answer.url == asked, timeout=15_000):
        if name == "doctor":
            page.get_by_role("link", name="Refresh").click()
    page.wait_for_timeout(300)
    expect(page.locator("#emergency-list[data-mark=same] .emergency")).to_have_count(1)


def test_a_link_that_falls_silent_is_noticed_and_mended(desk: Desk) -> None:
    page = desk.open(wait=False)
    links: list[dict[str, Any]] = []

    def carry(socket: WebSocketRoute) -> None:
        server, link = socket.connect_to_server(), {"is_silent": False}
        links.append(link)
        socket.on_message(lambda said: None if link["is_silent"] else server.send(said))
        server.on_message(lambda said: None if link["is_silent"] else socket.send(said))

    page.route_web_socket(re.compile("/ws/events/"), carry)
    page.reload()
    live = page.get_by_text("Live: changes appear at once.")
    expect(live).to_be_visible(timeout=10_000)
    links[-1]["is_silent"] = True
    expect(live).to_be_hidden(timeout=15_000)
    expect(live).to_be_visible(timeout=15_000)
    assert len(links) == 2


def test_all_of_it_works_without_a_script(desk: Desk) -> None:
    page = desk.open(wait=False, java_script_enabled=False)
    expect(page.locator("kbd:visible")).to_have_count(0)  # keys do nothing here
    first = desk.tokens[0]
    page.get_by_role("button", name="Call next").click()
    expect(group(page, "Called")).to_contain_text(first.code)
    page.locator(f"#token-{first.pk}-start").click()
    expect(group(page, "With the doctor")).to_contain_text(first.code)
    page.locator(f"#token-{first.pk}-finish").click()
    page.get_by_role("button", name=f"Undo: {first.code} finished").click()
    expect(group(page, "With the doctor")).to_contain_text(first.code)
    page.locator(f"#token-{desk.tokens[1].pk}-more").click()
    page.get_by_label("Transfer to").select_option(str(desk.other.pk))
    page.get_by_role("button", name="Transfer").click()
    expect(page.get_by_text("Transferred, now")).to_have_count(1)


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(DESKTOP, "light"), (TABLET, "dark"), (NARROW, "light")],
    ids=["desktop", "tablet", "narrow"],
)
def test_every_page_of_the_desk_fits_and_has_no_barriers(desk: Desk, viewport: dict[str, int], scheme: str) -> None:
    page = desk.open("location", viewport=viewport, color_scheme=scheme, wait=False)
    page.get_by_role("button", name="Call next").first.click()
    expect(group(page, "Called")).to_contain_text(desk.tokens[0].code)
    person = page.locator(f"#token-{desk.tokens[1].pk}-more").get_attribute("href") or ""
    addresses = [desk.address(name) for name in ("location", "doctor", "arrivals", "walk_in", "emergency")]
    for address in [*addresses, desk.server.address + person]:
        page.goto(address)
        assert page.locator("h1").count() == 1
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{address} scrolls sideways by {wide}"
        found = Axe().run(page)
        assert found.violations_count == 0, f"{address}: {found.generate_report()}"
    page.goto(desk.address("location"))
    page.locator(f"#token-{desk.tokens[1].pk}-more").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_targets_are_large_enough_for_a_finger(desk: Desk) -> None:
    page = desk.open("location", viewport=TABLET, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Call next").first.click()
    expect(group(page, "Called")).to_contain_text(desk.tokens[0].code)
    heights = page.evaluate(
        """() => [...document.querySelectorAll("main button, main a.desk-button")]
            .filter((control) => control.checkVisibility())
            .map((control) => [control.getBoundingClientRect().height, control.innerText])"""
    )
    assert len(heights) > 10
    assert [words for height, words in heights if height < 43.5] == []

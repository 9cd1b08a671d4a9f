"""The screen of a waiting room in a real browser: what it shows, what it says, what it does when the link is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Error, Page, expect

from accounts.live.renderer import renderer
from config.tests.sockets import start
from queueing.models import QueuePolicy, Token, TokenStep
from queueing.services.queues import set_doctor_status
from queueing.services.steps import call_next, finish_token, recall_token, start_token
from queueing.services.undoing import undo_step
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.factories import CLINIC, DoctorFactory
from testing.embedded import EmbeddedServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AT_ONCE = 3_000
STALE_WITHIN = 10_000
TELEVISION = {"width": 1920, "height": 1080}
SIZES = [TELEVISION, {"width": 1080, "height": 1920}, {"width": 1024, "height": 768}, {"width": 390, "height": 844}]
CAPITAL_HEIGHT = 0.095
CONTRAST = 7.0
NewContext = Callable[..., BrowserContext]

VOICE = """
window.said = [];
window.atOnce = 0;
window.held = null;
let now = 0;
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, "speechSynthesis", { value: {
  cancel() {},
  speak(sentence) {
    now += 1;
    window.atOnce = Math.max(window.atOnce, now);
    window.said.push([sentence.lang, sentence.text]);
    const end = () => { now -= 1; sentence.onend(); };
    if (held) held.push(end);
    else setTimeout(end, 60);
  },
} });
"""
"""A voice for a browser that has none: it writes down what it is asked to say, and takes a moment for it; while
`held` is a list, as long as the test likes."""

CAPITALS = """element => {
  const style = getComputedStyle(element);
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  return canvas.measureText("H").actualBoundingBoxAscent / innerHeight;
}"""

COLOURS = """element => {
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
}"""


@pytest.fixture(scope="module")
def served(django_db_setup: None, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that hears through Redis what this process does."""
    server = start(tmp_path_factory.mktemp("served"), REDIS_URL=redis_url)
    yield server
    assert "Traceback" not in server.stop()


class Room:
    """A waiting room with a screen."""

    def __init__(self, new_context: NewContext, server: EmbeddedServer) -> None:
        self.new_context, self.server = new_context, server
        self.doctor, self.place = a_doctor(name="Dr Ada Byron")
        self.tokens = [walk_in(self.doctor, self.place) for _number in range(4)]
        self.queue_id = self.tokens[0].queue_id
        self.problems: list[str] = []

    def screen(
        self, *, viewport: dict[str, int] = TELEVISION, query: str = "", clock: bool = False, **more: Any
    ) -> Page:
        """A screen that shows the room."""
        page = self.new_context(viewport=viewport, **more).new_page()
        page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.add_init_script(VOICE)
        if clock:
            page.clock.install()
        page.goto(f"{self.server.address}/board/{self.place.slug}/")
        return page

    def call(self) -> Token:
        """Next, please."""
        return call_next(queue_id=self.queue_id, actor=CLINIC)

    @contextmanager
    def silence(self) -> Iterator[None]:
        """The server says nothing, and no connection ends."""
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.server.process.send_signal(signal.SIGCONT)


@pytest.fixture
def room(new_context: NewContext, served: EmbeddedServer, settings: Any, redis_url: str) -> Iterator[Room]:
    settings.LIVE_UPDATES, settings.REDIS_URL = True, redis_url
    made = Room(new_context, served)
    yield made
    renderer.stop()
    assert made.problems == []


def switch_sound_on(page: Page) -> None:
    page.get_by_role("button", name="Sound is off").click()
    expect(page.get_by_role("button", name="Sound is on")).to_be_visible()


def until(page: Page, condition: str, seconds: float = 20) -> None:
    """Wait for something in the page; Playwright's own waiting is what the page's policy forbids (eval)."""
    deadline = monotonic() + seconds
    while not is_so(page, condition):
        assert monotonic() < deadline, condition
        page.wait_for_timeout(50)


def is_so(page: Page, condition: str) -> bool:
    """Whether something is the case; in a page that is just being left, it is not."""
    try:
        return bool(page.evaluate(condition))
    except Error:
        return False


def said_on(page: Page, count: int) -> list[list[str]]:
    """What was spoken, when it is so much, and the page has nothing more to say."""
    until(page, f"said.length >= {count}")
    until(page, "!('speaking' in document.body.dataset)")
    said: list[list[str]] = page.evaluate("said")
    return said


# --- What is seen -----------------------------------------------------------------------------------------------


def test_a_call_is_seen_at_once_and_stands_out(room: Room) -> None:
    page = room.screen()
    expect(page.get_by_role("heading", name="Nobody has been called yet")).to_be_visible()
    until(page, "document.body.dataset.alive === ''")
    room.call()
    first = page.locator(".call--first")
    expect(first).to_contain_text("A001", timeout=AT_ONCE)
    expect(first).to_contain_text("Room 1")
    expect(first).to_have_attribute("data-new", "")
    expect(page.locator("#board-said")).to_have_text("Token A001, please go to Room 1.")
    expect(page.locator(".doctor")).to_contain_text("3 people waiting")
    room.call()
    expect(first).to_contain_text("A002", timeout=AT_ONCE)
    expect(page.locator(".call")).to_have_count(2)


def channel(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    red, green, blue = (channel(int(part) / 255) for part in colour.strip("rgba()").split(",")[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_who_are_called_can_be_read_across_the_room(room: Room, scheme: str) -> None:
    for _ in range(2):
        another = DoctorFactory(locations=[room.place])
        for _ in range(2):
            call_next(queue_id=walk_in(another, room.place).queue_id, actor=CLINIC)
    room.call()
    page = room.screen(color_scheme=scheme)
    codes = page.locator(".call__code").all()
    assert len(codes) == 5
    for code in codes:
        assert code.evaluate(CAPITALS) >= CAPITAL_HEIGHT
        bright, dark = sorted((luminance(one) for one in code.evaluate(COLOURS)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= CONTRAST
        box = code.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= TELEVISION["height"]


CUT_OFF = """call => {
  const frame = call.getBoundingClientRect();
  return [...call.children].some((words) => {
    const shown = words.getBoundingClientRect();
    return shown.top < frame.top || shown.bottom > frame.bottom || shown.right > frame.right;
  });
}"""


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_nobody_who_is_called_is_cut_off_however_many_were_before(room: Room, count: int) -> None:
    others = [DoctorFactory(locations=[room.place], room=f"Room {number + 10}") for number in range(6)]
    for doctor in others:
        seen = call_next(queue_id=walk_in(doctor, room.place).queue_id, actor=CLINIC)
        finish_token(token_id=start_token(token_id=seen.pk, actor=CLINIC).pk, actor=CLINIC)
    for doctor in others[:count]:
        call_next(queue_id=walk_in(doctor, room.place).queue_id, actor=CLINIC)
    page = room.screen()
    expect(page.locator(".call")).to_have_count(count)
    for size in [*SIZES, {"width": 1366, "height": 768}]:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert not [call for call in page.locator(".call").all() if call.evaluate(CUT_OFF)], size


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_holds_it_and_axe_finds_nothing(room: Room, scheme: str) -> None:
    set_doctor_status(queue_id=room.queue_id, status="running_late", minutes=20, actor=CLINIC)
    token = room.call()
    start_token(token_id=token.pk, actor=CLINIC)
    finish_token(token_id=token.pk, actor=CLINIC)
    room.call()
    page = room.screen(color_scheme=scheme)
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        expect(page.get_by_text("Running about 20 minutes late")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        violations = Axe().run(page).response["violations"]
        assert [one["id"] for one in violations] == [], f"{scheme} {size}"
    room.problems.clear()  # axe itself sets styles


def test_languages_take_turns_and_right_to_left_mirrors(room: Room) -> None:
    QueuePolicy.objects.create(location=room.place, board_languages="en hi ar")
    room.call()
    page = room.screen(clock=True)
    title = page.locator("#board-calls-title")
    html = page.locator("html")
    for language, direction, words in [
        ("en", "ltr", "Please come in"),
        ("hi", "ltr", "कृपया अंदर आइए"),
        ("ar", "rtl", "يرجى الدخول"),
        ("en", "ltr", "Please come in"),
    ]:
        expect(title.locator("span:not([hidden])")).to_have_text(words)
        expect(html).to_have_attribute("lang", language)
        expect(html).to_have_attribute("dir", direction)
        page.clock.run_for(8_000)


def test_without_a_script_the_state_is_there_and_comes_again(room: Room) -> None:
    room.call()
    page = room.screen(java_script_enabled=False)
    expect(page.locator(".call--first")).to_contain_text("A001")
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()
    assert page.locator("noscript meta[http-equiv=refresh]").count() == 1 or "refresh" in page.content()
    expect(page.get_by_role("button")).to_have_count(0)


def test_nothing_stands_in_one_place_for_ever(room: Room) -> None:
    page = room.screen(clock=True)
    page.route_web_socket("**/ws/**", lambda socket: None)  # the server would set the clock right again
    page.reload()
    places = set()
    for _ in range(3):
        box = page.locator("h1").bounding_box()
        assert box is not None
        places.add((box["x"], box["y"]))
        page.clock.fast_forward("01:00:00")
        page.clock.run_for(1_000)
    assert len(places) == 3
    room.problems.clear()


def test_a_day_of_calls_leaves_no_more_behind_than_one(room: Room) -> None:
    page = room.screen()
    token = room.call()
    expect(page.locator(".call--first")).to_contain_text("A001", timeout=AT_ONCE)
    for _ in range(45):  # more than the calls that are kept
        recall_token(token_id=token.pk, actor=CLINIC)
    last = TokenStep.objects.latest("pk").pk
    expect(page.locator(".call--first")).to_have_attribute("data-call", str(last), timeout=AT_ONCE)
    page.wait_for_timeout(500)
    before = page.evaluate("document.getElementsByTagName('*').length")
    for _ in range(30):
        recall_token(token_id=token.pk, actor=CLINIC)
    last = TokenStep.objects.latest("pk").pk
    expect(page.locator(".call--first")).to_have_attribute("data-call", str(last), timeout=AT_ONCE)
    assert page.evaluate("document.getElementsByTagName('*').length") == before
    assert len(page.evaluate("JSON.parse(sessionStorage.getItem('board-calls')).ids")) <= 100


# --- What is heard ----------------------------------------------------------------------------------------------


def test_each_call_is_spoken_twice_in_every_language_one_after_the_other(room: Room) -> None:
    QueuePolicy.objects.create(location=room.place, board_languages="en hi")
    page = room.screen()
    switch_sound_on(page)
    room.call()
    room.call()
    calls = [
        [["en-GB", f"Token A {number}, please go to Room 1."], ["hi-IN", f"टोकन A {number}, कृपया Room 1 में जाइए।"]]
        for number in (1, 2)
    ]
    assert said_on(page, 8) == [*calls[0], *calls[0], *calls[1], *calls[1]]
    assert page.evaluate("atOnce") == 1


def test_sound_is_off_until_somebody_turns_it_on_and_the_screen_says_so(room: Room) -> None:
    page = room.screen()
    expect(page.get_by_role("button", name="Sound is off. Tap to turn it on")).to_be_visible()
    room.call()
    expect(page.locator(".call--first[data-new]")).to_contain_text("A001", timeout=AT_ONCE)
    page.wait_for_timeout(500)
    assert page.evaluate("said") == []
    switch_sound_on(page)
    room.call()
    assert [words for _, words in said_on(page, 2)] == ["Token A 2, please go to Room 1."] * 2
    page.get_by_role("button", name="Sound is on").click()
    expect(page.get_by_role("button", name="Sound is off")).to_be_visible()


def test_a_call_that_is_taken_back_before_its_turn_is_not_spoken(room: Room) -> None:
    page = room.screen()
    switch_sound_on(page)
    page.evaluate("held = []")
    room.call()
    wrong = room.call()
    expect(page.locator(".call--first")).to_contain_text("A002", timeout=AT_ONCE)
    undo_step(step_id=wrong.steps.latest("pk").pk, actor=CLINIC)
    expect(page.locator(".call--first")).to_contain_text("A001", timeout=AT_ONCE)
    until(page, "held.length > 0")
    page.evaluate("() => { const ends = held; held = null; ends.forEach((end) => end()); }")
    assert [words for _, words in said_on(page, 2)] == ["Token A 1, please go to Room 1."] * 2


def test_who_wants_less_motion_sees_a_call_that_stands_still(room: Room) -> None:
    page = room.screen(reduced_motion="reduce")
    room.call()
    called = page.locator(".call--first[data-new]")
    expect(called).to_contain_text("A001", timeout=AT_ONCE)
    assert called.evaluate("element => getComputedStyle(element).animationName") == "none"
    assert called.evaluate("element => parseFloat(getComputedStyle(element).outlineWidth)") > 5


# --- When the link is lost ---------------------------------------------------------------------------------------


def test_a_lost_link_is_said_within_ten_seconds_and_heals(room: Room) -> None:
    page = room.screen()
    switch_sound_on(page)
    page.evaluate("window.isTheSame = true")
    room.call()
    said_on(page, 2)
    with room.silence():
        expect(page.get_by_text("Reconnecting. Last updated at")).to_be_visible(timeout=STALE_WITHIN)
        assert "grayscale" in page.locator("main").evaluate("element => getComputedStyle(element).filter")
        violations = Axe().run(page).response["violations"]
        assert [one["id"] for one in violations] == []
        old = room.call()
        TokenStep.objects.filter(token=old).update(at=timezone.now() - timedelta(minutes=2))
        room.call()
    expect(page.get_by_text("Reconnecting. Last updated at")).to_be_hidden(timeout=15_000)
    expect(page.locator(".call--first")).to_contain_text("A003", timeout=AT_ONCE)
    for code in ("A002", "A003"):
        expect(page.locator(".call[data-new]").filter(has_text=code)).to_be_visible()
    assert [words for _, words in said_on(page, 4)][2:] == ["Token A 3, please go to Room 1."] * 2
    assert page.evaluate("isTheSame")
    room.problems.clear()  # the browser tells of requests that were not answered


def test_while_sockets_are_refused_it_looks_by_itself(room: Room) -> None:
    page = room.new_context(viewport=TELEVISION).new_page()
    page.route_web_socket("**/ws/**", lambda socket: socket.close())
    page.goto(f"{room.server.address}/board/{room.place.slug}/")
    room.call()
    expect(page.locator(".call--first[data-new]")).to_contain_text("A001", timeout=8_000)
    expect(page.get_by_text("Reconnecting")).to_be_hidden()


def test_a_new_page_is_loaded_in_a_calm_moment_and_no_call_is_repeated(room: Room) -> None:
    page = room.screen(clock=True)
    room.call()
    expect(page.locator(".call--first")).to_contain_text("A001", timeout=AT_ONCE)
    page.evaluate("document.body.dataset.build = 'of yesterday'; window.isTheSame = true")
    room.call()
    expect(page.locator(".call--first")).to_contain_text("A002", timeout=AT_ONCE)
    page.clock.run_for(5_000)
    assert page.evaluate("window.isTheSame"), "a call was just made"
    for _ in range(60):
        with suppress(Error):  # the page is left meanwhile
            page.clock.run_for(2_000)
            if not page.evaluate("window.isTheSame"):
                break
        sleep(0.1)  # the server lives by another clock
    until(page, "!window.isTheSame && document.body.dataset.alive === ''")
    expect(page.locator(".call--first")).to_contain_text("A002")
    kept = page.evaluate("sessionStorage.getItem('board-calls')")
    assert page.locator("[data-new]").count() == 0, kept
    room.problems.clear()

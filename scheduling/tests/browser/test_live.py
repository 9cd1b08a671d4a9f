"""Two people look at one doctor's day in two browsers, served as in life: what one takes, the other sees go."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from testing.embedded import EmbeddedServer

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]

PHONE = {"width": 390, "height": 844}
AT_ONCE = 4_000
"""Milliseconds, on a busy machine. Pages that hear through a socket look by themselves every thirty seconds only."""
NewContext = Callable[..., BrowserContext]


class Clinic:
    """The embedded clinic with its demo, which can be restarted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = EmbeddedServer(folder).wait()

    def restart(self) -> None:
        """Another process at the same address."""
        self.server.stop()
        self.server = EmbeddedServer(self.folder, port=self.server.port).wait()

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """What the database says."""
        with sqlite3.connect(self.folder / "db.sqlite3") as database:
            return database.execute(sql, values).fetchall()

    def day(self) -> str:
        """The address of a day of one doctor with many free times."""
        [(doctor, specialty, location, day)] = self.rows(
            "SELECT s.doctor_id, d.specialty_id, s.location_id, date(s.starts_at) FROM scheduling_slot s"
            " JOIN scheduling_doctor d ON d.id = s.doctor_id"
            " WHERE s.taken < s.capacity AND s.is_open AND date(s.starts_at) > date('now', '+3 days')"
            " GROUP BY 1, 2, 3, 4 HAVING count(*) > 8 ORDER BY 4 LIMIT 1"
        )
        return f"{self.server.address}/book/time/?specialty={specialty}&location={location}&doctor={doctor}&day={day}"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """One for all tests here; each takes times of its own."""
    made = Clinic(tmp_path_factory.mktemp("clinic"))
    yield made
    made.server.stop()


@pytest.fixture
def looking(clinic: Clinic, new_context: NewContext) -> Callable[[], Page]:
    """Opens browsers, each with its own cookies, at the same day, whatever is taken of it meanwhile."""
    day = clinic.day()

    def look(**options: Any) -> Page:
        page = new_context(viewport=PHONE, **options).new_page()
        page.complaints = []  # type: ignore[attr-defined]
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
        page.asked = []  # type: ignore[attr-defined]
        page.on("request", lambda request: page.asked.append(request.url))  # type: ignore[attr-defined]
        page.heard = []  # type: ignore[attr-defined]
        page.on("websocket", lambda opened: opened.on("framereceived", lambda frame: page.heard.append(frame)))  # type: ignore[attr-defined]
        page.goto(day)
        return page

    return look


def wait_for_words(page: Page, count: int = 1, seconds: float = 10) -> None:
    """Until the page has heard so much through its socket."""
    deadline = time.monotonic() + seconds
    while len(page.heard) < count:  # type: ignore[attr-defined]
        assert time.monotonic() < deadline, "the page hears nothing"
        page.wait_for_timeout(20)


def free_times(page: Page) -> list[str]:
    """The times that can be pressed."""
    return [button.get_attribute("id") or "" for button in page.locator(".slot:not([aria-disabled])").all()]


def press(page: Page, time_id: str) -> None:
    """Take a time, and wait for the next question."""
    page.locator(f"#{time_id}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is the appointment for?")


def test_a_time_that_one_takes_goes_in_the_others_browser(looking: Callable[[], Page]) -> None:
    one, other = looking(), looking()
    for page in (one, other):
        wait_for_words(page)
    address, wanted = one.url, free_times(one)[0]
    clock = other.locator(f"#{wanted} .slot__time").inner_text()
    press(one, wanted)
    gone = other.locator(f"#{wanted}")
    expect(gone).to_have_attribute("aria-disabled", "true", timeout=AT_ONCE)
    expect(gone).to_contain_text("taken")
    expect(gone).to_have_attribute("type", "button")
    expect(other.locator("#announcer")).to_have_text(f"Just taken: {clock}")
    assert not [url for url in other.asked if "/times/" in url]  # type: ignore[attr-defined]
    assert one.complaints == other.complaints == []  # type: ignore[attr-defined]

    one.goto(address)
    expect(one.locator(f"#{wanted}")).to_contain_text("kept for you")


def test_what_is_kept_for_one_stays_ones_own_whatever_others_take(looking: Callable[[], Page]) -> None:
    one = looking()
    address = one.url
    mine, theirs = free_times(one)[:2]
    press(one, mine)
    one.goto(address)
    wait_for_words(one, 2)
    press(looking(), theirs)
    expect(one.locator(f"#{theirs}")).to_have_attribute("aria-disabled", "true", timeout=AT_ONCE)
    expect(one.locator(f"#{mine}")).to_contain_text("kept for you")
    expect(one.locator(f"#{mine}")).not_to_have_attribute("aria-disabled", "true")


def test_nothing_moves_under_a_finger_and_the_focus_stays(looking: Callable[[], Page]) -> None:
    one = looking()
    wait_for_words(one)
    theirs, beside = free_times(one)[:2]
    for time_id in (theirs, beside):
        one.locator(f"#{time_id}").focus()
        before = one.locator(f"#{beside}").bounding_box()
        element = one.locator(f"#{time_id}").element_handle()
        press(looking(), time_id)
        expect(one.locator(f"#{time_id}")).to_have_attribute("aria-disabled", "true", timeout=AT_ONCE)
        expect(one.locator(f"#{time_id}")).to_be_focused()
        assert element is not None
        assert element.evaluate("element => element.isConnected"), "it is another button now"
        assert one.locator(f"#{beside}").bounding_box() == before


def test_after_the_server_was_restarted_the_page_hears_again(clinic: Clinic, looking: Callable[[], Page]) -> None:
    one = looking()
    wait_for_words(one)
    clinic.restart()
    wait_for_words(one, 2, seconds=15)
    wanted = free_times(one)[0]
    press(looking(), wanted)
    expect(one.locator(f"#{wanted}")).to_have_attribute("aria-disabled", "true", timeout=AT_ONCE)


def test_without_a_socket_the_page_looks_again_by_itself(looking: Callable[[], Page], new_context: NewContext) -> None:
    one = looking()
    one.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    one.reload()
    wanted = free_times(one)[0]
    press(looking(), wanted)
    expect(one.locator(f"#{wanted}")).to_have_attribute("aria-disabled", "true", timeout=8_000)


def test_without_scripts_the_page_is_as_ever(looking: Callable[..., Page]) -> None:
    page = looking(java_script_enabled=False)
    press(page, free_times(page)[0])


ADDED = (
    '<li><button class="slot" id="slot-999999" name="slot" value="999999"><span class="slot__time">9:55pm</span>'
    "</button></li>"
)


def test_times_that_come_and_go_wait_until_nobody_is_about_to_press(looking: Callable[[], Page]) -> None:
    one = looking()
    lines: list[WebSocketRoute] = []
    one.heard = []  # type: ignore[attr-defined]

    def pass_on(line: WebSocketRoute) -> None:
        def tell(words: str | bytes) -> None:
            one.heard.append(words)  # type: ignore[attr-defined]
            line.send(words)

        line.connect_to_server().on_message(tell)
        lines.append(line)

    one.route_web_socket(re.compile("/ws/"), pass_on)
    one.reload()
    wait_for_words(one)
    last = free_times(one)[-1]
    one.locator(f"#{last}").focus()
    told = one.heard[-1]  # type: ignore[attr-defined]
    changed = re.sub(rf'<li><button[^>]*id="{last}".*?</button>\s*</li>', ADDED, told, flags=re.DOTALL)
    lines[-1].send(changed.replace('data-version="', 'data-version="other'))
    expect(one.locator(f"#{last}")).to_contain_text("taken")
    expect(one.locator(f"#{last}")).to_be_focused()
    expect(one.locator("#slot-999999")).to_have_count(0)
    one.locator("h1").evaluate("heading => { heading.tabIndex = -1; heading.focus(); }")
    expect(one.locator("#slot-999999")).to_be_visible()
    expect(one.locator(f"#{last}")).to_have_count(0)

"""Which calls a screen takes for new, whatever order it is told in: a page of nothing but that script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

PLACE = "http://board.test/"
SCRIPT = Path(settings.BASE_DIR) / "static/frontdesk/board_calls.js"
HEARING = """
window.heard = [];
for (const name of ["called", "taken-back"])
  document.addEventListener(`board-${name}`, ({ detail: { ids, calls } }) => {
    heard.push([name, ids ?? calls.map((call) => call.id)]);
  });
window.tell = (ids) => document.dispatchEvent(new CustomEvent("board-told", {
  detail: { calls: ids.map((id) => ({ id, at: Date.now(), token: `A${id}`, room: "" })), now: Date.now(), phrases: [] },
}));
"""


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    opened = new_context().new_page()
    opened.add_init_script(HEARING)
    html = f'<!doctype html><title>Board</title><script type="module">{SCRIPT.read_text()}</script>'
    opened.route(PLACE, lambda route: route.fulfill(body=html, content_type="text/html"))
    opened.goto(PLACE)
    return opened


def told(page: Page, *pictures: list[int]) -> list[object]:
    """What comes of being told these, one after the other."""
    heard: list[object] = page.evaluate("(all) => { heard.length = 0; all.forEach(tell); return heard; }", pictures)
    return heard


def test_what_is_there_at_first_is_no_news_and_what_comes_is(page: Page) -> None:
    assert told(page, [1, 2], [1, 2, 3], [1, 2, 3], [1, 2, 3, 5, 4]) == [["called", [3]], ["called", [4, 5]]]


def test_an_older_picture_that_comes_late_makes_no_call_new_again(page: Page) -> None:
    assert told(page, [1], [1, 2])[0] == ["called", [2]]
    assert [what for what in told(page, [1], [1, 2]) if what[0] == "called"] == []
    page.reload()
    assert [what for what in told(page, [1], [1, 2]) if what[0] == "called"] == []


def test_what_was_called_before_the_screen_was_opened_is_no_news(page: Page) -> None:
    """When the latest call is taken back, the list shows one more at its end."""
    assert told(page, [2, 3, 4], [1, 2, 3], [1, 2, 3, 5]) == [["taken-back", [4]], ["called", [5]]]


def test_what_was_taken_back_is_said_and_a_call_after_it_is_new(page: Page) -> None:
    assert told(page, [], [1], [], [2]) == [["called", [1]], ["taken-back", [1]], ["called", [2]]]


def test_a_call_that_leaves_the_list_and_comes_into_view_again_is_no_news(page: Page) -> None:
    assert told(page, [1, 2, 3], [2, 3, 4], [1, 2, 3]) == [["called", [4]], ["taken-back", [4]]]
    page.reload()
    assert [what for what in told(page, [1, 2, 3]) if what[0] == "called"] == []


def test_no_more_is_kept_than_may_come_again(page: Page) -> None:
    told(page, *[list(range(first, first + 40)) for first in range(1, 400)])
    assert page.evaluate("JSON.parse(sessionStorage.getItem('board-calls')).ids.length") == 100

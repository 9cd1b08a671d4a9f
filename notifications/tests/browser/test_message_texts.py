"""The words of messages in a real browser: the preview follows what is typed, and nothing in its way runs or breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as current
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from accounts.roles import Role
from notifications.models import MessageText
from scheduling.tests.back_office import staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = reverse("admin:notifications_messagetext_changelist")
ADD = reverse("admin:notifications_messagetext_add")


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], live_server: Any) -> Page:
    """A manager in the back office."""
    key = staff(Role.MANAGER).cookies[current.SESSION_COOKIE_NAME].value
    context = new_context(viewport={"width": 1280, "height": 1400}, base_url=live_server.url)
    context.add_cookies([{"name": current.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
    return context.new_page()


def findings(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page, "#content, main, #preview").response["violations"]
    return [(finding["id"], finding["nodes"][0]["html"]) for finding in found]


def test_the_preview_follows_what_is_typed_and_what_is_saved_is_what_was_seen(page: Page) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(LIST)
    about = page.get_by_role("region", name="Reminder", exact=True)
    about.get_by_role("link", name="Change this text Reminder, SMS", exact=True).click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("reminder of your visit")
    page.get_by_role("textbox", name="Text").fill("<b>See you</b> {day} {time}! {link}")
    expect(preview).to_contain_text("<b>See you</b>")
    expect(preview).to_contain_text("one text message")
    page.get_by_role("textbox", name="Text").fill("See you {day} {time}! {lonk}")
    expect(preview.get_by_role("alert")).to_contain_text("{lonk} is not known here")
    page.get_by_role("textbox", name="Text").fill("See you {day} {time}! {link}")
    expect(preview.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**{LIST}*")
    assert MessageText.objects.get().body == "See you {day} {time}! {link}"
    assert faults == []


def test_an_email_is_previewed_as_it_will_be_in_its_own_direction(page: Page) -> None:
    page.goto(f"{ADD}?kind=confirmation&channel=email&language=ar")
    letter = page.locator("#preview .letter")
    expect(letter.locator("dt")).to_have_count(5)
    assert letter.evaluate("element => getComputedStyle(element).direction") == "rtl"
    page.get_by_label("Language").select_option("en")
    page.get_by_role("textbox", name="Text").fill("Hello,\n\nWhen: {day} {time}\nWith: {doctor}")
    expect(letter.locator("dt")).to_have_text(["When", "With"])
    assert letter.evaluate("element => getComputedStyle(element).direction") == "ltr"


@pytest.mark.parametrize("address", [LIST, f"{LIST}?language=ar", f"{ADD}?kind=reminder&channel=email&language=en"])
def test_nothing_about_the_pages_keeps_anybody_out(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading").first).to_be_visible()
    assert findings(page) == []

"""A page that reads from the right: mirrored, as wide as the phone, and the choice of a language by hand."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from scheduling.tests.factories import SlotFactory, book, in_hours

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [320, 390])
def test_arabic_is_mirrored_and_fits(page, live_server, width) -> None:
    visit = book(SlotFactory.create(starts_at=in_hours(48)))
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}/")
    page.get_by_role("button", name="العربية").click()
    for path in ("/", "/book/", "/find/", "/accounts/login/", f"/a/{visit.secret}/", f"/a/{visit.secret}/reschedule/"):
        page.goto(live_server.url + path)
        assert page.locator("html").get_attribute("dir") == "rtl", path
        assert page.locator("html").get_attribute("lang") == "ar", path
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
        first = page.locator(".site-name").bounding_box()
        assert first["x"] + first["width"] > width / 2, "the name of the clinic stands at the right"
    assert Axe().run(page).violations_count == 0


def test_a_language_is_chosen_without_scripts_and_keeps_the_page(browser, live_server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/find/?kept=1")
    page.get_by_role("button", name="Español").click()
    assert page.url == f"{live_server.url}/find/?kept=1"
    assert page.locator("html").get_attribute("lang") == "es"
    context.close()

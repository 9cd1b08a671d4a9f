"""What is sent about a visit, in a real browser: pulled into the page, and the ways chosen there; staff see it too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as current
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from accounts.roles import Role
from notifications.models import Message
from notifications.states import MessageStatus, NotSent
from scheduling.models import Appointment, Patient
from scheduling.tests.back_office import page_of, staff
from scheduling.tests.factories import SlotFactory, book, in_hours

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit() -> Appointment:
    return book(SlotFactory.create(starts_at=in_hours(72)))


def findings(page: Page, part: str) -> list[tuple[str, str]]:
    found = Axe().run(page, part).response["violations"]
    return [(finding["id"], finding["nodes"][0]["html"]) for finding in found]


def test_a_patient_reads_what_is_sent_and_chooses_how_on_the_page_of_the_visit(
    new_context: Callable[..., BrowserContext], live_server: Any, visit: Appointment
) -> None:
    page, faults = new_context(viewport={"width": 390, "height": 844}, base_url=live_server.url).new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(reverse("scheduling:appointment", args=[visit.secret]))
    panel = page.locator("#messages-panel")
    expect(panel).to_contain_text("Reminder, by e-mail")
    panel.get_by_text("Choose how we write to you").click()
    expect(panel.get_by_label("E-mail")).to_be_checked()
    assert findings(page, "#messages-panel") == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    panel.get_by_label("E-mail").uncheck()
    panel.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. This is how we write to you from now on.")).to_be_visible()
    expect(page.locator("#messages-panel")).to_contain_text("No message about this appointment is planned.")
    assert Patient.objects.get().wants_email is False
    assert faults == []


def test_staff_see_on_the_visits_page_what_was_sent_and_send_again_what_failed(
    new_context: Callable[..., BrowserContext], live_server: Any, visit: Appointment
) -> None:
    Message.objects.filter(appointment=visit, kind="confirmation").update(
        status=MessageStatus.FAILED, why_not=NotSent.GAVE_UP
    )
    key = staff(Role.RECEPTION, visit.location).cookies[current.SESSION_COOKIE_NAME].value
    context = new_context(viewport={"width": 1280, "height": 1400}, base_url=live_server.url)
    context.add_cookies([{"name": current.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
    page = context.new_page()
    page.goto(page_of(visit))
    listed = page.get_by_role("region", name="Messages about this visit")
    expect(listed).to_contain_text("The gateway could not be reached after several tries.")
    assert findings(page, "section[aria-labelledby=messages-title]") == []
    listed.get_by_role("link", name="Confirmation").click()
    expect(page.get_by_role("heading", name="The text")).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("heading", name="1 of 1 was done.")).to_be_visible()
    assert Message.objects.get(appointment=visit, kind="confirmation").status == MessageStatus.PENDING

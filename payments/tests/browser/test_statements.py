"""A statement in a real browser: tried, imported, decided about, and found again in the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as current
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.roles import Role
from payments.models import LedgerEntry
from payments.tests.statements import by_transfer, line, text_of
from queueing.tests.browser.test_desk import DESKTOP, NARROW, NewContext
from scheduling.tests.back_office import staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page) -> None:
    """Nothing is in anybody's way, wide or narrow."""
    for viewport in (NARROW, DESKTOP):
        page.set_viewport_size(viewport)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_reception_imports_a_statement_and_decides(new_context: NewContext, live_server: Any, tmp_path: Path) -> None:
    payment = by_transfer()
    other = by_transfer(payment.location)
    file = tmp_path / "november.csv"
    file.write_text(text_of(line(payment), line(other, amount="59.00", payer="ADA"), "broken,sixty"))
    key = staff(Role.RECEPTION, payment.location).cookies[current.SESSION_COOKIE_NAME].value
    page = new_context(viewport=DESKTOP, base_url=live_server.url).new_page()
    page.context.add_cookies([{"name": current.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])

    page.goto(reverse("payments_admin:import_statement"))
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
    expect(page.get_by_text(payment.number)).to_be_visible()
    look(page)
    page.get_by_role("button", name="Import 2 lines").click()
    expect(page.get_by_text("Imported.")).to_be_visible()

    page.get_by_role("link", name="Decide about the lines that are left.").click()
    expect(page.get_by_text("The reference is right, but the amount is another")).to_be_visible()
    look(page)
    page.get_by_role("button", name=f"Book on {other.number}").click()
    expect(page.get_by_text(f"Booked on {other.number}.")).to_be_visible()
    expect(page.get_by_text("No line is open here.")).to_be_visible()
    assert LedgerEntry.objects.count() == 2

    page.goto(reverse("payments:revenue"))
    expect(page.get_by_text("£119.00 came in 2 payments; £119.00 is left.")).to_be_visible()
    look(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

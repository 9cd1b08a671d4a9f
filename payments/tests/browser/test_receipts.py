"""A receipt in a real browser: on a phone, on paper of A4 and of 80 mm, and as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from payments.tests.receipts import paid
from scheduling.tests.factories import PatientFactory, SlotFactory, book, in_hours

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.once("a page is shown the same whichever database the rows come from"),
]

ROLL = {"width": 302, "height": 900}
"""80 mm, as browsers count them."""


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize(("language", "title"), [("en", "Receipt"), ("ar", "إيصال")])
def test_it_is_read_on_a_phone_printed_on_any_paper_and_kept(
    new_context: Callable[..., BrowserContext], live_server: Any, language: str, title: str
) -> None:
    patient = PatientFactory(language=language, last_name="Wolfeschlegelsteinhausenbergerdorff")
    receipt = paid(book(SlotFactory.create(starts_at=in_hours(72)), patient=patient))
    visit = receipt.entry.payment.appointment
    page, faults = new_context(viewport={"width": 360, "height": 780}, base_url=live_server.url).new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.goto(reverse("payments:receipt", args=[visit.secret, receipt.pk]))
    sheet = page.locator("article.receipt")
    expect(sheet.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(sheet).to_contain_text(receipt.number)
    found = Axe().run(page).response["violations"]
    assert [(finding["id"], finding["nodes"][0]["html"]) for finding in found] == []
    assert fits(page)
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download as PDF").click()
    assert coming.value.suggested_filename == f"{receipt.number}.pdf"
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF-")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("link", name="Download as PDF")).to_be_hidden()
    for size in ({"width": 794, "height": 1123}, ROLL):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert fits(page)
        expect(sheet).to_contain_text("60.00")
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Español").click()
    expect(sheet.get_by_role("heading", name="Recibo", exact=True)).to_be_visible()
    assert faults == []

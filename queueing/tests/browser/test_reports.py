"""The page of reports in a real browser: read by a manager, free of barriers, and taken along as a file."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as current
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.roles import Role
from config.tests.sockets import start
from queueing.tests.browser.test_desk import DESKTOP, NARROW, NewContext
from queueing.tests.factories import a_doctor
from queueing.tests.history import a_past_day
from scheduling.clock import local_date
from scheduling.tests.back_office import staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_manager_reads_the_reports_and_takes_a_table_along(
    new_context: NewContext, tmp_path: Path, scheme: str
) -> None:
    doctor, location = a_doctor(name="Dr Adebayo")
    day = local_date(timezone.now(), location.zone) - timedelta(days=2)
    a_past_day(doctor, location, day, count=40, told=(0, 6000, 30000))
    server = start(tmp_path)
    key = staff(Role.MANAGER).cookies[current.SESSION_COOKIE_NAME].value
    page = new_context(viewport=DESKTOP, color_scheme=scheme).new_page()
    page.context.add_cookies([{"name": current.SESSION_COOKIE_NAME, "value": key, "url": server.address}])
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    page.goto(server.address + reverse("queueing:reports"))
    expect(page.get_by_role("heading", name="Reports", level=1)).to_be_visible()
    expect(page.get_by_text("40 patients were seen.")).to_be_visible()
    for viewport in (DESKTOP, NARROW):
        page.set_viewport_size(viewport)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    with page.expect_download() as downloading:
        page.get_by_role("link", name="(CSV)").first.click()
    file = downloading.value
    assert file.suggested_filename.endswith(".csv")
    with Path(file.path()).open(encoding="utf-8-sig", newline="") as written:
        rows = list(csv.reader(written))
    assert [row for row in rows[1:] if "Dr Adebayo" in row]

    page.get_by_label("Doctor", exact=True).select_option(label="Dr Adebayo")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("40 patients were seen.")).to_be_visible()
    assert problems == []
    assert "Traceback" not in server.stop()

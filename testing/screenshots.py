"""Takes the pictures of the README: starts a demo clinic of its own, looks at it in a browser, stops it.

`bin/screenshots` runs this. The pictures go to `docs/images/`.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from testing import browser

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "images"
PHONE = (390, 844)
DESKTOP = (1280, 800)
TABLET = (1024, 768)
SCREEN = (1920, 1080)
PASSWORD = "frontdesk-demo"
DEMO_PLACE = "harbour-street"


@contextmanager
def demo_clinic() -> Iterator[str]:
    """A demo clinic on a free port, with a database that is thrown away; yields its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="frontdesk-pictures-") as folder:
        environment = {
            **os.environ,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SQLITE_PATH": str(Path(folder) / "clinic.sqlite3"),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "FRONTDESK_EMBEDDED": "true",
            "BASE_URL": address,
            "PORT": str(port),
        }
        serve = [sys.executable, "manage.py", "serve", "--prepare"]
        process = subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            _wait_for(address)
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def _wait_for(address: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.3)
    raise RuntimeError("the demo clinic did not open")


def look(chromium: Browser, size: tuple[int, int], *, dark: bool = False) -> Page:
    """A fresh browser window."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
    )
    return context.new_page()


def keep(page: Page, name: str) -> None:
    """Save what the window shows."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(PICTURES / f"{name}.png"))


def book(page: Page, address: str) -> None:
    """Go through the wizard as a patient, with a picture of the times and of the confirmation."""
    page.goto(f"{address}/book/time/?specialty=1&location=1&doctor=any")  # the first of the demo's specialties
    days = page.locator("main table a")
    days.nth(min(4, days.count() - 1)).click()
    page.wait_for_url("**day=**")
    keep(page, "times")
    answer(page)
    page.get_by_role("button", name="Book this appointment").click()
    page.wait_for_url(f"{address}/a/**")
    keep(page, "booked")


def pay(page: Page, address: str) -> None:
    """Book where the fee is paid before the visit, with a picture of how."""
    page.goto(f"{address}/book/time/?specialty=5&location=2&doctor=any")  # orthopaedics, at the second house
    answer(page)
    page.get_by_role("button", name="Book and pay").click()
    page.wait_for_url(f"{address}/a/**/pay/")
    keep(page, "pay")


def answer(page: Page) -> None:
    """Take one of the times and answer all that is asked."""
    page.locator("main form button[name=slot]:not([disabled])").nth(3).click()
    page.wait_for_url("**/who/**")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Last name").fill("Okafor")
    for label, value in (("Day", "3"), ("Month", "2"), ("Year", "1990")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Phone number").fill("020 7946 0456")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/details/**")
    page.locator("[name=reason]").fill("A cough that will not go away")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/check/**")


def back_office(page: Page, address: str) -> None:
    """Sign in as the manager and look at the week of a doctor."""
    page.goto(f"{address}/admin/")
    page.locator("input[name=login]").fill("manager@demo.example")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url(f"{address}/admin/**")
    keep(page, "back-office")
    page.goto(f"{address}/admin/scheduling/calendar/?view=week")
    keep(page, "calendar")


def the_day(page: Page, board: Page, phone: Page, address: str) -> None:
    """The desk, as whoever signed in sees it; the waiting room; and the phone of somebody who waits."""
    page.goto(f"{address}/desk/{DEMO_PLACE}/")
    keep(page, "desk")
    page.locator(".person a[data-more]").last.click()
    ticket = page.locator("#panel-body a[href*='/t/']").get_attribute("href") or ""
    phone.goto(f"{address}{ticket.removesuffix('ticket/')}")
    keep(phone, "place")
    board.goto(f"{address}/board/{DEMO_PLACE}/")
    keep(board, "board")


def main() -> None:
    """Take all pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    executable = browser.find()
    with demo_clinic() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--disable-dev-shm-usage"])
        start = look(chromium, DESKTOP)
        start.goto(address)
        keep(start, "start")
        book(look(chromium, PHONE), address)
        pay(look(chromium, PHONE), address)
        night = look(chromium, PHONE, dark=True)
        night.goto(f"{address}/book/")
        keep(night, "dark")
        office = look(chromium, DESKTOP)
        back_office(office, address)
        office.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
        the_day(office, look(chromium, SCREEN), look(chromium, PHONE), address)
        chromium.close()
    print(f"Pictures are in {PICTURES.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()

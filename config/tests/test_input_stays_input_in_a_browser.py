"""Guarantee 16 in a real browser: whatever people typed, no script of theirs runs on any page."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from accounts.roles import Role
from accounts.services.users import register_user
from config.tests.hostile import MARKUP
from config.tests.test_input_stays_input import BACKEND, Victim, hostile_clinic
from scheduling.tests.factories import CLINIC

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TRAP = "window.zqalive = () => console.error('a script of the corpus ran')"


@pytest.fixture
def victims() -> list[Victim]:
    user = register_user(email="me@example.org", full_name=MARKUP[0], roles=[Role.PATIENT], verified=True, actor=CLINIC)
    return [hostile_clinic(number, payload, user) for number, payload in enumerate(MARKUP)]


def watched(page: Page) -> list[str]:
    """What happens on the page that only a script of the corpus could do."""
    seen: list[str] = []

    def dismiss(dialog: Any) -> None:
        seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.add_init_script(TRAP)
    page.on("dialog", dismiss)
    page.on("console", lambda message: seen.append(message.text) if "corpus ran" in message.text else None)
    return seen


def sign_in(page: Page, live_server: Any, user: User) -> None:
    client = Client()
    client.force_login(user, BACKEND)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def visit(page: Page, live_server: Any, address: str) -> None:
    answer = page.goto(live_server.url + address)
    assert answer is not None
    assert answer.status < 400, address
    assert page.locator("zq-alive").count() == 0, address


def test_nothing_runs_on_the_pages_of_patients(page: Page, live_server: Any, victims: list[Victim]) -> None:
    seen = watched(page)
    sign_in(page, live_server, User.objects.get(email="me@example.org"))
    visit(page, live_server, "/me/")
    visit(page, live_server, "/book/")
    for victim in victims:
        made = victim.appointment
        visit(page, live_server, f"/a/{made.secret}/")
        visit(page, live_server, f"/a/{made.secret}/reschedule/")
        visit(page, live_server, f"/me/family/{made.patient_id}/")
    assert seen == []


def test_nothing_runs_in_the_back_office(page: Page, live_server: Any, victims: list[Victim]) -> None:
    seen = watched(page)
    sign_in(page, live_server, User.objects.create_superuser("root@example.org", "x"))
    for name in ("appointment", "patient", "doctor", "location", "waitlistentry", "slot"):
        visit(page, live_server, reverse(f"admin:scheduling_{name}_changelist"))
    for victim in victims:
        made = victim.appointment
        visit(page, live_server, reverse("admin:scheduling_patient_change", args=[made.patient_id]))
        visit(page, live_server, reverse("admin:scheduling_appointment_change", args=[made.pk]))
        day = f"?doctor={made.doctor_id}&date={made.starts_at:%Y-%m-%d}&move={made.pk}"
        visit(page, live_server, reverse("scheduling_admin:calendar") + day)
    assert seen == []


def test_the_trap_notices_a_script_that_runs(page: Page, live_server: Any) -> None:
    seen = watched(page)
    page.goto(live_server.url + "/health/live/")
    page.evaluate("zqalive(1)")
    page.evaluate("alert('zq')")
    assert seen == ["a script of the corpus ran", "dialog: zq"]

"""The pages that show the API: they work without any network but ours, under the policy of our pages."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIBRARY = {"color-contrast", "heading-order", "nested-interactive", "region"}
"""What axe finds in the markup of Swagger UI itself, which we hand out as it is."""


@pytest.fixture
def watched(page: Page, live_server: Any) -> dict[str, list[str]]:
    """What the page asks for elsewhere, and what the browser complains of."""
    seen: dict[str, list[str]] = {"elsewhere": [], "complaints": []}

    def note_request(request: Any) -> None:
        if not request.url.startswith((live_server.url, "data:", "blob:")):
            seen["elsewhere"].append(request.url)

    page.on("request", note_request)
    page.on("console", lambda told: seen["complaints"].append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: seen["complaints"].append(str(error)))
    return seen


def test_the_docs_show_every_call_and_ask_nobody_else(
    page: Page, live_server: Any, watched: dict[str, list[str]]
) -> None:
    page.goto(f"{live_server.url}/api/docs/")
    page.locator(".opblock").first.wait_for()
    document = page.request.get(f"{live_server.url}/api/schema/").json()
    operations = sum(len(methods.keys() - {"parameters"}) for methods in document["paths"].values())
    expect(page.locator(".opblock")).to_have_count(operations)
    page.locator(".opblock-summary-control").first.click()
    page.locator(".opblock-body .responses-wrapper").first.wait_for()
    assert watched == {"elsewhere": [], "complaints": []}


def test_a_call_can_be_tried_in_place_as_whoever_is_signed_in(
    page: Page, live_server: Any, watched: dict[str, list[str]]
) -> None:
    client = Client()
    client.force_login(make_user(email="me@example.org"), settings.AUTHENTICATION_BACKENDS[1])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.goto(f"{live_server.url}/api/docs/")
    call = page.locator(".opblock-get", has=page.locator('[data-path="/api/v1/auth/me/"]'))
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    call.locator(".live-responses-table").get_by_text("me@example.org").first.wait_for()
    assert watched == {"elsewhere": [], "complaints": []}


def test_the_docs_can_be_read_by_everybody(page: Page, live_server: Any) -> None:
    page.goto(f"{live_server.url}/api/docs/")
    page.locator(".opblock").first.wait_for()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["target"]) for one in found if one["id"] not in LIBRARY] == []

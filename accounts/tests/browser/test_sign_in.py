"""Signing in and registering in a real browser of a phone's size: by code, with a passkey, with a second step."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from playwright.sync_api import BrowserContext, Page, expect

from accounts.tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NewContext = Callable[..., BrowserContext]
PHONE = {"width": 390, "height": 844}
SECURITY_KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def _open(new_context: NewContext, *, scripts: bool = True) -> Page:
    return new_context(viewport=PHONE, java_script_enabled=scripts).new_page()


def _check(page: Page) -> None:
    """One heading, no sideways scroll, nothing that axe finds."""
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = Axe().run(page).response["violations"]
    assert [(finding["id"], finding["nodes"][0]["html"]) for finding in found] == []


def _press(page: Page) -> None:
    """Send the form, and wait for the page that answers."""
    with page.expect_navigation():
        page.locator("main form button[type=submit]").first.click()


def _sign_in(page: Page, site: str, login: str) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("E-mail address or phone number").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    _press(page)


def _mailed_code() -> str:
    found = re.search(r"^(\d{6})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    return found[1]


def _app_code(secret: str) -> str:
    """What an authenticator app shows (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def test_errors_are_summed_up_and_linked_to_their_fields(new_context: NewContext, live_server: Any) -> None:
    page = _open(new_context)
    page.goto(f"{live_server.url}/accounts/signup/")
    _check(page)
    page.get_by_label("Your name").fill("Ann Smith")
    page.get_by_label("E-mail address or phone number").fill("nonsense")
    _press(page)
    _check(page)
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator(".error-summary a").first.click()
    expect(page.get_by_label("E-mail address or phone number")).to_be_focused()
    expect(page.get_by_label("Your name")).to_have_value("Ann Smith")


@pytest.mark.parametrize("scripts", [True, False])
def test_register_prove_the_address_and_sign_out(new_context: NewContext, live_server: Any, scripts: bool) -> None:
    page = _open(new_context, scripts=scripts)
    page.goto(f"{live_server.url}/accounts/signup/")
    page.get_by_label("Your name").fill("Ann Smith")
    page.get_by_label("E-mail address or phone number").fill("ann@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    _press(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    page.get_by_label("Code").fill(_mailed_code())
    _press(page)
    expect(page.locator("footer")).to_contain_text("Signed in as Ann Smith")
    page.get_by_role("link", name="Sign out").click()
    _press(page)
    page.goto(f"{live_server.url}/me/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_back_after_signing_out_shows_nothing(new_context: NewContext, live_server: Any) -> None:
    make_user(email="ann@example.org")
    page = _open(new_context)
    _sign_in(page, live_server.url, "ann@example.org")
    page.goto(f"{live_server.url}/accounts/email/")
    expect(page.get_by_text("You sign in with ann@example.org")).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    _press(page)
    for _step in range(3):
        page.go_back()
        assert "ann@example.org" not in page.locator("main").inner_text()


def test_an_authenticator_app_a_recovery_code_and_a_passkey(new_context: NewContext, live_server: Any) -> None:
    # Passkeys belong to names, not to numbers: localhost is one.
    site = live_server.url.replace("127.0.0.1", "localhost")
    make_user(email="ann@example.org")
    page = _open(new_context)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)

    _sign_in(page, site, "ann@example.org")
    page.goto(f"{site}/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)  # once more, before the locks are changed
    _press(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an authenticator app")
    _check(page)
    page.locator("#id_code").fill(_app_code(page.locator("main code").inner_text()))
    _press(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    _check(page)
    recovery_code = page.locator("main li code").first.inner_text()

    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": SECURITY_KEY})
    page.goto(f"{site}/accounts/2fa/webauthn/add/")
    _check(page)
    page.locator("#id_name").fill("My phone")
    page.locator("#id_passwordless").check()
    page.locator("#mfa_webauthn_add").click()
    expect(page.get_by_text("1 key is registered")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("footer")).to_contain_text("Signed in as")

    page.context.clear_cookies()
    _sign_in(page, site, "ann@example.org")
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code of your second step")
    _check(page)
    page.locator("#id_code").fill(recovery_code)
    _press(page)
    expect(page.locator("footer")).to_contain_text("Signed in as")
    assert problems == []

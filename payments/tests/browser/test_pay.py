"""Patients pay in the sandbox, in a real browser of a phone's size."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Request, expect

from payments.models import LedgerEntry, Payment, Refund, SandboxSession
from payments.providers.sandbox_cards import CARDS
from payments.states import PaymentStatus, RefundReason
from payments.tests.factories import policy, unpaid
from scheduling.models import Appointment, Slot
from scheduling.services.lifecycle import expire_overdue
from scheduling.states import AppointmentStatus
from scheduling.tests.factories import CLINIC, LocationFactory, SlotFactory, book, in_hours

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 700}
REAL_CARD = "4111111111111111"
"""None of the sandbox's: it stands for one that somebody has in their purse."""
NewContext = Callable[..., BrowserContext]


@pytest.fixture(autouse=True)
def _sandbox(settings: Any, live_server: Any) -> None:
    settings.PAYMENTS_SANDBOX = True
    settings.BASE_URL = live_server.url


@pytest.fixture
def phone(new_context: NewContext) -> Page:
    return new_context(viewport=PHONE).new_page()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def check(page: Page) -> None:
    """What holds for every page: one heading, no sideways scroll however narrow, nothing that axe finds."""
    expect(page.locator("h1")).to_have_count(1)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = Axe().run(page).response["violations"]
    assert [(finding["id"], finding["nodes"][0]["html"]) for finding in found] == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def to_checkout(page: Page, live_server: Any, visit: Appointment) -> None:
    page.goto(live_server.url + reverse("payments:checkout", args=[visit.secret]))


def press_pay(page: Page) -> None:
    page.get_by_role("button", name="Pay £60.00").click()


def type_card(page: Page, number: str, *, expires: str = "12/39", code: str = "123") -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expires").fill(expires)
    page.get_by_label("Security code").fill(code)


def pay_with(page: Page, name: str) -> None:
    """On the page of the sandbox: type the number of a test card, as somebody would, and pay."""
    heading(page, "Pay with a test card")
    type_card(page, CARDS[name].spaced)
    press_pay(page)


def statuses() -> tuple[list[str], str]:
    """Those of the payments, and that of the visit."""
    return list(Payment.objects.order_by("pk").values_list("status", flat=True)), Appointment.objects.get().status


def said_to_us(page: Page) -> list[str]:
    """Everything that the browser sends from now on."""
    sent: list[str] = []

    def note(request: Request) -> None:
        sent.append(f"{request.url} {request.post_data or ''} {request.headers}")

    page.context.on("request", note)
    return sent


def whole_database() -> str:
    with connection.cursor() as cursor:
        rows: list[str] = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += map(str, cursor.fetchall())
    return "\n".join(rows)


def has_number(text: str, number: str) -> bool:
    """Whether a card's number stands somewhere, however it is spaced."""
    return number in re.sub(r"(?<=\d)(?:%20|[ +.\-])(?=\d)", "", text)


@pytest.fixture
def slot() -> Slot:
    place = LocationFactory(address="1 High Street\nLondon")
    policy(place)
    return SlotFactory(location=place, starts_at=in_hours(48).astimezone(place.zone).replace(hour=10, minute=0))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_first_page_to_the_receipt_and_no_number_of_a_card_is_sent_or_kept(
    new_context: NewContext, live_server: Any, slot: Slot, scripts: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    page = new_context(viewport=PHONE, java_script_enabled=scripts).new_page()
    sent = said_to_us(page)
    wish = f"specialty={slot.doctor.specialty_id}&location={slot.location_id}&doctor={slot.doctor_id}"
    page.goto(f"{live_server.url}/book/time/?{wish}")
    page.locator(f"#slot-{slot.pk}").click()
    for label, value in (("First name", "Ann"), ("Last name", "Lee"), ("Phone number", "020 7946 0018")):
        page.get_by_label(label).fill(value)
    for part, value in (("Day", "3"), ("Month", "4"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Reason for the visit").fill("Sore knee")
    page.get_by_role("button", name="Continue").click()
    heading(page, "Check your answers")
    page.locator("#step button").click()
    heading(page, "Pay for your appointment")
    expect(page.locator("#hold")).to_contain_text("Kept for you" if scripts else "We keep this time for you until")
    if scripts:
        check(page)
    press_pay(page)
    heading(page, "Pay with a test card")
    if scripts:
        check(page)
        type_card(page, REAL_CARD)
        press_pay(page)
        expect(page.get_by_role("alert")).to_contain_text("none of the test cards")
        expect(page.get_by_label("Card number")).to_have_value("")
        pay_with(page, "visa")
    else:
        page.get_by_label("4242 4242 4242 4242").check()
        press_pay(page)
    heading(page, "Thank you: it is paid")
    expect(page.get_by_text("Your appointment is confirmed")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Receipt "))).to_be_visible()
    if scripts:
        check(page)
    assert statuses() == ([PaymentStatus.PAID], AppointmentStatus.CONFIRMED)
    page.get_by_role("link", name="See your appointment").click()
    expect(page.get_by_role("heading", name="Payment")).to_be_visible()

    assert any("outcome=visa" in one for one in sent)
    assert LedgerEntry.objects.count() == 1
    for number in (REAL_CARD, CARDS["visa"].number):
        assert not any(has_number(one, number) for one in sent)
        assert not has_number(whole_database(), number)
        assert not has_number(caplog.text, number)


def test_mistakes_on_a_card_are_said_before_anything_is_sent(phone: Page, live_server: Any) -> None:
    to_checkout(phone, live_server, unpaid())
    press_pay(phone)
    heading(phone, "Pay with a test card")
    sent = said_to_us(phone)
    press_pay(phone)
    summary = phone.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(3)
    expect(phone).to_have_title(re.compile("^Error: Pay with a test card"))
    check(phone)
    for number, expires, code, words in (
        ("4242 4242 4242 4241", "12/39", "123", "a mistake in the card number"),
        ("4242 4242 4242 424", "12/39", "123", "too short or too long"),
        ("9999 9999 9999 9995", "12/39", "123", "do not know this kind of card"),
        ("4242 4242 4242 4242", "13/39", "123", "when the card expires"),
        ("4242 4242 4242 4242", "12/25", "123", "has expired"),
        ("3782 822463 10005", "12/39", "123", "4 for American Express"),
    ):
        type_card(phone, number, expires=expires, code=code)
        press_pay(phone)
        expect(summary.get_by_role("link")).to_have_count(1)
        expect(summary).to_contain_text(words)
    summary.get_by_role("link").click()
    expect(phone.get_by_label("Security code")).to_be_focused()
    assert not [one for one in sent if "/sandbox/" in one.partition(" ")[0]]
    type_card(phone, "6074 8200 0000 0009")
    expect(phone.locator("[data-card-brand]")).to_have_text("RuPay")
    press_pay(phone)
    heading(phone, "Thank you: it is paid")
    assert SandboxSession.objects.get().brand == "RuPay"


def test_a_card_without_money_then_one_with(phone: Page, live_server: Any) -> None:
    visit = unpaid()
    to_checkout(phone, live_server, visit)
    press_pay(phone)
    pay_with(phone, "poor")
    expect(phone.get_by_role("alert").first).to_contain_text("there is not enough money")
    check(phone)
    phone.goto(live_server.url + reverse("payments:payment", args=[visit.secret, Payment.objects.get().pk]))
    heading(phone, "Your payment did not go through")
    expect(phone.get_by_text("Nothing was taken.")).to_be_visible()
    check(phone)
    phone.get_by_role("button", name="Try again").click()
    pay_with(phone, "mastercard")
    heading(phone, "Thank you: it is paid")
    assert statuses() == ([PaymentStatus.PAID], AppointmentStatus.CONFIRMED)


def test_the_bank_asks_and_hears_no_then_yes(phone: Page, live_server: Any) -> None:
    to_checkout(phone, live_server, unpaid())
    press_pay(phone)
    pay_with(phone, "asked")
    heading(phone, "Your bank asks: is it you who pays?")
    check(phone)
    phone.get_by_role("button", name="No, refuse the payment").click()
    expect(phone.get_by_role("alert").first).to_contain_text("could not make sure that it was you")
    pay_with(phone, "asked")
    phone.get_by_role("button", name="Yes, it is me").click()
    heading(phone, "Thank you: it is paid")
    assert statuses() == ([PaymentStatus.PAID], AppointmentStatus.CONFIRMED)


def test_going_back_without_paying_and_coming_again(phone: Page, live_server: Any) -> None:
    to_checkout(phone, live_server, unpaid())
    press_pay(phone)
    phone.get_by_role("link", name="Go back without paying").click()
    heading(phone, "Pay for your appointment")
    expect(phone.get_by_text("You have begun to pay already")).to_be_visible()
    check(phone)
    assert statuses() == ([PaymentStatus.PENDING], AppointmentStatus.PENDING)
    press_pay(phone)
    pay_with(phone, "visa")
    heading(phone, "Thank you: it is paid")
    assert statuses() == ([PaymentStatus.PAID], AppointmentStatus.CONFIRMED)


def test_two_tabs_pay_once(phone: Page, live_server: Any) -> None:
    visit = unpaid()
    other = phone.context.new_page()
    for tab in (phone, other):
        to_checkout(tab, live_server, visit)
    for tab in (phone, other):
        press_pay(tab)
        heading(tab, "Pay with a test card")
    assert phone.url == other.url
    pay_with(phone, "visa")
    heading(phone, "Thank you: it is paid")
    pay_with(other, "visa")
    heading(other, "Thank you: it is paid")
    assert statuses() == ([PaymentStatus.PAID], AppointmentStatus.CONFIRMED)
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("is_free", [True, False], ids=["the seat is free", "the seat is gone"])
def test_paying_when_the_time_to_pay_is_over(phone: Page, live_server: Any, is_free: bool) -> None:
    slot = SlotFactory()
    visit = unpaid(slot)
    to_checkout(phone, live_server, visit)
    press_pay(phone)
    heading(phone, "Pay with a test card")
    Appointment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_overdue(actor=CLINIC)
    if not is_free:
        book(slot)
    pay_with(phone, "visa")
    if is_free:
        heading(phone, "Thank you: it is paid")
        assert statuses() == ([PaymentStatus.PAID], AppointmentStatus.CONFIRMED)
        return
    heading(phone, "Your payment came too late")
    expect(phone.get_by_text("You get £60.00 back")).to_be_visible()
    expect(phone.get_by_role("link", name=re.compile("^Book again with"))).to_be_visible()
    check(phone)
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.EXPIRED
    assert Refund.objects.get().reason == RefundReason.SEAT_GONE


def test_a_payment_that_is_heard_of_late(phone: Page, live_server: Any) -> None:
    to_checkout(phone, live_server, unpaid())
    press_pay(phone)
    pay_with(phone, "late")
    heading(phone, "We are waiting for your bank")
    check(phone)
    assert statuses() == ([PaymentStatus.PENDING], AppointmentStatus.PENDING)
    SandboxSession.objects.update(tells_at=timezone.now())
    expect(phone.get_by_role("heading", level=1)).to_have_text("Thank you: it is paid", timeout=15_000)
    assert statuses() == ([PaymentStatus.PAID], AppointmentStatus.CONFIRMED)


def test_the_countdown_warns_in_time(phone: Page, live_server: Any) -> None:
    visit = unpaid()
    phone.clock.install()
    Appointment.objects.update(expires_at=timezone.now() + timedelta(seconds=85))
    to_checkout(phone, live_server, visit)
    expect(phone.locator("#hold")).to_contain_text("about one more minute")
    phone.clock.fast_forward(26_000)
    expect(phone.locator("#announcer")).to_contain_text("Less than a minute left")

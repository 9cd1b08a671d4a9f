"""What is said about money: how much, why, how far it is, and with which paper."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import override_settings

from notifications.channels.registry import let_go
from notifications.models import Message
from notifications.selectors.preview import what_will_be_sent
from notifications.services.outbox import send_due
from notifications.states import ChannelName, Kind
from notifications.tests.factories import message
from notifications.tests.sending import alone
from notifications.tests.test_texts import LONG_HOST, LONGEST_REAL
from notifications.tests.texts import Told, told
from notifications.texts import TextBroken
from notifications.texts.languages import WRITTEN
from notifications.texts.placeholders import how_far
from notifications.texts.preview import preview_of
from notifications.texts.sms_length import is_gsm, length_of
from notifications.texts.written import MoneyBack
from payments.models import Receipt, Refund
from payments.receipt_file import receipt_file
from payments.selectors.receipts import with_everything
from payments.states import Method, RefundReason, RefundStatus
from payments.tests.factories import unpaid
from payments.tests.pdf import text_of
from payments.tests.receipts import paid, paid_back
from scheduling.models import Appointment
from scheduling.tests.factories import CLINIC, PatientFactory, SlotFactory, book, in_hours
from testing.smtp_server import SmtpServer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("texts are put together in memory, whichever database the rows come from"),
]


def going_back(world: Told, reason: RefundReason, status: RefundStatus = RefundStatus.SUCCEEDED) -> Told:
    refund = world.credit_note.entry.refund
    assert refund is not None
    refund.reason, refund.status = reason, status
    return world


@pytest.mark.parametrize("language", WRITTEN)
def test_a_refund_says_why_in_one_segment_whatever_the_reason_the_names_and_the_currency(
    settings: LazySettings, language: str
) -> None:
    settings.BASE_URL = LONG_HOST
    world = told(**LONGEST_REAL)
    for currency in ("GBP", "INR", "KWD"):
        world.receipt.entry.payment.currency = currency
        world.visit.currency = currency
        for reason in RefundReason:
            text = going_back(world, reason).compose(Kind.REFUNDED, ChannelName.SMS, language).text
            assert length_of(text).segments == 1, text
            assert any(way in text for way in WRITTEN[language].whys[reason][1:]), text
        for kind in (Kind.PAID, Kind.TO_PAY):
            assert length_of(world.compose(kind, ChannelName.SMS, language).text).segments == 1


def test_amounts_in_rupees_do_not_halve_the_room_of_a_text_message() -> None:
    world = told()
    world.receipt.entry.payment.currency = "INR"
    said = world.compose(Kind.PAID, ChannelName.SMS, "en").text
    assert "we have received 60.00 INR for your visit on" in said
    assert is_gsm(said)
    assert "₹60.00" in world.compose(Kind.PAID, ChannelName.EMAIL, "en").text
    assert "₹60.00" in world.compose(Kind.PAID, ChannelName.SMS, "hi").text


@pytest.mark.parametrize("language", WRITTEN)
def test_who_must_not_come_is_told_so_by_every_channel(language: str) -> None:
    world = going_back(told(), RefundReason.SEAT_GONE, RefundStatus.PENDING)
    whys = WRITTEN[language].whys[RefundReason.SEAT_GONE]
    for channel in ChannelName:
        assert any(why in world.compose(Kind.REFUNDED, channel, language).text for why in whys)
    mail = world.compose(Kind.REFUNDED, ChannelName.EMAIL, language)
    assert WRITTEN[language].money[MoneyBack.DECIDED] in mail.text
    assert whys[0] in mail.text


def test_it_is_said_how_far_the_money_is() -> None:
    refund = Refund(status=RefundStatus.SENDING)
    payment = told().receipt.entry.payment
    assert how_far(payment, refund) == MoneyBack.DECIDED
    refund.status = RefundStatus.SUCCEEDED
    assert how_far(payment, refund) == MoneyBack.SENT
    payment.method = Method.CASH
    assert how_far(payment, refund) == MoneyBack.IN_CASH


def test_the_words_of_staff_go_by_email_alone() -> None:
    world = told()
    for channel in ChannelName:
        said = world.compose(Kind.REFUNDED, channel, "en", words="The doctor was ill").text
        assert ("The doctor was ill" in said) == (channel == ChannelName.EMAIL)


def test_what_is_to_be_paid_is_what_is_due_now(settings: LazySettings) -> None:
    settings.PAYMENTS_SANDBOX = True
    visit = unpaid()
    paid(visit, 20)
    alone(Kind.TO_PAY, appointment=visit)
    send_due(actor=CLINIC)
    (row,) = Message.objects.all()
    assert "Please pay £40.00 by" in row.body


def test_what_will_be_sent_names_the_receipt_while_something_is_to_be_paid(settings: LazySettings) -> None:
    settings.PAYMENTS_SANDBOX = True
    visit = Appointment.objects.select_related("patient", "location").get(pk=unpaid().pk)
    planned = {(one.kind, one.channel): one.standing.value for one in what_will_be_sent(visit)}
    assert planned[Kind.TO_PAY, ChannelName.EMAIL] == "waiting"
    assert planned[Kind.PAID, ChannelName.EMAIL] == "planned"
    visit = Appointment.objects.select_related("patient", "location").get(pk=book(SlotFactory()).pk)
    assert Kind.PAID not in {one.kind for one in what_will_be_sent(visit)}


def test_a_clinic_writes_its_own_words_about_money() -> None:
    good = preview_of("refunded", "email", "en", subject="{why} {amount}", body="{why} {amount} {money} {words}")
    assert good.problems == []
    assert good.composed is not None
    assert "We had to cancel your appointment. We are sorry. £60.00 It is on its way" in good.composed.text
    lacking = preview_of("refunded", "sms", "en", subject="", body="Sorry! {link} {money}")
    assert {str(problem.sentence)[:8] for problem in lacking.problems} >= {"{money} "}
    assert any(
        "{amount} is missing" in str(one.sentence)
        for one in preview_of("to_pay", "push", "en", subject="x", body="{until}").problems
    )


def test_without_its_receipt_it_is_not_sent() -> None:
    world = told()
    Receipt.objects.all().delete()
    with pytest.raises(TextBroken):
        world.compose(Kind.PAID, ChannelName.EMAIL, "en")


# --- As it arrives ------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running, override_settings(**running.settings, EMAIL_TIMEOUT=5):
        yield running
        let_go()


def arrived(server: SmtpServer, kind: Kind, receipt: Receipt, **about: Any) -> Any:
    entry = receipt.entry
    alone(kind, appointment=entry.payment.appointment, payment=entry.payment, **about)
    send_due(actor=CLINIC)
    return server.letters[-1]


def test_the_receipt_arrives_as_a_file_in_the_language_of_the_patient(server: SmtpServer) -> None:
    patient = PatientFactory(first_name="سارة", last_name="منصور", language="ar")
    receipt = paid(book(SlotFactory(starts_at=in_hours(48)), patient=patient))
    letter = arrived(server, Kind.PAID, receipt)
    (file,) = letter.message.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == (f"{receipt.number}.pdf", "application/pdf")
    content = file.get_payload(decode=True)
    assert content == receipt_file(with_everything().get(pk=receipt.pk))
    assert receipt.number in text_of(content)
    assert "\u2066" in letter.part("plain")
    assert "60.00" in letter.message["Subject"]


def test_a_refund_arrives_with_its_credit_note_and_before_it_has_gone_with_what_it_gives_back(
    server: SmtpServer,
) -> None:
    receipt = paid(book(SlotFactory(starts_at=in_hours(48))))
    credit = paid_back(receipt, Decimal(20))
    letter = arrived(server, Kind.REFUNDED, receipt, refund=credit.entry.refund)
    assert [file.get_filename() for file in letter.message.iter_attachments()] == [f"{credit.number}.pdf"]
    decided = Refund.objects.create(payment=receipt.entry.payment, amount=10, reason=RefundReason.SEAT_GONE)
    Message.objects.all().delete()
    letter = arrived_again(server, receipt, decided)
    assert [file.get_filename() for file in letter.message.iter_attachments()] == [f"{receipt.number}.pdf"]


def arrived_again(server: SmtpServer, receipt: Receipt, refund: Refund) -> Any:
    payment = receipt.entry.payment
    message(Kind.REFUNDED, ChannelName.EMAIL, appointment=payment.appointment, payment=payment, refund=refund)
    send_due(actor=CLINIC)
    return server.letters[-1]

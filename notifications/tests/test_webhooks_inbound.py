"""What people write to the clinic's number, as Twilio passes it on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import time
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import AuditEntry
from notifications.models import Message, MessagePolicy, Suppression
from notifications.services.inbound import ANSWERS, Wish, wish_in
from notifications.services.outbox import send_due
from notifications.states import ChannelName, Kind, MessageStatus, NotSent, StopReason
from notifications.tests.factories import message
from notifications.tests.webhook_calls import INBOUND, post
from scheduling.tests.factories import CLINIC, LocationFactory, PatientFactory, SlotFactory, book, in_hours
from testing.threads import run_together
from testing.twilio_server import TwilioServer

NUMBER = "+447700900123"


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    server = TwilioServer()  # it signs; it need not listen
    with override_settings(**server.settings):
        yield server


def said_by(response: Any) -> list[str]:
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/xml"
    return [part.text for part in ElementTree.fromstring(response.content).findall("Message")]


def text(twilio: TwilioServer, body: str, *, sender: str = NUMBER, **more: str) -> list[str]:
    return said_by(twilio.text_in(INBOUND, sender=sender, body=body, post=post, **more))


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop. ", "STOPALL", "Stop all", "unsubscribe", "Cancel!", "END"])
@pytest.mark.parametrize("more", ["", "\n", " 🙏"])
def test_words_that_stop(word: str, more: str) -> None:
    assert wish_in(word + more) == Wish.STOP


@pytest.mark.parametrize(
    ("body", "wish"),
    [
        ("quit", Wish.STOP),
        ("REVOKE", Wish.STOP),
        ("Opt-out", Wish.STOP),
        ("\uff33\uff34\uff2f\uff30", Wish.STOP),
        ("start", Wish.START),
        ("Unstop", Wish.START),
        ("YES!", Wish.START),
        ("Please stop by at the clinic", Wish.OTHER),
        ("Cancel my visit on Monday", Wish.OTHER),
        ("Can I stop taking the tablets?", Wish.OTHER),
        ("HELP", Wish.OTHER),
        ("", Wish.OTHER),
        ("🙏", Wish.OTHER),
    ],
)
def test_only_a_whole_message_is_a_wish(body: str, wish: Wish) -> None:
    assert wish_in(body) == wish


@pytest.mark.django_db
def test_stop_stops_texts_to_that_number_and_start_lets_them_go_again(twilio: TwilioServer) -> None:
    assert text(twilio, "Stop") == [], "Twilio answers that itself"
    assert text(twilio, "Stop") == []
    stop = Suppression.objects.get()
    assert (stop.channel, stop.address, stop.reason) == (ChannelName.SMS, NUMBER, StopReason.STOP)
    assert text(twilio, "Start") == []
    assert not Suppression.objects.exists()
    trail = AuditEntry.objects.filter(object_type="notifications_suppression").order_by("pk")
    assert [(entry.verb, entry.actor) for entry in trail] == [
        ("address.stop", "gateway:twilio"),
        ("address.start", "gateway:twilio"),
    ]


@pytest.mark.django_db
def test_a_text_that_was_still_to_be_sent_is_not_until_they_want_it_again(twilio: TwilioServer) -> None:
    patient = PatientFactory(phone=NUMBER, wants_sms=True)
    visit = book(SlotFactory(starts_at=in_hours(48)), patient=patient)
    MessagePolicy.objects.create(location=visit.location, quiet_from=time(0), quiet_until=time(0))
    Message.objects.all().delete()
    due = [message(Kind.RESCHEDULED, ChannelName.SMS, appointment=visit) for _number in range(2)]
    with twilio, override_settings(**twilio.settings):  # it has a port now
        text(twilio, "STOP")
        Message.objects.filter(pk=due[1].pk).update(try_at=in_hours(1))
        send_due(actor=CLINIC)
        text(twilio, "START")
        Message.objects.filter(pk=due[1].pk).update(try_at=timezone.now())
        send_due(actor=CLINIC)
    stopped, wanted = Message.objects.order_by("pk")
    assert (stopped.status, stopped.why_not) == (MessageStatus.SUPPRESSED, NotSent.STOPPED)
    assert (wanted.status, wanted.address) == (MessageStatus.SENT, NUMBER)
    assert twilio.sent_to(NUMBER) == [wanted.body]


@pytest.mark.django_db
def test_words_that_the_clinic_has_set_at_twilio_count_as_well(twilio: TwilioServer) -> None:
    assert text(twilio, "PARE", OptOutType="STOP") == []
    assert Suppression.objects.count() == 1
    assert text(twilio, "VOLVER", OptOutType="START") == []
    assert not Suppression.objects.exists()
    assert text(twilio, "AYUDA", OptOutType="HELP") == []


@pytest.mark.django_db
def test_whatever_else_somebody_writes_gets_the_telephone_of_the_clinic(twilio: TwilioServer) -> None:
    LocationFactory()
    phone = "+44 20 7946 0018"
    for body in ("HELP", "I will be late", "YES"):
        (said,) = text(twilio, body, sender=f"+4477009001{len(body):02}")
        assert said == f"Nobody reads replies to this number. Please phone {phone}. To stop our messages, reply STOP."
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_the_answer_names_the_place_that_wrote_and_nobody(twilio: TwilioServer) -> None:
    LocationFactory(phone="+442079460999")
    elsewhere = LocationFactory(phone="+442079460111")
    patient = PatientFactory(phone=NUMBER, first_name="Xenia", last_name="Quux")
    visit = book(SlotFactory(location=elsewhere, starts_at=in_hours(48)), patient=patient)
    message(channel=ChannelName.SMS, appointment=visit)
    (said,) = text(twilio, "Who is this?")
    assert "+44 20 7946 0111" in said
    assert "Xenia" not in said
    assert "Quux" not in said
    (to_a_stranger,) = text(twilio, "Who is this?", sender="+447700900124")
    assert "+44" not in to_a_stranger, "there are two places, and nothing says which"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words", "phone"),
    [
        ("en", "Please phone", "+44 20 7946 0111"),
        ("es", "Llame al", "+44 20 7946 0111"),
        ("hi", "फ़ोन करें", "+44 20 7946 0111"),
        ("ar", "الاتصال", "\u2066+44 20 7946 0111\u2069"),
        ("xx", "Please phone", "+44 20 7946 0111"),
    ],
)
def test_the_answer_is_in_the_language_of_whoever_the_place_wrote_to(
    twilio: TwilioServer, language: str, words: str, phone: str
) -> None:
    patient = PatientFactory(phone=NUMBER, language=language)
    place = LocationFactory(phone="+442079460111")
    message(
        channel=ChannelName.SMS, appointment=book(SlotFactory(location=place, starts_at=in_hours(48)), patient=patient)
    )
    (said,) = text(twilio, "?")
    assert words in said
    assert phone in said
    assert "STOP" in said


@pytest.mark.django_db
def test_two_machines_do_not_answer_each_other_for_ever(twilio: TwilioServer) -> None:
    LocationFactory()
    answers = [text(twilio, f"Automatic reply {number}") for number in range(ANSWERS + 2)]
    assert [len(answer) for answer in answers] == [1] * ANSWERS + [0, 0]
    assert text(twilio, "STOP") == []
    assert Suppression.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("sender", ["", "12345", "INFO", "whatsapp:+447700900123", "+0", "+" + "9" * 40])
def test_what_is_no_number_is_not_answered_and_not_stopped(twilio: TwilioServer, sender: str) -> None:
    assert text(twilio, "STOP", sender=sender) == []
    assert text(twilio, "HELP", sender=sender) == []
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_who_cannot_sign_is_refused_and_changes_nothing(twilio: TwilioServer, caplog) -> None:
    fields = {"From": NUMBER, "Body": "STOP", "To": twilio.number}
    good = twilio.signature(INBOUND, fields)
    wrong = {
        "none": (fields, {}),
        "empty": (fields, {"X-Twilio-Signature": ""}),
        "another": (fields, {"X-Twilio-Signature": good[::-1]}),
        "not ascii": (fields, {"X-Twilio-Signature": "é" * 28}),
        "another body": ({**fields, "Body": "START"}, {"X-Twilio-Signature": good}),
        "another sender": ({**fields, "From": "+447700900124"}, {"X-Twilio-Signature": good}),
        "a field more": ({**fields, "OptOutType": "STOP"}, {"X-Twilio-Signature": good}),
        "another address": (fields, {"X-Twilio-Signature": twilio.signature(INBOUND + "?x=1", fields)}),
    }
    with caplog.at_level(logging.DEBUG):
        answers = {name: post(INBOUND, sent, headers).status_code for name, (sent, headers) in wrong.items()}
    assert answers == dict.fromkeys(wrong, 403)
    assert not Suppression.objects.exists()
    assert NUMBER[1:] not in caplog.text
    assert post(INBOUND, fields, {"X-Twilio-Signature": good}).status_code == 200
    assert Suppression.objects.count() == 1


@pytest.mark.django_db
def test_a_clinic_without_keys_believes_nobody() -> None:
    twilio = TwilioServer(token="")
    response = twilio.text_in(INBOUND, sender=NUMBER, body="STOP", post=post)
    assert response.status_code == 403
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_proxies_may_stand_between(twilio: TwilioServer) -> None:
    """Twilio signs the address it calls, which is BASE_URL's; what reaches us may look different."""
    address = "https://clinic.example/webhooks/twilio/inbound/"
    with override_settings(BASE_URL="https://clinic.example"):
        response = twilio.text_in(address, sender=NUMBER, body="STOP", post=post)
    assert response.status_code == 200
    assert Suppression.objects.count() == 1


@pytest.mark.django_db
def test_only_a_form_that_is_posted_counts(twilio: TwilioServer) -> None:
    client = Client()
    assert client.get("/webhooks/twilio/inbound/").status_code == 405
    assert client.put("/webhooks/twilio/inbound/", "{}").status_code == 405
    headers = {"X-Twilio-Signature": twilio.signature(INBOUND, {})}
    for kind, body in (("application/json", '{"From": "x"}'), ("application/x-www-form-urlencoded", "%00=%00")):
        response = client.post("/webhooks/twilio/inbound/", body, content_type=kind, headers=headers)
        assert response.status_code in {200, 400, 403}
    too_much = client.post("/webhooks/twilio/inbound/", b"From=" + b"1" * 3_000_000, content_type=FORM, headers=headers)
    assert too_much.status_code in {400, 413}
    assert not Suppression.objects.exists()


FORM = "application/x-www-form-urlencoded"


@pytest.mark.django_db(transaction=True)
def test_the_same_stop_ten_times_at_once_is_one(twilio: TwilioServer) -> None:
    outcomes = run_together([lambda: text(twilio, "STOP")] * 10)
    assert [outcome.error for outcome in outcomes] == [None] * 10
    assert Suppression.objects.count() == 1

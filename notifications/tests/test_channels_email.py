"""E-mail, handed to a real mail server that keeps what it is given and fails as told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings

from notifications.channels import Attachment, Parcel, PermanentRefusal, TryLater, Unclear, smtp
from notifications.channels.email import EmailChannel
from notifications.channels.registry import channel_of, let_go
from notifications.states import ChannelName, NotSent
from testing.smtp_server import DROP, HANG, LOSE, SmtpServer

CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nSUMMARY:Dr M\xc3\xbcller\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running, override_settings(**running.settings, EMAIL_TIMEOUT=5):
        yield running
        let_go()


def parcel(**changes: Any) -> Parcel:
    values: dict[str, Any] = {
        "message_id": 12,
        "address": "anna@patients.example",
        "subject": "Your visit",
        "text": "Dear Anna, see you on Monday.\nमिलते हैं",
        "language": "hi",
        "html": "<p lang='hi'>मिलते हैं</p>",
        "link": "http://testserver/m/abcdefghijkl/",
        "attachments": (Attachment("visit.ics", CALENDAR, "text/calendar; method=PUBLISH; charset=utf-8"),),
    }
    return Parcel(**{**values, **changes})


def send(**changes: Any) -> Any:
    return EmailChannel().send(parcel(**changes))


def test_a_letter_arrives_as_text_as_a_page_and_with_its_file(server: SmtpServer) -> None:
    receipt = send()
    (letter,) = server.letters
    assert letter.recipients == ("anna@patients.example",)
    assert letter.sender == "frontdesk@localhost"
    assert letter.message["Subject"] == "Your visit"
    assert letter.part("plain").strip() == "Dear Anna, see you on Monday.\nमिलते हैं"
    assert letter.part("html").strip() == "<p lang='hi'>मिलते हैं</p>"
    (file,) = letter.message.iter_attachments()
    assert file.get_filename() == "visit.ics"
    assert file.get_content_type() == "text/calendar"
    assert file.get_params()[1:] == [("method", "PUBLISH"), ("charset", "utf-8")]
    assert file.get_payload(decode=True).replace(b"\r\n", b"\n").strip() == CALENDAR.replace(b"\r\n", b"\n").strip()
    assert (receipt.provider, receipt.provider_id) == ("mail", letter.message_id)


def test_a_letter_says_that_a_machine_wrote_it_and_carries_what_it_is_given(server: SmtpServer) -> None:
    send(headers={"List-Unsubscribe": "<http://testserver/m/stop/>"})
    send()
    with_page, without = server.letters
    assert with_page.message["Auto-Submitted"] == "auto-generated"
    assert with_page.message["Content-Language"] == "hi"
    assert with_page.message["List-Unsubscribe"] == "<http://testserver/m/stop/>"
    assert without.message["List-Unsubscribe"] is None, "there is a page, or there is no header"


def test_sent_again_it_is_the_same_letter_and_another_one_is_another(server: SmtpServer) -> None:
    send()
    send()
    send(message_id=13)
    send(link="http://testserver/m/of-another-database/")
    first, again, other, elsewhere = (letter.message_id for letter in server.letters)
    assert first == again
    assert first.endswith("@testserver>")
    assert len({first, other, elsewhere}) == 3


def test_letters_go_by_one_line_until_it_has_had_enough(server: SmtpServer, monkeypatch) -> None:
    monkeypatch.setattr(smtp, "LETTERS_A_LINE", 3)
    for number in range(4):
        send(message_id=number)
    assert [letter.connection for letter in server.letters] == [1, 1, 1, 2]


def test_a_line_that_died_meanwhile_costs_nothing(server: SmtpServer) -> None:
    send()
    server.stop()
    server.start()
    send()
    assert [letter.connection for letter in server.letters] == [1, 2]


def test_a_line_that_was_idle_for_long_is_not_trusted(server: SmtpServer, monkeypatch) -> None:
    monkeypatch.setattr(smtp, "IDLE_SECONDS", -1)
    send()
    send()
    assert [letter.connection for letter in server.letters] == [1, 2]


def test_who_does_not_exist_is_never_written_to_again(server: SmtpServer) -> None:
    server.refused["anna@patients.example"] = "550 5.1.1 <anna@patients.example>: no such user"
    with pytest.raises(PermanentRefusal) as refused:
        send()
    assert (refused.value.why, refused.value.stop) == (NotSent.BAD_ADDRESS, True)
    assert refused.value.detail == "SMTP 550 5.1.1"
    send(address="bert@patients.example")
    assert [letter.connection for letter in server.letters] == [1], "the line is as good as before"


@pytest.mark.parametrize(
    ("answer", "stops"),
    [
        ("550 no such user here", True),
        ("551 user not local", True),
        ("553 5.1.3 bad address syntax", True),
        ("550 5.2.1 mailbox disabled", True),
        ("552 5.2.2 mailbox full", False),
        ("550 5.7.1 relaying denied", False),
        ("550 relay not permitted", False),
        ("554 5.7.1 blocked by a list", False),
        ("554 no thanks", False),
        ("550 5.1.8 bad sender", False),
        ("550 Blocked: see blocklist.example", False),
    ],
)
def test_only_what_is_said_about_the_address_stops_it(server: SmtpServer, answer: str, stops: bool) -> None:
    server.refused["anna@patients.example"] = answer
    with pytest.raises(PermanentRefusal) as refused:
        send()
    assert refused.value.stop is stops
    assert refused.value.why == (NotSent.BAD_ADDRESS if stops else NotSent.REFUSED)
    assert "anna" not in refused.value.detail


@pytest.mark.parametrize("answer", ["450 4.2.0 greylisted, come back", "451 4.3.0 local error", "421 4.3.2 going down"])
def test_who_is_not_taken_now_is_tried_later(server: SmtpServer, answer: str) -> None:
    server.refused["anna@patients.example"] = answer
    with pytest.raises(TryLater):
        send()
    server.refused.clear()
    send()
    assert len(server.letters) == 1


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        ("451 4.3.0 try later", TryLater),
        ("452 4.3.1 no room", TryLater),
        ("554 5.6.0 we do not like its words", PermanentRefusal),
        ("552 5.3.4 too large", PermanentRefusal),
    ],
)
def test_what_is_not_taken_after_it_was_read(server: SmtpServer, answer: str, raised: type[Exception]) -> None:
    server.faults.append(answer)
    with pytest.raises(raised) as refused:
        send()
    assert refused.type is raised
    assert not getattr(refused.value, "stop", False)
    assert server.letters == []
    send()
    assert len(server.letters) == 1


def test_a_server_that_knows_its_mailboxes_only_after_the_letter_is_believed_too(server: SmtpServer) -> None:
    server.faults.append("550 5.1.1 no such user")
    with pytest.raises(PermanentRefusal) as refused:
        send()
    assert refused.value.stop


@pytest.mark.parametrize("fault", [DROP, LOSE, HANG])
def test_a_line_that_breaks_with_the_letter_on_it_leaves_it_unclear(server: SmtpServer, fault: str) -> None:
    server.faults.append(fault)
    with override_settings(EMAIL_TIMEOUT=0.3), pytest.raises(Unclear):
        send()
    assert len(server.letters) == (0 if fault == LOSE else 1)
    assert EmailChannel().ask(parcel()) is None, "no mail server can tell"
    send()
    assert len({letter.message_id for letter in server.letters}) == 1, "a mailbox knows it by its Message-ID"


def test_a_sender_whom_the_server_refuses_is_no_fault_of_the_patients(server: SmtpServer, caplog) -> None:
    server.refused_senders["frontdesk@localhost"] = "550 5.7.1 not your address"
    with caplog.at_level(logging.ERROR), pytest.raises(TryLater):
        send()
    assert "DEFAULT_FROM_EMAIL" in caplog.text
    assert "anna" not in caplog.text


def test_a_server_that_is_busy_or_gone_is_tried_later(server: SmtpServer) -> None:
    server.greeting = "421 4.3.2 too busy"
    with pytest.raises(TryLater):
        send()
    server.stop()
    with pytest.raises(TryLater):
        send()
    server.greeting = ""
    server.start()
    send()
    assert len(server.letters) == 1


def test_a_server_that_does_not_let_us_in_is_said_loudly_and_without_the_password(server: SmtpServer, caplog) -> None:
    keys = {"EMAIL_HOST_USER": "desk", "EMAIL_HOST_PASSWORD": "hush"}
    with override_settings(**keys), caplog.at_level(logging.ERROR), pytest.raises(TryLater):
        send()
    assert "EMAIL_URL" in caplog.text
    assert "hush" not in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@",
        "@patients.example",
        "an na@x.example",
        "a@x.example, b@x.example",
        "a@x.example\nBcc: b@y.z",
        "münchen@x.example",
        "Anna <anna@x.example>",
    ],
)
def test_an_address_that_is_none_reaches_no_server(server: SmtpServer, address: str) -> None:
    with pytest.raises(PermanentRefusal) as refused:
        send(address=address)
    assert refused.value.why == NotSent.BAD_ADDRESS
    assert server.letters == []


def test_an_address_with_a_domain_of_another_script_is_spelled_for_servers(server: SmtpServer) -> None:
    send(address="anna@bücher.example")
    assert server.letters[0].recipients == ("anna@xn--bcher-kva.example",)


def test_a_subject_of_several_lines_becomes_one(server: SmtpServer) -> None:
    send(subject="Your visit\r\nBcc: everybody@patients.example")
    (letter,) = server.letters
    assert letter.message["Subject"] == "Your visit Bcc: everybody@patients.example"
    assert letter.message["Bcc"] is None
    assert letter.recipients == ("anna@patients.example",)


def test_other_backends_of_django_serve_as_well() -> None:
    receipt = send()
    assert [letter.subject for letter in mail.outbox] == ["Your visit"]
    assert receipt.provider_id == mail.outbox[0].extra_headers["Message-ID"]


def test_the_console_is_no_gateway() -> None:
    assert channel_of(ChannelName.EMAIL).is_configured()
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend"):
        assert not channel_of(ChannelName.EMAIL).is_configured()


def test_the_outbox_says_where_to_look_once_in_a_while(capsys) -> None:
    from notifications.channels.outbox import OutboxChannel

    outbox = OutboxChannel()
    with override_settings(EMBEDDED=True):
        outbox.send(parcel())
        receipt = outbox.send(parcel())
    said = capsys.readouterr().out
    assert said.count("http://testserver/admin/notifications/message/") == 1
    assert "anna" not in said.lower()
    assert (receipt.provider, receipt.delivery_status) == ("outbox", "kept")
    assert not outbox.is_configured()

"""The words of messages in the back office: seen by the desk, changed by managers, and never saved broken."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from notifications.models import MessageText
from notifications.states import ChannelName, Kind
from notifications.texts.languages import WRITTEN
from scheduling.tests.back_office import staff
from scheduling.tests.factories import LocationFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:notifications_messagetext_changelist")
ADD = reverse("admin:notifications_messagetext_add")
PREVIEW = reverse("admin:notifications_messagetext_preview")
SMS = {"kind": "reminder", "channel": "sms", "language": "en", "subject": "", "body": "{clinic}: {day} {time} {link}"}


@pytest.fixture
def manager() -> Client:
    return staff(Role.MANAGER)


def page(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_list_has_every_text_and_says_whose_it_is(manager: Client) -> None:
    MessageText.objects.create(**{**SMS, "body": "Come to us! {day} {time} {link}"})
    english, hindi = page(manager, LIST), page(manager, LIST, language="hi")
    assert english.count("Change this text") == len(Kind) * len(ChannelName)
    assert english.count("<strong>Yours</strong>") == 1
    assert "Come to us!" in english
    assert "Come to us!" not in hindi
    assert "आपका अनुभव कैसा रहा?" in hindi
    assert "Come to us!" in page(manager, LIST, language="<b>")


def test_a_new_text_begins_with_the_words_it_replaces(manager: Client) -> None:
    for language, written in WRITTEN.items():
        text = written.texts[Kind.CONFIRMATION, ChannelName.EMAIL]
        form = manager.get(ADD, {"kind": "confirmation", "channel": "email", "language": language}).context["adminform"]
        assert form.form["subject"].value() == text.subject
        assert form.form["body"].value() == text.bodies[0]
    hindi = manager.get(ADD, {"kind": "reminder", "channel": "sms", "language": "hi"}).context
    assert hindi["preview"].problems == []  # the fullest of several lengths that has room
    assert hindi["preview"].length.segments == 1
    assert manager.get(ADD, {"kind": "nothing", "channel": "x"}).status_code == 200


def test_what_is_brought_can_be_saved_as_it_is_and_is_written_into_the_trail(manager: Client) -> None:
    for kind, channel in ((Kind.CONFIRMATION, ChannelName.EMAIL), (Kind.YOUR_TURN, ChannelName.PUSH)):
        which = {"kind": kind.value, "channel": channel.value, "language": "ar"}
        form = manager.get(ADD, which).context["adminform"].form
        said = {name: form[name].value() for name in ("subject", "body")}
        assert manager.post(ADD, {**which, **said, "body": said["body"].replace("\n", "\r\n")}).status_code == 302
        row = MessageText.objects.get(**which)
        assert row.subject == said["subject"]
    assert AuditEntry.objects.filter(verb="admin.messagetext.add").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": "{day} {time}"}, "{link} is missing"),
        ({"body": "{day} {time} {link} {reason}"}, "{reason} is not known here"),
        ({"body": "{day} {time} {link} {"}, "A brace stands alone"),
        ({"body": "{day} {time} {link} " + "very " * 30}, "too long for one text message"),
        ({"subject": "Hello"}, "Leave this empty"),
        ({"language": "xx"}, "Select a valid choice"),
    ],
)
def test_a_text_that_could_not_be_sent_is_not_saved_and_what_was_typed_stays(
    manager: Client, changes: dict[str, str], said: str
) -> None:
    response = manager.post(ADD, {**SMS, **changes})
    assert response.status_code == 200
    assert said in response.content.decode()
    assert response.context["adminform"].form["body"].value() == {**SMS, **changes}["body"]
    assert not MessageText.objects.exists()


def test_a_text_of_a_kind_is_there_once(manager: Client) -> None:
    assert manager.post(ADD, SMS).status_code == 302
    assert "already exists" in manager.post(ADD, SMS).content.decode()


def test_a_change_is_checked_for_its_own_kind_and_deleting_goes_back_to_ours(manager: Client) -> None:
    row = MessageText.objects.create(**SMS)
    change = reverse("admin:notifications_messagetext_change", args=[row.pk])
    refused = manager.post(change, {"body": "{day} {time}", "kind": "feedback", "channel": "email"})
    assert "{link} is missing" in refused.content.decode()
    assert manager.post(change, {"body": "See you {day} {time} {link}", "subject": ""}).status_code == 302
    row.refresh_from_db()
    assert (row.kind, row.channel, row.body) == ("reminder", "sms", "See you {day} {time} {link}")
    assert "See you" in page(manager, PREVIEW, kind="reminder", channel="sms", language="en")
    manager.post(reverse("admin:notifications_messagetext_delete", args=[row.pk]), {"post": "yes"})
    assert "reminder of your visit" in page(manager, PREVIEW, kind="reminder", channel="sms", language="en")


def drawn(client: Client, **said: str) -> str:
    response = client.post(f"{PREVIEW}?part", {**SMS, **said})
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_preview_follows_what_is_typed_and_saves_nothing(manager: Client) -> None:
    text = drawn(manager)
    assert "of 160 signs, one text message." in text
    assert "<html" not in text
    assert "of 70 signs" in drawn(manager, body="{link} नमस्ते {day} {time}", language="hi")
    long = drawn(manager, body="{day} {time} {link} " + "very " * 30)
    assert "2 text messages." in long
    assert "too long for one text message" in long
    broken = drawn(manager, body="{day} {nobody}")
    assert "{nobody} is not known here" in broken
    assert "fd-phone" not in broken
    mail = drawn(
        manager, channel="email", subject="On {day}", body="Hello,\r\n\r\nWhen: {day} {time}\r\nWhere: {place}"
    )
    assert mail.count("<dt>") == 2
    assert "The same in plain words" in mail
    assert 'dir="rtl"' in drawn(manager, language="ar")
    assert not MessageText.objects.exists()


def test_the_preview_shows_words_as_text(manager: Client) -> None:
    for channel in ChannelName:
        shown = drawn(
            manager, channel=channel, subject="<b>x</b>", body="<script>alert(1)</script> {{ 1|add:1 }} %s {day}"
        )
        assert "<script>" not in shown
        assert "<b>" not in shown


@pytest.mark.parametrize("query", [{}, {"kind": "x"}, {"kind": "reminder", "channel": "sms", "language": "../en"}])
def test_a_preview_of_nothing_says_what_to_choose(manager: Client, query: dict[str, str]) -> None:
    assert "Choose what the message is about" in page(manager, PREVIEW, **query)


def test_the_desk_looks_and_doctors_do_not() -> None:
    place: Any = LocationFactory()
    desk, doctor = staff(Role.RECEPTION, place), staff(Role.DOCTOR, place)
    shown = page(desk, LIST)
    assert "Preview" in shown
    assert "Change this text" not in shown
    assert page(desk, PREVIEW, kind="reminder", channel="email", language="es")
    assert desk.get(ADD).status_code == 403
    assert desk.post(ADD, SMS).status_code == 403
    for address in (LIST, PREVIEW, ADD):
        assert doctor.get(address).status_code == 403
        assert Client().get(address).status_code == 302

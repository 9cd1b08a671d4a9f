"""Guarantee 16 in messages: names, rooms and words arrive as they were typed, and nothing of them runs or steers."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage as Letter

import pytest
from django.test import Client
from icalendar import Calendar

from accounts.models import User
from config.tests.hostile import CORPUS, MARKUP, STRANGE, TEMPLATES, alive, flat, says
from notifications.channels.contract import Parcel
from notifications.channels.email import compose_letter
from notifications.models import MessageText
from notifications.states import ChannelName, Kind
from notifications.tests.texts import Told, told
from notifications.texts import Composed, check_text
from notifications.texts.filling import one_line
from notifications.texts.languages import WRITTEN
from notifications.texts.sms_length import length_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("messages are put together in memory, whichever database the words come from"),
]

HEADERS = {"Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID"}
HEADERS |= {"Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language"}
TURNS = re.compile("[\u202a-\u202e]")


def hostile(number: int, payload: str) -> Told:
    """A visit where everything that somebody types is of the corpus."""
    words = f"{payload}{number}"
    return told(
        clinic=words[:100],
        doctor=words[:150],
        first_name=words[:100],
        last_name=words[:100],
        room=words[:50],
        address=words,
        short_name=words[:20],
        reason=words,
    )


def sent(composed: Composed) -> Letter:
    """The e-mail as it travels, read again."""
    parcel = Parcel(
        message_id=1,
        address="b@example.org",
        subject=composed.subject,
        text=composed.text,
        html=composed.html,
        language="en",
        attachments=composed.attachments,
    )
    letter = message_from_bytes(compose_letter(parcel).message().as_bytes(), policy=policy.default)
    assert isinstance(letter, Letter)
    assert set(letter.keys()) <= HEADERS
    return letter


@pytest.mark.parametrize(("number", "payload"), list(enumerate(CORPUS)))
def test_an_email_says_it_as_text_and_gains_no_header_no_part_and_no_tag(number: int, payload: str) -> None:
    world = hostile(number, payload)
    shown = one_line(f"{payload}{number}"[:100])
    for language, kind in (("en", Kind.CANCELLED), ("ar", Kind.CONFIRMATION), ("es", Kind.WAITLIST_OFFER)):
        composed = world.compose(kind, ChannelName.EMAIL, language, words=payload)
        letter = sent(composed)
        assert letter["Subject"].strip() == composed.subject
        assert letter["To"] == "b@example.org"
        kinds = [part.get_content_type() for part in letter.walk() if not part.is_multipart()]
        assert sorted(kinds) in (["text/html", "text/plain"], ["text/calendar", "text/html", "text/plain"])
        assert alive(composed.html) == []
        assert composed.html.count("<a ") == 1
        assert composed.html.count("<dt>") == composed.text.count("\n", 0, 0) + (
            4 if kind == Kind.WAITLIST_OFFER else 5
        )
        assert says(composed.html, shown), composed.html
        assert flat([shown]) in flat([composed.text])
        assert not TURNS.search(composed.text + composed.html + composed.subject)


@pytest.mark.parametrize(("number", "payload"), list(enumerate([*STRANGE, *TEMPLATES, *MARKUP[:3]])))
def test_short_messages_say_it_as_text_and_keep_their_link(number: int, payload: str) -> None:
    world = hostile(number, payload)
    for language in WRITTEN:
        for kind in (Kind.REMINDER, Kind.YOUR_TURN):
            text = world.compose(kind, ChannelName.SMS, language)
            assert length_of(text.text).segments == 1, text.text
            assert text.text.endswith(text.link)
            assert text.text.count("\n") <= 1
            push = world.compose(kind, ChannelName.PUSH, language)
            assert "\n" not in push.subject
            call = world.compose(kind, ChannelName.CALL, language)
            for said in (text.text, push.subject, push.text, call.text):
                assert all(sign.isprintable() or sign in "\n\u200c\u200d" for sign in said), said
                assert not TURNS.search(said)


@pytest.mark.parametrize("payload", ["{link} {phone} {0} %(x)s", "{{ 20011|add:40022 }}", "x\nWhen: never\nTo: me"])
def test_what_is_filled_in_is_not_filled_in_again(payload: str) -> None:
    world = hostile(1, payload)
    composed = world.compose(Kind.CONFIRMATION, ChannelName.EMAIL, "en")
    assert says(composed.html, one_line(payload))
    assert composed.text.count(composed.link) == 1
    assert composed.html.count(">When<") == 1
    assert re.findall(r"^When: ", composed.text, re.MULTILINE) == ["When: "]


def test_the_calendar_that_comes_along_gains_no_line() -> None:
    for number, payload in enumerate([*STRANGE, *MARKUP]):
        (file,) = hostile(number, payload).compose(Kind.CONFIRMATION, ChannelName.EMAIL, "hi").attachments
        (event,) = Calendar.from_ical(file.content).walk("VEVENT")
        assert not {"ATTENDEE", "ORGANIZER", "ATTACH"} & set(event)


def test_texts_of_the_clinics_own_are_words_too(client: Client) -> None:
    world = told()
    client.force_login(User.objects.create_superuser("root@example.org", "x"))
    for number, payload in enumerate(CORPUS):
        body = f"{payload} {{day}} {{time}}"
        row, _made = MessageText.objects.update_or_create(
            kind=Kind.REMINDER,
            channel=ChannelName.EMAIL,
            language="en",
            defaults={"subject": f"{payload} {number}"[:200], "body": body},
        )
        for address in ("", f"{row.pk}/change/", "preview/?kind=reminder&channel=email&language=en"):
            page = client.get(f"/admin/notifications/messagetext/{address}").content.decode()
            assert alive(page) == [], payload
        if check_text(Kind.REMINDER, ChannelName.EMAIL, row.subject, body) == []:
            composed = world.compose(Kind.REMINDER, ChannelName.EMAIL, "en")
            assert alive(composed.html) == []
            sent(composed)

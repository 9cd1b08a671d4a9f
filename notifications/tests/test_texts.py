"""Every message, in every language, by every channel: whole, plain, and nothing in it that does not belong there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.utils import timezone, translation
from icalendar import Calendar

from notifications.models import MessageText
from notifications.states import OF_MONEY, ChannelName, Kind
from notifications.tests.factories import message
from notifications.tests.texts import Told, told
from notifications.texts import Composed, TextBroken, check_text, compose
from notifications.texts.composing import own_texts
from notifications.texts.filling import placeholders_in
from notifications.texts.languages import WRITTEN
from notifications.texts.placeholders import NEEDED, placeholders_of
from notifications.texts.sms_length import is_gsm, length_of
from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment
from scheduling.tests.factories import CLINIC

EVERY = [(kind, channel, code) for kind in Kind for channel in ChannelName for code in WRITTEN]
LONG_HOST = "https://appointments.example-clinic.org"
LONGEST_REAL = {
    "clinic": "The Royal Harbour Street Centre for Family Medicine, Paediatrics and Rehabilitation of the Old Town",
    "doctor": "Professor Dr Maria Fernanda Wolfeschlegelsteinhausenbergerdorff-Okonkwo y García de la Peña",
    "first_name": "Adaeze Oluwaseun Maximiliana",
    "last_name": "Featherstonehaugh-Cholmondeley van den Bergh",
    "room": "Consulting Room 12 B, second floor, east wing",
}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("texts are put together in memory, whichever database the rows come from"),
]


@pytest.fixture(autouse=True)
def address(settings: LazySettings) -> None:
    settings.BASE_URL = LONG_HOST


@pytest.fixture
def world() -> Told:
    return told(reason="zq-reason", symptoms="zq-symptoms", notes="zq-notes", special_requirements="zq-needs")


def everything(composed: Composed) -> str:
    return "\n".join([composed.subject, composed.text, composed.html])


@pytest.mark.parametrize("language", WRITTEN)
def test_every_message_can_be_composed_and_says_nothing_medical(world: Told, language: str) -> None:
    for kind in Kind:
        for channel in ChannelName:
            composed = world.compose(kind, channel, language)
            assert composed.text.strip()
            said = everything(composed)
            assert not re.search(r"zq-|[{}]|None", said.split("</style>")[-1]), (kind, channel, said)
            assert bool(composed.subject) == (channel in {ChannelName.EMAIL, ChannelName.PUSH})
            assert bool(composed.html) == (channel == ChannelName.EMAIL)
            assert composed.link.startswith(f"{LONG_HOST}/m/")
            assert (composed.link in composed.text) == (channel in {ChannelName.EMAIL, ChannelName.SMS})
            assert "\n" not in composed.subject


@pytest.mark.parametrize("language", WRITTEN)
@pytest.mark.parametrize("names", [{}, LONGEST_REAL], ids=["usual", "longest"])
def test_a_text_message_is_one_segment_with_its_whole_link(language: str, names: dict[str, str]) -> None:
    world = told(**names)
    for kind in Kind:
        composed = world.compose(kind, ChannelName.SMS, language)
        assert length_of(composed.text).segments == 1, composed.text
        assert composed.text.endswith(composed.link)


@pytest.mark.parametrize("host", ["https://fd.clinic", "https://www.harbour-clinic.co.uk", LONG_HOST])
def test_a_text_message_says_as_much_as_there_is_room_for(settings: LazySettings, host: str) -> None:
    settings.BASE_URL = host
    world = told()
    for language in ("en", "es"):
        for kind in Kind:
            said = world.compose(kind, ChannelName.SMS, language).text
            assert said.startswith("Harbour"), said
            assert is_gsm(said)
    assert "Dr Amara Okonkwo" in world.compose(Kind.REMINDER, ChannelName.SMS, "en").text


def test_a_clinic_has_a_short_name_for_text_messages() -> None:
    world = told(short_name="Harbour St")
    assert world.compose(Kind.REMINDER, ChannelName.SMS, "en").text.startswith("Harbour St: ")
    assert "Harbour Street Clinic" in world.compose(Kind.REMINDER, ChannelName.EMAIL, "en").text


@pytest.mark.parametrize(("kind", "channel", "code"), EVERY)
def test_the_words_that_are_brought_have_all_they_need_and_nothing_else(kind: str, channel: str, code: str) -> None:
    text = WRITTEN[code].texts[Kind(kind), ChannelName(channel)]
    known = set(placeholders_of(kind, channel))
    for body in filter(None, (*text.bodies, text.by_video)):
        assert set(placeholders_in(text.subject + body)) <= known
        assert channel != ChannelName.SMS or "link" in placeholders_in(body)
    for body in filter(None, (text.bodies[0], text.by_video)):
        assert NEEDED[Kind(kind)] <= set(placeholders_in(text.subject + body)), (kind, channel, code)
        problems = [str(problem.sentence) for problem in check_text(kind, channel, text.subject, body, language=code)]
        # Of several lengths, the fullest may be too long for a host as long as this one.
        assert channel == ChannelName.SMS or problems == []
        assert all("too long" in problem for problem in problems), problems


@pytest.mark.parametrize("code", sorted(set(WRITTEN) - {"en"}))
def test_translations_fill_in_what_the_english_does(code: str) -> None:
    for kind in Kind:
        for channel in (ChannelName.EMAIL, ChannelName.PUSH, ChannelName.CALL):
            english, other = (WRITTEN[name].texts[kind, channel] for name in ("en", code))
            for ours, theirs in zip(english.bodies, other.bodies, strict=True):
                assert set(placeholders_in(ours)) == set(placeholders_in(theirs)), (kind, channel, code)
            assert set(placeholders_in(english.subject)) == set(placeholders_in(other.subject))
            assert ours.count("\n\n") == theirs.count("\n\n")
            assert bool(english.by_video) == bool(other.by_video)
        assert set(WRITTEN[code].buttons) == set(WRITTEN["en"].buttons)


def test_the_shortest_text_messages_hold_no_name() -> None:
    for code, written in WRITTEN.items():
        for kind in Kind:
            shortest = written.texts[kind, ChannelName.SMS].bodies[-1]
            assert not set(placeholders_in(shortest)) & {"clinic", "doctor", "patient", "place", "room"}, (code, kind)


def test_nobody_is_asked_to_answer_a_text_message() -> None:
    for code, written in WRITTEN.items():
        for kind in Kind:
            for body in written.texts[kind, ChannelName.SMS].bodies:
                assert not re.search(r"\b(reply|CANCEL|YES|STOP)\b", body), (code, body)


def test_spanish_text_messages_keep_to_the_larger_alphabet() -> None:
    for kind in Kind:
        assert all(is_gsm(body) for body in WRITTEN["es"].texts[kind, ChannelName.SMS].bodies)


def test_an_email_is_paragraphs_facts_and_one_button_in_the_language_of_the_patient(world: Told) -> None:
    said = world.compose(Kind.CONFIRMATION, ChannelName.EMAIL, "ar")
    assert '<html lang="ar" dir="rtl">' in said.html
    assert said.html.count('class="button"') == 1
    assert f'href="{said.link}"' in said.html
    assert said.html.count("<dt>") == 5
    assert "\u2066+44\u00a020\u00a07946\u00a00018\u2069" in said.text  # else its groups stand in the wrong order
    assert "\u2068Harbour Street Clinic\u2069، \u2068Room 3\u2069، " in said.text
    assert said.link + "\u2069" not in said.text
    english = world.compose(Kind.CONFIRMATION, ChannelName.EMAIL, "en")
    assert '<html lang="en" dir="ltr">' in english.html
    assert "Where: Harbour Street Clinic, Room 3, 12 Harbour Street, London SE1 0ZZ\n" in english.text


def test_times_are_on_the_wall_of_the_location_whatever_the_process_has(world: Told) -> None:
    visit = world.visit
    visit.location.time_zone = "Asia/Kolkata"
    row = message(Kind.REMINDER, ChannelName.EMAIL, appointment=visit)
    row.starts_at = datetime(2026, 8, 6, 3, 50, tzinfo=UTC)
    with translation.override("es"), timezone.override("America/New_York"):
        said = compose(row, language="en", policy=world.policy).text
    assert "When: Thursday 6 August 2026 at 9:20am\n" in said


def test_the_deadline_is_an_hour_while_it_is_todays(world: Told) -> None:
    world.visit.expires_at = datetime(2026, 8, 6, 16, 30, tzinfo=UTC)
    row = world.message(Kind.TO_CONFIRM, ChannelName.EMAIL)
    for now, said in (
        (datetime(2026, 8, 5, 23, 0, tzinfo=UTC), "confirm it by 5:30pm today;"),  # past midnight in London
        (datetime(2026, 8, 5, 22, 59, tzinfo=UTC), "confirm it by 5:30pm on Thursday 6 August 2026;"),
    ):
        with time_machine.travel(now, tick=False):
            assert said in compose(row, language="en", policy=world.policy).text


@pytest.mark.parametrize("language", WRITTEN)
def test_lines_about_what_is_not_there_are_left_out(language: str) -> None:
    world = told(phone="", room="", address="")
    for kind in Kind:
        for channel in ChannelName:
            said = world.compose(kind, channel, language, words="")
            gaps = re.search(r"  | [.,،。]|[:,،] *[.,،]|: +$|^[.,:]", said.text, re.MULTILINE)
            assert not gaps, (kind, channel, said.text)
            assert not re.search(r"<(p|dd|dt)>\s*</", said.html)
    assert "Phone" not in world.compose(Kind.REMINDER, ChannelName.EMAIL, "en").text
    assert "message from the clinic" not in world.compose(Kind.CANCELLED, ChannelName.EMAIL, "en", words="").text
    assert "Please come in." in world.compose(Kind.YOUR_TURN, ChannelName.PUSH, "en").text


def test_a_video_visit_is_not_told_to_come_early_with_papers(world: Told) -> None:
    Appointment.objects.filter(pk=world.visit.pk).update(meeting_link="https://meet.example.org/x")
    world.visit.refresh_from_db()
    for language, where in (("en", "Where: Video call"), ("es", "Dónde: Videollamada")):
        said = world.compose(Kind.REMINDER, ChannelName.EMAIL, language)
        assert where in said.text
        assert "Harbour Street," not in said.text
        assert "meet.example.org" not in everything(said)
    assert "photo ID" not in world.compose(Kind.CONFIRMATION, ChannelName.EMAIL, "en").text


def test_a_cancellation_brings_the_words_of_the_staff_and_never_those_of_the_patient() -> None:
    world = told()
    cancel_appointment(appointment_id=world.visit.pk, message="my rash got worse", actor=CLINIC)
    world.visit.refresh_from_db()
    said = world.compose(Kind.CANCELLED, ChannelName.EMAIL, "en", words="Sorry.\n\nPlease book again:\n{link} 100%")
    assert "A message from the clinic: Sorry.\nPlease book again:\n{link} 100%" in said.text
    assert "Sorry.<br>Please book again:<br>{link} 100%" in said.html
    for channel in ChannelName:
        assert "rash" not in everything(world.compose(Kind.CANCELLED, channel, "en"))
    for channel in (ChannelName.SMS, ChannelName.PUSH, ChannelName.CALL):
        assert "Sorry" not in world.compose(Kind.CANCELLED, channel, "en", words="Sorry").text


@pytest.mark.parametrize("kind", Kind)
def test_calendars_are_told_of_what_is_booked_moved_and_cancelled(world: Told, kind: Kind) -> None:
    files = world.compose(kind, ChannelName.EMAIL, "en").attachments
    if kind in OF_MONEY:
        assert [file.media_type for file in files] == ["application/pdf"]
        return
    if kind not in {Kind.CONFIRMATION, Kind.RESCHEDULED, Kind.CANCELLED}:
        assert files == ()
        return
    (file,) = files
    assert (file.name, file.media_type) == (f"{world.visit.number}.ics", "text/calendar")
    (event,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert event["UID"] == str(world.visit.calendar_uid)
    assert world.compose(kind, ChannelName.SMS, "en").attachments == ()


def test_the_calendar_of_a_cancelled_visit_says_so() -> None:
    world = told()
    world.visit = cancel_appointment(appointment_id=world.visit.pk, actor=CLINIC)
    (file,) = world.compose(Kind.CANCELLED, ChannelName.EMAIL, "es").attachments
    assert b"STATUS:CANCELLED" in file.content


def test_calls_are_spoken_sentences_with_numbers_one_by_one(world: Told) -> None:
    said = world.compose(Kind.REMINDER, ChannelName.CALL, "en").text
    assert "phone us on 0 2 0, 7 9 4 6, 0 0 1 8." in said
    turn = world.compose(Kind.YOUR_TURN, ChannelName.CALL, "en").text
    assert f"Token {' '.join(world.token.code)}: it is your turn." in turn
    for kind in Kind:
        for language in WRITTEN:
            assert "http" not in world.compose(kind, ChannelName.CALL, language).text


def test_a_doctor_is_named_in_a_spanish_sentence_with_the_article() -> None:
    assert (
        "con la Dra. Lucía Romero"
        in told(doctor="Dra. Lucía Romero").compose(Kind.REMINDER, ChannelName.CALL, "es").text
    )
    assert "con Dr Amara" in told().compose(Kind.REMINDER, ChannelName.CALL, "es").text


def test_what_makes_older_messages_old_has_their_tag(world: Told) -> None:
    tags = {kind: world.compose(kind, ChannelName.PUSH, "en").tag for kind in Kind}
    assert tags[Kind.REMINDER] == tags[Kind.CANCELLED] == f"visit-{world.visit.pk}"
    assert tags[Kind.TURN_NEAR] == tags[Kind.YOUR_TURN] == f"token-{world.token.pk}"
    assert tags[Kind.WAITLIST_OFFER] == f"offer-{world.entry.pk}"


def test_a_language_that_is_not_written_gets_english_and_a_region_its_language(world: Told) -> None:
    assert "Your visit" in world.compose(Kind.REMINDER, ChannelName.PUSH, "fr").subject
    assert "Su cita" in world.compose(Kind.REMINDER, ChannelName.PUSH, "es-MX").subject


# --- Texts of the clinic's own ----------------------------------------------------------------------------------


def own(kind: Kind, channel: ChannelName, body: str, subject: str = "", language: str = "en") -> MessageText:
    return MessageText.objects.create(kind=kind, channel=channel, language=language, subject=subject, body=body)


def test_a_text_of_the_clinics_own_stands_in_for_ours_in_its_language_alone(world: Told) -> None:
    own(Kind.REMINDER, ChannelName.PUSH, "See you, {patient}!\r\nCall {phone}.", "{doctor} expects you")
    said = world.compose(Kind.REMINDER, ChannelName.PUSH, "en")
    assert said.subject == "Dr Amara Okonkwo expects you"
    assert said.text == "See you, Ada Lindqvist!\nCall +44 20 7946 0018."
    assert "Su cita" in world.compose(Kind.REMINDER, ChannelName.PUSH, "es").subject
    assert "reminder" in world.compose(Kind.REMINDER, ChannelName.SMS, "en").text


def test_many_messages_read_the_texts_once(world: Told, django_assert_num_queries: Any) -> None:
    own(Kind.REMINDER, ChannelName.SMS, "Come! {day} {time} {link}")
    rows = [world.message(Kind.REMINDER, ChannelName.SMS) for _number in range(3)]
    with django_assert_num_queries(1):
        texts = own_texts()
        said = {compose(row, language="en", policy=world.policy, own=texts).text[:5] for row in rows}
    assert said == {"Come!"}


def test_a_text_message_of_ones_own_is_cut_as_ours_are_and_goes_out_in_several_rather_than_without_its_link() -> None:
    world = told(**LONGEST_REAL)
    own(Kind.REMINDER, ChannelName.SMS, "Dear {patient}, {doctor} of {clinic} expects you {day} {time}: {link}")
    said = world.compose(Kind.REMINDER, ChannelName.SMS, "en")
    assert length_of(said.text).segments == 1
    own(Kind.CANCELLED, ChannelName.SMS, "Cancelled. " + "Very sorry. " * 15 + "{link}")
    long = world.compose(Kind.CANCELLED, ChannelName.SMS, "en")
    assert length_of(long.text).segments == 2
    assert long.text.endswith(long.link)


@pytest.mark.parametrize("body", ["{symptoms}", "{doctor.user}", "{link", "{0}", "{}", "{patient!r}", "} x {"])
def test_a_broken_text_is_not_sent(world: Told, body: str) -> None:
    own(Kind.REMINDER, ChannelName.EMAIL, body, "x")
    with pytest.raises(TextBroken):
        world.compose(Kind.REMINDER, ChannelName.EMAIL, "en")


def test_a_row_about_what_is_gone_is_not_sent(world: Told) -> None:
    world.entry.offered_slot = None
    with pytest.raises(TextBroken):
        world.compose(Kind.WAITLIST_OFFER, ChannelName.SMS, "en")
    row = message(Kind.TURN_NEAR, ChannelName.PUSH, appointment=world.visit)
    with pytest.raises(TextBroken):
        compose(row, language="en", policy=world.policy)


@pytest.mark.parametrize(
    ("kind", "channel", "subject", "body", "field", "part"),
    [
        ("reminder", "sms", "", "{day} {time}", "body", "{link} is missing"),
        ("reminder", "sms", "", "", "body", "Write what"),
        ("reminder", "sms", "A subject", "{day} {time} {link}", "subject", "empty"),
        ("reminder", "sms", "", "{day} {time} {link} " + "x" * 110, "body", "too long for one text message"),
        ("reminder", "sms", "", "{day} {time} {link} म" + "x" * 20, "body", "room for 70"),
        ("reminder", "sms", "", "{day} {time} {link} {words}", "body", "{words} is not known here"),
        ("reminder", "email", "", "{day} {time}", "subject", "Write a subject"),
        ("reminder", "email", "two\nlines", "{day} {time}", "subject", "one line"),
        ("reminder", "email", "x", "{day}", "body", "{time} is missing"),
        ("reminder", "email", "x", "{day} {time} {nobody}", "body", "You can use {clinic}"),
        ("reminder", "email", "{ day }", "{day} {time}", "subject", "brace"),
        ("reminder", "email", "x", "{day} {time}" + "x" * 5000, "body", "5000 signs"),
        ("reminder", "email", "x", "{day} {time} \u202eevil", "body", "cannot be seen"),
        ("reminder", "push", "x", "{day} {time} {link}", "body", "{link} is not known here"),
        ("reminder", "call", "", "{day} {time} {link}", "body", "{link} is not known here"),
        ("your_turn", "push", "x", "come", "body", "{token} is missing"),
        ("waitlist_offer", "push", "x", "{day} {time}", "body", "{until} is missing"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(
    kind: str, channel: str, subject: str, body: str, field: str, part: str
) -> None:
    said = [(problem.field, str(problem.sentence)) for problem in check_text(kind, channel, subject, body)]
    assert any(where == field and part in sentence for where, sentence in said), said


def test_a_good_text_has_no_problem() -> None:
    assert check_text("reminder", "email", "{day}", "Hello\r\n\r\nWhen: {day} {time}\r\nWhere: {place} (50 %)") == []
    assert check_text("reminder", "sms", "", "{clinic}: {day} {time} {link}") == []

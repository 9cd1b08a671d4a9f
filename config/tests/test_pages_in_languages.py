"""Who is spoken to in which language, and how one chooses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import AuditEntry
from accounts.roles import Role
from scheduling.forms.booking import PatientForm
from scheduling.live import SlotsRoom
from scheduling.tests.back_office import staff
from scheduling.tests.factories import SlotFactory, UserFactory, book, in_hours

pytestmark = pytest.mark.django_db

HOME = "/"


@pytest.fixture(autouse=True)
def _own_language():
    """What a page was drawn in stays with the thread."""
    yield
    translation.deactivate()


def language_of(client: Client, path: str, **headers: Any) -> str:
    html = client.get(path, **headers).content.decode()
    return html.split('lang="', 1)[1].split('"', 1)[0]


def choose(client: Client, language: str, **said: Any) -> Any:
    return client.post(reverse("choose_language"), {"language": language, **said})


def test_a_browser_is_answered_in_its_language_and_from_the_right_side() -> None:
    html = Client().get(HOME, HTTP_ACCEPT_LANGUAGE="ar-EG,ar;q=0.9").content.decode()
    assert '<html lang="ar" dir="rtl">' in html
    assert language_of(Client(), HOME, HTTP_ACCEPT_LANGUAGE="es-MX") == "es"
    assert language_of(Client(), HOME, HTTP_ACCEPT_LANGUAGE="sv") == "en"


def test_every_language_names_itself_and_the_current_one_is_no_button() -> None:
    html = Client().get(HOME).content.decode()
    assert '<span aria-current="true" lang="en">English</span>' in html
    for code, name in (("hi", "हिन्दी"), ("es", "Español"), ("ar", "العربية")):
        assert f'value="{code}" lang="{code}" dir="auto">{name}</button>' in html


def test_what_was_chosen_is_remembered_and_goes_before_the_browser() -> None:
    client = Client()
    answer = choose(client, "es", next="/book/?specialty=1")
    assert (answer.status_code, answer["Location"]) == (302, "/book/?specialty=1")
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME]["max-age"] > 300 * 24 * 60 * 60
    assert language_of(client, HOME, HTTP_ACCEPT_LANGUAGE="hi") == "es"


def test_the_browser_knows_better_than_the_page_where_one_was() -> None:
    answer = Client().post(
        reverse("choose_language"), {"language": "hi", "next": "/"}, HTTP_REFERER="http://testserver/find/?a=b"
    )
    assert answer["Location"] == "http://testserver/find/?a=b"


@pytest.mark.parametrize(
    ("answered", "read"),
    [
        ("/book/hold/?specialty=1", "/book/?specialty=1"),
        ("/a/{secret}/confirm/", "/a/{secret}/"),
        ("/a/{secret}/cancel/", "/a/{secret}/cancel/"),
        ("/waitlist/unknown/accept/", "/waitlist/unknown/"),
        ("/nothing/here/", "/nothing/here/"),
        ("/accounts/login/?next=/me/", "/accounts/login/?next=/me/"),
    ],
)
def test_where_a_form_was_only_answered_one_is_led_to_what_can_be_read(answered, read) -> None:
    """The page of a refusal may stand at an address that takes POST alone: there the way back ended in a 405."""
    visit = book()
    here = "http://testserver" + answered.format(secret=visit.secret)
    answer = Client().post(reverse("choose_language"), {"language": "hi"}, HTTP_REFERER=here)
    assert answer["Location"] == "http://testserver" + read.format(secret=visit.secret)
    visit.refresh_from_db()
    assert visit.status == "confirmed", "asking whether it can be read does nothing"


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_nobody_is_led_elsewhere(next_page) -> None:
    client = Client()
    answer = client.post(
        reverse("choose_language"), {"language": "es", "next": next_page}, HTTP_REFERER="https://evil.example/x"
    )
    assert answer["Location"] == HOME


@pytest.mark.parametrize("wrong", ["", "xx", "en-gb", "../es", "es\r\nSet-Cookie: a=b"])
def test_a_language_that_is_none_changes_nothing(wrong) -> None:
    client = Client()
    answer = choose(client, wrong)
    assert answer.status_code == 302
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies
    assert language_of(client, HOME) == "en"


def test_looking_chooses_nothing_and_a_page_of_others_cannot_choose() -> None:
    assert Client().get(reverse("choose_language")).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert choose(strict, "es").status_code == 403


def test_whoever_has_signed_in_is_spoken_to_as_they_chose_on_any_device() -> None:
    user = UserFactory.create()
    here, there = Client(), Client()
    here.force_login(user)
    there.force_login(user)
    choose(here, "hi")
    user.refresh_from_db()
    assert user.language == "hi"
    assert AuditEntry.objects.filter(verb="user.change_profile").exists()
    assert language_of(there, HOME, HTTP_ACCEPT_LANGUAGE="es") == "hi"
    choose(there, "ar")
    assert language_of(there, HOME) == "ar"
    assert language_of(here, HOME) == "hi", "each device keeps its own"


def test_whoever_registers_is_written_to_in_the_language_of_the_page(client) -> None:
    client.post(
        reverse("account_signup"),
        {"full_name": "Ana", "contact": "ana@example.org", "password1": "correct horse battery"},
        HTTP_ACCEPT_LANGUAGE="es",
    )
    assert UserFactory._meta.model.objects.get(email="ana@example.org").language == "es"


def test_whoever_books_is_written_to_in_the_language_of_the_page() -> None:
    said = {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.org"}
    form = PatientForm(
        said | {f"date_of_birth_{part}": number for part, number in (("day", 27), ("month", 3), ("year", 1987))}
    )
    assert form.is_valid(), form.errors
    with translation.override("es"):
        assert form.details().language == "es"


@pytest.mark.parametrize("name", ["admin:index", "queueing:desk", "queueing:reports", "api_docs", "api_schema"])
def test_what_staff_read_is_in_english(name) -> None:
    client = staff(Role.MANAGER, book().location)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ar"
    answer = client.get(reverse(name), HTTP_ACCEPT_LANGUAGE="ar", follow=True)
    assert answer.status_code == 200
    assert answer["Content-Language"] == "en"
    assert 'dir="rtl"' not in answer.content.decode()


def test_programs_are_answered_as_they_ask() -> None:
    user = UserFactory.create(language="hi")
    client = Client()
    client.force_login(user)
    assert client.get("/api/v1/appointments/", HTTP_ACCEPT_LANGUAGE="es")["Content-Language"] == "es"


def test_a_day_is_told_to_each_watcher_in_their_language() -> None:
    slot = SlotFactory.create(starts_at=in_hours(48).replace(hour=10))
    day = slot.starts_at.astimezone(slot.location.zone).date()
    rooms = [SlotsRoom(slot.doctor_id, slot.location_id, day, code) for code in ("en", "ar")]
    [english], [arabic] = (room.read() for room in rooms)
    assert english.room != arabic.room
    assert translation.get_language() == "en"
    assert SlotsRoom.from_name(rooms[1].name) == rooms[1]


def test_phone_numbers_keep_their_direction_in_arabic() -> None:
    visit = book()
    visit.location.phone = "+442079460958"
    visit.location.save()
    address = reverse("scheduling:appointment", args=[visit.secret])
    number = visit.location.phone.as_national
    assert f'<bdi dir="ltr">{number}</bdi>' in Client().get(address, HTTP_ACCEPT_LANGUAGE="ar").content.decode()
    assert "<bdi" not in Client().get(address).content.decode()


IN_WORDS = {"es": "27 de marzo de 1987", "ar": "27 مارس 1987", "hi": "27 मार्च 1987"}


@pytest.mark.parametrize("code", IN_WORDS)
def test_dates_read_as_the_language_writes_them(code) -> None:
    with translation.override(code):
        assert Template("{{ day|date }}").render(Context({"day": date(1987, 3, 27)})) == IN_WORDS[code]

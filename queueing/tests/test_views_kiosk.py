"""The kiosk's pages, as a browser without scripts sees them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from accounts.services.users import register_user
from queueing.models import EmergencyRequest, Queue, QueuePolicy, Token
from queueing.tests.factories import a_doctor, walk_in
from queueing.tests.kiosks import expected, new_name, someone, typed
from scheduling.models import Appointment, Location, Patient, Specialty
from scheduling.services.lifecycle import cancel_appointment
from scheduling.tests.factories import CLINIC, LocationFactory, SlotFactory, SpecialtyFactory, in_hours

pytestmark = pytest.mark.django_db

NOT_FOUND = "We could not find it. Please ask at the desk."
WHO = {"first_name": "Nora", "last_name": "New", "phone": "020 7946 0777", "email": ""}
WHO |= {"date_of_birth_day": "3", "date_of_birth_month": "2", "date_of_birth_year": "1991"}
PAGES = ("kiosk", "kiosk_appointment", "kiosk_reference", "kiosk_phone", "kiosk_walk_in", "kiosk_help")


def page(name: str, place: Location | str) -> str:
    return reverse(f"queueing:{name}", args=[place if isinstance(place, str) else place.slug])


def said(answer: Any) -> str:
    return str(answer.content.decode())


def carried(answer: Any) -> dict[str, str]:
    """The hidden fields of a page's first form."""
    form = said(answer).split("<form", 1)[1].split("</form>", 1)[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def find(client: Client, visit: Appointment, **changes: Any) -> Any:
    return client.post(page("kiosk_reference", visit.location), typed(reference=visit.number) | changes)


def put_in_queue(client: Client, location: Location, **changes: str) -> Any:
    answers = typed(doctor="", reason="Sore knee", urgency="low") | WHO | changes
    return client.post(page("kiosk_walk_in", location), answers | {"step": "check"})


@pytest.fixture
def working() -> tuple[Any, Location]:
    doctor, location = a_doctor(name="Dr Amara Okonkwo")
    SlotFactory(doctor=doctor, location=location, starts_at=in_hours(-0.01))
    return doctor, location


# --- Every page ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_kept_by_anybody_and_none_leads_away(client: Client, working: Any, name: str) -> None:
    answer = client.get(page(name, working[1]))
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Permissions-Policy"].startswith("camera=(self), ")
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    inside = page("kiosk", working[1])
    addresses = re.findall(r'(?:href|action)="([^"]*)"', said(answer))
    assert {one for one in addresses if not one.startswith((inside, "/static/", "#"))} == set()
    assert "sessionid" not in answer.cookies
    for field in re.findall(r'<input type="(?:text|tel|email)"[^>]*>', said(answer)):
        assert 'autocomplete="off"' in field


@pytest.mark.parametrize("name", [*PAGES, "kiosk_check_in"])
def test_where_nobody_is_seen_there_is_no_kiosk(client: Client, name: str) -> None:
    closed = LocationFactory(is_active=False)
    for slug in (closed.slug, "nowhere"):
        for answer in (client.get(page(name, slug)), client.post(page(name, slug), typed())):
            assert answer.status_code == 404
            assert "There is no kiosk here" in said(answer)


def test_without_scripts_every_page_but_the_start_goes_back_by_itself(client: Client, working: Any) -> None:
    start = page("kiosk", working[1])
    for name in PAGES:
        refresh = f'<noscript><meta http-equiv="refresh" content="80; url={start}"></noscript>'
        assert (refresh in said(client.get(page(name, working[1])))) == (name != "kiosk")


@pytest.mark.parametrize("name", PAGES)
def test_narrow_paper_is_carried_to_every_page(client: Client, working: Any, name: str) -> None:
    narrow = said(client.get(page(name, working[1]), {"paper": "58"}))
    links = re.findall(r'(?:href="|url=|data-start=")(/kiosk/[^"]*)"', narrow)
    assert links
    assert {link for link in links if not link.endswith("/?paper=58")} == set()
    for form in narrow.split("<form")[1:]:
        assert 'name="paper" value="58"' in form
    assert "paper" not in said(client.get(page(name, working[1])))


def test_a_ticket_has_the_width_that_its_first_page_was_asked_for(client: Client, working: Any) -> None:
    visit = expected()
    question = client.get(page("kiosk_reference", visit.location), {"paper": "58"})
    confirm = find(client, visit, **carried(question))
    assert "ticket--58" in said(client.post(page("kiosk_check_in", visit.location), carried(confirm)))
    assert "ticket--58" in said(put_in_queue(client, working[1], paper="58"))
    other = put_in_queue(client, working[1], paper="x", first_name="Olga", phone="020 7946 0888")
    assert "ticket--80" in said(other)
    late = find(client, visit, device_time="", paper="58")
    assert late.headers["Location"] == f"{page('kiosk', visit.location)}?paper=58"
    lost = client.post(page("kiosk_phone", visit.location), typed(phone="020 7946 0001", paper="58"))
    assert 'name="paper" value="58"' in said(lost)


def test_staff_who_signed_in_on_the_device_neither_show_nor_act(client: Client, working: Any) -> None:
    user = register_user(
        email="zelda@frontdesk.example", full_name="Zelda Staff", roles=[Role.MANAGER], verified=True, actor=CLINIC
    )
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[1])
    for name in PAGES:
        words = said(client.get(page(name, working[1])))
        assert "Zelda" not in words
        assert "zelda@" not in words
    put_in_queue(client, working[1])
    entry = AuditEntry.objects.filter(object_type="queueing_token", action="insert").get()
    assert entry.actor == f"kiosk:{working[1].slug}"


def test_staff_who_signed_in_check_nobody_in_before_the_time(client: Client) -> None:
    user = register_user(
        email="zelda@frontdesk.example", full_name="Zelda Staff", roles=[Role.MANAGER], verified=True, actor=CLINIC
    )
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[1])
    with time_machine.travel("2026-11-10T08:00:00Z", tick=False):
        early = expected(300)
        answer = client.post(page("kiosk_check_in", early.location), carried(find(client, early)))
    assert "It is too early to check in." in said(answer)
    assert not Token.objects.exists()


def test_a_form_that_was_left_behind_opens_nothing(client: Client) -> None:
    """Back after the wipe, and the browser sends the form once more."""
    visit = expected()
    old = (timezone.now() - timedelta(seconds=101)).isoformat()
    for moment in (old, "", "x", "2026-01-01", "9999-12-31T23:59:59+00:00"):
        answer = find(client, visit, device_time=moment)
        assert (answer.status_code, answer.headers["Location"]) == (302, page("kiosk", visit.location))
    assert find(client, visit, device_time=old, HTTP_FRONTDESK_KIOSK="1").status_code == 302
    scripted = client.post(
        page("kiosk_reference", visit.location),
        typed(reference=visit.number) | {"device_time": "1999-01-01T00:00:00Z"},
        headers={"Frontdesk-Kiosk": "1"},
    )
    assert "Is this you?" in said(scripted)  # the device's clock may be wrong


# --- With an appointment ------------------------------------------------------------------------------------------


def test_from_the_reference_to_the_ticket(client: Client) -> None:
    visit = expected(first_name="Wilhelmina")
    asked = find(client, visit)
    assert "Is this you?" in said(asked)
    assert "First name with W" in said(asked)
    assert visit.doctor.name in said(asked)
    for secret in ("Wilhelmina", "Patient", visit.secret, visit.patient.email):
        assert secret not in said(asked)
    done = client.post(page("kiosk_check_in", visit.location), carried(asked))
    token = Token.objects.get()
    assert f'We will call <span class="kiosk__code">{token.code}</span>' in said(done)
    assert "Room 1" in said(done)
    assert "You are next" in said(done)
    assert "Wilhelmina" not in said(done)


@pytest.mark.parametrize("way", ["scan", "phone"])
def test_other_ways_lead_to_the_same_question(client: Client, way: str) -> None:
    visit = expected()
    name, answers = {
        "scan": ("kiosk_appointment", typed(link=f"http://testserver/a/{visit.secret}/")),
        "phone": ("kiosk_phone", typed(phone="020 7946 0123")),
    }[way]
    asked = client.post(page(name, visit.location), answers)
    assert "Is this you?" in said(asked)
    client.post(page("kiosk_check_in", visit.location), carried(asked))
    assert Token.objects.get().appointment_id == visit.pk


def test_whatever_is_wrong_the_page_is_the_same(client: Client) -> None:
    visit = expected()
    gone = expected(30, location=visit.location, phone="+442079460555", email="g@example.org")
    cancel_appointment(appointment_id=gone.pk, actor=CLINIC)
    other = expected(30, phone="+442079460556", email="h@example.org")
    reference, phone = page("kiosk_reference", visit.location), page("kiosk_phone", visit.location)
    wrong = {"date_of_birth_day": "18"}
    tries = [
        (reference, typed(reference=visit.number) | wrong),
        (reference, typed(reference="APT-2020-999999")),
        (reference, typed(reference=gone.number)),
        (reference, typed(reference=other.number)),
        (reference, typed(reference="<script>alert(1)</script>")),
        (phone, typed(phone="+442079460123") | wrong),
        (phone, typed(phone="+442079460999")),
        (phone, typed(phone="+442079460555")),
        (page("kiosk_appointment", visit.location), typed(link="https://evil.example/a/" + "x" * 32 + "/")),
        (page("kiosk_appointment", visit.location), typed(link=f"/a/{other.secret}/")),
    ]
    for address, answers in tries:
        answer = client.post(address, answers)
        assert answer.status_code == 200
        assert answer.context["form"].non_field_errors() == [NOT_FOUND]
        assert "<script>alert" not in said(answer)
        for typed_word in set(answers) & {"reference", "phone", "link"}:
            assert answer.context["form"][typed_word].value() == answers[typed_word]


def test_guessing_ends_with_a_sentence(client: Client) -> None:
    visit = expected()
    answers = [find(client, visit, date_of_birth_day=str(day)) for day in range(1, 10)]
    assert [answer.status_code for answer in answers] == [200] * 8 + [429]
    assert "There were too many tries. Please ask at the desk." in said(answers[-1])


def test_pressing_twice_or_again_later_shows_one_ticket(client: Client) -> None:
    visit = expected()
    asked = carried(find(client, visit))
    codes = {
        re.findall(r'kiosk__code">(\w+)<', said(client.post(page("kiosk_check_in", visit.location), answers)))[0]
        for answers in (asked, asked, carried(find(client, visit)))
    }
    assert len(codes) == Token.objects.count() == 1


def test_several_visits_are_told_apart_by_initial_time_and_doctor(client: Client) -> None:
    first = expected(15, first_name="Tom")
    second = expected(45, location=first.location, first_name="Una", email="una@example.org")
    asked = client.post(page("kiosk_phone", first.location), typed(phone="020 7946 0123"))
    assert "Which one is it?" in said(asked)
    forms = said(asked).split("<form")[1:]
    names = [re.findall(r'name="operation" value="([^"]+)"', form)[0] for form in forms]
    assert len(set(names)) == 2
    last = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', forms[1]))
    client.post(page("kiosk_check_in", first.location), last)
    assert Token.objects.get().appointment_id == second.pk


def test_nobody_reaches_another_visit_by_its_key(client: Client) -> None:
    mine = expected()
    theirs = expected(20, location=mine.location, phone="+442079460999", email="t@example.org")
    asked = carried(find(client, mine)) | {"visit": str(theirs.pk)}
    answer = client.post(page("kiosk_check_in", mine.location), asked)
    assert answer.status_code == 404
    assert NOT_FOUND in said(answer)
    assert not Token.objects.exists()


def test_a_check_in_without_proof_is_refused_in_words(client: Client) -> None:
    visit = expected()
    for answers in ({}, {"visit": str(visit.pk)}, {"operation": "x"}, {"operation": new_name(), "link": "x"}):
        answer = client.post(page("kiosk_check_in", visit.location), typed() | answers)
        assert answer.status_code in {400, 404}
        assert "Please" in said(answer) or "desk" in said(answer)
    assert client.get(page("kiosk_check_in", visit.location)).status_code == 400
    assert not Token.objects.exists()


def test_a_doctor_who_has_finished_is_said(client: Client) -> None:
    visit = expected()
    asked = carried(find(client, visit))
    walk_in(visit.doctor, visit.location)
    Queue.objects.update(status="finished")
    answer = client.post(page("kiosk_check_in", visit.location), asked)
    assert answer.status_code == 409
    assert "The doctor has finished for today." in said(answer)


# --- Without an appointment ---------------------------------------------------------------------------------------


def test_from_the_doctors_to_the_ticket(client: Client, working: Any) -> None:
    doctor, location = working
    address = page("kiosk_walk_in", location)
    walk_in(doctor, location)
    first = client.get(address)
    assert "Dr Amara Okonkwo" in said(first)
    assert "1 person is waiting." in said(first)
    who = client.post(address, carried(first) | {"doctor": str(doctor.pk)})
    assert "Who is the patient?" in said(who)
    about = client.post(address, carried(who) | WHO)
    assert "What is the visit about?" in said(about)
    check = client.post(address, carried(about) | {"reason": "Sore knee", "urgency": "low"})
    assert "Check your answers" in said(check)
    assert "Nora New" in said(check)
    done = client.post(address, carried(check))
    token = Token.objects.latest("pk")
    assert f">{token.code}</span>" in said(done)
    assert "1 person is before you." in said(done)
    assert "Nora" not in said(done)
    assert "knee" not in said(done)
    again = client.post(address, carried(check))
    assert f">{token.code}</span>" in said(again)
    assert Token.objects.count() == 2


def test_first_available_is_offered_within_a_specialty(client: Client, working: Any) -> None:
    doctor, location = working
    address = page("kiosk_walk_in", location)

    def offered(kind: Specialty) -> bool:
        button = f'name="doctor" value="specialty.{kind.pk}"><strong>First available: {kind.name}<'
        return button in said(client.get(address))

    def comes(kind: Specialty) -> None:
        SlotFactory(doctor=a_doctor(location, specialty=kind)[0], location=location, starts_at=in_hours(-0.01))

    comes(doctor.specialty)
    assert "First available doctor" in said(client.get(address))
    assert not offered(doctor.specialty)
    comes(other := SpecialtyFactory(name="Mental health"))
    assert "First available doctor" not in said(client.get(address))
    assert (offered(doctor.specialty), offered(other)) == (True, False)
    comes(other)
    assert (offered(doctor.specialty), offered(other)) == (True, True)
    wish = f"specialty.{doctor.specialty_id}"
    check = client.post(address, typed(doctor=wish, reason="Cough", urgency="low") | WHO)
    assert f"<dd>First available: {doctor.specialty.name}</dd>" in said(check)
    assert "We will call" in said(client.post(address, carried(check)))
    assert Token.objects.get().queue.doctor.specialty == doctor.specialty


def test_any_doctor_of_several_specialties_is_asked_about_again(client: Client, working: Any) -> None:
    _doctor, location = working
    other, _location = a_doctor(location)
    SlotFactory(doctor=other, location=location, starts_at=in_hours(-0.01))
    unknown = "specialty.999999999"
    early = client.post(page("kiosk_walk_in", location), typed(doctor="") | WHO)
    assert "Choose a doctor, or what kind of doctor you need." in said(early)
    assert "Choose a doctor, or what kind of doctor you need." in said(put_in_queue(client, location))
    assert "This doctor does not take anybody now." in said(put_in_queue(client, location, doctor=unknown))
    assert not Token.objects.exists()


def test_change_leads_to_the_question_with_its_answer_and_back(client: Client, working: Any) -> None:
    address = page("kiosk_walk_in", working[1])
    check = client.post(address, typed(doctor="", reason="", urgency="low") | WHO)
    changed = client.post(address, carried(check) | {"change": "who"})
    assert 'value="Nora"' in said(changed)
    assert 'value="1991"' in said(changed)
    assert "There is a problem" not in said(changed)
    back = client.post(address, carried(changed) | WHO | {"first_name": "Norah"})
    assert "Check your answers" in said(back)
    assert "Norah New" in said(back)


def test_mistakes_are_said_beside_their_field_and_nothing_is_lost(client: Client, working: Any) -> None:
    address = page("kiosk_walk_in", working[1])
    answer = client.post(address, typed(doctor="") | WHO | {"first_name": "", "phone": "12"})
    assert "<title>Error:" in said(answer)
    assert 'href="#id_first_name"' in said(answer)
    assert 'value="New"' in said(answer)
    assert 'value="12"' in said(answer)
    jump = client.post(address, typed(doctor="", reason="x", urgency="high") | WHO | {"step": "check"})
    assert "Choose one of the answers in the list." in said(jump)
    foreign, _location = a_doctor()
    gone = client.post(address, typed(doctor=str(foreign.pk)) | WHO)
    assert "This doctor does not take anybody now." in said(gone)
    assert not Token.objects.exists()


def test_that_somebody_is_here_already_is_not_told(client: Client, working: Any) -> None:
    put_in_queue(client, working[1])
    answer = put_in_queue(client, working[1])
    assert answer.status_code == 409
    assert "We cannot give you a place from this screen. Please ask at the desk." in said(answer)
    assert "Nora New" in said(answer)


def test_a_known_patient_looks_like_a_new_one(client: Client, working: Any) -> None:
    someone(first_name="Nora", last_name="New", date_of_birth="1991-02-03", phone="+442079460777")
    new = said(put_in_queue(client, working[1], first_name="Olga", phone="020 7946 0888"))
    known = said(put_in_queue(client, working[1]))
    assert Patient.objects.count() == 2
    assert "kiosk__code" in new
    assert "kiosk__code" in known


@pytest.mark.parametrize("why", ["policy", "nobody works"])
def test_without_doctors_or_where_the_desk_does_it_the_way_is_closed(client: Client, why: str) -> None:
    doctor, location = a_doctor()
    if why == "policy":
        SlotFactory(doctor=doctor, location=location, starts_at=in_hours(-0.01))
        QueuePolicy.objects.create(location=location, takes_walk_ins=False)
        assert "I have no appointment" not in said(client.get(page("kiosk", location)))
    for answer in (client.get(page("kiosk_walk_in", location)), put_in_queue(client, location)):
        assert any(words in said(answer) for words in ("Please ask at the desk", "Please go to the desk"))
    assert not Token.objects.exists()


# --- Help, language -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", [False, True])
def test_a_lost_answer_is_found_again_when_the_doctor_takes_nobody_any_more(
    client: Client, working: Any, wish: bool
) -> None:
    doctor, location = working
    if wish:  # somebody else is there
        SlotFactory(doctor=a_doctor(location)[0], location=location, starts_at=in_hours(-0.01))
    pressed = {"doctor": str(doctor.pk) if wish else "", "operation": new_name()}
    put_in_queue(client, location, **pressed)
    Queue.objects.filter(doctor=doctor).update(status="finished")
    assert Token.objects.get().code in said(put_in_queue(client, location, **pressed))
    another = put_in_queue(client, location, **pressed | {"operation": new_name(), "first_name": "Olga"})
    assert another.status_code == 409
    assert ("This doctor does not take anybody now. Choose another one." in said(another)) == wish
    assert Token.objects.count() == 1


def test_help_is_called_by_a_press_and_not_by_looking(client: Client, working: Any) -> None:
    address = page("kiosk_help", working[1])
    asked = client.get(address)
    assert "call your local emergency number" in said(asked)
    assert not EmergencyRequest.objects.exists()
    called = client.post(address, carried(asked) | {"matter": "unwell"})
    assert "Somebody is coming" in said(called)
    call = EmergencyRequest.objects.get()
    assert (call.location, call.source, call.raised_by) == (working[1], "kiosk", None)
    assert "Choose what it is about." in said(client.post(address, carried(asked) | {"matter": "x"}))


def test_too_many_calls_say_so_in_words(client: Client, working: Any) -> None:
    answers = [
        client.post(page("kiosk_help", working[1]), typed(matter="other", operation=new_name())) for _press in range(13)
    ]
    assert [answer.status_code for answer in answers] == [200] * 12 + [429]
    assert "Please ask at the desk" in said(answers[-1])


def test_one_language_offers_no_choice(client: Client, working: Any, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English")]
    assert 'name="language"' not in said(client.get(page("kiosk", working[1])))


def test_a_language_holds_until_somebody_begins_anew(client: Client, working: Any) -> None:
    start = page("kiosk", working[1])
    assert 'value="hi" lang="hi">हिन्दी<' in said(client.get(start))
    chosen = client.post(start, typed(language="hi"))
    assert '<html class="kiosk" lang="hi"' in said(chosen)
    assert '<html class="kiosk" lang="hi"' in said(client.get(page("kiosk_help", working[1])))
    assert '<html class="kiosk" lang="en"' in said(client.get(start))
    assert '<html class="kiosk" lang="en"' in said(client.get(page("kiosk_help", working[1])))


def test_the_device_itself_has_no_say_in_the_language(client: Client, working: Any) -> None:
    """Nor has who signed in on it: the next person would be spoken to in the language of somebody else's browser."""
    for name in ("kiosk", "kiosk_help"):
        assert '<html class="kiosk" lang="en"' in said(client.get(page(name, working[1]), HTTP_ACCEPT_LANGUAGE="ar"))

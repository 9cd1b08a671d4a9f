"""Guarantee 16: what people type is shown as they typed it, and nothing of it runs, injects or breaks a page."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib import admin
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts.errors import DomainError
from accounts.models import User
from accounts.roles import Role
from accounts.services.users import register_user
from config.tests.hostile import CORPUS, FORMULAS, LONG, MARKUP, STRANGE, alive, says
from scheduling.models import Appointment, Patient, SlotBatch, TimeOff
from scheduling.services.booking import VisitDetails, book_slot
from scheduling.services.lifecycle import cancel_appointment
from scheduling.services.patients import register_patient, update_patient
from scheduling.services.waitlist import join_waitlist
from scheduling.tests.booking import DETAILS, WHO, hold, page
from scheduling.tests.factories import CLINIC, AvailabilityFactory, SlotFactory, book, details
from scheduling.tests.waiting import wait_for_mail

pytestmark = pytest.mark.django_db
ESCAPED = pytest.mark.once("templates escape what they show, whichever database it comes from")

BACKEND = settings.AUTHENTICATION_BACKENDS[1]


@dataclass
class Victim:
    """Everything that one payload could be typed into."""

    payload: str
    appointment: Appointment
    cancelled: Appointment
    wait: Any


@pytest.fixture
def family(db: Any) -> User:
    return register_user(email="me@example.org", full_name=MARKUP[0], roles=[Role.PATIENT], verified=True, actor=CLINIC)


@pytest.fixture
def victims(family: User) -> list[Victim]:
    """A clinic in which every text is of the corpus, written by the services."""
    return [hostile_clinic(number, payload, family) for number, payload in enumerate(CORPUS)]


def hostile_clinic(number: int, payload: str, user: User) -> Victim:
    words = f"{payload}{number}"
    slot = SlotFactory(
        doctor__name=words[:150],
        doctor__biography=words,
        doctor__room=words[:50],
        doctor__license_number=f"{number}{payload}"[:50],
        doctor__specialty__name=words[:100],
        doctor__specialty__description=words,
        location__name=words[:100],
        location__address=words,
        location__phone="+442079460018",
    )
    patient = hostile_patient(number, words, user)
    said = VisitDetails(reason=words, symptoms=words, special_requirements=words, notes=words)
    appointment = book_slot(slot_id=slot.pk, patient=patient, visit=said, actor=CLINIC)
    other = book(SlotFactory(doctor=slot.doctor, location=slot.location), patient=patient, reason=words)
    cancelled = cancel_appointment(appointment_id=other.pk, message=words, actor=CLINIC)
    today = timezone.localdate()
    wait = join_waitlist(
        patient=patient,
        doctor_id=slot.doctor_id,
        earliest_date=today,
        latest_date=today + timedelta(days=9),
        actor=CLINIC,
    )
    AvailabilityFactory(doctor=slot.doctor, location=slot.location)
    SlotBatch.objects.create(doctor=slot.doctor, location=slot.location, description=words)
    TimeOff.objects.create(doctor=slot.doctor, starts_at=timezone.now(), ends_at=slot.ends_at, reason=words)
    return Victim(words, appointment, cancelled, wait)


def hostile_patient(number: int, words: str, user: User) -> Patient:
    said = details(
        first_name=words[:100],
        last_name=words[:100],
        date_of_birth=date(1950 + number, 1, 1),
        email=f'"<zq-alive>{number}"@example.org',
    )
    patient = register_patient(details=said, user=user, actor=CLINIC)
    more = ("address", "emergency_contact_name", "medical_history", "insurance_provider", "insurance_number")
    return update_patient(patient_id=patient.pk, changes=dict.fromkeys(more, words[:100]), actor=CLINIC)


def check(client: Client, address: str, *, says_word: str = "") -> str:
    """Open a page: no fault of ours, nothing alive, and the words there as they were typed."""
    response = client.get(address, follow=True)
    body: str = response.content.decode()
    assert response.status_code < 500, address
    assert alive(body) == [], address
    assert not says_word or says(body, says_word), f"{address} does not say {says_word!r}"
    return body


@ESCAPED
def test_pages_of_patients_show_it_as_it_was_typed(victims: list[Victim], family: User) -> None:
    client = Client()
    client.force_login(family, BACKEND)
    mine = check(client, "/me/")
    home = check(client, "/") + check(client, "/book/")
    for victim in victims:
        visit = victim.appointment
        assert says(mine, visit.patient.first_name)
        assert says(home, visit.doctor.specialty.name)
        check(client, f"/a/{visit.secret}/", says_word=visit.doctor.name)
        if not victim.payload.startswith(tuple(MARKUP)):
            continue
        check(client, f"/a/{visit.secret}/cancel/")
        check(client, f"/a/{visit.secret}/reschedule/", says_word=visit.location.name)
        check(client, f"/a/{victim.cancelled.secret}/")
        check(client, f"/waitlist/{victim.wait.secret}/", says_word=visit.doctor.name)
        wish = f"specialty={visit.doctor.specialty_id}&location={visit.location_id}"
        check(client, f"/book/doctor/?{wish}", says_word=visit.doctor.name)
        check(client, f"/book/time/?{wish}&doctor={visit.doctor_id}")
        check(client, f"/me/family/{visit.patient_id}/", says_word=visit.patient.address)


@ESCAPED
def test_the_back_office_shows_it_as_it_was_typed(victims: list[Victim]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "x"), BACKEND)
    for site in admin.site._registry.values():
        check(client, reverse(f"admin:{site.opts.app_label}_{site.opts.model_name}_changelist"))
        for row in list(site.model._default_manager.order_by("pk")[:: 7 if site.model is not Patient else 1])[:40]:
            check(client, reverse(f"admin:{site.opts.app_label}_{site.opts.model_name}_change", args=[row.pk]))
    for victim in victims[: len(MARKUP)]:
        visit = victim.appointment
        address = reverse("admin:scheduling_appointment_change", args=[visit.pk])
        check(client, address, says_word=visit.patient.first_name)
    for name in ("patient", "appointment", "doctor", "timeoff", "slotbatch"):
        row = admin.site._registry[
            {o.model_name: o.model for o in (s.opts for s in admin.site._registry.values())}[name]
        ]
        for one in row.model._default_manager.all()[:12]:
            check(client, reverse(f"admin:scheduling_{name}_history", args=[one.pk]))


@ESCAPED
def test_calendar_actions_choices_and_searches_show_it_as_text(victims: list[Victim]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "x"), BACKEND)
    where = "app_label=scheduling&model_name=slot&field_name=doctor"
    choices = client.get(f"{reverse('admin:autocomplete')}?{where}&term=")
    assert choices.headers["Content-Type"] == "application/json"
    for victim in victims[: len(MARKUP)]:
        visit = victim.appointment
        day = f"{visit.starts_at:%Y-%m-%d}"
        calendar = reverse("scheduling_admin:calendar")
        query = f"?doctor={visit.doctor_id}&date={day}&view=day&move={visit.pk}"
        check(client, calendar + query, says_word=visit.patient.full_name)
        for action in ("cancel", "send_link"):
            form = {"action": action, "_selected_action": visit.pk}
            response = client.post(reverse("admin:scheduling_appointment_changelist"), form)
            assert alive(response.content.decode()) == []
            assert says(response.content.decode(), visit.patient.full_name)
        for address in (
            f"{reverse('admin:scheduling_patient_changelist')}?q={quote(victim.payload)}",
            f"{reverse('admin:search')}?s={quote(victim.payload)}",
            f"{reverse('scheduling_admin:book')}?patient={visit.patient_id}&doctor={visit.doctor_id}",
            reverse("scheduling_admin:move", args=[visit.pk]),
        ):
            check(client, address)


@ESCAPED
def test_forms_show_again_what_was_typed_and_nothing_of_it_runs(client: Client) -> None:
    for payload in CORPUS:
        token = hold(client, SlotFactory())
        wrong = dict.fromkeys(WHO, payload)
        for name, said in (("book_who", wrong), ("book_details", dict.fromkeys(DETAILS, payload))):
            response = client.post(page(name, token), said)
            assert response.status_code == 200
            assert alive(response.content.decode()) == []
            assert says(response.content.decode(), payload.strip())
        for address in (
            "/find/",
            "/find/by-email/",
            "/accounts/login/",
            "/accounts/signup/",
            "/accounts/password/reset/",
        ):
            names = ("number", "contact", "email", "login", "password", "full_name", "password1")
            response = client.post(address, dict.fromkeys(names, payload), REMOTE_ADDR="203.0.113.1")
            assert response.status_code < 500
            assert alive(response.content.decode()) == []


@ESCAPED
def test_the_wizard_keeps_it_from_the_first_page_to_the_last(client: Client) -> None:
    for number, payload in enumerate([*MARKUP, *STRANGE]):
        token = hold(client, SlotFactory())
        name = " ".join(f"{payload}{number}".split())
        client.post(page("book_who", token), WHO | {"first_name": name[:100]})
        client.post(page("book_details", token), DETAILS | {"reason": name, "symptoms": payload})
        check(client, page("book_check", token), says_word=name)
        booked = client.post(page("book_check", token))
        assert booked.status_code == 302, payload
        check(client, booked.url)
        assert Appointment.objects.get(pk=Appointment.objects.latest("pk").pk).patient.first_name == name[:100]


@ESCAPED
def test_a_cancellation_says_it_to_the_clinic_as_text(client: Client) -> None:
    for payload in CORPUS:
        appointment = book()
        form = {"reason": "other", "details": payload}
        response = client.post(f"/a/{appointment.secret}/cancel/", form, follow=True)
        assert response.status_code == 200
        assert alive(response.content.decode()) == []
        appointment.refresh_from_db()
        assert appointment.cancellation_message == f"Another reason: {payload.strip()}".replace("\r\n", "\r\n")


def test_calendar_files_gain_no_line(victims: list[Victim], client: Client) -> None:
    known = {"UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION"}
    for victim in victims:
        response = client.get(f"/a/{victim.appointment.secret}/calendar.ics")
        assert response.status_code == 200
        (event,) = Calendar.from_ical(response.content).walk("VEVENT")
        assert set(event) <= known | {"STATUS", "CLASS"}, victim.payload
        assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))
        unfolded = response.content.replace(b"\r\n ", b"")
        assert b"\r" not in unfolded.replace(b"\r\n", b"")
        assert not [line for line in unfolded.split(b"\r\n") if line.upper().startswith((b"ATTENDEE", b"BCC"))]


@pytest.mark.django_db(transaction=True)
def test_mails_gain_no_header() -> None:
    for number, payload in enumerate(STRANGE + MARKUP):
        slot = SlotFactory(doctor__name=payload[:150], location__name=payload[:100])
        book(slot, patient=details(first_name=payload[:100], email=f"to{number}@example.org", phone=""))
        Client().post("/find/by-email/", {"email": f"to{number}@example.org"}, REMOTE_ADDR=f"203.0.113.{number}")
    sent = wait_for_mail(len(STRANGE + MARKUP), seconds=20)
    assert len(sent) == len(STRANGE + MARKUP)
    for message in sent:
        wire = message.message()
        names = {"Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Date"}
        assert set(wire.keys()) <= names | {"Message-ID"}
        assert "evil@example.org" not in message.recipients()
    mail.outbox.clear()


@pytest.mark.parametrize(
    "address", ["a@example.org\nBcc: evil@example.org", "a@example.org, evil@example.org", "a@b\r\n.org"]
)
def test_an_address_with_a_header_in_it_is_no_address(client: Client, address: str) -> None:
    response = client.post("/find/by-email/", {"email": address})
    assert response.status_code == 200
    assert b"Enter an e-mail address" in response.content
    time.sleep(0.1)
    assert mail.outbox == []


def test_no_cell_of_an_export_is_a_formula(victims: list[Victim]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "x"), BACKEND)
    for name in ("patient", "appointment"):
        response = client.post(reverse(f"admin:scheduling_{name}_export"), {"format": "0"})
        rows = list(csv.reader(io.StringIO(response.content.decode())))
        assert len(rows) > len(FORMULAS)
        assert len({len(row) for row in rows}) == 1
        assert [cell for row in rows for cell in row if is_formula(cell)] == []


def is_formula(cell: str) -> bool:
    """What some spreadsheet takes for one: they trim spaces, and read full-width signs."""
    return cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"))


@pytest.mark.parametrize("field", ["first_name", "last_name", "address", "medical_history", "insurance_number"])
def test_services_refuse_nul_and_what_is_too_long_with_a_sentence(field: str) -> None:
    patient = register_patient(details=details(), user=None, actor=CLINIC)
    for wrong in ["nul\0nul", *([LONG] if Patient._meta.get_field(field).max_length else [])]:
        with pytest.raises(DomainError) as refused:
            update_patient(patient_id=patient.pk, changes={field: wrong}, actor=CLINIC)
        assert str(refused.value)
    patient.refresh_from_db()
    assert "nul" not in getattr(patient, field)


def test_bookings_refuse_nul_and_what_is_too_long_with_a_sentence() -> None:
    slot = SlotFactory()
    for said in visits_that_are_wrong():
        with pytest.raises(DomainError):
            book_slot(slot_id=slot.pk, patient=details(), visit=said, actor=CLINIC)
    slot.refresh_from_db()
    assert (slot.taken, Appointment.objects.count(), Patient.objects.count()) == (0, 0, 0)


def visits_that_are_wrong() -> Iterator[VisitDetails]:
    for name in ("reason", "symptoms", "special_requirements", "notes"):
        yield VisitDetails(**{name: "nul\0nul"})
    yield VisitDetails(reason=LONG)
    yield VisitDetails(urgency="<zq-alive>")
    yield VisitDetails(meeting_link="javascript:zqalive(1)")


def test_the_reader_sees_what_is_alive() -> None:
    assert all(
        alive(f"<p>{payload}</p>")
        for payload in ("<script>zqalive()</script>", "<zq-alive>", "<svg/onload=zqalive(8)>")
    )
    assert alive("<p x-data=\"{name: 'zqalive()'}\">") != []
    assert alive('<a href=" JavaScript:zqalive()">') != []
    assert alive("<p title='zqalive()'>&lt;script&gt;zqalive()&lt;/script&gt;</p>") == []

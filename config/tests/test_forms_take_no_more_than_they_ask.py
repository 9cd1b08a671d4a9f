"""Guarantee 15, bodies and cookies: extra fields are not read, and a browser's session holds for that browser alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.services.users import register_user
from scheduling.models import Appointment, Hold, Patient, Slot
from scheduling.services.patients import register_patient
from scheduling.tests.booking import DETAILS, WHO, hold, page, press, words
from scheduling.tests.factories import CLINIC, PatientFactory, SlotFactory, book, details

pytestmark = pytest.mark.django_db

BACKEND = settings.AUTHENTICATION_BACKENDS[1]
WISHES = {
    "status": "completed",
    "fee": "0",
    "currency": "XXX",
    "taken": "0",
    "capacity": "99",
    "source": "admin",
    "user": "1",
    "patient_id": "1",
    "booked_by": "1",
    "booked_by_id": "1",
    "is_staff": "on",
    "is_superuser": "on",
    "groups": "1",
    "roles": "manager",
    "secret": "chosen",
    "number": "APT-2026-000001",
    "type": "emergency",
    "notes": "forged",
    "meeting_link": "https://evil.example/",
    "expires_at": "2099-01-01",
    "id": "1",
    "pk": "1",
    "medical_history": "forged",
    "calendar_uid": "0",
    "created_at": "1999-01-01",
    "email_verified": "on",
}

FORGED = {"is_superuser": "1", "is_staff": "1", "is_active": "1"}


def signed_in(*roles: Role) -> tuple[Client, User]:
    user = register_user(email="me@example.org", roles=roles or (Role.PATIENT,), verified=True, actor=CLINIC)
    client = Client()
    client.force_login(user, BACKEND)
    return client, user


def test_a_booking_is_what_the_clinic_says_whatever_the_forms_carry(client: Client) -> None:
    somebody = PatientFactory()
    slot = SlotFactory(location__needs_confirmation=True)
    wishes = WISHES | {"patient": str(somebody.pk)}
    token = press(client, slot, "&".join(f"{name}={value}" for name, value in WISHES.items())).url.split("/")[2]
    client.get(page("book_who", token))
    client.post(page("book_who", token), wishes | WHO)
    client.post(page("book_details", token), wishes | DETAILS)
    client.post(page("book_check", token), wishes)
    made = Appointment.objects.get()
    assert (made.status, made.source, made.type, made.notes, made.meeting_link) == ("pending", "web", "online", "", "")
    assert made.fee == Decimal(slot.doctor.consultation_fee)
    assert made.currency == slot.doctor.currency
    assert (made.booked_by, made.patient.user, made.patient.medical_history) == (None, None, "")
    assert made.patient != somebody
    assert made.secret != "chosen"
    assert Slot.objects.get().taken == 1


def test_a_family_member_cannot_be_one_of_somebody_elses(client: Client) -> None:
    client, _user = signed_in()
    stranger = PatientFactory(user=register_user(email="x@example.org", verified=True, actor=CLINIC))
    token = hold(client, SlotFactory())
    client.post(page("book_who", token), {"patient": str(stranger.pk)})
    client.post(page("book_details", token), DETAILS)
    client.post(page("book_check", token))
    assert not Appointment.objects.exists()


def test_ones_own_record_takes_only_what_its_form_asks() -> None:
    client, user = signed_in()
    other = register_user(email="other@example.org", verified=True, actor=CLINIC)
    mine = register_patient(details=details(), user=user, actor=CLINIC)
    form = WHO | {"gender": "other", "language": "en"}
    response = client.post(reverse("scheduling:family_edit", args=[mine.pk]), WISHES | form | {"user": str(other.pk)})
    assert response.status_code == 302, words(response)
    mine.refresh_from_db()
    assert (mine.first_name, mine.user, mine.medical_history) == ("Ann", user, "")
    assert mine.created_at.year != 1999


def test_nobody_registers_as_staff(client: Client) -> None:
    form = {"full_name": "Eve", "contact": "eve@example.org", "password1": "a long enough password"}
    client.post("/accounts/signup/", WISHES | form)
    user = User.objects.get(email="eve@example.org")
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert [group.name for group in user.groups.all()] == [Role.PATIENT]


def test_nobody_lifts_themselves_up() -> None:
    client, user = signed_in(Role.RECEPTION)
    form = {"full_name": "Eve", "email": "me@example.org", "roles": [Role.MANAGER], "language": "en", **FORGED}
    assert client.post(reverse("admin:accounts_user_change", args=[user.pk]), form).status_code == 403
    user.groups.set([])
    assert client.post(reverse("admin:accounts_user_change", args=[user.pk]), form).status_code == 403
    user.refresh_from_db()
    assert (user.is_superuser, user.groups.exists()) == (False, False)


def test_not_even_a_manager_makes_a_superuser() -> None:
    client, user = signed_in(Role.MANAGER)
    form = {"full_name": "Eve", "email": "me@example.org", "roles": [Role.MANAGER], "language": "en", **FORGED}
    assert client.post(reverse("admin:accounts_user_change", args=[user.pk]), form).status_code == 302
    user.refresh_from_db()
    assert user.full_name == "Eve"
    assert not user.is_superuser


def test_what_was_typed_in_one_browser_is_not_shown_in_another(client: Client) -> None:
    token = hold(client, SlotFactory())
    client.post(page("book_who", token), WHO | {"first_name": "Wilhelmina"})
    client.post(page("book_details", token), DETAILS | {"reason": "Unspeakable"})
    other = Client()
    for name in ("book_who", "book_details", "book_check", "book_lost"):
        said = words(other.get(page(name, token), follow=True))
        assert "Wilhelmina" not in said
        assert "Unspeakable" not in said
    client.post(page("book_check", token))
    secret = Appointment.objects.get().secret
    assert secret in words(client.get(page("book_check", token)))
    assert secret not in words(other.get(page("book_check", token), follow=True))
    assert secret not in words(other.post(page("book_check", token), follow=True))


@pytest.mark.parametrize("cookie", ["", "x", "a" * 32, "../../etc/passwd", "'; DROP TABLE django_session; --", "é"])
def test_a_made_up_session_is_nobody(client: Client, cookie: str) -> None:
    client.cookies["sessionid"] = cookie
    response = client.get("/me/")
    assert response.status_code == 302
    assert "/accounts/login/" in response.url


def test_a_session_of_somebody_else_is_not_taken_over_by_its_data() -> None:
    client, user = signed_in()
    session = client.session
    session["_auth_user_hash"] = "0" * 64
    session.save()
    assert client.get("/me/").status_code == 302
    assert user.is_active


@pytest.mark.parametrize("holder", ["", "x" * 65, "move:1", "browser;1", "<script>", "a\r\nSet-Cookie: b=c", "ÄÖÜ"])
def test_a_made_up_holder_keeps_nobody_elses_seat(client: Client, holder: str) -> None:
    slot = SlotFactory()
    appointment = book(SlotFactory(doctor=slot.doctor, location=slot.location))
    Client().post(reverse("scheduling:reschedule", args=[appointment.secret]), {"slot": slot.pk})
    kept = Hold.objects.get()
    client.cookies["holder"] = holder
    response = press(client, slot)
    assert response.status_code == 303
    assert kept.token not in response.url
    assert Hold.objects.get() == kept


def test_a_seat_that_another_keeps_is_not_used_to_move_an_appointment(client: Client) -> None:
    slot = SlotFactory()
    appointment = book(SlotFactory(doctor=slot.doctor, location=slot.location))
    token = hold(client, slot)
    mover = Client()
    response = mover.post(reverse("scheduling:reschedule_check", args=[appointment.secret, token]))
    assert response.status_code == 302
    appointment.refresh_from_db()
    assert (appointment.status, Hold.objects.get().token) == ("confirmed", token)


def test_nobody_keeps_another_browsers_seat_longer_or_gives_it_back_without_its_token(client: Client) -> None:
    token = hold(client, SlotFactory())
    stranger = Client()
    for wrong in (token[:-1], token.swapcase(), str(Hold.objects.get().pk)):
        stranger.post(page("book_keep", wrong))
        stranger.post(page("book_give_back", wrong))
    kept = Hold.objects.get()
    assert (kept.token, kept.extensions) == (token, 0)
    assert Patient.objects.count() == 0


def test_who_books_for_a_known_patient_learns_nothing_that_they_did_not_say(client: Client) -> None:
    known = PatientFactory(
        first_name="Ann", last_name="Lee", date_of_birth=date(1980, 4, 3), phone="+442079460018", address="7 Secret Row"
    )
    earlier = book(SlotFactory(), patient=known, reason="Unspeakable")
    token = hold(client, SlotFactory())
    client.post(page("book_who", token), WHO | {"email": ""})
    client.post(page("book_details", token), DETAILS)
    checked = words(client.get(page("book_check", token)))
    booked = client.post(page("book_check", token))
    made = Appointment.objects.exclude(pk=earlier.pk).get()
    assert made.patient == known
    said = checked + words(client.get(booked.url)) + words(client.get(f"{booked.url}cancel/"))
    said += words(client.get(f"{booked.url}reschedule/")) + words(client.get(f"{booked.url}calendar.ics"))
    for secret in (known.email, known.address, earlier.secret, earlier.number, "Unspeakable"):
        assert secret not in said
    Appointment.objects.filter(pk=made.pk).update(secret_expires_at=timezone.now())
    sent = words(client.post(f"{booked.url}fresh-link/"))
    assert known.email not in sent

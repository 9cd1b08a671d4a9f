"""Signing in and out, by password and by code, and registering."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import AuditEntry, User
from accounts.roles import Role
from accounts.tests.factories import PASSWORD, make_user
from testing.threads import run_together

pytestmark = pytest.mark.django_db
LOGIN, CODE, CONFIRM, SIGNUP = (
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/login/code/confirm/",
    "/accounts/signup/",
)


def _signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def _code_in(text: str) -> str:
    found = re.search(r"^(\d{6})$", text, re.MULTILINE)
    assert found, text
    return found[1]


@pytest.mark.parametrize("typed", ["ann@example.org", "ANN@Example.org "])
def test_by_email_address_whatever_its_case(client: Client, typed: str) -> None:
    user = make_user(email="ann@example.org")
    response = client.post(LOGIN, {"login": typed, "password": PASSWORD})
    assert response.status_code == 302
    assert _signed_in_as(client) == str(user.pk)


@pytest.mark.parametrize("typed", ["+447700900123", "07700 900123", "(07700) 900-123"])
def test_by_phone_number_however_it_is_spelled(client: Client, typed: str) -> None:
    user = make_user(phone="+447700900123")
    client.post(LOGIN, {"login": typed, "password": PASSWORD})
    assert _signed_in_as(client) == str(user.pk)


def test_patients_land_on_their_page_and_staff_in_the_back_office(client: Client) -> None:
    make_user(email="ann@example.org")
    make_user(Role.RECEPTION, email="desk@example.org")
    assert client.post(LOGIN, {"login": "ann@example.org", "password": PASSWORD})["Location"] == "/me/"
    assert Client().post(LOGIN, {"login": "desk@example.org", "password": PASSWORD})["Location"] == "/admin/"


def test_somebody_whom_nobody_entered_into_a_list_is_vouched_for(client: Client) -> None:
    """Users made by createsuperuser or in the back office."""
    user = User.objects.create_user(email="boss@example.org", password=PASSWORD)
    client.post(LOGIN, {"login": "boss@example.org", "password": PASSWORD})
    assert _signed_in_as(client) == str(user.pk)


def test_staff_reach_the_back_office_through_the_same_page(client: Client) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith(LOGIN)
    assert client.get("/admin/login/")["Location"].startswith(LOGIN)


def test_a_patient_does_not_get_into_the_back_office(client: Client) -> None:
    client.force_login(make_user(), settings.AUTHENTICATION_BACKENDS[1])
    assert client.get("/admin/", follow=True).status_code == 403


def test_a_code_by_mail_signs_in(client: Client) -> None:
    user = make_user(email="ann@example.org")
    assert client.post(CODE, {"contact": "ann@example.org"})["Location"] == CONFIRM
    client.post(CONFIRM, {"code": _code_in(str(mail.outbox[0].body))})
    assert _signed_in_as(client) == str(user.pk)


def test_a_code_by_text_message_signs_in(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    user = make_user(phone="+447700900123")
    client.post(CODE, {"contact": "07700 900123"})
    sent = capsys.readouterr().out
    assert "Text message to +447700900123" in sent
    code = re.search(r"@testserver #(\d{6})", sent)
    assert code is not None
    client.post(CONFIRM, {"code": code[1]})
    assert _signed_in_as(client) == str(user.pk)


def test_whoever_signed_in_by_code_may_choose_a_new_password(client: Client) -> None:
    user = make_user(email="ann@example.org")
    client.post(CODE, {"contact": "ann@example.org"})
    client.post(CONFIRM, {"code": _code_in(str(mail.outbox[0].body))})
    client.post("/accounts/password/change/", {"password1": "another long password"})
    user.refresh_from_db()
    assert user.check_password("another long password")


def test_a_password_alone_does_not_change_without_the_old_one(client: Client) -> None:
    user = make_user(email="ann@example.org")
    client.post(LOGIN, {"login": "ann@example.org", "password": PASSWORD})
    client.post("/accounts/password/change/", {"password1": "another long password"})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_registering_by_email_takes_the_code_from_the_mail(client: Client) -> None:
    data = {"full_name": "Ann Smith", "contact": "Ann@example.org", "password1": "a long new password"}
    response = client.post(SIGNUP, data, follow=True)
    assert _signed_in_as(client) is None
    assert b"Check your e-mail" in response.content
    client.post(response.redirect_chain[-1][0], {"code": _code_in(str(mail.outbox[0].body))})
    user = User.objects.get(email="ann@example.org")
    assert _signed_in_as(client) == str(user.pk)
    assert user.full_name == "Ann Smith"
    assert list(user.groups.values_list("name", flat=True)) == ["patient"]
    assert EmailAddress.objects.get(user=user).verified
    assert AuditEntry.objects.filter(verb="user.register", actor="visitor", object_type="accounts_user").exists()


def test_registering_by_phone_takes_the_code_from_the_text(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    data = {"full_name": "Ann Smith", "contact": "07700 900123", "password1": "a long new password"}
    response = client.post(SIGNUP, data, follow=True)
    code = re.search(r"#(\d{6})", capsys.readouterr().out)
    assert code is not None
    client.post(response.redirect_chain[-1][0], {"code": code[1]})
    user = User.objects.get(phone="+447700900123")
    assert _signed_in_as(client) == str(user.pk)
    assert user.phone_verified


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contact", "neither"),
        ("contact", "a@b"),
        ("contact", "12"),
        ("full_name", ""),
        ("password1", "short"),
        ("password1", "ann.smith@example.org"),
        ("contact", "x" * 300 + "@example.org"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(client: Client, field: str, value: str) -> None:
    data = {"full_name": "Ann", "contact": "ann.smith@example.org", "password1": "a long new password"}
    response = client.post(SIGNUP, {**data, field: value})
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert b"There is a problem" in response.content
    assert not User.objects.exists()


def test_a_forgotten_password_is_replaced_through_the_link(client: Client) -> None:
    user = make_user(email="ann@example.org")
    client.post("/accounts/password/reset/", {"email": "ann@example.org"})
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
    assert link is not None
    page = client.get(link[1], follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "another long password"})
    user.refresh_from_db()
    assert user.check_password("another long password")
    assert client.get(link[1], follow=True).context["token_fail"]


def test_signing_in_gives_a_new_session_and_signing_out_ends_it(client: Client) -> None:
    make_user(email="ann@example.org")
    client.get(LOGIN)
    session = client.session
    session["something"] = 1
    session.save()
    before = session.session_key
    client.post(LOGIN, {"login": "ann@example.org", "password": PASSWORD})
    key = client.session.session_key
    assert key is not None
    assert key != before
    assert client.get("/accounts/logout/").status_code == 200
    client.post("/accounts/logout/")
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = key
    assert _signed_in_as(stolen) is None
    assert list(
        AuditEntry.objects.filter(action__startswith="sign_").order_by("id").values_list("action", flat=True)
    ) == [
        "sign_in",
        "sign_out",
    ]


ENTRANCE = [
    "account_login",
    "account_signup",
    "account_request_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_inactive",
    "account_email_verification_sent",
]
OWN = ["account_logout", "account_change_password", "account_email", "account_change_phone", "mfa_index"]
STEP_UP = ["mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn", "account_reauthenticate"]


@pytest.mark.parametrize("name", [*ENTRANCE, *OWN, *STEP_UP])
def test_every_page_wears_the_houses_clothes(client: Client, name: str) -> None:
    if name not in ENTRANCE:
        make_user(email="ann@example.org")
        client.post(LOGIN, {"login": "ann@example.org", "password": PASSWORD})
    response = client.get(reverse(name), follow=True)
    page = response.content.decode()
    assert response.status_code == 200
    assert page.count("<h1>") == 1
    assert "frontdesk/frontdesk.css" in page
    assert not re.search(r"\sstyle=|<style|\son\w+=", page)
    for script in re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>", page):
        pytest.fail(f"inline script: {script}")


def test_fields_let_browsers_and_password_managers_help(client: Client) -> None:
    sign_in = client.get(LOGIN).content.decode()
    assert 'autocomplete="username"' in sign_in
    assert 'autocomplete="current-password"' in sign_in
    assert 'autocomplete="new-password"' in client.get(SIGNUP).content.decode()
    make_user(email="ann@example.org")
    confirm = client.post(CODE, {"contact": "ann@example.org"}, follow=True).content.decode()
    assert 'autocomplete="one-time-code"' in confirm
    assert "onpaste" not in sign_in + confirm


@pytest.mark.django_db(transaction=True)
def test_two_people_registering_one_address_at_once_make_one_account() -> None:
    def register(name: str) -> Callable[[], int]:
        data = {"full_name": name, "contact": "ann@example.org", "password1": "a long new password"}
        return lambda: Client().post(SIGNUP, data, follow=True).status_code

    outcomes = run_together([register("Ann"), register("Anne"), register("Anna")])
    # Some may be told to wait before the next mail goes to one mailbox; nobody meets an error.
    assert [outcome.error for outcome in outcomes] == [None, None, None]
    assert {outcome.answer for outcome in outcomes} <= {200, 429}
    assert User.objects.count() == 1


def test_what_people_change_in_their_account_is_ascribed_to_them(client: Client) -> None:
    user = make_user(email="ann@example.org")
    client.post(LOGIN, {"login": "ann@example.org", "password": PASSWORD}, REMOTE_ADDR="203.0.113.9")
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another long password"},
        REMOTE_ADDR="203.0.113.9",
    )
    entry = AuditEntry.objects.filter(object_type="accounts_user", action="update").latest("id")
    assert (entry.actor, entry.verb, entry.address) == (f"user:{user.pk}", "account.password_change", "203.0.113.9")
    assert list(entry.changes) == ["password"]
    User.objects.update(language="de")
    assert AuditEntry.objects.latest("id").actor.startswith("database")


def test_a_mail_server_that_is_away_is_a_sentence_not_a_crash(client: Client) -> None:
    make_user(email="ann@example.org")
    away = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(EMAIL_BACKEND=away, EMAIL_HOST="127.0.0.1", EMAIL_PORT=9, EMAIL_TIMEOUT=1):
        response = client.post(CODE, {"contact": "ann@example.org"}, follow=True)
    assert response.status_code == 200
    assert b"could not send you a message" in response.content

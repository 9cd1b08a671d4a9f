"""Programs sign in, stay signed in, and are signed out."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone

from accounts.actors import system
from accounts.models import AuditEntry, SignIn, User
from accounts.roles import Role
from accounts.services.users import deactivate_user, register_user
from accounts.tests.factories import PASSWORD, make_user
from testing.threads import run_together

pytestmark = pytest.mark.django_db
AUTH = "/api/v1/auth"


def post(path: str, data: dict | None = None, *, client: Client | None = None, token: str = "", **extra):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return (client or Client()).post(
        f"{AUTH}/{path}/", data or {}, content_type="application/json", headers=headers, **extra
    )


def sign_in(login: str, password: str = PASSWORD, **data):
    return post("token", {"login": login, "password": password, **data})


def me(token: str):
    return Client().get(f"{AUTH}/me/", headers={"authorization": f"Bearer {token}"})


def code_of(response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.fixture
def ann() -> User:
    return make_user(email="ann@example.org")


@pytest.fixture
def tokens(ann) -> dict:
    return sign_in("ann@example.org").json()


# --- Signing in -----------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["ann@example.org", " ANN@Example.org "])
def test_by_email_address_whatever_its_case(ann, typed):
    response = sign_in(typed)
    assert response.status_code == 200
    assert response.json()["expires_in"] == 300
    assert response.json()["user"]["id"] == ann.pk
    assert "no-store" in response["Cache-Control"]
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("typed", ["+447700900123", "07700 900123", "(07700) 900-123"])
def test_by_phone_number_however_it_is_spelled(typed):
    user = make_user(phone="+447700900123")
    assert sign_in(typed).json()["user"] == {
        "id": user.pk,
        "email": None,
        "phone": "+447700900123",
        "full_name": "Test Person",
        "language": "en",
        "roles": ["patient"],
        "is_staff": False,
        "unproven_contact": None,
    }


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(ann):
    wrong, unknown = sign_in("ann@example.org", "wrong"), sign_in("nobody@example.org", "wrong")
    assert code_of(wrong) == (401, "invalid_credentials")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong["WWW-Authenticate"].startswith("Bearer")


def test_a_deactivated_user_gets_the_same_answer_too(ann):
    deactivate_user(user=ann, actor=system("test"))
    assert code_of(sign_in("ann@example.org")) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({"password": "x"}, "login", "required"),
        ({"login": "neither", "password": "x"}, "login", "invalid_contact"),
        ({"login": 5, "password": ["x"]}, "password", "invalid"),
        ({"login": "ann@example.org", "password": "x" * 1025}, "password", "max_length"),
        ({"login": "ann@example.org", "password": "x", "remember": True}, "remember", "unknown_field"),
        ({"login": "a" * 300 + "@example.org", "password": "x"}, "login", "max_length"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(data, field, code):
    response = post("token", data)
    assert response.status_code == 400
    assert {"field": field, "code": code} in [
        {"field": one["field"], "code": one["code"]} for one in response.json()["errors"]
    ]


@pytest.mark.parametrize("path", ["register", "token", "token/refresh"])
@pytest.mark.parametrize("body", [[], "text", None, 5])
def test_a_body_that_is_no_object_is_refused(path, body):
    response = Client().post(f"{AUTH}/{path}/", json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert response.json()["type"] == "invalid"


def test_somebody_who_registered_on_the_pages_proves_the_address_there_first():
    user = register_user(email="new@example.org", password=PASSWORD, verified=False, actor=system("test"))
    assert code_of(sign_in("new@example.org")) == (403, "contact_not_proven")
    assert code_of(sign_in("new@example.org", "wrong")) == (401, "invalid_credentials")
    user.emailaddress_set.update(verified=True)
    assert sign_in("new@example.org").status_code == 200


def test_a_number_from_the_pages_too():
    user = register_user(phone="+447700900123", password=PASSWORD, verified=False, actor=system("test"))
    assert code_of(sign_in("+447700900123")) == (403, "contact_not_proven")
    User.objects.filter(pk=user.pk).update(phone_verified=True)
    assert sign_in("+447700900123").status_code == 200


def test_users_made_on_the_command_line_are_vouched_for():
    User.objects.create_superuser("boss@example.org", PASSWORD)
    assert sign_in("boss@example.org").status_code == 200


def test_an_old_token_in_the_header_does_not_keep_anybody_from_signing_in(ann):
    body = {"login": "ann@example.org", "password": PASSWORD}
    assert post("token", body, token="rubbish").status_code == 200


def test_signing_in_is_in_the_trail(ann, tokens):
    entry = AuditEntry.objects.get(action="sign_in", object_id=str(ann.pk))
    assert (entry.actor, entry.address) == (f"user:{ann.pk}", "127.0.0.1")
    ann.refresh_from_db()
    assert ann.last_login is not None


def test_an_address_signs_in_so_often_and_no_more(ann, settings):
    settings.SIGN_INS_PER_ADDRESS = 2
    assert [sign_in("ann@example.org").status_code for _number in range(3)] == [200, 200, 429]
    settings.SIGN_INS_PER_ADDRESS = 0
    assert sign_in("ann@example.org").status_code == 200


# --- Bearer tokens --------------------------------------------------------------------------


def test_a_token_says_who_one_is(ann, tokens):
    response = me(tokens["access"])
    assert response.json() == tokens["user"]
    assert response["ETag"]


def test_nobody_is_asked_to_sign_in(ann):
    response = Client().get(f"{AUTH}/me/")
    assert code_of(response) == (401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer rubbish", "bearer é", "Bearer a b"])
def test_a_bad_token_is_told_even_where_none_is_needed(header):
    response = Client().get(f"{AUTH}/me/", headers={"authorization": header})
    assert code_of(response) == (401, "token_refused")


def test_a_refresh_token_is_no_access_token(tokens):
    assert code_of(me(tokens["refresh"])) == (401, "token_refused")


def test_one_query_finds_the_user_and_the_sign_in(tokens, django_assert_num_queries):
    with django_assert_num_queries(3):  # the sign-in with its user; roles; the unproven address
        assert me(tokens["access"]).status_code == 200


def test_a_deactivated_user_is_out_at_once(ann, tokens):
    deactivate_user(user=ann, actor=system("test"))
    assert me(tokens["access"]).status_code == 401
    assert post("token/refresh", {"refresh": tokens["refresh"]}).status_code == 401


def test_idle_staff_are_out_and_active_staff_are_not():
    desk = make_user(Role.RECEPTION, email="desk@example.org")
    access = sign_in("desk@example.org").json()["access"]
    almost = timezone.now() - timedelta(seconds=settings.STAFF_IDLE_SECONDS - 5)
    SignIn.objects.update(used_at=almost)
    assert me(access).status_code == 200
    assert SignIn.objects.get(user=desk).used_at > almost
    SignIn.objects.update(used_at=timezone.now() - timedelta(seconds=settings.STAFF_IDLE_SECONDS))
    assert me(access).status_code == 401


def test_a_program_that_polls_by_itself_is_not_active():
    make_user(Role.RECEPTION, email="desk@example.org")
    access = sign_in("desk@example.org").json()["access"]
    earlier = timezone.now() - timedelta(minutes=5)
    SignIn.objects.update(used_at=earlier)
    headers = {"authorization": f"Bearer {access}", "Frontdesk-Background": "1"}
    assert Client().get(f"{AUTH}/me/", headers=headers).status_code == 200
    assert SignIn.objects.get().used_at == earlier


# --- Renewal and signing out ----------------------------------------------------------------


def test_a_refresh_token_gets_the_next_pair(tokens):
    response = post("token/refresh", {"refresh": tokens["refresh"]})
    assert set(response.json()) == {"access", "refresh", "expires_in"}
    assert "no-store" in response["Cache-Control"]
    assert me(response.json()["access"]).status_code == 200


def test_a_refresh_token_that_comes_again_late_ends_the_sign_in(tokens):
    following = post("token/refresh", {"refresh": tokens["refresh"]}).json()
    SignIn.objects.update(rotated_at=timezone.now() - timedelta(seconds=31))
    assert code_of(post("token/refresh", {"refresh": tokens["refresh"]})) == (401, "sign_in_ended")
    assert me(following["access"]).status_code == 401


@pytest.mark.parametrize("refresh", ["", "rubbish", "a.b.c", "x" * 3000])
def test_what_is_no_refresh_token_is_refused(refresh):
    assert post("token/refresh", {"refresh": refresh}).status_code in (400, 401)


def test_signing_out_ends_this_sign_in_and_no_other(ann, tokens):
    other = sign_in("ann@example.org").json()
    assert post("sign-out", token=tokens["access"]).status_code == 204
    assert me(tokens["access"]).status_code == 401
    assert code_of(post("token/refresh", {"refresh": tokens["refresh"]})) == (401, "sign_in_ended")
    assert me(other["access"]).status_code == 200


@pytest.mark.parametrize("path", ["sign-out", "verify/resend"])
def test_what_takes_nothing_passes_nothing_over(tokens, path):
    assert code_of(post(path, {"everywhere": True}, token=tokens["access"])) == (400, "unknown_field")
    assert me(tokens["access"]).status_code == 200


def test_signing_out_ends_a_session_of_the_pages(ann):
    client = Client()
    client.force_login(ann, settings.AUTHENTICATION_BACKENDS[1])
    assert post("sign-out", client=client).status_code == 204
    assert "_auth_user_id" not in client.session


def test_a_session_changes_nothing_without_the_token_of_forms(ann):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann, settings.AUTHENTICATION_BACKENDS[1])
    assert client.get(f"{AUTH}/me/").json()["id"] == ann.pk
    assert post("sign-out", client=client).status_code == 403
    assert client.get(f"{AUTH}/me/").status_code == 200


# --- The second step ------------------------------------------------------------------------


@pytest.fixture
def totp(ann, monkeypatch) -> str:
    """The secret of somebody's authenticator app, at a moment that stands still."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: 1_800_000_000))
    secret = generate_totp_secret()
    TOTP.activate(ann, secret)
    return secret


def _now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(counters())))


def test_the_second_step_is_asked_for_only_after_the_right_password(ann, totp):
    assert code_of(sign_in("ann@example.org")) == (401, "second_factor_required")
    assert code_of(sign_in("ann@example.org", "wrong")) == (401, "invalid_credentials")
    assert code_of(sign_in("ann@example.org", "wrong", code=_now(totp))) == (401, "invalid_credentials")
    assert not SignIn.objects.exists()


def test_a_code_signs_in_once(ann, totp):
    code = _now(totp)
    assert sign_in("ann@example.org", code=code).status_code == 200
    assert SignIn.objects.get().second_factor
    assert code_of(sign_in("ann@example.org", code=code)) == (401, "incorrect_code")


def test_a_recovery_code_signs_in_once(ann, totp):
    code = RecoveryCodes.activate(ann).generate_codes()[3]
    assert sign_in("ann@example.org", code=code).status_code == 200
    assert code_of(sign_in("ann@example.org", code=code)) == (401, "incorrect_code")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["recovery code", "code of the app"])
def test_of_eight_who_bring_one_code_at_once_one_signs_in(ann, totp, kind):
    code = _now(totp) if kind == "code of the app" else RecoveryCodes.activate(ann).generate_codes()[3]
    cache.clear()
    outcomes = run_together([lambda: sign_in("ann@example.org", code=code).status_code] * 8)
    assert sorted(outcome.answer for outcome in outcomes) == [200] + [401] * 7
    assert SignIn.objects.count() == 1


@pytest.mark.parametrize("code", ["abc", "１２３４５６", "é", "0" * 40])
def test_what_is_no_code_is_refused(ann, totp, code):
    assert code_of(sign_in("ann@example.org", code=code)) == (401, "incorrect_code")


def test_codes_cannot_be_guessed_for_ever_and_the_real_person_is_not_locked_out(ann, totp):
    wrong = f"{(int(_now(totp)) + 1) % 1_000_000:06d}"
    body = {"login": "ann@example.org", "password": PASSWORD, "code": wrong}
    answers = [post("token", body, REMOTE_ADDR="203.0.113.66").status_code for _number in range(10)]
    assert answers == [401] * 8 + [429] * 2
    cache.clear()
    assert sign_in("ann@example.org", code=_now(totp)).status_code == 200


@override_settings(STAFF_NEED_SECOND_FACTOR=True)
def test_staff_without_a_second_step_are_refused_with_a_sentence(ann):
    desk = make_user(Role.RECEPTION, email="desk@example.org")
    response = sign_in("desk@example.org")
    assert code_of(response) == (403, "second_factor_missing")
    assert "second step" in response.json()["detail"]
    pages = Client()
    pages.force_login(desk, settings.AUTHENTICATION_BACKENDS[1])
    assert code_of(pages.get(f"{AUTH}/me/")) == (403, "second_factor_missing")
    assert sign_in("ann@example.org").status_code == 200

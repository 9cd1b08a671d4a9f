"""Programs look at the account of whoever is signed in, and change it."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts.models import AuditEntry, User
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.test_api_sign_in import AUTH, code_of, me, post, sign_in

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "eight brown bottles"


@pytest.fixture
def ann() -> User:
    return make_user(email="ann@example.org")


@pytest.fixture
def tokens(ann) -> dict:
    return sign_in("ann@example.org").json()


def change_me(token: str, data: dict, **headers):
    headers = {"authorization": f"Bearer {token}", **headers}
    return Client().patch(f"{AUTH}/me/", data, content_type="application/json", headers=headers)


def test_people_change_their_name_and_language(ann, tokens):
    assert change_me(tokens["access"], {"full_name": "Ann Jones"}).json()["full_name"] == "Ann Jones"
    ann.refresh_from_db()
    assert ann.full_name == "Ann Jones"
    assert AuditEntry.objects.get(verb="user.change_profile").actor == f"user:{ann.pk}"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"is_staff": True}, "unknown_field"),
        ({"roles": ["manager"]}, "unknown_field"),
        ({"email": "else@example.org"}, "unknown_field"),
        ({"language": "xx"}, "invalid_choice"),
        ({"full_name": "x" * 151}, "max_length"),
        ({"full_name": ""}, "blank"),
    ],
)
def test_and_nothing_else(ann, tokens, data, code):
    assert code_of(change_me(tokens["access"], data)) == (400, code)
    ann.refresh_from_db()
    assert not ann.is_staff
    assert ann.email == "ann@example.org"


def test_nobody_overwrites_what_they_have_not_seen(tokens):
    tag = me(tokens["access"])["ETag"]
    assert change_me(tokens["access"], {"full_name": "One"}, **{"if-match": tag}).status_code == 200
    assert code_of(change_me(tokens["access"], {"full_name": "Two"}, **{"if-match": tag})) == (412, "stale")
    assert me(tokens["access"]).json()["full_name"] == "One"


def test_another_password_signs_out_everybody_else(ann, tokens):
    other = sign_in("ann@example.org").json()
    pages = Client()
    pages.force_login(ann, settings.AUTHENTICATION_BACKENDS[1])
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert post("password", body, token=tokens["access"]).status_code == 204
    assert me(tokens["access"]).status_code == 200
    assert me(other["access"]).status_code == 401
    assert pages.get(f"{AUTH}/me/").status_code == 401
    assert sign_in("ann@example.org").status_code == 401
    assert sign_in("ann@example.org", NEW_PASSWORD).status_code == 200
    assert mail.outbox[-1].to == ["ann@example.org"]


def test_another_password_from_the_pages_keeps_that_session(ann):
    pages = Client()
    pages.force_login(ann, settings.AUTHENTICATION_BACKENDS[1])
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert post("password", body, client=pages).status_code == 204
    assert pages.get(f"{AUTH}/me/").status_code == 200


def test_the_old_password_is_asked_for_and_cannot_be_guessed_for_ever(ann, tokens):
    body = {"old_password": "wrong", "new_password": NEW_PASSWORD}
    answers = [code_of(post("password", body, token=tokens["access"])) for _number in range(11)]
    assert answers == [(400, "wrong_password")] * 10 + [(429, "too_many_attempts")]
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)


def test_a_weak_password_is_refused_beside_its_field(tokens):
    body = {"old_password": PASSWORD, "new_password": "12345"}
    response = post("password", body, token=tokens["access"])
    assert response.status_code == 400
    assert {one["field"] for one in response.json()["errors"]} == {"new_password"}
    assert "password_too_short" in {one["code"] for one in response.json()["errors"]}

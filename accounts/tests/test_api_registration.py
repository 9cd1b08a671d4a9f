"""Programs register people, and no answer tells who is registered already."""

from __future__ import annotations

import re
import statistics
import time

import pytest
from axes.models import AccessAttempt
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings

from accounts.models import ContactClaim, SignIn, User
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.test_api_sign_in import code_of, me, post, sign_in

pytestmark = pytest.mark.django_db
ATTACKER, HOME = "203.0.113.66", "198.51.100.7"


def register(**data):
    return post("register", {"password": PASSWORD, **data})


def _code(number: int = -1) -> str:
    found = re.search(r"^(\d{6})$", str(mail.outbox[number].body), re.MULTILINE)
    assert found
    return found[1]


def test_somebody_new_is_signed_in_at_once_and_proves_the_address_later():
    response = register(email="Ann@Example.org", full_name="Ann Smith")
    assert response.status_code == 201
    access = response.json()["access"]
    assert response.json()["user"] == me(access).json()
    shown = me(access).json()
    assert (shown["email"], shown["unproven_contact"], shown["roles"]) == (None, "ann@example.org", ["patient"])
    proven = post("verify", {"code": _code()}, token=access)
    assert proven.json() == {**shown, "email": "ann@example.org", "unproven_contact": None}
    assert sign_in("ann@example.org").status_code == 200


def test_by_a_number_too(capsys):
    access = register(phone="07700 900123").json()["access"]
    code = re.search(r"#(\d{6})", capsys.readouterr().out)
    assert post("verify", {"code": code[1]}, token=access).json()["phone"] == "+447700900123"
    assert sign_in("07700900123").status_code == 200


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({}, "email", "one_contact"),
        ({"email": "ann@example.org", "phone": "07700 900123"}, "email", "one_contact"),
        ({"email": "a@b"}, "email", "invalid"),
        ({"email": "x" * 300 + "@example.org"}, "email", "max_length"),
        ({"email": f"a@{'İ' * 60}.{'İ' * 60}.{'İ' * 60}.{'İ' * 60}.org"}, "email", "max_length"),
        ({"phone": "12"}, "phone", "invalid_phone"),
        ({"email": "ann@example.org", "password": "short"}, "password", "password_too_short"),
        ({"email": "ann.smith@example.org", "password": "ann.smith@example.org"}, "password", "password_too_similar"),
        ({"email": "ann@example.org", "password": "x" * 1025}, "password", "max_length"),
        ({"email": "ann@example.org", "full_name": "x" * 151}, "full_name", "max_length"),
        ({"email": "ann@example.org", "language": "xx"}, "language", "invalid_choice"),
        ({"email": "ann@example.org", "is_staff": True}, "is_staff", "unknown_field"),
        ({"email": "ann@example.org", "roles": ["manager"]}, "roles", "unknown_field"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_registers_nobody(data, field, code):
    response = register(**data)
    assert response.status_code == 400
    assert (field, code) in {(one["field"], one["code"]) for one in response.json()["errors"]}
    assert not User.objects.exists()
    assert not mail.outbox


# --- No answer tells who is registered ------------------------------------------------------


def _seen(response) -> tuple:
    """What a stranger sees: everything but what is random, and the address they sent themselves."""
    text = re.sub(r'"(access|refresh)":"[^"]+"|"id":\d+', "", response.content.decode())
    text = re.sub(r"(known|nobody)@example\.org|\+4477009001\d\d", "SOMEBODY", text)
    headers = {name: value for name, value in response.headers.items() if name not in ("Content-Length", "ETag")}
    return response.status_code, text, re.sub(r"nonce-[^']+", "", str(headers))


def _story(**contact: str) -> list[tuple]:
    """Everything that somebody who registers can try before the code comes back."""
    login = contact.get("email") or contact["phone"]
    first = register(**contact)
    access, refresh = first.json()["access"], first.json()["refresh"]
    return [
        _seen(first),
        _seen(me(access)),
        _seen(sign_in(login)),
        _seen(sign_in(login, "wrong password")),
        *[_seen(post("verify", {"code": "no code"}, token=access)) for _number in range(4)],
        _seen(post("verify/resend", token=access)),
        _seen(post("verify", {"code": "no code"}, token=access)),
        _seen(post("token/refresh", {"refresh": refresh})),
        _seen(register(**contact)),
    ]


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ({"email": "known@example.org"}, {"email": "nobody@example.org"}),
        ({"phone": "+447700900111"}, {"phone": "+447700900122"}),
    ],
)
def test_the_whole_story_is_the_same_whether_or_not_the_address_is_taken(known, unknown):
    make_user(email="known@example.org", password="only they know it")
    make_user(phone="+447700900111", password="only they know it")
    taken, free = _story(**known), _story(**unknown)
    assert [status for status, *_rest in taken] == [201, 200, 200, 401, 400, 400, 400, 409, 204, 400, 200, 201]
    assert taken == free


def test_a_taken_address_is_told_only_to_its_mailbox():
    make_user(email="ann@example.org")
    register(email="ann@example.org")
    (message,) = mail.outbox
    assert "already" in message.body


@pytest.mark.slow
@pytest.mark.once("what takes the time is hashing, not the database")
@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"])
@pytest.mark.parametrize("path", ["register", "token"])
def test_the_clock_tells_nothing_either(path):
    make_user(email="known@example.org")

    def seconds(address: str) -> float:
        cache.clear()
        login = {"email": address} if path == "register" else {"login": address}
        start = time.process_time()
        post(path, {"password": "a long new password", **login})
        return time.process_time() - start

    known = statistics.median(seconds("known@example.org") for _round in range(5))
    unknown = statistics.median(seconds(f"nobody{number}@example.org") for number in range(5))
    assert 0.5 < known / unknown < 2


# --- Before the address is proven -----------------------------------------------------------


def test_who_registered_signs_in_again_with_the_password():
    first = register(email="ann@example.org").json()
    again = sign_in("ANN@example.org")
    assert again.status_code == 200
    assert again.json()["user"] == first["user"]


def test_nobody_signs_in_as_the_person_whose_address_was_claimed():
    ann = make_user(email="ann@example.org")
    squatter = register(email="ann@example.org", password="the squatters password").json()
    assert sign_in("ann@example.org", "the squatters password").json()["user"]["id"] == squatter["user"]["id"]
    assert sign_in("ann@example.org").json()["user"]["id"] == ann.pk


def test_of_several_claims_the_newest_counts():
    register(email="ann@example.org", password="the first password")
    second = register(email="ann@example.org", password="the second password").json()
    assert sign_in("ann@example.org", "the second password").json()["user"]["id"] == second["user"]["id"]
    assert sign_in("ann@example.org", "the first password").status_code == 401


def test_a_claim_that_ran_out_signs_nobody_in():
    register(email="ann@example.org")
    ContactClaim.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert sign_in("ann@example.org").status_code == 401


def test_signing_in_as_a_squatter_wipes_no_guesses_away():
    """Or guesses at Ann's password would never come to an end."""
    make_user(email="ann@example.org")
    register(email="ann@example.org", password="the squatters password")
    for _round in range(2):
        for number in range(3):
            assert sign_in("ann@example.org", f"guess {number}").status_code == 401
        assert sign_in("ann@example.org", "the squatters password").status_code == 200
    assert [sign_in("ann@example.org", f"guess {number}").status_code for number in range(3)] == [401, 429, 429]


def test_two_who_prove_one_address_are_told_apart():
    first = register(email="ann@example.org").json()
    second = register(email="ann@example.org", password="the second password").json()
    assert post("verify", {"code": _code(0)}, token=first["access"]).status_code == 200
    assert code_of(post("verify", {"code": _code(1)}, token=second["access"])) == (409, "contact_taken")


def test_resending_is_limited_and_needs_something_to_prove():
    access = register(email="ann@example.org").json()["access"]
    answers = [post("verify/resend", token=access).status_code for _number in range(5)]
    assert answers == [204] * 4 + [429]
    assert 0 < int(post("verify/resend", token=access)["Retry-After"]) <= 15 * 60
    make_user(email="bob@example.org")
    access = sign_in("bob@example.org").json()["access"]
    assert code_of(post("verify/resend", token=access)) == (409, "nothing_to_verify")
    assert code_of(post("verify", {"code": "123456"}, token=access)) == (409, "nothing_to_verify")


def test_an_address_registers_so_many_and_enters_so_many_codes(settings):
    settings.REGISTRATIONS_PER_ADDRESS = settings.CODES_PER_ADDRESS = 2
    first = register(email="a@example.org").json()
    assert [register(email=f"{name}@example.org").status_code for name in "bc"] == [201, 429]
    answers = [post("verify", {"code": "x"}, token=first["access"]).status_code for _number in range(3)]
    assert answers == [400, 400, 429]
    assert [post("verify/resend", token=first["access"]).status_code for _number in range(3)] == [204, 204, 429]
    settings.REGISTRATIONS_PER_ADDRESS = 0
    assert register(email="c@example.org").status_code == 201


# --- Guarantee 18 for programs --------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.once("it is the same counting, a thousand times")
def test_a_thousand_guesses_at_a_password(settings):
    settings.SIGN_INS_PER_ADDRESS = settings.API_ANONYMOUS_REQUESTS_PER_MINUTE = 0
    make_user(email="ann@example.org")
    answers = {
        post("token", {"login": "ann@example.org", "password": f"guess {number}"}, REMOTE_ADDR=ATTACKER).status_code
        for number in range(1000)
    }
    assert answers == {401, 429}
    assert AccessAttempt.objects.get().failures_since_start == settings.AXES_FAILURE_LIMIT
    right = {"login": "ann@example.org", "password": PASSWORD}
    refused = post("token", right, REMOTE_ADDR=ATTACKER)
    assert code_of(refused) == (429, "too_many_attempts")
    assert refused["Content-Type"] == "application/json"
    assert not SignIn.objects.exists()
    assert post("token", right, REMOTE_ADDR=HOME).status_code == 200


def test_guesses_on_the_pages_and_of_programs_are_counted_together():
    make_user(email="ann@example.org")
    for number in range(4):
        cache.clear()
        body = {"login": "ann@example.org", "password": f"guess {number}"}
        Client().post("/accounts/login/", body, REMOTE_ADDR=ATTACKER)
        post("token", body, REMOTE_ADDR=ATTACKER)
    cache.clear()
    right = {"login": "ann@example.org", "password": PASSWORD}
    refused = post("token", right, REMOTE_ADDR=ATTACKER)
    assert (refused.status_code, refused["Retry-After"]) == (429, "900")
    assert Client().post("/accounts/login/", right, REMOTE_ADDR=ATTACKER).status_code == 429
    assert Client().post("/accounts/login/", right, REMOTE_ADDR=HOME).status_code == 302


@pytest.mark.parametrize("login", ["ann@example.org", "+447700900123"])
def test_somebody_who_mistyped_and_then_got_it_right_starts_afresh(login):
    make_user(email="ann@example.org")
    make_user(phone="+447700900123")
    for _round in range(3):
        for number in range(5):
            assert sign_in(login, f"typo {number}").status_code == 401
        assert sign_in(login).status_code == 200


@pytest.mark.slow
@pytest.mark.once("it is the same counting, a thousand times")
def test_a_thousand_guesses_at_codes(settings):
    settings.CODES_PER_ADDRESS = settings.API_REQUESTS_PER_MINUTE = 0
    access = register(email="ann@example.org").json()["access"]
    tried, sent = 0, 1
    for _round in range(250):
        for number in range(3):
            tried += post("verify", {"code": f"no {number}"}, token=access).status_code == 400
        sent += post("verify/resend", token=access).status_code == 204
    assert (tried, sent) == (15, 5)
    assert me(access).json()["email"] is None

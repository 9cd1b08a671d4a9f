"""Guarantee 18: guessing leads nowhere, tells nothing, and does not lock out the real person."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
LOGIN, CODE, CONFIRM, SIGNUP = (
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/login/code/confirm/",
    "/accounts/signup/",
)
RESET = "/accounts/password/reset/"
ATTACKER, HOME = "203.0.113.66", "198.51.100.7"


def _guess(client: Client, number: int, login: str = "ann@example.org") -> int:
    return client.post(LOGIN, {"login": login, "password": f"guess number {number}"}, REMOTE_ADDR=ATTACKER).status_code


@pytest.mark.slow
@pytest.mark.once("it is the same counting, a thousand times")
def test_a_thousand_guesses_at_a_password(client: Client) -> None:
    make_user(email="ann@example.org")
    answers = {_guess(client, number) for number in range(1000)}
    assert answers <= {200, 429}
    assert AccessAttempt.objects.get().failures_since_start == settings.AXES_FAILURE_LIMIT
    client.post(LOGIN, {"login": "ann@example.org", "password": PASSWORD}, REMOTE_ADDR=ATTACKER)
    assert "_auth_user_id" not in client.session
    real = Client(REMOTE_ADDR=HOME)
    assert real.post(LOGIN, {"login": "ann@example.org", "password": PASSWORD}).status_code == 302


def test_the_database_remembers_guesses_when_the_process_forgets(client: Client) -> None:
    """The cache is per process; whoever is sent to another one has no fresh start."""
    make_user(email="ann@example.org")
    for number in range(8):
        cache.clear()
        _guess(client, number)
    cache.clear()
    response = client.post(LOGIN, {"login": "ANN@example.org", "password": PASSWORD}, REMOTE_ADDR=ATTACKER)
    assert response.status_code == 429
    assert b"Too many attempts" in response.content
    assert "_auth_user_id" not in client.session


def test_phone_numbers_are_counted_however_they_are_spelled(client: Client) -> None:
    make_user(phone="+447700900123")
    for number, login in enumerate(["07700900123", "+44 7700 900123"] * 4):
        _guess(client, number, login)
    response = client.post(LOGIN, {"login": "+447700900123", "password": PASSWORD}, REMOTE_ADDR=ATTACKER)
    assert response.status_code == 429


def test_somebody_who_mistyped_and_then_got_it_right_starts_afresh(client: Client) -> None:
    make_user(email="ann@example.org")
    for _round in range(3):
        cache.clear()
        for number in range(5):
            assert _guess(client, number) == 200
        assert (
            client.post(LOGIN, {"login": "ann@example.org", "password": PASSWORD}, REMOTE_ADDR=ATTACKER).status_code
            == 302
        )
        client.post("/accounts/logout/")


def _page(response) -> tuple[int, str]:
    """What a stranger sees: everything but what is random."""
    text = re.sub(r'(value|nonce|csrf\w*)="[^"]*"', "", response.content.decode())
    return response.status_code, re.sub(r"(known|nobody)@example\.org|\+4477009001\d\d", "SOMEBODY", text)


def _register(contact: str) -> Callable[[Client], object]:
    data = {"full_name": "A", "contact": contact, "password1": "a long new password"}
    return lambda client: client.post(SIGNUP, data, follow=True)


@pytest.mark.parametrize(
    ("url", "data", "known", "unknown"),
    [
        (LOGIN, {"password": "wrong password"}, {"login": "known@example.org"}, {"login": "nobody@example.org"}),
        (LOGIN, {"password": "wrong password"}, {"login": "+447700900111"}, {"login": "+447700900122"}),
        (CODE, {}, {"contact": "known@example.org"}, {"contact": "nobody@example.org"}),
        (CODE, {}, {"contact": "+447700900111"}, {"contact": "+447700900122"}),
        (RESET, {}, {"email": "known@example.org"}, {"email": "nobody@example.org"}),
        (
            SIGNUP,
            {"full_name": "A", "password1": "a long new password"},
            {"contact": "known@example.org"},
            {"contact": "nobody@example.org"},
        ),
        (
            SIGNUP,
            {"full_name": "A", "password1": "a long new password"},
            {"contact": "+447700900111"},
            {"contact": "+447700900122"},
        ),
    ],
)
def test_no_page_tells_whether_somebody_is_registered(url: str, data: dict, known: dict, unknown: dict) -> None:
    make_user(email="known@example.org")
    make_user(phone="+447700900111")
    first, second = Client(), Client()
    answers = [
        _page(first.post(url, {**data, **known}, follow=True)),
        _page(second.post(url, {**data, **unknown}, follow=True)),
    ]
    assert answers[0] == answers[1]
    assert set(first.session.keys()) == set(second.session.keys())


def test_a_taken_address_is_told_only_to_its_mailbox(client: Client) -> None:
    make_user(email="known@example.org")
    _register("known@example.org")(client)
    (message,) = mail.outbox
    assert "already" in message.body
    assert User.objects.count() == 1


@pytest.mark.slow
@pytest.mark.once("what takes the time is hashing, not the database")
@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"])
@pytest.mark.parametrize("form", ["login", "signup"])
def test_the_clock_tells_nothing_either(form: str) -> None:
    make_user(email="known@example.org")

    def seconds(contact: str) -> float:
        cache.clear()
        fields = (
            {"login": contact, "password": "wrong"}
            if form == "login"
            else {"full_name": "A", "contact": contact, "password1": "a long new password"}
        )
        start = time.process_time()
        Client().post(LOGIN if form == "login" else SIGNUP, fields)
        return time.process_time() - start

    known = statistics.median(seconds("known@example.org") for _round in range(5))
    unknown = statistics.median(seconds(f"nobody{number}@example.org") for number in range(5))
    assert 0.5 < known / unknown < 2


@pytest.mark.slow
@pytest.mark.once("it is the same counting, a thousand times")
def test_a_thousand_guesses_at_codes(client: Client) -> None:
    user = make_user(email="ann@example.org")
    asked, tried, refused = 0, 0, 0
    for _round in range(334):
        cache.clear()
        response = client.post(CODE, {"contact": "ann@example.org"}, REMOTE_ADDR=ATTACKER)
        asked += response.status_code == 302
        refused += response.status_code != 302
        for number in range(3):
            tried += client.post(CONFIRM, {"code": f"{number:06d}"}, REMOTE_ADDR=ATTACKER).status_code == 200
    assert asked <= 5
    assert tried <= 15
    assert refused >= 329
    assert "_auth_user_id" not in client.session
    real = Client(REMOTE_ADDR=HOME)
    assert real.post(LOGIN, {"login": user.email, "password": PASSWORD}).status_code == 302


def test_a_code_dies_with_the_third_wrong_guess(client: Client) -> None:
    make_user(email="ann@example.org")
    client.post(CODE, {"contact": "ann@example.org"})
    code = re.search(r"^(\d{6})$", str(mail.outbox[0].body), re.MULTILINE)
    assert code is not None
    for number in range(3):
        client.post(CONFIRM, {"code": f"{(int(code[1]) + 1 + number) % 1_000_000:06d}"})
    client.post(CONFIRM, {"code": code[1]})
    assert "_auth_user_id" not in client.session


def test_staff_can_be_required_to_use_a_second_step(client: Client) -> None:
    staff = make_user(email="desk@example.org")
    staff.is_staff = True
    staff.save()
    staff.groups.add(Group.objects.get(name="reception"))
    client.post(LOGIN, {"login": "desk@example.org", "password": PASSWORD})
    with override_settings(STAFF_NEED_SECOND_FACTOR=True):
        assert client.get("/admin/")["Location"] == reverse("mfa_activate_totp")
    assert client.get("/admin/").status_code == 200

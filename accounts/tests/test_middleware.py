"""Guarantee 19: sessions end when they should; and everybody reads the right network address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.actors import system
from accounts.middleware import BACKGROUND_HEADER, TrustedProxies
from accounts.models import User
from accounts.roles import Role
from accounts.services.users import deactivate_user, reactivate_user
from accounts.tests.factories import PASSWORD, make_user

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PAGE = "/accounts/password/change/"
LOGIN = "/accounts/login/"


def _sign_in(client: Client, user: User, password: str = PASSWORD) -> None:
    assert client.post(LOGIN, {"login": user.email, "password": password}).status_code == 302


def _is_signed_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


@pytest.mark.django_db
def test_staff_are_signed_out_after_fifteen_idle_minutes(client: Client) -> None:
    staff = make_user(Role.RECEPTION)
    with time_machine.travel(NOON, tick=False) as clock:
        _sign_in(client, staff)
        for _visit in range(3):
            clock.shift(timedelta(minutes=14))
            assert _is_signed_in(client)
        clock.shift(timedelta(minutes=15))
        response = client.get(PAGE, follow=True)
        assert response.redirect_chain[-1][0].startswith(LOGIN)
        assert b"You were signed out" in response.content
        assert not _is_signed_in(client)


@pytest.mark.django_db
def test_polling_does_not_keep_staff_signed_in(client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        _sign_in(client, make_user(Role.RECEPTION))
        assert _is_signed_in(client)
        for _minute in range(15):
            clock.shift(timedelta(minutes=1))
            client.get(PAGE, headers={BACKGROUND_HEADER: "1"})
        assert not _is_signed_in(client)


@pytest.mark.django_db
def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        _sign_in(client, make_user(Role.RECEPTION))
        _is_signed_in(client)
        clock.shift(timedelta(minutes=16))
        response = client.get(PAGE, headers={"HX-Request": "true"})
        assert response.status_code == 204
        assert response["HX-Redirect"].startswith(LOGIN)


@pytest.mark.django_db
def test_most_requests_of_staff_write_nothing(client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        _sign_in(client, make_user(Role.RECEPTION))
        _is_signed_in(client)
        clock.shift(timedelta(seconds=20))
        with CaptureQueriesContext(connection) as queries:
            _is_signed_in(client)
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


@pytest.mark.django_db
def test_patients_stay_signed_in_for_two_weeks(client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        _sign_in(client, make_user())
        clock.shift(timedelta(days=13))
        assert _is_signed_in(client)
        clock.shift(timedelta(days=2))
        assert not _is_signed_in(client)


@pytest.mark.django_db
def test_a_deactivated_user_is_out_with_the_next_request_and_stays_out(client: Client) -> None:
    user = make_user()
    _sign_in(client, user)
    deactivate_user(user=user, actor=system("test"))
    assert not _is_signed_in(client)
    reactivate_user(user=user, actor=system("test"))
    assert not _is_signed_in(client)


@pytest.mark.django_db
def test_a_new_password_ends_the_other_sessions(client: Client) -> None:
    user = make_user()
    elsewhere = Client()
    _sign_in(client, user)
    _sign_in(elsewhere, user)
    client.post(PAGE, {"oldpassword": PASSWORD, "password1": "another long password"})
    assert _is_signed_in(client)
    assert not _is_signed_in(elsewhere)


@pytest.mark.django_db
def test_what_signed_in_people_see_is_kept_by_no_cache(client: Client) -> None:
    _sign_in(client, make_user())
    assert "no-store" in client.get(PAGE)["Cache-Control"]
    client.post("/accounts/logout/")
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize(
    ("count", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "<script>", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_our_own_proxies_wrote(count: int, forwarded: str, expected: str) -> None:
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR="10.0.0.1")
    with override_settings(TRUSTED_PROXY_COUNT=count):
        TrustedProxies(lambda request: None)(request)  # type: ignore[arg-type,return-value]
    assert request.META["REMOTE_ADDR"] == expected

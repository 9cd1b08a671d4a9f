"""The ground of the API: errors in one shape, strict bodies and addresses, whoever answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from accounts.actors import Actor
from accounts.api.errors import Trouble
from accounts.models import AttemptCounter
from accounts.roles import Role
from accounts.services.sign_ins import end_sign_in, sign_in
from accounts.tests.factories import make_user
from accounts.tests.ground import rows

pytestmark = [pytest.mark.django_db, pytest.mark.urls("accounts.tests.ground")]

BACKEND = settings.AUTHENTICATION_BACKENDS[1]
COUNTERS = "/api/v1/try/counters/"
JSON = "application/json"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def counter(**more: Any) -> AttemptCounter:
    return AttemptCounter.objects.create(**{"subject": "somebody", "window_start": timezone.now()} | more)


def trouble(response: Any, status: int, code: str, *, kind: Trouble) -> list[dict[str, str]]:
    """Check the shape of an error answer; its list of fields."""
    assert (response.status_code, response.headers["Content-Type"]) == (status, JSON), response.content[:300]
    said = response.json()
    assert set(said) == {"type", "code", "detail", "errors"}
    assert (said["type"], said["code"]) == (kind, code)
    assert said["detail"]
    assert all(set(error) == {"field", "code", "detail"} and error["detail"] for error in said["errors"])
    return said["errors"]


def send(client: Client, body: Any, **more: Any) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(COUNTERS, text, content_type=more.pop("content_type", JSON), **more)


# --- One shape for every error ---------------------------------------------------------------


@pytest.mark.parametrize("address", ["/api/", "/api/nowhere/", "/api/v1/nowhere/", "/api/v1/try/counters/7/"])
def test_an_address_that_leads_nowhere(client: Client, address: str) -> None:
    trouble(client.get(address), 404, "not_found", kind=Trouble.NOT_FOUND)


@pytest.mark.parametrize("debug", [True, False])
def test_what_is_sent_to_an_address_without_its_slash_is_refused_and_what_is_asked_sent_on(
    client: Client, settings: Any, debug: bool
) -> None:
    settings.DEBUG = debug
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        response = client.generic(method, COUNTERS.rstrip("/"), b"{}", content_type=JSON)
        assert response.status_code == 404, method
    assert client.get(COUNTERS.rstrip("/")).headers["Location"] == COUNTERS


@pytest.mark.parametrize("key", ["0", str(2**63), "9" * 19])
def test_a_key_that_no_row_has(client: Client, key: str) -> None:
    trouble(client.get(f"{COUNTERS}{key}/"), 404, "not_found", kind=Trouble.NOT_FOUND)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_method_that_is_not_offered(client: Client, method: str) -> None:
    response = client.generic(method, COUNTERS)
    trouble(response, 405, "method_not_allowed", kind=Trouble.INVALID)
    assert response.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("address", ["/api/v1/", "/api/schema/", "/api/docs/"])
def test_what_can_only_be_read_says_so_with_a_token_for_forms_or_without(address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(), BACKEND)
    for method in ("POST", "DELETE", "OPTIONS"):
        response = client.generic(method, address)
        trouble(response, 405, "method_not_allowed", kind=Trouble.INVALID)
        assert response.headers["Allow"] == "GET, HEAD"
    assert client.get(address).status_code == client.head(address).status_code == 200


def test_an_answer_in_another_language_than_json_cannot_be_had(client: Client) -> None:
    response = client.get(COUNTERS, headers={"Accept": "text/html"})
    trouble(response, 406, "not_acceptable", kind=Trouble.INVALID)


def test_a_rule_that_says_no_names_its_field(client: Client) -> None:
    errors = trouble(send(client, {"subject": "x", "attempts": 999}), 409, "too_odd", kind=Trouble.REFUSED)
    assert errors == [{"field": "attempts", "code": "too_odd", "detail": "That is too odd."}]


def test_a_fault_of_ours_tells_nothing_of_itself(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    response = send(client, {"subject": "x", "attempts": 998})
    trouble(response, 500, "error", kind=Trouble.SERVER_ERROR)
    assert b"secret" not in response.content
    assert "a fault of ours" in caplog.text


def test_every_wrong_field_is_named_at_once(client: Client) -> None:
    errors = trouble(
        send(client, {"subject": "", "attempts": 2000, "inner": ["a", None], "attemps": 1}),
        400,
        "invalid",
        kind=Trouble.INVALID,
    )
    assert [(error["field"], error["code"]) for error in errors] == [
        ("subject", "blank"),
        ("attempts", "max_value"),
        ("inner.1", "null"),
        ("attemps", "unknown_field"),
    ]


def test_thousands_of_unknown_fields_get_a_short_answer(client: Client) -> None:
    response = send(client, {"subject": "x"} | {"y" * 500 + str(number): 1 for number in range(1000)})
    trouble(response, 400, "unknown_field", kind=Trouble.INVALID)
    assert len(response.content) < 10_000


# --- Addresses and headers -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["page", "ordering", "format", "Id", "id__gt", "", "x" * 5000, "é", "[]"])
def test_a_parameter_that_does_not_exist_is_refused_and_named(client: Client, name: str) -> None:
    response = client.get(COUNTERS, {name: "1"})
    errors = trouble(response, 400, "unknown_parameter", kind=Trouble.INVALID)
    assert errors[0]["field"] == name[:100]
    assert len(response.content) < 1000


def test_a_single_thing_takes_no_filters(client: Client) -> None:
    trouble(client.get(f"{COUNTERS}{counter().pk}/?id=1"), 400, "unknown_parameter", kind=Trouble.INVALID)


@pytest.mark.parametrize(
    "query",
    [
        *("id=0", "id=-1", "id=x", f"id={2**63}", "id=" + "9" * 5000, "id=1.5", "id=1e3", "id=NaN"),
        *("day=2026-02-30", "day=tomorrow", "day=20260101", "day=2026-01-01T00:00:00", "day=10000-01-01"),
        *("odd=yes", "odd=1", "odd=True"),
        *("page_size=0", "page_size=201", "page_size=x", "page_size=٣", "page_size=" + "9" * 5000),
        *("cursor=x", "cursor=%ff", "cursor=cD0=", "cursor=bz14"),
        *("cursor=cD1hYmM=", "cursor=cD0wAA==", "cursor=cj0xJnA9JUVEJUEwJTgw"),  # p=abc, p=0 and NUL, half a character
    ],
)
def test_a_value_that_makes_no_sense_is_refused_and_its_parameter_named(client: Client, query: str) -> None:
    counter()
    response = client.get(f"{COUNTERS}?{query}")
    errors = trouble(response, 400, response.json()["code"], kind=Trouble.INVALID)
    assert response.json()["code"] in {"invalid", "min_value", "max_value"}
    assert errors[0]["field"] == query.partition("=")[0]


def test_what_is_too_long_for_an_address_or_a_header_is_no_fault_of_ours(client: Client) -> None:
    before = rows()
    long = "x" * 100_000
    for response in (
        client.get(f"{COUNTERS}?id={long}"),
        client.get(f"{COUNTERS}?{long}=1"),
        client.get(f"{COUNTERS}{long}/"),
        client.get(COUNTERS, headers={"Accept": long}),
        client.get(COUNTERS, headers={"Authorization": f"Bearer {long}"}),
        client.get(COUNTERS, headers={"Authorization": f"Bearer {'a.' * 50_000}b"}),
        client.get(COUNTERS, headers={"Cookie": f"sessionid={long}"}, follow=True),
        send(client, {"subject": "x"}, headers={"Idempotency-Key": long}),
        client.patch(f"{COUNTERS}{counter().pk}/", headers={"If-Match": long}),
    ):
        assert response.status_code < 500
        assert len(response.content) < 2000
    AttemptCounter.objects.all().delete()
    assert rows() == before


def test_nul_in_an_address_is_refused(client: Client) -> None:
    for address in (f"{COUNTERS}?id=%00", f"{COUNTERS}?%00=1", "/api/v1/%00/"):
        trouble(client.get(address), 400, "parse_error", kind=Trouble.INVALID)


# --- Who asks --------------------------------------------------------------------------------


def test_whoever_is_not_signed_in_is_told_how(client: Client) -> None:
    for address in ("/api/v1/try/signed-in/", "/api/v1/try/staff/", "/api/v1/try/managers/", "/api/v1/try/forgotten/"):
        response = client.get(address)
        trouble(response, 401, "not_authenticated", kind=Trouble.NOT_AUTHENTICATED)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("role", "opened"),
    [(Role.PATIENT, 1), (Role.DOCTOR, 2), (Role.RECEPTION, 2), (Role.MANAGER, 3)],
)
def test_each_endpoint_opens_for_those_it_names_and_none_that_names_nobody(
    client: Client, role: Role, opened: int
) -> None:
    client.force_login(make_user(role), BACKEND)
    addresses = [f"/api/v1/try/{name}/" for name in ("signed-in", "staff", "managers", "forgotten")]
    assert [client.get(address).status_code for address in addresses] == [200] * opened + [403] * (4 - opened)


def test_a_session_changes_nothing_without_the_token_that_protects_forms() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(), BACKEND)
    trouble(client.post(COUNTERS, {"subject": "x"}, JSON), 403, "permission_denied", kind=Trouble.NOT_PERMITTED)
    assert not AttemptCounter.objects.exists()
    client.get("/api/docs/")
    token = client.cookies["csrftoken"].value
    assert client.post(COUNTERS, {"subject": "x"}, JSON, headers={"X-CSRFToken": token}).status_code == 201


@pytest.mark.parametrize("token", ["", "x", "x.y.z", "e30.e30.", "eyJhbGciOiJub25lIn0.e30.", "a" * 3000, "é"])
def test_a_token_that_is_none_is_refused_even_where_everybody_may_come(client: Client, token: str) -> None:
    response = client.get(COUNTERS, headers={"Authorization": f"Bearer {token}"})
    trouble(response, 401, "token_refused", kind=Trouble.NOT_AUTHENTICATED)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_is_somebody_until_its_sign_in_ends(client: Client) -> None:
    user = make_user()
    made = sign_in(user=user, actor=Actor("visitor"))
    bearer = {"Authorization": f"bearer {made.access}"}
    assert client.get("/api/v1/try/signed-in/", headers=bearer).json() == {"actor": f"user:{user.pk}"}
    assert Client(enforce_csrf_checks=True).post("/api/v1/try/signed-in/", {}, JSON, headers=bearer).status_code == 200
    refresh = {"Authorization": f"Bearer {made.refresh}"}
    trouble(client.get(COUNTERS, headers=refresh), 401, "token_refused", kind=Trouble.NOT_AUTHENTICATED)
    end_sign_in(sign_in=made.sign_in, actor=Actor("visitor"))
    trouble(client.get(COUNTERS, headers=bearer), 401, "token_refused", kind=Trouble.NOT_AUTHENTICATED)


# --- How often -------------------------------------------------------------------------------


@override_settings(API_REQUESTS_PER_MINUTE=3, API_ANONYMOUS_REQUESTS_PER_MINUTE=2)
def test_each_person_and_each_address_has_a_window_of_its_own() -> None:
    stranger, person, other = Client(), Client(), Client()
    person.force_login(make_user(), BACKEND)
    other.force_login(make_user(), BACKEND)
    assert [stranger.get(COUNTERS).status_code for _ask in range(3)] == [200, 200, 429]
    assert [person.get(COUNTERS).status_code for _ask in range(4)] == [200, 200, 200, 429]
    assert [other.get(COUNTERS).status_code for _ask in range(3)] == [200, 200, 200]
    response = stranger.get(COUNTERS)
    trouble(response, 429, "throttled", kind=Trouble.THROTTLED)
    assert response.json()["detail"] == "Too many requests. Please wait a minute and try again."
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert stranger.get(COUNTERS, REMOTE_ADDR="203.0.113.77").status_code == 200


@override_settings(API_ANONYMOUS_REQUESTS_PER_MINUTE=2)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}])
def test_being_turned_away_counts(headers: dict[str, str]) -> None:
    client = Client()
    statuses = [client.get("/api/v1/try/signed-in/", headers=headers).status_code for _ask in range(3)]
    assert statuses == [401, 401, 429]


@override_settings(API_REQUESTS_PER_MINUTE=0, API_ANONYMOUS_REQUESTS_PER_MINUTE=0)
def test_zero_does_not_count() -> None:
    client = Client()
    assert {client.get(COUNTERS).status_code for _ask in range(50)} == {200}


# --- Whose scripts ---------------------------------------------------------------------------


def test_scripts_of_other_sites_get_no_answer_unless_they_are_named(client: Client) -> None:
    foreign = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    assert "Access-Control-Allow-Origin" not in client.get(COUNTERS, headers=foreign).headers
    assert "Access-Control-Allow-Origin" not in client.options(COUNTERS, headers=foreign).headers
    with override_settings(CORS_ALLOWED_ORIGINS=["https://app.example"]):
        asked = client.options(COUNTERS, headers=foreign).headers
        assert asked["Access-Control-Allow-Origin"] == "https://app.example"
        assert "Access-Control-Allow-Credentials" not in asked
        for header in ("authorization", "idempotency-key", "if-match", "if-none-match", "frontdesk-secret"):
            assert header in asked["Access-Control-Allow-Headers"]
        assert "etag" in client.get(COUNTERS, headers=foreign).headers["Access-Control-Expose-Headers"]
        alike = {"Origin": "https://app.example.evil.example"}
        assert "Access-Control-Allow-Origin" not in client.get(COUNTERS, headers=alike).headers
        assert "Access-Control-Allow-Origin" not in client.get("/", headers=foreign).headers


def test_answers_are_for_whoever_asked(client: Client) -> None:
    assert client.get(COUNTERS).headers["Cache-Control"] == "private, no-cache"
    client.force_login(make_user(), BACKEND)
    assert "no-store" in client.get(COUNTERS).headers["Cache-Control"]

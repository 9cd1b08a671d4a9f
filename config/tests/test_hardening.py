"""Pages are hardened by default: headers, sizes, characters, error pages."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.urls import clear_url_caches, path

from accounts.permissions import public
from config import urls

pytestmark = pytest.mark.django_db


def policy(answer) -> dict[str, list[str]]:
    directives = (directive.split() for directive in answer.headers["Content-Security-Policy"].split(";"))
    return {words[0]: words[1:] for words in directives if words}


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/no/such/page/", "/health/live/"])
def test_pages_of_patients_run_nothing_that_is_not_ours(client, address):
    found = policy(client.get(address))
    allowed = [word for words in found.values() for word in words]
    assert "'unsafe-inline'" not in allowed
    assert "'unsafe-eval'" not in allowed
    assert not [word for word in allowed if word == "*" or word.startswith("http")]
    assert found["frame-ancestors"] == found["object-src"] == found["base-uri"] == ["'none'"]
    assert found["form-action"] == ["'self'"]


def test_scripts_carry_a_nonce_of_this_answer_alone(client):
    first, second = policy(client.get("/"))["script-src"], policy(client.get("/"))["script-src"]
    assert first[0] == second[0] == "'self'"
    assert first[1].startswith("'nonce-")
    assert first != second


def test_htmx_comes_from_us_with_the_nonce(client):
    answer = client.get("/")
    nonce = next(word for word in policy(answer)["script-src"] if word.startswith("'nonce-"))[7:-1]
    body = answer.content.decode()
    assert f'nonce="{nonce}"' in body
    assert body.count("<script") == body.count(f'nonce="{nonce}"') >= 1
    assert "htmx-2.min.js" in body


def test_the_back_office_may_do_what_it_cannot_do_without(client):
    found = policy(client.get("/admin/login/", follow=True))
    redirected = client.get("/admin/")
    assert "'unsafe-eval'" in policy(redirected)["script-src"]
    assert "'unsafe-inline'" in policy(redirected)["style-src"]
    assert "'unsafe-inline'" not in policy(redirected)["script-src"]
    assert found["frame-ancestors"] == ["'none'"]


@pytest.mark.parametrize("address", ["/", "/admin/", "/health/live/", "/no/such/page/"])
def test_every_answer_carries_the_quiet_headers(client, address):
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_https_is_asked_for_when_the_address_says_so(settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = settings.SECURE_SSL_REDIRECT = True
    client = Client()
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/")
    assert client.get("/health/live/").status_code == 200
    answer = client.get("/", secure=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/admin/login/", "/find/"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data"])
def test_ten_megabytes_are_refused_at_once(client, address, kind):
    content_type = f"{kind}; boundary=x" if kind.startswith("multipart") else kind
    assert client.post(address, data=b"a" * 10, content_type=content_type).status_code < 500  # everything is loaded
    began = time.process_time()
    answer = client.post(address, data=b"a" * 10_000_000, content_type=content_type)
    assert answer.status_code == 413
    assert time.process_time() - began < 1
    assert b"too large" in answer.content


def test_a_form_too_large_for_memory_is_refused_with_the_same_sentence(client):
    answer = client.post("/accounts/login/", data={"login": "a" * 3_000_000})
    assert answer.status_code == 413
    assert b"too large" in answer.content


def test_too_many_fields_are_a_bad_request(client):
    answer = client.post("/accounts/login/", data={f"field{number}": "x" for number in range(3000)})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "address", ["/%00", "/?name=%00", "/?%00=1", "/a/%00/", "/find/?next=%00", "/admin/%00/", "/static/%00.css"]
)
def test_nul_in_an_address_is_a_bad_request(client, address):
    assert client.get(address).status_code == 400


@pytest.mark.parametrize("address", ["/accounts/login/", "/find/", "/book/"])
def test_nul_in_a_form_is_a_bad_request(client, address):
    assert client.post(address, data={"login": "a\0b", "password": "x"}).status_code in (400, 404)


def test_nul_in_a_cookie_is_a_bad_request(client):
    client.cookies.load('sessionid="a\\000b"')
    assert client.get("/").status_code == 400


@pytest.mark.parametrize("address", ["/%ff%fe", "/?q=%ff", "/a/%ed%a0%80/", "/" + "a" * 5000])
def test_strange_addresses_are_never_our_fault(client, address):
    assert client.get(address).status_code in (200, 400, 404)


def test_a_foreign_host_is_refused_in_words(client):
    answer = client.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert b"evil.example" not in answer.content


def test_the_page_for_a_wrong_address_is_a_page_of_ours(client):
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert b"<h1" in answer.content
    assert b'lang="en"' in answer.content


@public
def stumble(request):
    raise RuntimeError("something private")


def test_our_own_fault_is_a_calm_page_that_tells_nothing(client, monkeypatch):
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, path("stumble/", stumble)])
    client.raise_request_exception = False
    _forget_urls()
    try:
        answer = client.get("/stumble/")
    finally:
        monkeypatch.undo()
        _forget_urls()
    assert answer.status_code == 500
    assert b"<h1" in answer.content
    assert b"private" not in answer.content
    assert b"Traceback" not in answer.content


def _forget_urls() -> None:
    clear_url_caches()

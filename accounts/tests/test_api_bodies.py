"""The ground of the API: bodies that make no sense are refused at once, and write nothing."""

from __future__ import annotations

import time

import pytest
from django.conf import settings
from django.test import Client

from accounts.api.errors import Trouble
from accounts.tests.factories import make_user
from accounts.tests.ground import rows
from accounts.tests.test_api_ground import BACKEND, COUNTERS, send, trouble

pytestmark = [pytest.mark.django_db, pytest.mark.urls("accounts.tests.ground")]


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


HOSTILE = {
    "ten megabytes": ('{"subject": "' + "x" * 10_000_000 + '"}', 413, "too_large"),
    "a little more than fits": ('{"subject": "' + "x" * settings.API_BODY_BYTES + '"}', 413, "too_large"),
    "ten thousand deep": ("[" * 10_000 + "]" * 10_000, 400, "parse_error"),
    "ten thousand objects deep": ('{"a":' * 10_000 + "1" + "}" * 10_000, 400, "parse_error"),
    "a little deeper than people's data": ("[" * 33 + "]" * 33, 400, "parse_error"),
    "deep behind a quote": ('"[[[[", ' + "[" * 10_000, 400, "parse_error"),
    "quotes that never end": ('"' + '\\"' * 500_000, 400, "parse_error"),
    "a quote that ends in a backslash": ('{"subject": "x\\', 400, "parse_error"),
    "brackets without end": ("[" + "[]," * 300_000 + "[]]", 400, "parse_error"),
    "objects without end": ('{"a":[' + "{}," * 300_000 + "{}]}", 400, "parse_error"),
    "as many lists as may be": ("[" + "[]," * 9_998 + "[]]", 400, "invalid"),
    "one list more than may be": ("[" + "[]," * 9_999 + "[]]", 400, "parse_error"),
    "numbers without end": ("[" + "1," * 500_000 + "1]", 400, "invalid"),
    "NUL in a value": ('{"subject": "a\\u0000b"}', 400, "parse_error"),
    "NUL in a name": ('{"sub\\u0000ject": "a"}', 400, "parse_error"),
    "NUL in a list": ('{"subject": "a", "inner": ["\\u0000"]}', 400, "parse_error"),
    "NUL in a list of lists": ('[["\\u0000"]]', 400, "parse_error"),
    "NUL by itself": ('"\\u0000"', 400, "parse_error"),
    "a raw NUL": (b'{"subject": "a\x00b"}', 400, "parse_error"),
    "half a character": ('{"subject": "\\ud800"}', 400, "parse_error"),
    "the other half": ('{"subject": "\\udfff x"}', 400, "parse_error"),
    "half a character in UTF-8": (b'{"subject": "\xed\xa0\x80"}', 400, "parse_error"),
    "no UTF-8": (b'{"subject": "\xff\xfe"}', 400, "parse_error"),
    "UTF-16": ('{"subject": "x"}'.encode("utf-16"), 400, "parse_error"),
    "a mark of byte order": (b'\xef\xbb\xbf{"subject": "x"}', 400, "parse_error"),
    "NaN": ('{"subject": "x", "attempts": NaN}', 400, "parse_error"),
    "Infinity": ('{"subject": "x", "attempts": -Infinity}', 400, "parse_error"),
    "a float beyond measure": ('{"subject": "x", "attempts": 1e999}', 400, "parse_error"),
    "a float of a megabyte": ('{"subject": "x", "attempts": 1.' + "9" * 900_000 + "}", 400, "parse_error"),
    "an integer of a megabyte": ('{"subject": "x", "attempts": ' + "9" * 900_000 + "}", 400, "parse_error"),
    "a huge integer": ('{"subject": "x", "attempts": 99999999999999999999}', 400, "max_value"),
    "an integer no column holds": ('{"subject": "x", "doctor": 9223372036854775808}', 400, "max_value"),
    "an id as text": ('{"subject": "x", "doctor": "5"}', 400, "invalid"),
    "an id that is true": ('{"subject": "x", "doctor": true}', 400, "invalid"),
    "a name twice": ('{"subject": "x", "subject": "y"}', 400, "parse_error"),
    "a name twice, inside": ('{"subject": {"a": 1, "a": 2}}', 400, "parse_error"),
    "a list": ('[{"subject": "x"}]', 400, "invalid"),
    "null": ("null", 400, "null"),
    "a number": ("7", 400, "invalid"),
    "nothing of JSON": ("subject=x", 400, "parse_error"),
    "half of it": ('{"subject": "x"', 400, "parse_error"),
    "more than it": ('{"subject": "x"} {}', 400, "parse_error"),
    "an object for text": ('{"subject": {"x": 1}}', 400, "invalid"),
    "a list for text": ('{"subject": ["x"]}', 400, "invalid"),
    "a number for text": ('{"subject": 5}', 400, "invalid"),
    "true for text": ('{"subject": true}', 400, "invalid"),
    "a number in a list of texts": ('{"subject": "x", "inner": ["a", 5]}', 400, "invalid"),
    "text for a number": ('{"subject": "x", "attempts": "5"}', 400, "invalid"),
    "true for a number": ('{"subject": "x", "attempts": true}', 400, "invalid"),
    "half a number": ('{"subject": "x", "attempts": 1.5}', 400, "invalid"),
    "a word for true": ('{"subject": "x", "sure": "yes"}', 400, "invalid"),
    "one for true": ('{"subject": "x", "sure": 1}', 400, "invalid"),
    "a number for money": ('{"subject": "x", "fee": 60.0}', 400, "invalid"),
    "a prototype": ('{"subject": "x", "__proto__": {"is_staff": true}}', 400, "unknown_field"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_body_that_makes_no_sense_is_refused_within_a_second_and_writes_nothing(client: Client, name: str) -> None:
    body, status, code = HOSTILE[name]
    before, began = rows(), time.thread_time()  # what we work, not what other tests do meanwhile
    response = send(client, body)
    assert time.thread_time() - began < 1
    trouble(response, status, code, kind=Trouble.INVALID)
    assert rows() == before


def test_what_people_write_comes_through_as_it_is(client: Client) -> None:
    for text in (
        "👩🏽‍⚕️ Zoë",
        "\u202e",
        "<script>",
        "a\tb",
        "x" * 100,
        '"\\"',
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ):
        assert send(client, {"subject": text}).json()["subject"] == text
    assert send(client, '{"subject": "\\ud83d\\ude00"}').json()["subject"] == "😀"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "x/y/z",
        "application/json-patch+json",
        ";",
    ],
)
@pytest.mark.parametrize("address", [COUNTERS, "/api/v1/try/signed-in/"])
def test_a_body_of_another_kind_is_refused_even_where_none_is_read(
    client: Client, content_type: str, address: str
) -> None:
    client.force_login(make_user(), BACKEND)
    before = rows()
    for body in (
        "subject=x",
        '{"subject": "x"}',
        '--x\r\nContent-Disposition: form-data; name="subject"\r\n\r\ny\r\n--x--\r\n',
    ):
        response = client.generic("POST", address, body, content_type=content_type)
        trouble(response, 415, "unsupported_media_type", kind=Trouble.INVALID)
    assert rows() == before


def test_json_may_name_its_character_set_and_an_empty_body_needs_no_kind(client: Client) -> None:
    assert send(client, {"subject": "x"}, content_type="application/json; charset=utf-8").status_code == 201
    client.force_login(make_user(), BACKEND)
    assert client.generic("POST", "/api/v1/try/signed-in/", b"", content_type="").status_code == 200


def test_a_body_without_its_length_is_refused_and_not_taken_for_an_empty_one(client: Client) -> None:
    response = send(client, {"subject": "x"}, headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH="")
    trouble(response, 411, "length_required", kind=Trouble.INVALID)

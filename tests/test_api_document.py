"""The OpenAPI document holds together: its examples are what it says they are, and every call has some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

METHODS = {"get", "post", "put", "patch", "delete"}
JSON = "application/json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as programs get it."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def calls(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every call by its name."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON body that is sent or answered, by whose it is."""
    for name, operation in calls(document):
        if JSON in operation.get("requestBody", {}).get("content", {}):
            yield f"{name} takes", operation["requestBody"]["content"][JSON]
        for status, answer in operation["responses"].items():
            if JSON in answer.get("content", {}):
                yield f"{name} answers {status}", answer["content"][JSON]


def test_it_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validate_schema(document)


def test_it_is_put_together_without_a_guess(capsys):
    GENERATOR_STATS.reset()  # what was complained of before is not said again
    SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS, capsys.readouterr().err


def test_nothing_is_left_of_older_ways_to_say_null(document):
    assert "nullable" not in set(names(document))


def names(value: Any) -> Iterator[str]:
    """Every name of every object in it."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from names(inner)


def test_every_body_comes_with_an_example(document):
    without = [name for name, body in bodies(document) if not body.get("examples") and "example" not in body]
    assert without == []


def test_every_example_is_what_the_document_says(document):
    wrong = []
    for name, body in bodies(document):
        schema = {**body["schema"], "components": document["components"]}
        check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        for title, example in body.get("examples", {}).items():
            wrong += [
                f"{name}, {title}: {fault.json_path} {fault.message}" for fault in check.iter_errors(example["value"])
            ]
    assert wrong == []


def test_every_call_says_in_a_line_what_it_does(document):
    assert [name for name, operation in calls(document) if not operation.get("summary")] == []


def test_every_create_may_be_asked_for_twice(document):
    made_once_anyway = ("/auth/register/", "/reschedule/", "/accept/")
    without = [
        name
        for name, operation in calls(document)
        if "201" in operation["responses"]
        and not name.endswith(made_once_anyway)
        and "Idempotency-Key" not in {one["name"] for one in operation.get("parameters", [])}
    ]
    assert without == []

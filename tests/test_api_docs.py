"""docs/api.md tells the truth: its five lines book, its tables name every call, parameter and code that there is."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from rest_framework import exceptions, serializers

import accounts
import config
import notifications
import payments
import queueing
import scheduling
from accounts.api.serializers import StrictSerializer
from accounts.errors import DomainError
from testing.embedded import EmbeddedServer

PROJECT = Path(__file__).parent.parent
PAGE = (PROJECT / "docs" / "api.md").read_text()
PAGING = {"cursor", "page_size"}
METHODS = {"get", "post", "put", "patch", "delete"}
OF_PAGES_ONLY = ("scheduling.admin", "scheduling.services.patient_import")
"""Rooms whose errors no program ever gets."""
SERVERS = {"config.asgi", "config.wsgi"}
"""Importing these makes a server."""


def section(title: str) -> str:
    """What stands below a heading, down to the next one that is no deeper."""
    heading = re.search(rf"^(#+) {re.escape(title)}\n", PAGE, re.MULTILINE)
    assert heading, title
    return re.split(rf"^#{{1,{len(heading[1])}}} ", PAGE[heading.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a table, without its heading and rule."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [re.split(r" *\| *", line.strip("| ")) for line in lines]


def in_quotes(cell: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


# --- Five lines -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_five_lines_of_curl_book_an_appointment_as_they_are_written(clinic: EmbeddedServer):
    fence = re.search(r"```bash\n(.*?)```", section("Book an appointment in five lines"), re.DOTALL)
    assert fence
    lines = fence[1].splitlines()
    assert len(lines) == 5
    here = fence[1].replace("http://127.0.0.1:8000", clinic.address)
    assert here != fence[1]
    asked = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", here + show_it_again(clinic)],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.returncode == 0, asked.stderr
    booked, seen_again = asked.stdout.split("\n---\n")
    number = re.search(r'"number":"(APT-\d{4}-\d{6})"', booked)
    assert number, booked
    assert number[1] in seen_again
    assert '"status":"confirmed"' in seen_again or '"status":"pending"' in seen_again
    assert asked.stderr == ""


def show_it_again(clinic: EmbeddedServer) -> str:
    """Ask the clinic's manager's program whether the appointment is really there."""
    login = '{"login": "manager@demo.example", "password": "frontdesk-demo"}'
    return f"""
echo; echo ---
answer=$(curl -sS {clinic.address}/api/v1/auth/token/ -H "$json" -d '{login}')
access=$(echo "$answer" | grep -o '"access":"[^"]*"' | cut -d '"' -f 4)
curl -sS "{clinic.address}/api/v1/appointments/?page_size=1" -H "Authorization: Bearer $access"
"""


# --- Calls ------------------------------------------------------------------------------------------------------


def operations() -> dict[str, dict[str, Any]]:
    """Every call of the OpenAPI document, such as `GET doctors/{}`."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return {
        call(method, path.removeprefix("/api/v1/")): {**operation, "path": path, "method": method}
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def call(method: str, path: str) -> str:
    """One spelling for a call, whatever its parameters are called."""
    return f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}"


def parameters(operation: dict[str, Any]) -> set[str]:
    """What the address may say, besides paging."""
    found = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
    return found - PAGING


def permission(operation: dict[str, Any]) -> str:
    """Who may call it."""
    matched = resolve(re.sub(r"{[^}]*}", "1", operation["path"]))
    view = matched.func.cls()
    view.action = getattr(matched.func, "actions", {}).get(operation["method"])
    return str(view.get_permissions()[0].permission)


WORDS = {
    "public": "anybody",
    "secret_link": "owner or secret",
    "signed_in": "signed in",
    "staff": "staff",
    "reception": "reception",
    "managers": "managers",
}


def test_the_table_of_calls_names_all_of_them_with_their_parameters_and_for_whom_they_are():
    written = {}
    for calls, said, who, *_does in rows(section("Calls"))[1:]:
        method, path = re.fullmatch(r"([A-Z]+) `([^`]+)`", calls).groups()
        written[call(method, path)] = (set(in_quotes(said)), who)
    there = {name: (parameters(one), WORDS[permission(one)]) for name, one in operations().items()}
    assert written == there


def test_every_call_that_another_system_is_led_to_is_there():
    there = operations()
    named = 0
    for line in section("Coming from another system").splitlines():
        for method, address in re.findall(r"\b(GET|POST|PATCH|DELETE) `([^`]+)`", line.rpartition(" | ")[2]):
            path, _question, query = address.partition("?")
            one = there.get(call(method, path))
            assert one is not None, line
            assert {part.split("=")[0] for part in query.split("&") if part} <= parameters(one), line
            named += 1
    assert named > 40


# --- Codes ------------------------------------------------------------------------------------------------------


def modules() -> Iterator[str]:
    """Every module of ours that is no test."""
    for package in (accounts, config, scheduling, queueing, payments, notifications):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not re.search(r"\.(tests|migrations|bench)\b", module.name) and module.name not in SERVERS:
                yield module.name


def import_everything() -> None:
    """So that every class is known."""
    for name in modules():
        importlib.import_module(name)


def subclasses(kind: type) -> Iterator[type]:
    """All that derive from a class."""
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def refusals() -> dict[str, set[int]]:
    """The codes of answers and their statuses."""
    import_everything()
    found: dict[str, set[int]] = defaultdict(set)
    for error in {DomainError, *subclasses(DomainError)}:
        if not error.__module__.startswith(OF_PAGES_ONLY) and ".tests." not in error.__module__:
            found[error.code].add(error.status)
    for refusal in subclasses(exceptions.APIException):
        if re.match(r"rest_framework\.|[a-z]+\.api\.", refusal.__module__):
            found[refusal.default_code].add(int(refusal.status_code))
    found["error"].add(500)
    return found


def test_the_table_of_codes_names_all_of_them():
    written = {
        in_quotes(code)[0]: {int(one) for one in status.split(", ")} for code, status, _ in rows(section("Codes"))[1:]
    }
    assert written == dict(refusals())


def codes_of(field: serializers.Field[Any, Any, Any, Any]) -> set[str]:
    """What a field may find wrong."""
    found = set(field.error_messages) | {getattr(one, "code", "invalid") for one in field.validators}
    inner = [
        *getattr(field, "fields", {}).values(),
        getattr(field, "child", None),
        getattr(field, "child_relation", None),
    ]
    return found.union(*(codes_of(one) for one in inner if one is not None))


def literal_codes() -> set[str]:
    """Codes that the rooms of the API give with `code="..."`."""
    found = set()
    for room in ("accounts", "scheduling", "queueing", "notifications", "payments"):
        for source in (PROJECT / room / "api").glob("*.py"):
            calls = (node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call))
            given = (keyword.value for one in calls for keyword in one.keywords if keyword.arg == "code")
            found |= {value.value for value in given if isinstance(value, ast.Constant)}
    return found


def test_the_codes_of_fields_are_named():
    import_everything()
    shapes = [one for one in subclasses(StrictSerializer) if ".tests." not in one.__module__]
    found = literal_codes().union(*(codes_of(shape()) for shape in shapes)) - {"make_aware"}
    assert found <= {code for codes, _ in rows(section("Codes of fields"))[1:] for code in in_quotes(codes)}


def test_examples_of_what_goes_wrong_have_codes_that_there_are():
    refused = {in_quotes(code)[0] for code, *_ in rows(section("Codes"))[1:]}
    of_fields = {code for codes, _ in rows(section("Codes of fields"))[1:] for code in in_quotes(codes)}
    shown = 0
    for operation in operations().values():
        for status, answer in operation["responses"].items():
            for example in answer.get("content", {}).get("application/json", {}).get("examples", {}).values():
                if status >= "400":
                    assert example["value"]["code"] in refused | of_fields, example
                    assert {error["code"] for error in example["value"]["errors"]} <= refused | of_fields, example
                    shown += 1
    assert shown > 100


# --- Limits -----------------------------------------------------------------------------------------------------


def test_the_limits_are_those_that_hold_unless_somebody_sets_others():
    limits = [(most, in_quotes(name)) for _what, most, *name_cell in rows(section("Limits")) for name in name_cell]
    named = {names[0]: most for most, names in limits if names}
    assert len(named) == 6
    for name, most in named.items():
        assert int(most.split()[0]) == getattr(settings, name), name

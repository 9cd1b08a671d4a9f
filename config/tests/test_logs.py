"""Nothing that a log says opens the page of a patient."""

from __future__ import annotations

import logging
import logging.config
import re
import sys

import pytest
from django.conf import settings as current
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config.logs import HIDDEN, SECRET_ADDRESSES
from queueing.routing import websocket_urlpatterns

PREFIXES = [re.sub(r"<int:\w+>", "7", address) for address in SECRET_ADDRESSES]
SECRET = "Zx7-kQ_2mB9vR4tY8wN1cL5d"


def written(record: logging.LogRecord) -> str:
    """The line that the console is given, by the formatter of the settings."""
    configured = logging.config.DictConfigurator(current.LOGGING).configure_formatter(
        dict(current.LOGGING["formatters"]["line"])
    )
    line: str = configured.format(record)
    return line


def record_of(message: str, *arguments: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, arguments, None)
    made.__dict__ |= more
    return made


@pytest.mark.parametrize(
    "address",
    [f"{prefix}{SECRET}{rest}" for prefix in PREFIXES for rest in ("/", "", "/state/", "/qr.svg", "?x=1")],
)
def test_the_secret_of_a_link_is_left_out(address: str) -> None:
    line = written(record_of("Not Found: %s", address))
    assert SECRET not in line
    assert HIDDEN in line


def test_the_rest_of_an_address_stays() -> None:
    line = written(record_of("Not Found: %s", f"/t/{SECRET}/qr.svg"))
    assert f"/t/{HIDDEN}/qr.svg" in line
    assert "Not Found: /desk/north/7/" in written(record_of("Not Found: %s", "/desk/north/7/"))


def test_tracebacks_are_cleaned_too() -> None:
    try:
        raise RuntimeError(f"no answer to /a/{SECRET}/confirm/")
    except RuntimeError:
        line = written(record_of("Internal Server Error", exc_info=sys.exc_info()))
    assert "RuntimeError" in line
    assert SECRET not in line


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", [prefix for prefix in PREFIXES if not prefix.startswith("/ws/")])
def test_what_django_says_of_a_refused_request_is_cleaned(prefix: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "django.request")
    assert Client().get(f"{prefix}{SECRET}/").status_code == 404
    said = [record for record in caplog.records if record.name == "django.request"]
    assert said
    assert all(SECRET not in written(record) for record in said)


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> list[str]:
    found = []
    for pattern in patterns:
        here = before + str(pattern.pattern)
        found += addresses(pattern.url_patterns, here) if isinstance(pattern, URLResolver) else [here]
    return found


def test_every_address_with_a_secret_is_known() -> None:
    every = addresses(get_resolver().url_patterns) + [f"/{one.pattern}" for one in websocket_urlpatterns]
    before = {match[1] for address in every if (match := re.match(r"(.*?)<(?:\w+:)?(?:secret|code)>", address))}
    assert before == set(SECRET_ADDRESSES)

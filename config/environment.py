"""Typed readers of the environment.

A value that cannot be read becomes a `Problem`, and the default serves in its place just so that Django can load
and `config/checks.py` can say all that is wrong at once, each with its hint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import environ

Value = TypeVar("Value")

TRUE_WORDS = frozenset({"1", "true", "yes", "on", "y", "t"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", "n", "f", ""})
DATABASE_SCHEMES = ("postgres", "postgresql")
REDIS_SCHEMES = ("redis", "rediss", "unix")


@dataclass(frozen=True, slots=True)
class Problem:
    """A variable whose value makes no sense. The value itself is not kept: it may be a secret."""

    variable: str
    message: str
    hint: str
    code: str


class Environment:
    """Reads variables by type and remembers what could not be read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.problems: list[Problem] = []

    def text(self, name: str, default: str = "") -> str:
        """A text; surrounding blanks never belong to it, and an empty one counts as left out."""
        return self.values.get(name, "").strip() or default

    def listing(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """Texts separated by commas."""
        if not self.text(name):
            return list(default)
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def flag(self, name: str, default: bool = False) -> bool:
        """Yes or no."""
        return self._read(name, default, _flag, hint="Use true or false.")

    def number(self, name: str, default: int, *, at_least: int = 0) -> int:
        """A whole number."""

        def read(text: str) -> int:
            if int(text) < at_least:
                raise ValueError
            return int(text)

        return self._read(name, default, read, hint=f"Use a whole number from {at_least} up.")

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        """One of several words."""

        def read(text: str) -> str:
            return choices[choices.index(text)]

        return self._read(name, default, read, hint=f"Use one of {', '.join(choices)}.")

    def database(self, name: str) -> dict[str, object]:
        """Django's description of the PostgreSQL database behind a URL, or of no database at all.

        A URL that cannot be read must never end in writing to another database, so every query then fails.
        """

        def read(text: str) -> dict[str, object]:
            if text.partition("://")[0] not in DATABASE_SCHEMES:
                raise ValueError
            found: dict[str, object] = environ.Env.db_url_config(text)
            if not found["NAME"]:
                raise ValueError
            return found

        hint = "Use postgres://user:password@host:5432/name, or leave it out for the embedded database."
        return self._read(name, {"ENGINE": "django.db.backends.dummy"}, read, hint=hint, code="frontdesk.E002")

    def redis(self, name: str) -> str:
        """The address of a Redis, or nothing."""

        def read(text: str) -> str:
            scheme, _, rest = text.partition("://")
            if scheme not in REDIS_SCHEMES or not rest:
                raise ValueError
            return text

        return self._read(name, "", read, hint="Use redis://host:6379/0, or leave it out.", code="frontdesk.E003")

    def mail(self, name: str, default: str) -> dict[str, object]:
        """Django's settings for the mail server behind a URL."""

        def read(text: str) -> dict[str, object]:
            found: dict[str, object] = environ.Env.email_url_config(text)
            return found

        hint = "Use smtp+tls://user:password@host:587, or leave it out to see messages on the console."
        return self._read(name, read(default), read, hint=hint, code="frontdesk.E009")

    def _read(
        self, name: str, default: Value, read: Callable[[str], Value], *, hint: str, code: str = "frontdesk.E001"
    ) -> Value:
        text = self.text(name)
        if not text:
            return default
        try:
            return read(text)
        except (ValueError, KeyError, IndexError, TypeError, environ.ImproperlyConfigured):
            self.problems.append(Problem(name, f"{name} cannot be read.", hint, code))
            return default


def _flag(text: str) -> bool:
    word = text.lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError
    return word in TRUE_WORDS

"""What can go wrong, in the form every floor uses."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A rule of the clinic said no.

    `code` is stable and made for programs; `sentence` is made for the person who reads it. `field` names
    the form field the sentence belongs to, if there is one. Pages show it beside what was typed, the API
    answers it with `status`, and with `members` beside what every error has: what a program needs to go on.
    """

    code: str = "refused"
    sentence: str | Promise = _("That could not be done.")
    field: str | None = None
    status: int = 409
    members: Mapping[str, Any] = {}

    def __init__(self, sentence: str | Promise | None = None, *, field: str | None = None) -> None:
        if sentence is not None:
            self.sentence = sentence
        if field is not None:
            self.field = field
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.sentence)


class NotPermitted(DomainError):
    """Somebody tried what their role does not allow."""

    code = "not_permitted"
    sentence = _("You are not allowed to do that.")
    status = 403


class TooManyAttempts(DomainError):
    """Somebody tried the same thing too often."""

    code = "too_many_attempts"
    sentence = _("Too many attempts. Please wait a few minutes and try again.")
    status = 429

    def __init__(
        self, sentence: str | Promise | None = None, *, field: str | None = None, wait: int | None = None
    ) -> None:
        super().__init__(sentence, field=field)
        self.wait = wait
        """Seconds until it is worth trying again, where that is known."""

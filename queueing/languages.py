"""The languages that a waiting room can be spoken to in. Each has its words in `locale/` (docs/languages.md)."""

from __future__ import annotations

from typing import Final

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

VOICES: Final = {"en": "en-GB", "hi": "hi-IN", "es": "es-ES", "ar": "ar"}
"""The code of each language, and of the voice that speaks it."""

ENGLISH: Final = "en"

_ONE: Final = f"({'|'.join(VOICES)})"

only_known = RegexValidator(
    rf"^\s*{_ONE}([\s,]+{_ONE})*\s*\Z",
    message=_("Write codes of languages that the board speaks, with spaces between them: en, hi, es or ar."),
    code="unknown_language",
)


def codes_in(text: str) -> tuple[str, ...]:
    """The languages that a clinic chose, each once, in their order; English when it named none that is known."""
    named = dict.fromkeys(text.replace(",", " ").split())
    return tuple(code for code in named if code in VOICES) or (ENGLISH,)

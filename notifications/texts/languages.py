"""The languages that messages are written in, and the words that Frontdesk brings for each."""

from __future__ import annotations

from typing import Final

from notifications.states import ChannelName, Kind
from notifications.texts.ar import ARABIC
from notifications.texts.en import ENGLISH
from notifications.texts.es import SPANISH
from notifications.texts.hi import HINDI
from notifications.texts.written import Text, Written

WRITTEN: Final[dict[str, Written]] = {written.code: written for written in (ENGLISH, HINDI, SPANISH, ARABIC)}

NAMES: Final = {"en": "English", "hi": "हिन्दी", "es": "Español", "ar": "العربية"}
"""Each in its own words."""


def written_in(language: str) -> Written:
    """What a language brings; English for one that messages are not written in."""
    return WRITTEN.get(language) or WRITTEN.get(language.partition("-")[0]) or ENGLISH


def shipped_text(kind: str, channel: str, language: str) -> Text:
    """The words that Frontdesk brings."""
    return written_in(language).texts[Kind(kind), ChannelName(channel)]

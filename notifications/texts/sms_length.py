"""How long a text message is, and how it is made to fit one segment.

Phones know two alphabets (3GPP TS 23.038): the GSM one, of which 160 signs fit a segment, and UCS-2, of which 70 do.
One sign outside the GSM alphabet, such as “á”, puts the whole message into UCS-2. A longer message travels, and is
paid, as several.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
"""These cost two signs: an escape goes before them."""

GSM_ROOM, GSM_ROOM_OF_SEVERAL = 160, 153
UCS2_ROOM, UCS2_ROOM_OF_SEVERAL = 70, 67

_LOOKALIKES: Final = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ", "\u202f": " ", "ı": "i"}
)
_END_OF_WORD: Final = re.compile(r"[\s,.;:/|·–—-]+$")


class Length(NamedTuple):
    """What a message takes up: `signs` as they are counted, of `room` in one segment, and how many segments go out."""

    signs: int
    room: int
    segments: int
    is_gsm: bool


def is_gsm(text: str) -> bool:
    """Whether every sign is of the GSM alphabet."""
    return all(sign in GSM_BASIC or sign in GSM_EXTENDED for sign in text)


def length_of(text: str) -> Length:
    """How a gateway counts a message."""
    gsm = is_gsm(text)
    sizes = [_gsm_size(sign) if gsm else _ucs2_size(sign) for sign in text]
    room, room_of_several = (GSM_ROOM, GSM_ROOM_OF_SEVERAL) if gsm else (UCS2_ROOM, UCS2_ROOM_OF_SEVERAL)
    return Length(sum(sizes), room, _segments(sizes, room, room_of_several), gsm)


def _gsm_size(sign: str) -> int:
    return 2 if sign in GSM_EXTENDED else 1


def _ucs2_size(sign: str) -> int:
    return 2 if ord(sign) > 0xFFFF else 1


def _segments(sizes: Sequence[int], room: int, room_of_several: int) -> int:
    """A sign of two is not torn apart, so that a segment may end one early."""
    if sum(sizes) <= room:
        return 1
    segments, used = 1, 0
    for size in sizes:
        if used + size > room_of_several:
            segments, used = segments + 1, 0
        used += size
    return segments


def fits(text: str) -> bool:
    """Whether it is one segment."""
    return length_of(text).segments == 1


def in_gsm(text: str) -> str:
    """The text with accents left out, as people type on a phone, where that brings all of it into the GSM alphabet.

    A text in another script stays as it is: its marks are no ornaments.
    """
    plain = "".join(sign if sign in GSM_BASIC or sign in GSM_EXTENDED else _plain(sign) for sign in text)
    return plain if is_gsm(plain) else text


def _plain(sign: str) -> str:
    parts = unicodedata.normalize("NFKD", sign.translate(_LOOKALIKES))
    return "".join(part for part in parts if not unicodedata.combining(part))


# --- Making it fit ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Value:
    """What stands for a placeholder: the ways to say it, from the fullest to the briefest.

    The last may be cut to as few as `least` signs, if that is not None. A link has one way and is never cut.
    """

    ways: tuple[str, ...]
    least: int | None = None

    @property
    def full(self) -> str:
        """As it is said where there is room."""
        return self.ways[0]


def fit(write: Callable[[Mapping[str, str]], str], values: Mapping[str, Value], order: Iterable[str]) -> str | None:
    """What `write` makes of the values, as full as one segment has room for; None when nothing makes it fit.

    Values give way in `order`. Accents that force the smaller alphabet go before words do.
    """
    chosen = {name: value.full for name, value in values.items()}
    for _step in _steps(write, chosen, values, order):
        text = write(chosen)
        for spelling in (text, in_gsm(text)):
            if fits(spelling):
                return spelling
    return None


def _steps(
    write: Callable[[Mapping[str, str]], str], chosen: dict[str, str], values: Mapping[str, Value], order: Iterable[str]
) -> Iterable[None]:
    """Change `chosen`, one value after another, to what is briefer; each step is worth a try."""
    yield
    for name in order:
        value = values.get(name)
        if value is None:
            continue
        following = value.ways.index(chosen[name]) + 1 if chosen[name] in value.ways else len(value.ways)
        if following < len(value.ways):
            chosen[name] = value.ways[following]
        elif value.least is not None:
            length = length_of(in_gsm(write(chosen)))
            chosen[name] = cut(chosen[name], max(value.least, len(chosen[name]) - (length.signs - length.room)))
        yield


def cut(text: str, most: int) -> str:
    """At most so many signs of a name: whole words if that leaves half of them, and no part of a letter."""
    if len(text) <= most:
        return text
    short = text[:most]
    if not text[most].isspace():
        words = short.rsplit(None, 1)[0]
        short = words if words != short and len(words) * 2 >= most else _whole_letters(text, most)
    return _END_OF_WORD.sub("", short)


def _whole_letters(text: str, most: int) -> str:
    """Cut where a letter ends: marks and joined signs stay with what they belong to, or go with it."""
    end = most
    while end > 1 and (_clings(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end]


def _clings(sign: str) -> bool:
    return unicodedata.category(sign).startswith("M") or sign == "\u200d"

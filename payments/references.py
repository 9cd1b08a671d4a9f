"""What a payer writes on a transfer: structured creditor references by ISO 11649. Pure.

`RF`, two check digits (ISO 7064, mod 97-10), and a body. Ours has the payment's number in eight digits or more, so that
a reference reads in three groups of four. The check digits tell every wrong sign and every two that were swapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

PREFIX = "RF"
DIGITS, MOST_DIGITS = 8, 10
_SHAPE = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}")
_PREFIX_IN_DIGITS = "2715"
_NO_SIGN = re.compile(r"[^0-9A-Z]+")
_BEGINNING = re.compile(r"(?=(RF[0-9]{10,12}))")
_NEARLY = re.compile(r"(?=RF([0-9A-Z]{9,13}))")
_BARE = re.compile(r"(?<![0-9])[0-9]{10,12}(?![0-9])")
_LOOKS_LIKE = str.maketrans("OQDILSBZG", "000115826")


def reference_of(number: int) -> str:
    """The reference of a payment, such as `RF7800000123` for 123."""
    body = f"{number:0{DIGITS}d}"
    return f"{PREFIX}{_check_digits(body)}{body}"


def number_of(reference: str) -> int | None:
    """The payment that a reference of ours names; None for what is no such reference."""
    if not reference.startswith(PREFIX) or not reference.isascii() or not _fits(reference[2:]):
        return None
    return int(reference[4:])


def is_reference(text: str) -> bool:
    """Whether this is a reference by the standard, ours or anybody's, written without blanks in capitals."""
    return bool(_SHAPE.fullmatch(text)) and _remainder(text[4:] + text[:4]) == 1


def in_groups(reference: str) -> str:
    """The reference as people read and write it: in groups of four."""
    return " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))


def compact(text: str) -> str:
    """Letters and digits only, in capitals: what is left of a text whatever stands between its signs."""
    return _NO_SIGN.sub("", text.upper())


def references_in(text: str) -> tuple[str, ...]:
    """References of ours in a text, however it is spaced and whatever stands before and behind them.

    Where digits follow without a gap, more than one may be read; which of them names a payment is not known here.
    """
    found = dict.fromkeys(
        reading for match in _BEGINNING.finditer(compact(text)) for reading in _readings(match[1]) if number_of(reading)
    )
    return tuple(found)


def nearly_in(text: str) -> frozenset[str]:
    """References of ours from which something in a text differs by one sign: another one, one too many or too few, two
    swapped; or by the `RF` in front. All of them are right by their check digits, and few."""
    signs = compact(text)
    runs = {match[1] for match in _NEARLY.finditer(signs)}
    almost = {tail for run in runs for piece in _pieces(run) for tail in _one_off(piece)}
    almost.update(_BARE.findall(_spaced(text)))
    right = {f"{PREFIX}{tail}" for tail in almost if _fits(tail)} | {*references_in(signs.translate(_LOOKS_LIKE))}
    return frozenset(right) - {*references_in(text)}


def _check_digits(body: str) -> str:
    return f"{98 - _remainder(f'{body}{PREFIX}00'):02d}"


def _remainder(signs: str) -> int:
    """By 97, letters read as 10 to 35."""
    return int("".join(str(int(sign, 36)) for sign in signs)) % 97


def _readings(run: str) -> Iterator[str]:
    """Every beginning of a run that is long enough; the shortest first."""
    for end in range(4 + DIGITS, len(run) + 1):
        yield run[:end]


def _pieces(run: str) -> Iterator[str]:
    """What may be meant by the signs behind an `RF`: one too few, as many as usual, one too many."""
    usual = 2 + DIGITS
    return (run[:end] for end in range(usual - 1, min(len(run), usual + 1) + 1))


def _one_off(piece: str) -> Iterator[str]:
    """What a piece becomes when one sign is another, goes, comes, or changes places with the next."""
    if sum(not sign.isdecimal() for sign in piece) > 1:
        return
    for place in range(len(piece) + 1):
        before, rest = piece[:place], piece[place:]
        yield before + rest[1:]
        yield before + rest[1:2] + rest[:1] + rest[2:]
        for digit in "0123456789":
            yield f"{before}{digit}{rest[1:]}"
            yield f"{before}{digit}{rest}"


def _fits(tail: str) -> bool:
    """Whether these signs behind an `RF` are a reference of ours: its check digits, and a number in as many digits as
    it has, or eight."""
    digits = len(tail) - 2
    if not DIGITS <= digits <= MOST_DIGITS or not tail.isdecimal() or (digits > DIGITS and tail[2] == "0"):
        return False
    return int(f"{tail[2:]}{_PREFIX_IN_DIGITS}{tail[:2]}") % 97 == 1


def _spaced(text: str) -> str:
    """The text with the gaps inside numbers closed, all others kept."""
    return re.sub(r"(?<=[0-9])[ .\-/](?=[0-9]{4}(?![0-9]))", "", text)

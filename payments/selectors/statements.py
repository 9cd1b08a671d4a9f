"""Which payment a line of a statement is for: found by its reference, nearly found, or not at all."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Protocol

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from payments.models import Payment, StatementLine
from payments.references import compact, nearly_in, references_in
from payments.states import OPEN_LINES, LineStatus, LineWhy, PaymentStatus, ProviderName
from scheduling.models import Doctor, Location

OPEN = frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.CANCELLED})
"""States of a payment whose money may still come."""

BY_STATEMENT = frozenset({ProviderName.BANK, ProviderName.UPI})
AT_ONCE = 500
NAMES_WITHIN = timedelta(days=120)
"""Whose payment is older than that is not looked for by name."""

MOST_CANDIDATES = 5
_ALIKE = 0.8


class Line(Protocol):
    """What a row of a file and a stored line have in common."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    @property
    def payer(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def bank_reference(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Match:
    """What a line turns out to be; with its payment, or those that staff may choose from."""

    status: LineStatus
    why: str = ""
    payments: tuple[Payment, ...] = ()


NOTHING = Match(LineStatus.UNMATCHED, LineWhy.NOTHING)


def payments_by_statement(location: Location) -> QuerySet[Payment]:
    """The payments of a place of which its account tells, with whose they are."""
    found = Payment.objects.filter(location=location, provider__in=BY_STATEMENT)
    return found.select_related("appointment__patient", "appointment__booked_by", "appointment__doctor", "location")


def match_lines(lines: Sequence[Line], location: Location) -> list[Match]:
    """What each line is for, in as many queries for one as for hundreds. A payment is matched with one line only."""
    right = [_in_line(line, references_in) for line in lines]
    nearly = [set[str]() if found else _in_line(line, nearly_in) for line, found in zip(lines, right, strict=True)]
    known = _by_reference(set().union(*right, *nearly), location)
    names: _Names | None = None
    taken: set[int] = set()
    matches = []
    for line, exact, almost in zip(lines, right, nearly, strict=True):
        match = _by_right_reference(line, [known[one] for one in sorted(exact) if one in known], taken)
        match = match or _by_near_reference([known[one] for one in sorted(almost) if one in known], taken)
        if match is None:
            names = names or _Names(location)
            match = names.match(line)
        if match.status == LineStatus.MATCHED:
            taken.add(match.payments[0].pk)
        matches.append(match)
    return matches


def open_lines(location: Location) -> QuerySet[StatementLine]:
    """The lines of a place that staff have still to decide on; the newest first."""
    return StatementLine.objects.filter(location=location, status__in=OPEN_LINES).select_related("location")


def open_by_location(locations: QuerySet[Location]) -> list[tuple[Location, int]]:
    """Places and how many of their lines staff have still to decide on."""
    waiting = Count("statement_lines", filter=Q(statement_lines__status__in=OPEN_LINES))
    return [(place, place.waiting) for place in locations.annotate(waiting=waiting).order_by("name", "pk")]


def usual_currency(location: Location) -> str:
    """The currency of the doctors of a place, where they have one."""
    found = set(location.doctors.order_by().values_list("currency", flat=True).distinct()[:2])
    return found.pop() if len(found) == 1 else str(settings.DEFAULT_CURRENCY)


def currencies_in_use() -> list[str]:
    """The currencies in which the clinic's doctors charge, and its own."""
    return sorted(
        {*Doctor.objects.order_by().values_list("currency", flat=True).distinct(), str(settings.DEFAULT_CURRENCY)}
    )


def payment_said(text: str, location: Location) -> Payment | None:
    """The payment of a place that somebody means by a reference or a number such as PAY-2026-000123."""
    said = compact(text)
    for reference in references_in(said):
        if found := payments_by_statement(location).filter(reference=reference).first():
            return found
    number = re.fullmatch(r"PAY\d{4}(\d{6,18})", said)
    found = payments_by_statement(location).filter(pk=int(number[1])).first() if number else None
    return found if found and compact(found.number) == said else None


def _in_line(line: Line, finder: Callable[[str], Iterable[str]]) -> set[str]:
    """What a finder sees in each of the line's texts: nothing is read across from one into the next."""
    return {one for text in (line.words, line.bank_reference, line.payer) for one in finder(text)}


def _by_reference(references: set[str], location: Location) -> dict[str, Payment]:
    found: dict[str, Payment] = {}
    wanted = sorted(references)
    for start in range(0, len(wanted), AT_ONCE):
        rows = payments_by_statement(location).filter(reference__in=wanted[start : start + AT_ONCE])
        found |= {payment.reference or "": payment for payment in rows}
    return found


def _by_right_reference(line: Line, payments: list[Payment], taken: set[int]) -> Match | None:
    if not payments:
        return None
    if len(payments) > 1:
        return Match(LineStatus.NEAR, LineWhy.SEVERAL, tuple(payments[:MOST_CANDIDATES]))
    (payment,) = payments
    if payment.status not in OPEN or payment.pk in taken:
        return Match(LineStatus.NEAR, LineWhy.ALREADY_PAID, (payment,))
    if payment.currency != line.currency:
        return Match(LineStatus.NEAR, LineWhy.WRONG_CURRENCY, (payment,))
    if payment.amount != line.amount:
        return Match(LineStatus.NEAR, LineWhy.WRONG_AMOUNT, (payment,))
    return Match(LineStatus.MATCHED, payments=(payment,))


def _by_near_reference(payments: list[Payment], taken: set[int]) -> Match | None:
    still = tuple(one for one in payments if one.status in OPEN and one.pk not in taken)
    return Match(LineStatus.NEAR, LineWhy.WRONG_SIGN, still[:MOST_CANDIDATES]) if still else None


class _Names:
    """The open payments of a place by amount and by every word of the names they may be paid under."""

    def __init__(self, location: Location) -> None:
        self.by_word: dict[tuple[Decimal, str, str], list[tuple[Payment, list[str]]]] = defaultdict(list)
        since = timezone.now() - NAMES_WITHIN
        for payment in payments_by_statement(location).filter(status__in=sorted(OPEN), created_at__gte=since):
            for name in _names_of(payment):
                for word in set(name):
                    self.by_word[payment.amount, payment.currency, word].append((payment, name))

    def match(self, line: Line) -> Match:
        """Those whose names the line bears beside the right amount."""
        words = _words(f"{line.payer} {line.words}")[:40]
        found: dict[int, Payment] = {}
        for word in words:
            for payment, name in self.by_word.get((line.amount, line.currency, word), ())[: AT_ONCE // 10]:
                if payment.pk not in found and _is_alike(name, words):
                    found[payment.pk] = payment
        if not found:
            return NOTHING
        return Match(LineStatus.NEAR, LineWhy.NAME_AND_AMOUNT, tuple(found.values())[:MOST_CANDIDATES])


def _names_of(payment: Payment) -> Iterator[list[str]]:
    visit = payment.appointment
    people = (visit.patient.full_name, visit.booked_by.full_name if visit.booked_by else "")
    yield from (words for person in dict.fromkeys(people) if len(words := _words(person)) > 1)


def _words(text: str) -> list[str]:
    """The words of a name without accents, capitals and signs; the last word of a person's is the family's."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return re.findall(r"\w+", plain.casefold())


def _is_alike(name: Sequence[str], words: Iterable[str]) -> bool:
    """Whether the family's name stands there, one letter off perhaps, and the first name or its initial."""
    said = list(words)
    family, first = name[-1], name[0]
    return any(_close(family, word) for word in said) and any(_close(first, word) or word == first[:1] for word in said)


def _close(one: str, other: str) -> bool:
    if one == other:
        return True
    return min(len(one), len(other)) >= 4 and SequenceMatcher(None, one, other).ratio() >= _ALIKE

"""What came and what went back: by day, doctor, method and location, each currency by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from payments.money import ZERO
from payments.reports.asked import Asked
from payments.states import EntryKind
from scheduling.models import Doctor, Location
from scheduling.rules import Visitor

AT_ONCE = 5000
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Sum:
    """So much of a currency came in so many payments, and so much went back in so many refunds."""

    currency: str
    payments: int = 0
    came: Decimal = ZERO
    refunds: int = 0
    went_back: Decimal = ZERO

    @property
    def kept(self) -> Decimal:
        """What is left; below zero where more went back than came on these days."""
        return self.came - self.went_back


@dataclass(frozen=True, slots=True)
class Line(Generic[Key]):
    """One day, doctor, method or location, and its money in one currency."""

    of: Key
    sum: Sum


@dataclass(frozen=True, slots=True)
class ByReason:
    """So many refunds for a reason."""

    reason: str
    currency: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """All that is told of the money of these days."""

    asked: Asked
    totals: tuple[Sum, ...]
    by_day: tuple[Line[date], ...]
    by_doctor: tuple[Line[Doctor], ...]
    by_method: tuple[Line[str], ...]
    by_location: tuple[Line[Location], ...]
    refunds: tuple[ByReason, ...]


class Row(NamedTuple):
    """One entry of the ledger, with what every table asks of it."""

    kind: str
    amount: Decimal
    currency: str
    day: date
    location_id: int
    doctor_id: int
    method: str
    reason: str | None


def revenue_report(asked: Asked, user: Visitor) -> RevenueReport:
    """The report of the money that the visitor may see; four queries, and those of the rules."""
    places = {place.pk: place for place in Location.objects.order_by("name", "pk")}
    rows = [*_rows(asked, user, {pk: place.zone for pk, place in places.items()})]
    doctors = {
        doctor.pk: doctor
        for doctor in Doctor.objects.filter(pk__in={row.doctor_id for row in rows}).order_by("name", "pk")
    }
    return RevenueReport(
        asked=asked,
        totals=tuple(one.sum for one in _lines((row.currency, row) for row in rows)),
        by_day=tuple(sorted(_lines((row.day, row) for row in rows), key=lambda one: (one.of, one.sum.currency))),
        by_doctor=_named(_lines((row.doctor_id, row) for row in rows), doctors),
        by_method=tuple(sorted(_lines((row.method, row) for row in rows), key=lambda one: (one.of, one.sum.currency))),
        by_location=_named(_lines((row.location_id, row) for row in rows), places),
        refunds=_by_reason(rows),
    )


def _rows(asked: Asked, user: Visitor, clocks: dict[int, ZoneInfo]) -> Iterator[Row]:
    columns = (
        "kind",
        "amount",
        "currency",
        "at",
        "payment__location_id",
        "payment__appointment__doctor_id",
        "payment__method",
        "refund__reason",
    )
    found = asked.entries(user).order_by().values_list(*columns).iterator(chunk_size=AT_ONCE)
    at: datetime
    for kind, amount, currency, at, location_id, doctor_id, method, reason in found:
        day = at.astimezone(clocks[location_id]).date()
        yield Row(kind, amount, currency, day, location_id, doctor_id, method, reason)


def _lines(keyed: Iterable[tuple[Key, Row]]) -> list[Line[Key]]:
    """The money of each key, each currency by itself, by currency."""
    found: dict[tuple[Key, str], list[Row]] = defaultdict(list)
    for key, row in keyed:
        found[key, row.currency].append(row)
    lines = [Line(key, _sum(currency, rows)) for (key, currency), rows in found.items()]
    return sorted(lines, key=lambda line: line.sum.currency)


def _sum(currency: str, rows: Iterable[Row]) -> Sum:
    amounts: dict[str, list[Decimal]] = {kind: [] for kind in EntryKind}
    for row in rows:
        amounts[row.kind].append(row.amount)
    came, back = amounts[EntryKind.CAPTURE], amounts[EntryKind.REFUND]
    return Sum(currency, len(came), sum(came, ZERO), len(back), sum(back, ZERO))


Named = TypeVar("Named", Doctor, Location)


def _named(lines: Iterable[Line[int]], things: dict[int, Named]) -> tuple[Line[Named], ...]:
    """The lines of things in the order of the things."""
    places = {pk: place for place, pk in enumerate(things)}
    ordered = sorted(lines, key=lambda line: (places[line.of], line.sum.currency))
    return tuple(Line(things[line.of], line.sum) for line in ordered)


def _by_reason(rows: Iterable[Row]) -> tuple[ByReason, ...]:
    found: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for row in rows:
        if row.reason is not None:
            found[row.currency, row.reason].append(row.amount)
    return tuple(
        ByReason(reason, currency, len(amounts), sum(amounts, ZERO))
        for (currency, reason), amounts in sorted(found.items())
    )

"""What was taken and handed back at a desk on a day: read from the ledger, in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from accounts.models import User
from payments.models import LedgerEntry, Payment, Receipt
from payments.money import ZERO
from payments.states import EntryKind, Method, ProviderName
from scheduling.clock import day_bounds
from scheduling.models import Location


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that went over the counter, in or out."""

    at: datetime
    kind: EntryKind
    method: Method
    amount: Decimal
    currency: str
    person: User | None
    payment: Payment
    receipt: Receipt | None

    @property
    def went_out(self) -> bool:
        """Whether it left the drawer."""
        return self.kind == EntryKind.REFUND

    @property
    def signed(self) -> Decimal:
        """What went out has a minus."""
        return -self.amount if self.went_out else self.amount


@dataclass(slots=True)
class Count:
    """What came in and went out, of one currency."""

    currency: str
    taken: Decimal = ZERO
    handed_back: Decimal = ZERO
    payments: int = 0

    @property
    def left(self) -> Decimal:
        """What must be there."""
        return self.taken - self.handed_back


@dataclass(frozen=True, slots=True)
class PersonCount:
    """What one of the staff took and handed back, of one currency; nobody where their account is gone."""

    person: User | None
    count: Count


@dataclass(frozen=True, slots=True)
class DeskDay:
    """A day at the desk of a place. `cash` is what must be in the drawer, beside what was in it in the morning."""

    location: Location
    day: date
    movements: list[Movement] = field(default_factory=list)

    @property
    def in_cash(self) -> list[Movement]:
        """What went in and out of the drawer."""
        return [one for one in self.movements if one.method == Method.CASH]

    @property
    def cash(self) -> list[Count]:
        """The drawer, per currency."""
        return _counts(self.in_cash)

    @property
    def people(self) -> list[PersonCount]:
        """Who took and handed back how much cash, by name."""
        found: dict[int | None, list[Movement]] = defaultdict(list)
        for one in self.in_cash:
            found[one.person.pk if one.person else None].append(one)
        counted = [PersonCount(group[0].person, count) for group in found.values() for count in _counts(group)]
        return sorted(counted, key=lambda one: (one.person is None, str(one.person), one.count.currency))

    @property
    def slips(self) -> list[tuple[Method, Count]]:
        """What the card machine and the phone must say, per currency."""
        methods = (Method.CARD, Method.UPI)
        return [
            (way, count) for way in methods for count in _counts(one for one in self.movements if one.method == way)
        ]


def desk_day(location: Location, day: date) -> DeskDay:
    """What went over the counter of a place on a day by its clock, in the order in which it did."""
    begin, end = day_bounds(day, location.zone)
    entries = LedgerEntry.objects.filter(
        payment__location=location, payment__provider=ProviderName.DESK, at__gte=begin, at__lt=end
    ).select_related(
        "payment__appointment__patient",
        "payment__received_by",
        "refund__paid_back_by",
        "refund__decided_by",
        "receipt__location",
    )
    return DeskDay(location, day, [_movement(entry) for entry in entries.order_by("at", "pk")])


def _movement(entry: LedgerEntry) -> Movement:
    payment, refund = entry.payment, entry.refund
    person = payment.received_by if refund is None else refund.paid_back_by or refund.decided_by
    return Movement(
        at=entry.at,
        kind=EntryKind(entry.kind),
        method=Method(payment.method),
        amount=entry.amount,
        currency=entry.currency,
        person=person,
        payment=payment,
        receipt=getattr(entry, "receipt", None),
    )


def _counts(movements: Iterable[Movement]) -> list[Count]:
    counts: dict[str, Count] = {}
    for one in movements:
        count = counts.setdefault(one.currency, Count(one.currency))
        if one.kind == EntryKind.CAPTURE:
            count.taken += one.amount
            count.payments += 1
        else:
            count.handed_back += one.amount
    return [counts[currency] for currency in sorted(counts)]

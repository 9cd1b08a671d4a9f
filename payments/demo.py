"""The demo's money: what was paid for visits that were, what is paid ahead for those to come, and what is still owed.

The first house is paid at the clinic; the second asks for the fee when one books. Nothing here is real money: what was
paid online was paid in the sandbox, which knows of it, so that it can be paid back there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.models import User
from accounts.roles import Role
from payments.models import (
    DoctorTerms,
    LedgerEntry,
    Payment,
    PaymentPolicy,
    Receipt,
    ReceiptCounter,
    Refund,
    SandboxSession,
)
from payments.money import to_minor
from payments.references import reference_of
from payments.services.refunds import give_back
from payments.states import EntryKind, Method, PaymentStatus, ProviderName, RefundReason, Terms
from scheduling.clock import local_date
from scheduling.models import Appointment, Location
from scheduling.states import AppointmentStatus

PAST: Final = timedelta(days=8)
"""Of visits so long ago at most there is money."""

DEPOSIT: Final = Decimal("20.00")
STILL_OWED: Final = 0.12
SEEN: Final = (AppointmentStatus.COMPLETED, AppointmentStatus.IN_PROGRESS)
COMING: Final = (AppointmentStatus.CONFIRMED, AppointmentStatus.CHECKED_IN)
BRANDS: Final = ("Visa", "Mastercard")


def build_payments(*, locations: Sequence[Location], seed: int, actor: Actor, now: datetime) -> int:
    """Give a demo clinic, whose calendar is full already, its money; returns how many payments were made."""
    with recorded(actor, "demo.load"):
        policies = {location.pk: _policy(location) for location in locations}
        _ask_a_deposit(locations)
        return _Till(policies, actor, Random(f"{seed}:payments"), now).fill()  # noqa: S311


def _policy(location: Location) -> PaymentPolicy:
    """Every place has an account; one that wants bookings confirmed wants them paid."""
    terms = Terms.PREPAID if location.needs_confirmation else Terms.AT_CLINIC
    rules = {
        "terms": terms,
        "account_holder": location.name[:100],
        "account_number": "GB33 BUKB 2020 1555 5555 55",
        "bank_name": "Demo Bank, BUKBGB22",
        "late_refund_percent": 50,
    }
    return PaymentPolicy.objects.get_or_create(location=location, defaults=rules)[0]


def _ask_a_deposit(locations: Sequence[Location]) -> None:
    """One doctor of the first house asks for a deposit."""
    visit = Appointment.objects.filter(location=locations[0], doctor__specialty__name="Cardiology").first()
    if visit is not None:
        wanted = {"terms": Terms.DEPOSIT, "deposit": DEPOSIT, "free_follow_up_days": 14}
        DoctorTerms.objects.get_or_create(doctor=visit.doctor, defaults=wanted)


@dataclass(slots=True)
class _Till:
    policies: dict[int, PaymentPolicy]
    actor: Actor
    chance: Random
    now: datetime
    numbers: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    came: list[tuple[LedgerEntry, Appointment]] = field(default_factory=list)
    taker: User | None = None

    def fill(self) -> int:
        self.taker = User.objects.filter(groups__name=Role.RECEPTION, is_active=True).order_by("pk").first()
        made = sum(self._about(visit) for visit in self._visits())
        self._write_books()
        self._give_some_back()
        return made

    def _visits(self) -> list[Appointment]:
        """Visits with a fee that nobody has paid for, in the order in which they were or will be."""
        visits = Appointment.objects.filter(
            location__in=self.policies, fee__gt=0, starts_at__gt=self.now - PAST, payments=None
        )
        return list(visits.select_related("patient", "doctor", "location").order_by("starts_at", "pk"))

    def _about(self, visit: Appointment) -> int:
        if self.policies[visit.location_id].terms == Terms.PREPAID:
            return self._paid_ahead(visit)
        if visit.status in SEEN and self.chance.random() > STILL_OWED:
            return self._paid_at_the_desk(visit)
        return 0

    def _paid_ahead(self, visit: Appointment) -> int:
        """The second house: confirmed means paid. One that waits is paid by transfer, which takes its time."""
        if visit.status in (*SEEN, *COMING):
            Appointment.objects.filter(pk=visit.pk).update(prepayment=visit.fee)
            self._capture(visit, Method.CARD, ProviderName.SANDBOX, at=self._moment_before(visit))
            return 1
        if visit.status == AppointmentStatus.PENDING:
            Appointment.objects.filter(pk=visit.pk).update(prepayment=visit.fee)
            waiting = self._payment(visit, Method.BANK_TRANSFER, ProviderName.BANK, expires_at=visit.expires_at)
            waiting.reference = reference_of(waiting.pk)
            waiting.save(update_fields=["reference"])
            return 1
        return 0

    def _paid_at_the_desk(self, visit: Appointment) -> int:
        begins = visit.starts_at or self.now
        method = self.chance.choice((Method.CASH, Method.CARD, Method.CARD))
        proof = "" if method == Method.CASH else f"Slip {self.chance.randint(100_000, 999_999)}"
        at = min(begins + timedelta(minutes=self.chance.randint(5, 40)), self.now)
        self._capture(visit, method, ProviderName.DESK, at=at, proof=proof, received_by=self.taker)
        return 1

    def _moment_before(self, visit: Appointment) -> datetime:
        begins = visit.starts_at or self.now
        return min(begins, self.now) - timedelta(minutes=self.chance.randint(30, 36 * 60))

    def _payment(self, visit: Appointment, method: str, provider: str, **more: object) -> Payment:
        return Payment.objects.create(
            appointment=visit,
            location=visit.location,
            method=method,
            provider=provider,
            amount=visit.fee,
            currency=visit.currency,
            **more,
        )

    def _capture(self, visit: Appointment, method: str, provider: str, *, at: datetime, **more: object) -> None:
        came = {"status": PaymentStatus.PAID, "captured": visit.fee, "paid_at": at}
        payment = self._payment(visit, method, provider, **came, **more)
        Payment.objects.filter(pk=payment.pk).update(created_at=at)
        if provider == ProviderName.SANDBOX:
            self._open_session(payment, at)
        entry = LedgerEntry(payment=payment, kind=EntryKind.CAPTURE, amount=visit.fee, currency=visit.currency, at=at)
        self.came.append((entry, visit))

    def _open_session(self, payment: Payment, at: datetime) -> None:
        session = SandboxSession.objects.create(
            reference=f"sb_demo_{payment.pk}",
            key=payment.key,
            amount_minor=to_minor(payment.amount, payment.currency),
            currency=payment.currency,
            description=payment.number,
            return_url="http://127.0.0.1/",
            cancel_url="http://127.0.0.1/",
            status="paid",
            brand=self.chance.choice(BRANDS),
            expires_at=at + timedelta(minutes=15),
            paid_at=at,
        )
        Payment.objects.filter(pk=payment.pk).update(
            provider_reference=session.reference, provider_payment=f"sbp_{session.pk}"
        )

    def _write_books(self) -> None:
        """The ledger and its receipts, in the order in which the money came."""
        self.came.sort(key=lambda one: one[0].at)
        LedgerEntry.objects.bulk_create([entry for entry, _visit in self.came], batch_size=500)
        Receipt.objects.bulk_create([self._receipt(entry, visit) for entry, visit in self.came], batch_size=500)
        for (location_id, year), last in self.numbers.items():
            ReceiptCounter.objects.update_or_create(location_id=location_id, year=year, defaults={"last": last})

    def _receipt(self, entry: LedgerEntry, visit: Appointment) -> Receipt:
        location = visit.location
        year = local_date(entry.at, location.zone).year
        if (location.pk, year) not in self.numbers:
            counter = ReceiptCounter.objects.filter(location=location, year=year).first()
            self.numbers[location.pk, year] = counter.last if counter else 0
        self.numbers[location.pk, year] += 1
        return Receipt(
            entry=entry,
            location=location,
            year=year,
            sequence=self.numbers[location.pk, year],
            issued_at=entry.at,
            clinic=location.name,
            clinic_address=location.address,
            payer=visit.patient.full_name,
            doctor=visit.doctor.name,
            visit_number=visit.number,
            visit_at=visit.starts_at,
            fee=visit.fee,
        )

    def _give_some_back(self) -> None:
        """Two refunds that wait for staff to hand them out, and say why."""
        paid = Payment.objects.filter(
            location__in=self.policies, method=Method.CASH, status=PaymentStatus.PAID, refunding=0
        )
        for payment, share, words in zip(
            paid.order_by("-pk")[:2],
            (Decimal("0.5"), Decimal(1)),
            ("Waited for an hour, half of the fee goes back", "The doctor was called away"),
            strict=False,
        ):
            amount = (payment.captured * share).quantize(Decimal("0.01"))
            refund = give_back(payment, amount, reason=RefundReason.STAFF, actor=self.actor, words=words)
            Refund.objects.filter(pk=refund.pk).update(decided_by=self.taker)

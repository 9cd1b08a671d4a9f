"""How a program reaches a payment: as staff who see its money, as the patient, or by the secret of the appointment."""

from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404

from accounts.errors import NotPermitted
from payments import rules
from payments.models import LedgerEntry, Payment, Receipt
from scheduling.api.appointments_reach import ReachesAppointments
from scheduling.api.appointments_shapes import Sight
from scheduling.errors import LinkExpired
from scheduling.models import Location
from scheduling.selectors.appointments import by_secret
from scheduling.selectors.self_service import link_has_expired

SHOWN = ("appointment__patient", "appointment__doctor", "appointment__location", "location")


def with_everything() -> QuerySet[Payment]:
    """Payments with all that their shape tells, in three statements however many there are."""
    entries = LedgerEntry.objects.select_related("receipt__location").order_by("pk")
    return Payment.objects.select_related(*SHOWN).prefetch_related("refunds", Prefetch("entries", entries))


class ReachesPayments(ReachesAppointments):
    """What every action on one payment, or on one receipt, begins with."""

    def whose(self, *, to: str = "") -> Q:
        """Of which payments the visitor sees all there is; `to` leads from other rows to their payment. Raises Http404,
        LinkExpired for a secret that opens nothing."""
        secret = self.secret()
        self.sight = Sight(self.visitor, by_link=secret is not None)
        if secret is None:
            return rules.payments_open_to(self.visitor, to=to)
        visit = by_secret(secret)
        if visit is None:
            raise Http404
        if link_has_expired(visit):
            raise LinkExpired
        return Q(**{f"{to}appointment__calendar_uid": visit.calendar_uid})

    def payment(self) -> Payment:
        """The payment in the address, if it is the visitor's to see. Raises Http404, LinkExpired."""
        return self.found(with_everything().filter(self.whose(), pk=self.key()).first())

    def staffs_payment(self) -> Payment:
        """The payment in the address, if it is the visitor's to decide on. Raises Http404, NotPermitted."""
        self.sight = Sight(self.visitor)
        payment = self.found(with_everything().filter(rules.money_scope(self.visitor), pk=self.key()).first())
        self.require_till(payment.location)
        return payment

    def receipt(self) -> Receipt:
        """The receipt in the address, if it is the visitor's to see. Raises Http404, LinkExpired."""
        receipts = Receipt.objects.select_related("location", "entry__payment__appointment__patient")
        found = receipts.filter(self.whose(to="entry__payment__"), pk=self.key()).first()
        if found is None:
            raise Http404
        return found

    def require_till(self, location: Location) -> None:
        """Leave the money of a place to those who handle it there. Raises NotPermitted."""
        if not rules.locations_with_money(self.visitor).filter(pk=location.pk).exists():
            raise NotPermitted

    def found(self, payment: Payment | None) -> Payment:
        """The payment, if there is one. Raises Http404."""
        if payment is None:
            raise Http404
        return payment

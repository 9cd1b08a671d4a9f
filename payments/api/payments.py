"""Payments for programs: to begin one, to see how it stands, and what staff do with it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.permissions import Reception, SecretLink, Staff
from accounts.api.preconditions import etag_of, tagged
from accounts.errors import NotPermitted
from payments import rules
from payments.api.bodies import MarkingSerializer, PayingSerializer, RefundingSerializer
from payments.api.filters import PaymentFilter
from payments.api.payments_examples import PAYMENTS, RECEIPTS, VISITS
from payments.api.reach import SHOWN, ReachesPayments, with_everything
from payments.api.shapes import (
    PaymentSerializer,
    PaymentSummarySerializer,
    ReceiptSerializer,
    RefundSerializer,
    VisitPaymentsSerializer,
)
from payments.models import Payment, Receipt, Refund
from payments.selectors.accounts import Account, account_from
from payments.selectors.methods import Offer, offers_for
from payments.selectors.policies import policy_of
from payments.services.desk import mark_paid, take_at_desk
from payments.services.refunds import refund_payment
from payments.services.starting import begin_payment, hand_over
from scheduling.api.appointments_shapes import Sight
from scheduling.models import Appointment


@extend_schema_view(**VISITS)
class VisitPaymentsViewSet(ReachesPayments):
    """Of one visit: of the patient's side, or of staff who see it; by its link, too."""

    queryset = Payment.objects.all()
    serializer_class = VisitPaymentsSerializer
    permission_classes: ClassVar[Any] = [SecretLink]
    pagination_class = None
    more_troubles = (503,)

    def retrieve(self, request: Request, pk: str) -> Response:
        """How the visit stands with its fee, how it may be paid, and what was paid."""
        visit = self.reach()
        payments = with_everything().filter(appointment__calendar_uid=visit.calendar_uid).order_by("pk")
        account = account_from(visit, payments)
        shown = {
            "appointment": visit.pk,
            "account": account,
            "offers": offers_now(visit, account),
            "payments": self.shown_to_them(payments),
        }
        return tagged(request, VisitPaymentsSerializer(shown, context={"sight": self.sight}).data)

    @idempotent
    def create(self, request: Request, pk: str) -> Payment:
        """Begin to pay; or write down what somebody paid at the desk."""
        said = self.said(PayingSerializer).validated_data
        visit = self.reach()
        actor = self.acting_on(visit)
        if not said.get("at_desk"):
            return begin_payment(appointment_id=visit.pk, method=said["method"], actor=actor)
        if self.sight.by_link:
            raise NotPermitted
        self.require_till(visit.location)
        return take_at_desk(
            appointment_id=visit.pk,
            amount=said["amount"],
            method=said["method"],
            proof=said.get("proof", ""),
            actor=actor,
        )

    def show_made(self, made: Payment) -> Response:
        """The payment, at its provider by now: that is asked here, after the row is safe. Raises ProviderUnavailable,
        and then the same key asks again."""
        self.sight = Sight(self.visitor, by_link=self.secret() is not None)
        payment = hand_over(with_everything().get(pk=made.pk), actor=self.acting_on(made.appointment))
        shown = shown_payment(payment, self.sight)
        headers = {"ETag": etag_of(shown), "Location": reverse("api:payment-detail", args=[payment.pk])}
        return Response(shown, status=201, headers=headers)

    def remember(self, made: Payment) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> Payment | None:
        """It again; without a link, while it is theirs to see."""
        payments = Payment.objects.select_related("appointment")
        return payments.filter(self.whose(), pk=remembered).first()

    def shown_to_them(self, payments: QuerySet[Payment]) -> list[Payment]:
        """Staff of a place do not see what was paid at another before the visit moved."""
        if not self.sight.is_staffs:
            return list(payments)
        theirs = set(payments.filter(self.whose()).values_list("pk", flat=True))
        return [payment for payment in payments if payment.pk in theirs]


def offers_now(visit: Appointment, account: Account) -> list[Offer]:
    """The ways in which the patient may pay now; none where there is nothing to pay."""
    return offers_for(visit, policy=policy_of(visit.location_id)) if account.due_now > 0 else []


def shown_payment(payment: Payment, sight: Sight) -> dict[str, Any]:
    """A payment as the visitor sees it."""
    return dict(PaymentSerializer(payment, context={"sight": sight}).data)


@extend_schema_view(**PAYMENTS)
class PaymentViewSet(ReachesPayments):
    """Payments: staff those of their places, doctors those for their visits, patients their own and their family's; one
    by the secret of its appointment, too."""

    queryset = Payment.objects.all()
    serializer_class = PaymentSummarySerializer
    filterset_class = PaymentFilter
    ordering = ("-created_at", "-id")
    permission_classes: ClassVar[Any] = [Reception]
    permissions_by_action: ClassVar[dict[str, Any]] = {"list": Staff, "retrieve": SecretLink}

    def list(self, request: Request) -> Response:
        """Those begun last first."""
        return self.listed(Payment.objects.filter(rules.money_scope(self.visitor)).select_related(*SHOWN))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One, as it stands."""
        return tagged(request, shown_payment(self.payment(), self.sight))

    @idempotent
    @action(detail=True, methods=["post"])
    def refund(self, request: Request, pk: str) -> Refund:
        """Decide that money goes back."""
        said = self.said(RefundingSerializer).validated_data
        payment = self.staffs_payment()
        return refund_payment(
            payment_id=payment.pk,
            amount=said["amount"],
            words=said["words"],
            proof=said.get("proof", ""),
            actor=self.actor,
        )

    def show_made(self, made: Refund) -> Response:
        """The refund as it stands."""
        refund = Refund.objects.select_related("payment").get(pk=made.pk)
        return Response(RefundSerializer(refund, context={"sight": Sight(self.visitor)}).data, status=201)

    def remember(self, made: Refund) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> Refund | None:
        """It again, while its payment is theirs to decide on."""
        scope = rules.money_scope(self.visitor, location="payment__location", doctor="payment__appointment__doctor")
        return Refund.objects.filter(scope, pk=remembered).first()

    @action(detail=True, methods=["post"], url_path="mark-paid", url_name="mark-paid")
    def mark_paid(self, request: Request, pk: str) -> Response:
        """The money of a transfer is on the account."""
        said = self.said(MarkingSerializer).validated_data
        payment = self.staffs_payment()
        mark_paid(payment_id=payment.pk, proof=said["proof"], amount=said.get("amount"), actor=self.actor)
        return tagged(request, shown_payment(with_everything().get(pk=payment.pk), self.sight))


@extend_schema_view(**RECEIPTS)
class ReceiptViewSet(ReachesPayments):
    """Receipts and credit notes: of those who see the payment; by the secret of the appointment, too."""

    queryset = Receipt.objects.all()
    serializer_class = ReceiptSerializer
    permission_classes: ClassVar[Any] = [SecretLink]

    def retrieve(self, request: Request, pk: str) -> Response:
        """One."""
        receipt = self.receipt()
        return tagged(request, ReceiptSerializer(receipt, context={"sight": self.sight}).data)

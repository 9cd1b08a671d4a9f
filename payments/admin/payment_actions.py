"""What staff do with payments: in the list with many, on the page of one with a button each. Asked first, always."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import from_request
from accounts.back_office import RECEPTION, action, roles_of
from payments.admin.action_forms import MarkPaidForm, RefundForm
from payments.models import Payment
from payments.services.desk import mark_paid
from payments.services.reconciling import ask_provider
from payments.services.refunds import refund_payment
from payments.states import BY_HAND, CAPTURED, HOSTED, ProviderName
from scheduling.admin.batch_actions import run_one_by_one
from scheduling.templatetags.clinic_time import price

MARKED_BY_HAND = (ProviderName.BANK, ProviderName.UPI)
"""Of these nobody tells us: somebody looks at the account."""


def left_of(payment: Payment) -> Decimal:
    """What could still go back."""
    return payment.captured - payment.refunded - payment.refunding


def in_words(payment: Payment) -> str:
    """Whose it is, how it was paid, how much, and where it stands."""
    amount = price(payment.captured or payment.amount, payment.currency)
    return (
        f"{payment.appointment.patient.full_name}, {payment.get_method_display()}, {amount} "
        f"({payment.get_status_display()})"
    )


def refund_in_words(payment: Payment) -> str:
    """The same, with what is left of it."""
    return _("%(payment)s: %(left)s is left") % {
        "payment": in_words(payment),
        "left": price(left_of(payment), payment.currency),
    }


def _sent(request: HttpRequest) -> Any:
    return request.POST if "confirmed" in request.POST else None


class PaymentActions:
    """Marking as paid, asking the provider, paying back."""

    actions = ("mark_paid", "ask_provider", "refund")

    def has_move_money_permission(self, request: HttpRequest) -> bool:
        """Reception and managers."""
        return bool(RECEPTION & roles_of(request.user))

    def buttons_for(self, request: HttpRequest, payment: Payment) -> list[dict[str, Any]]:
        """What can be done with a payment as it is now."""
        if not self.has_move_money_permission(request):
            return []
        open_still = payment.status not in CAPTURED
        offered = {
            "mark_paid": (gettext_lazy("Mark as paid"), open_still and payment.provider in MARKED_BY_HAND),
            "ask_provider": (gettext_lazy("Ask the provider now"), open_still and payment.provider in HOSTED),
            "refund": (gettext_lazy("Pay back"), left_of(payment) > 0),
        }
        return [{"name": name, "title": title} for name, (title, fits) in offered.items() if fits]

    @action(description=gettext_lazy("Mark as paid"), permissions=["move_money"])
    def mark_paid(self, request: HttpRequest, queryset: Any) -> Any:
        """The money is on the clinic's account: ask what shows it."""
        form = MarkPaidForm(_sent(request))

        def do(payment: Payment) -> object:
            said = form.cleaned_data
            actor = from_request(request)
            return mark_paid(payment_id=payment.pk, proof=said["proof"], amount=said["amount"], actor=actor)

        return run_one_by_one(
            self,
            request,
            queryset,
            action="mark_paid",
            title=_("Mark as paid"),
            explanation=_(
                "Do this when you have seen the money on the clinic's account. The receipt is written, the booking "
                "becomes certain, and the patient is told. It cannot be undone; money can only be paid back."
            ),
            button=_("Mark as paid"),
            do=do,
            in_words=in_words,
            form=form,
        )

    @action(description=gettext_lazy("Ask the provider now"), permissions=["move_money"])
    def ask_provider(self, request: HttpRequest, queryset: Any) -> Any:
        """What became of it, without waiting for the next round."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="ask_provider",
            title=_("Ask the provider now"),
            explanation=_(
                "Providers tell by themselves, and are asked every few minutes while a payment is under way. Ask now "
                "when a patient says that they have paid. What has come counts at once."
            ),
            button=_("Ask the provider"),
            do=lambda payment: ask_provider(payment_id=payment.pk, actor=from_request(request)),
            in_words=in_words,
        )

    @action(description=gettext_lazy("Pay back"), permissions=["move_money"])
    def refund(self, request: HttpRequest, queryset: Any) -> Any:
        """All that is left, or of one payment a part; always with a reason."""
        providers = list(queryset.values_list("provider", flat=True)[:2])
        by_hand = any(provider in BY_HAND for provider in providers)
        form = RefundForm(_sent(request), asks_amount=len(providers) == 1, asks_proof=by_hand)

        def do(payment: Payment) -> object:
            said = form.cleaned_data
            key = said.get("request_key")
            return refund_payment(
                payment_id=payment.pk,
                amount=said.get("amount") or left_of(payment),
                words=said["words"],
                proof=said.get("proof", ""),
                request_key=f"office.{request.user.pk}.{key}.{payment.pk}"[:120] if key else None,
                actor=from_request(request),
            )

        return run_one_by_one(
            self,
            request,
            queryset,
            action="refund",
            title=_("Pay back"),
            explanation=_(
                "What came through a provider goes back the way it came, by itself. What came in cash or to the "
                "clinic's account is paid back by you. The patient is told how much and why. It cannot be undone."
            ),
            button=_("Pay back"),
            do=do,
            in_words=refund_in_words,
            form=form,
        )

"""One payment, as whoever made it sees it: where providers send people back to, and what they may look at again.

What the browser says of a payment is not believed: the provider is asked.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.errors import DomainError
from accounts.permissions import secret_link
from payments.errors import ProviderUnavailable
from payments.failure_words import words_for_failure
from payments.method_words import name_of
from payments.models import Payment
from payments.selectors.accounts import account_of, payments_of_visit
from payments.selectors.methods import offers_for, upi_address_of
from payments.selectors.policies import policy_of
from payments.services.reconciling import ask_provider
from payments.services.starting import give_up_payment
from payments.stages import Stage, stage_of
from payments.states import CAPTURED, HOSTED
from payments.upi import upi_link
from scheduling.models import Appointment
from scheduling.qr import svg_of
from scheduling.selectors.appointments import with_everything
from scheduling.selectors.self_service import Standing, standing_of
from scheduling.views.appointment import holder_of
from scheduling.views.links import with_appointment

LOOKS_FOR = timedelta(minutes=30)
"""So long after a payment began its open page has the provider asked."""

POLLED = frozenset({Stage.WAITING, Stage.TRANSFER, Stage.UPI})
"""Where something may come by itself while somebody looks."""


@secret_link
@require_safe
@with_appointment()
def payment(request: HttpRequest, appointment: Appointment, payment_id: int) -> HttpResponse:
    """Say what became of a payment, and what can be done now."""
    found = payment_of(appointment, payment_id)
    if found is None:
        return render(request, "payments/pay/unknown.html", {"appointment": appointment}, status=404)
    is_unreachable = False
    if found.provider in HOSTED and found.status not in CAPTURED and not _is_left_open(request, found):
        try:
            found = ask_provider(payment_id=found.pk, actor=holder_of(request, appointment))
        except ProviderUnavailable:
            is_unreachable = True
    appointment = with_everything().get(pk=appointment.pk)
    context = page_of(appointment, found) | {"is_unreachable": is_unreachable}
    if request.headers.get("HX-Request"):
        return _news(request, context)
    return render(request, "payments/pay/payment.html", context)


def _is_left_open(request: HttpRequest, payment: Payment) -> bool:
    """Whether a page looks by itself that somebody has left open for long: the sweep asks the provider then."""
    return bool(request.headers.get("HX-Request")) and payment.created_at < timezone.now() - LOOKS_FOR


def payment_of(appointment: Appointment, payment_id: int) -> Payment | None:
    """A payment of this visit."""
    return payments_of_visit(appointment).select_related("location").filter(pk=payment_id).first()


def page_of(appointment: Appointment, payment: Payment) -> dict[str, Any]:
    """What the page says."""
    refunds = list(payment.refunds.order_by("pk"))
    stage, standing = stage_of(payment, refunds), standing_of(appointment)
    account = account_of(appointment)
    policy = policy_of(appointment.location_id)
    # The visit may have moved to another place since; the money goes where it was asked for, and is looked for there.
    account_policy = policy if payment.location_id == policy.location_id else policy_of(payment.location_id)
    has_run_out = standing == Standing.EXPIRED
    context: dict[str, Any] = {
        "appointment": appointment,
        "payment": payment,
        "method": name_of(payment.method),
        "refunds": refunds,
        "sent_back": payment.refunded + payment.refunding,
        "stage": stage,
        "standing": standing,
        "account": account,
        "policy": policy,
        "account_policy": account_policy,
        "has_run_out": has_run_out,
        "may_pay": account.due_now > 0 and not has_run_out,
        "is_polled": stage in POLLED and not (has_run_out and stage != Stage.WAITING),
        "shown": f"{stage}.{standing}.{payment.refunded}",
        "why": _why(payment) if stage == Stage.DECLINED else "",
        "other_ways": len(offers_for(appointment, policy=policy)) > 1,
        "receipts": _receipts(payment),
        "until": appointment.expires_at if standing == Standing.PENDING else None,
    }
    if stage == Stage.UPI:
        context |= _upi(appointment, payment, upi_address_of(account_policy))
    return context


def _why(payment: Payment) -> str:
    if payment.provider in HOSTED and not payment.page:
        return _("The payment service did not begin the payment.")
    return words_for_failure(payment.failure)


def _receipts(payment: Payment) -> list[Any]:
    entries = payment.entries.select_related("receipt").order_by("pk")
    return [entry.receipt for entry in entries if hasattr(entry, "receipt")]


def _upi(appointment: Appointment, payment: Payment, address: str) -> dict[str, Any]:
    link = upi_link(
        address=address,
        name=payment.location.name,
        amount=payment.amount,
        currency=payment.currency,
        reference=payment.reference or "",
        words=appointment.number,
    )
    return {"upi_address": address, "upi_link": link, "upi_code": svg_of(link)}


def _news(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page asks whether something has changed: it is then read anew as a whole, with its heading and its title."""
    if request.GET.get("shown") == context["shown"]:
        return HttpResponse(status=204)
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


@secret_link
@require_POST
@with_appointment()
def give_up(request: HttpRequest, appointment: Appointment, payment_id: int) -> HttpResponse:
    """“I do not want to pay this way”: the payment is given up, and another way can be chosen."""
    found = payment_of(appointment, payment_id)
    if found is None:
        return render(request, "payments/pay/unknown.html", {"appointment": appointment}, status=404)
    try:
        give_up_payment(payment_id=found.pk, actor=holder_of(request, appointment))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("This payment is given up. Nothing was taken."))
    return redirect("payments:checkout", secret=appointment.secret)

"""The page where a patient pays for a visit: how much, for what, and by which way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.errors import DomainError
from accounts.permissions import secret_link
from accounts.services.throttling import count_attempt
from payments.forms.checkout import CheckoutForm
from payments.models import PaymentPolicy
from payments.selectors.accounts import Account, account_of, payments_of_visit
from payments.selectors.methods import Offer, offers_for
from payments.selectors.policies import policy_of
from payments.services.starting import start_payment
from payments.states import PaymentStatus
from payments.views.handing_over import allow_forms_to, hand_over
from scheduling.models import Appointment
from scheduling.selectors.self_service import Standing, standing_of
from scheduling.views.appointment import holder_of
from scheduling.views.links import with_appointment
from scheduling.views.wizard_answers import seconds_until

MOST_TRIES = 40
"""So often an hour somebody may begin to pay for a visit: each asks a provider for a page."""


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_appointment(moved_to="payments:checkout")
def checkout(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """Ask how somebody wants to pay what is due; hand them over to where they do."""
    policy = policy_of(appointment.location_id)
    account, standing = account_of(appointment), standing_of(appointment)
    offers = offers_for(appointment, policy=policy)
    if standing == Standing.EXPIRED or account.due_now <= 0 or not offers:
        return _nothing_to_do(request, appointment, account, standing)
    form = CheckoutForm(
        request.POST if request.method == "POST" else None, offers=offers, initial={"method": _first(offers)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            count_attempt(subject=f"pay:{appointment.pk}", limit=MOST_TRIES, window=timedelta(hours=1))
            payment = start_payment(
                appointment_id=appointment.pk,
                method=form.cleaned_data["method"],
                request_key=form.key(),
                actor=holder_of(request, appointment),
            )
        except DomainError as error:
            if error.code in ("nothing_due", "wrong_state"):  # since this page was read
                return checkout_again(request, appointment)
            form.add_error(None, str(error))
            return _page(request, appointment, form, account, policy, status=error.status)
        return hand_over(request, appointment, payment)
    return _page(request, appointment, form, account, policy, status=400 if form.errors else 200)


def checkout_again(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """The page as it stands now."""
    appointment.refresh_from_db()
    return _nothing_to_do(request, appointment, account_of(appointment), standing_of(appointment))


def _first(offers: list[Offer]) -> str | None:
    return offers[0].method if len(offers) == 1 else None


def _page(
    request: HttpRequest,
    appointment: Appointment,
    form: CheckoutForm,
    account: Account,
    policy: PaymentPolicy,
    *,
    status: int,
) -> HttpResponse:
    context = {
        "appointment": appointment,
        "form": form,
        "account": account,
        "policy": policy,
        "rest": account.outstanding - account.due_now,
        "open_payment": _open_payment(appointment),
        **kept_until(appointment),
    }
    response = render(request, "payments/pay/checkout.html", context, status=status)
    return allow_forms_to(response, [offer.provider for offer in form.offers])


def _open_payment(appointment: Appointment) -> Any:
    pending = payments_of_visit(appointment).filter(status=PaymentStatus.PENDING)
    return pending.order_by("-pk").first()


def kept_until(appointment: Appointment) -> dict[str, Any]:
    """Until when a booking keeps its time, for the page's panel and its countdown; nothing once it is confirmed."""
    until: datetime | None = appointment.expires_at
    if standing_of(appointment) != Standing.PENDING or until is None:
        return {}
    return {"until": until, "seconds_left": seconds_until(until)}


def _nothing_to_do(
    request: HttpRequest, appointment: Appointment, account: Account, standing: Standing
) -> HttpResponse:
    context = {
        "appointment": appointment,
        "account": account,
        "standing": standing,
        "has_run_out": standing == Standing.EXPIRED,
        "is_due": account.due_now > 0,
        "now": timezone.now(),
    }
    return render(request, "payments/pay/nothing_to_pay.html", context)

"""Handing a payer over to the page where they pay.

A browser follows a redirect after a form, or sends a form elsewhere, only to hosts that the page's policy names
(`form-action`); so both pages name those of the providers they may lead to, and no others.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render

from payments.models import Payment
from payments.providers.registry import provider_of
from payments.states import HOSTED, PaymentStatus
from scheduling.models import Appointment


def hand_over(request: HttpRequest, appointment: Appointment, payment: Payment) -> HttpResponse:
    """To the provider's page; for what is not paid on one, or is under way no longer, to our own about the payment."""
    if payment.status != PaymentStatus.PENDING or not payment.page:
        return redirect("payments:payment", secret=appointment.secret, payment_id=payment.pk)
    if not payment.form:
        return HttpResponseRedirect(own_path(payment.page), status=303)
    context = {"appointment": appointment, "payment": payment, "fields": payment.form.items()}
    return allow_forms_to(render(request, "payments/pay/hand_over.html", context), [payment.provider])


def allow_forms_to(response: HttpResponse, providers: Iterable[str]) -> HttpResponse:
    """Let the forms of a page end at the hosts of some providers."""
    hosts = [host for name in sorted({*providers}) if name in HOSTED for host in provider_of(name).hosts()]
    if hosts:
        response._csp_update = {"form-action": hosts}  # type: ignore[attr-defined]  # django-csp reads it there
    return response


def own_path(address: str) -> str:
    """An address of ours without our name: whoever came by another name of this machine stays there."""
    path = address.removeprefix(settings.BASE_URL)
    return path if path.startswith("/") else address

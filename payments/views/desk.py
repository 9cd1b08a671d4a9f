"""Money at the desk: taking it, handing it back, and how a visit stands. Without a script like with one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actors import from_request
from accounts.errors import DomainError
from accounts.models import User
from accounts.permissions import staff
from payments.errors import WrongAmount
from payments.forms.desk import HandBackForm, HandedOverForm, TakeForm
from payments.models import LedgerEntry, Payment, Refund
from payments.rules import locations_with_money
from payments.selectors.accounts import account_from, account_of, payments_of_visit
from payments.selectors.policies import policy_of
from payments.services.desk import take_at_desk
from payments.services.refunds import refund_payment
from payments.states import CAPTURED, Method, PaymentStatus, ProviderName
from scheduling.errors import AppointmentUnknown
from scheduling.models import Appointment
from scheduling.query_values import read_number
from scheduling.rules import appointments_visible_to
from scheduling.selectors.appointments import live_visit_of

LONGEST_NAME = 60


class StaffRequest(HttpRequest):
    """What `staff` lets through: a request of somebody who works here."""

    user: User


@staff
@never_cache
@require_safe
def desk_money(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """How a visit stands, in a line, for the pages of the desk and of the back office; a page without scripts."""
    visit = appointments_visible_to(request.user).filter(pk=appointment_id).first()
    if visit is None:
        raise Http404
    visit = live_visit_of(visit.pk)
    context = {
        "visit": visit,
        "location": visit.location,
        "account": account_of(visit),
        "handles": locations_with_money(request.user).filter(pk=visit.location_id).exists(),
    }
    page = "_money.html" if getattr(request, "htmx", False) else "money.html"
    return render(request, f"payments/desk/{page}", context)


@staff
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def desk_pay(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Take what is outstanding, or hand cash back. A press that comes twice is done once."""
    visit = _visit(request, appointment_id)
    if visit.pk != appointment_id:  # moved: its money moved along
        return redirect("payments:desk_pay", appointment_id=visit.pk)
    if request.method != "POST":
        return _show(request, visit)
    if request.POST.get("do") == "hand_back":
        return _hand_back(request, visit)
    return _take(request, visit)


def _visit(request: StaffRequest, appointment_id: int) -> Appointment:
    """The visit, where it was moved to, if its place's money is this person's to handle. Raises Http404."""
    try:
        visit = live_visit_of(appointment_id)
    except AppointmentUnknown as unknown:
        raise Http404 from unknown
    if not locations_with_money(request.user).filter(pk=visit.location_id).exists():
        raise Http404
    return visit


# --- Taking -----------------------------------------------------------------------------------------------------


def _take(request: StaffRequest, visit: Appointment) -> HttpResponse:
    form = _take_form(visit, request.POST)
    if not form.is_valid():
        return _show(request, visit, take=form, status=400)
    said = form.cleaned_data
    if request.POST.get("do") == "reckon":
        return _show(request, visit, take=form, change=form.change)
    cash = said["method"] == Method.CASH
    try:
        payment = take_at_desk(
            appointment_id=visit.pk,
            amount=said["amount"],
            method=said["method"],
            proof="" if cash else said["proof"],
            actor=from_request(request),
            request_key=_request_key(request),
        )
    except WrongAmount as error:
        form.add_error("amount", _("That is more than is outstanding. Give change for what is too much."))
        return _show(request, visit, take=form, status=error.status)
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _show(request, visit, take=form, status=error.status)
    given = f"&{urlencode({'given': said['given']})}" if form.change is not None else ""
    return redirect(f"{reverse('payments:desk_pay', args=[visit.pk])}?taken={payment.pk}{given}")


def _take_form(visit: Appointment, data: Any = None, *, outstanding: Decimal | None = None) -> TakeForm:
    """The form, filled in with what is outstanding."""
    takes_cash = policy_of(visit.location_id).takes_cash
    return TakeForm(data, currency=visit.currency, takes_cash=takes_cash, initial={"amount": outstanding})


# --- Handing back -----------------------------------------------------------------------------------------------


def _hand_back(request: StaffRequest, visit: Appointment) -> HttpResponse:
    """Cash alone goes back over the counter; everything else goes back from the page of its payment."""
    number = read_number(request.POST.get("payment"))
    payment = payments_of_visit(visit).filter(pk=number, **IN_CASH).first() if number is not None else None
    if payment is None:
        raise Http404
    form = HandBackForm(request.POST, currency=payment.currency, prefix=_prefix(payment))
    if not form.is_valid():
        return _show(request, visit, back=(payment, form), status=400)
    try:
        refund = refund_payment(
            payment_id=payment.pk,
            amount=form.cleaned_data["amount"],
            words=form.cleaned_data["words"],
            proof=_("Cash handed out at the desk"),
            actor=from_request(request),
            request_key=_request_key(request),
        )
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _show(request, visit, back=(payment, form), status=error.status)
    return redirect(f"{reverse('payments:desk_pay', args=[visit.pk])}?back={refund.pk}")


IN_CASH: dict[str, Any] = {"provider": ProviderName.DESK, "method": Method.CASH}


def left_of(payment: Payment) -> Decimal:
    """What could still go back."""
    return payment.captured - payment.refunded - payment.refunding


def _prefix(payment: Payment) -> str:
    return f"back-{payment.pk}"


# --- Showing ----------------------------------------------------------------------------------------------------


def _show(
    request: StaffRequest,
    visit: Appointment,
    *,
    take: TakeForm | None = None,
    back: tuple[Payment, HandBackForm] | None = None,
    change: Decimal | None = None,
    status: int = 200,
) -> HttpResponse:
    payments = list(_payments(visit))
    account = account_from(visit, payments)
    if take is None and account.takeable > 0:
        take = _take_form(visit, outstanding=account.takeable)
    forms = [form for form in (take, back[1] if back else None) if form is not None]
    context = {
        "location": visit.location,
        "visit": visit,
        "account": account,
        "payments": [payment for payment in payments if payment.status in CAPTURED],
        "under_way": [payment for payment in payments if payment.status == PaymentStatus.PENDING],
        "take": take,
        "change": change,
        "returnable": [_returnable(payment, back) for payment in payments if _goes_back_in_cash(payment)],
        "forms": forms,
        "has_errors": any(form.errors for form in forms),
        "operation": _operation(request) if status == 400 or change is not None else str(uuid4()),
        **_done(request, payments),
    }
    return render(request, "payments/desk/pay.html", context, status=status)


def _payments(visit: Appointment) -> Any:
    found = payments_of_visit(visit).select_related("received_by")
    entries = LedgerEntry.objects.select_related("receipt__location").order_by("pk")
    return found.prefetch_related("refunds", Prefetch("entries", entries))


def _goes_back_in_cash(payment: Payment) -> bool:
    return payment.provider == ProviderName.DESK and payment.method == Method.CASH and left_of(payment) > 0


def _returnable(payment: Payment, back: tuple[Payment, HandBackForm] | None) -> dict[str, Any]:
    left = left_of(payment)
    if back is not None and back[0].pk == payment.pk:
        form = back[1]
    else:
        initial = {"amount": left}
        form = HandBackForm(currency=payment.currency, prefix=_prefix(payment), initial=initial)
    return {"payment": payment, "left": left, "form": form, "is_open": form.is_bound}


def _done(request: StaffRequest, payments: list[Payment]) -> dict[str, Any]:
    """What the press before this page did, named in its address; a page that is loaded again says it again."""
    taken = _named(payments, request.GET.get("taken"))
    refunds: list[Refund] = [refund for payment in payments for refund in payment.refunds.all()]
    back = _named(refunds, request.GET.get("back"))
    said: dict[str, Any] = {"taken": taken, "back": back}
    if taken is not None:
        said["taken_receipt"] = next((entry.receipt for entry in taken.entries.all() if entry.refund_id is None), None)
        said |= _change(taken, request.GET.get("given", ""))
    if back is not None:
        entries = [entry for payment in payments for entry in payment.entries.all()]
        said["back_receipt"] = next((entry.receipt for entry in entries if entry.refund_id == back.pk), None)
    return said


def _named(rows: list[Any], raw: str | None) -> Any:
    number = read_number(raw)
    return next((row for row in rows if row.pk == number), None)


def _change(taken: Payment, raw: str) -> dict[str, Any]:
    form = HandedOverForm({"given": raw})
    given = form.cleaned_data["given"] if form.is_valid() else None
    if taken.method != Method.CASH or given is None or given < taken.captured:
        return {}
    return {"given": given, "given_change": given - taken.captured}


def _operation(request: StaffRequest) -> str:
    """The name that the form gave what it asks; kept while somebody corrects what they typed."""
    return request.POST.get("operation", "")[:LONGEST_NAME] or str(uuid4())


def _request_key(request: StaffRequest) -> str | None:
    operation = request.POST.get("operation", "").replace("\x00", "")[:LONGEST_NAME]
    return f"desk.{request.user.pk}.{operation}" if operation else None

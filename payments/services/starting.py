"""Beginning a payment: the row first, then the provider.

The provider is called outside any transaction, with the payment's key: whatever breaks in between, the next try with
the same row begins nothing twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.audit import recorded
from payments.errors import (
    MethodNotOffered,
    NothingDue,
    PaymentKeyReused,
    ProviderUnavailable,
)
from payments.models import Payment, PaymentPolicy
from payments.providers.contract import Order, PermanentRefusal, Refusal
from payments.providers.registry import provider_of
from payments.references import reference_of
from payments.selectors.accounts import account_of, payments_of_visit
from payments.selectors.methods import Offer, offers_for
from payments.selectors.policies import policy_of
from payments.services.locking import lock_live_visit, lock_payment
from payments.services.transitions import announce, change_payment
from payments.states import HOSTED, PaymentStatus, ProviderName
from scheduling.models import Appointment
from scheduling.services.prepaid import prolong_pending
from scheduling.states import AppointmentStatus

FIRST_QUESTION = timedelta(minutes=2)
"""So long after a payment began the provider is asked for the first time, if it has not told by itself."""

SOON_OVER = timedelta(minutes=1)
"""A page that closes within so little time is not worth sending somebody to."""


def start_payment(*, appointment_id: int, method: str, actor: Actor, request_key: str | None = None) -> Payment:
    """Begin to pay what is due for a visit, by one of the ways that are offered.

    The booking keeps its time while the payment is under way. A payment that was begun the same way and is still open
    is taken up again; those begun in another way are given up. The same `request_key` again finds the same payment.
    Raises NothingDue, MethodNotOffered, PaymentKeyReused, ProviderUnavailable, and WrongState once the booking ran out.
    """
    begun = begin_payment(appointment_id=appointment_id, method=method, actor=actor, request_key=request_key)
    return hand_over(begun, actor=actor)


def begin_payment(*, appointment_id: int, method: str, actor: Actor, request_key: str | None = None) -> Payment:
    """The first half of it: our own row, and no word to a provider. `hand_over` is the other half."""
    request_key = scoped(request_key, appointment_id)
    return _begun_before(request_key, method) or _begin(appointment_id, method, actor, request_key)


def hand_over(payment: Payment, *, actor: Actor) -> Payment:
    """Ask the provider for its page, where there is none yet. Call outside of any transaction.

    Raises ProviderUnavailable; the payment has failed where the provider never will.
    """
    if payment.provider in HOSTED and payment.status == PaymentStatus.PENDING and not payment.page:
        _hand_over(payment, actor)
    return payment


def scoped(request_key: str | None, appointment_id: int) -> str | None:
    """A key that somebody made up names a request about one visit: the same word about another is another request."""
    return None if request_key is None else f"{appointment_id}:{request_key}"


def _begin(appointment_id: int, method: str, actor: Actor, request_key: str | None) -> Payment:
    try:
        with recorded(actor, "payment.begin"):
            visit = lock_live_visit(appointment_id)
            policy = policy_of(visit.location_id)
            due = account_of(visit).due_now
            if due <= 0:
                raise NothingDue
            offer = _offered(visit, policy, method)
            keeps_until = _keeps_until(offer, policy)
            if visit.status == AppointmentStatus.PENDING:
                prolong_pending(appointment_id=visit.pk, until=keeps_until, actor=actor)
            others = payments_of_visit(visit).select_for_update(of=("self",)).filter(status=PaymentStatus.PENDING)
            open_one = None
            for payment in others:
                if open_one is None and _is_as_wanted(payment, offer, visit, due):
                    open_one = payment
                elif payment.provider in HOSTED:
                    # Its page is closed by the sweep; should somebody have paid there already, that still counts.
                    change_payment(payment, PaymentStatus.CANCELLED, actor=actor, ask_at=timezone.now())
            if open_one is not None:
                return open_one
            payment = Payment(
                request_key=request_key,
                appointment=visit,
                location=visit.location,
                method=offer.method,
                provider=offer.provider,
                amount=due,
                currency=visit.currency,
                expires_at=keeps_until,
                ask_at=timezone.now() + FIRST_QUESTION if offer.provider in HOSTED else None,
                begun_by=actor.user,
            )
            payment.save(force_insert=True)
            if offer.provider in (ProviderName.BANK, ProviderName.UPI):
                payment.reference = reference_of(payment.pk)
                payment.save(update_fields=["reference"])
            announce(payment, actor, previous=None)
            return payment
    except IntegrityError:
        before = _begun_before(request_key, method)  # by the same request, a moment earlier
        if before is None:
            raise
        return before


def _begun_before(request_key: str | None, method: str) -> Payment | None:
    if request_key is None:
        return None
    before = Payment.objects.select_related("appointment", "location").filter(request_key=request_key).first()
    if before is not None and before.method != method:
        raise PaymentKeyReused
    return before


def _offered(visit: Appointment, policy: PaymentPolicy, method: str) -> Offer:
    for offer in offers_for(visit, policy=policy):
        if offer.method == method:
            return offer
    raise MethodNotOffered(field="method")


def _keeps_until(offer: Offer, policy: PaymentPolicy) -> datetime:
    if offer.provider in HOSTED:
        return timezone.now() + timedelta(minutes=policy.pay_minutes)
    return timezone.now() + timedelta(hours=policy.transfer_hours)


def _is_as_wanted(payment: Payment, offer: Offer, visit: Appointment, due: object) -> bool:
    is_open = payment.expires_at is None or payment.expires_at > timezone.now() + SOON_OVER
    return (
        is_open
        and payment.appointment_id == visit.pk
        and (payment.method, payment.provider) == (offer.method, offer.provider)
        and (payment.amount, payment.currency) == (due, visit.currency)
    )


def _hand_over(payment: Payment, actor: Actor) -> None:
    order = order_for(payment)
    try:
        started = provider_of(payment.provider).start(order)
    except PermanentRefusal as refusal:
        with recorded(actor, "payment.refused"):
            change_payment(payment, PaymentStatus.FAILED, actor=actor, failure=refusal.detail[:300], ask_at=None)
        raise ProviderUnavailable from refusal
    except Refusal as refusal:
        raise ProviderUnavailable from refusal
    with recorded(actor, "payment.hand_over"):
        Payment.objects.filter(pk=payment.pk).update(
            provider_reference=started.reference, page=started.page, form=dict(started.form)
        )
    payment.provider_reference, payment.page, payment.form = started.reference, started.page, dict(started.form)


def order_for(payment: Payment) -> Order:
    """A payment as a provider is told of it; without a word about why somebody sees the doctor."""
    visit = payment.appointment
    # Razorpay sends the browser back with a form, which another address takes.
    returns_to = "payments:razorpay_return" if payment.provider == ProviderName.RAZORPAY else "payments:payment"
    page = reverse(returns_to, kwargs={"secret": visit.secret, "payment_id": payment.pk})
    return Order(
        key=payment.key,
        number=payment.number,
        method=payment.method,
        amount=payment.amount,
        currency=payment.currency,
        description=_("%(clinic)s, appointment %(number)s") % {"clinic": payment.location.name, "number": visit.number},
        return_url=settings.BASE_URL + page,
        cancel_url=settings.BASE_URL + reverse("payments:checkout", args=[visit.secret]),
        expires_at=payment.expires_at or timezone.now(),
        language=get_language() or "en",
    )


def give_up_payment(*, payment_id: int, actor: Actor) -> Payment:
    """The payer turned back without paying: another way is free to be chosen. What comes after all still counts.

    Harmless for a payment that is no longer under way. Raises PaymentUnknown.
    """

    with recorded(actor, "payment.give_up"):
        payment = lock_payment(payment_id)
        if payment.status == PaymentStatus.PENDING:
            ask_at = timezone.now() if payment.provider in HOSTED else None
            change_payment(payment, PaymentStatus.CANCELLED, actor=actor, ask_at=ask_at)
    return payment

"""Which payments the provider is asked about, which events are applied again, and which refunds are to be sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from payments.models import Payment, Refund, WebhookEvent
from payments.states import CAPTURED, HOSTED, EventStatus, RefundStatus

OVERDUE_AFTER = timedelta(seconds=110)
"""What should have been done so long ago is not being done: almost two rounds of the sweep."""

FAILING_AFTER = 3
"""So many refusals of one refund in a row are no accident."""

LOOKED_BACK = timedelta(days=1)


def payments_to_ask(now: datetime) -> QuerySet[Payment]:
    """Payments at a provider's page of which nothing final is known, whose turn to be asked about has come."""
    return Payment.objects.filter(ask_at__lte=now, provider__in=sorted(HOSTED)).exclude(status__in=sorted(CAPTURED))


def events_to_apply(now: datetime) -> QuerySet[WebhookEvent]:
    """Events that are stored and not applied, whose turn to be tried again has come."""
    # In the very words of the index `event_to_apply`.
    return WebhookEvent.objects.filter(
        status__in=[EventStatus.RECEIVED, EventStatus.WAITING, EventStatus.FAILED], try_at__lte=now
    )


def refunds_to_send(now: datetime) -> QuerySet[Refund]:
    """Refunds that the provider is to be asked for: those whose turn has come, and those that somebody asked for and
    never said what came of it."""
    return Refund.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lte=now),
        status__in=[RefundStatus.PENDING, RefundStatus.SENDING],
        try_at__lte=now,
        payment__provider__in=sorted(HOSTED),
    )


def count_to_reconcile() -> int:
    """How many payments are to be asked about and events to be applied now."""
    now = timezone.now()
    return payments_to_ask(now).count() + events_to_apply(now).count()


def count_to_send() -> int:
    """How many refunds are to be sent now."""
    return refunds_to_send(timezone.now()).count()


def count_events_not_applied() -> int:
    """How many events were stored and could not be applied for a fault of our own, or because nobody tries."""
    received = WebhookEvent.objects.filter(status=EventStatus.RECEIVED)
    return received.filter(~Q(error="") | Q(received_at__lt=timezone.now() - OVERDUE_AFTER)).count()


def count_events_refused() -> int:
    """How many events of the last day make no sense to us: an unknown payment, a wrong amount."""
    failed = WebhookEvent.objects.filter(status=EventStatus.FAILED)
    return failed.filter(received_at__gt=timezone.now() - LOOKED_BACK).count()


def count_payments_not_asked() -> int:
    """How many payments the provider should have been asked about by now."""
    return payments_to_ask(timezone.now() - OVERDUE_AFTER).count()


def count_refunds_stuck() -> int:
    """How many refunds should have been sent by now, or were tried again and again in vain."""
    vain = Q(attempts__gte=FAILING_AFTER) & ~Q(error="")
    late = Q(pk__in=refunds_to_send(timezone.now() - OVERDUE_AFTER).order_by().values("pk"))
    open_ones = Refund.objects.filter(
        status__in=[RefundStatus.PENDING, RefundStatus.SENDING], payment__provider__in=sorted(HOSTED)
    )
    return open_ones.filter(vain | late).count()

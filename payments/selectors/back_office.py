"""What the first page of the back office says of money."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payments.models import LedgerEntry, Refund, StatementLine, WebhookEvent
from payments.rules import handles_money, locations_with_money, money_scope
from payments.selectors.accounts import accounts_of
from payments.states import BY_HAND, EntryKind, EventStatus, LineStatus, RefundStatus
from scheduling.clock import day_bounds
from scheduling.models import Appointment
from scheduling.selectors.back_office import Card
from scheduling.states import AppointmentStatus
from scheduling.templatetags.clinic_time import price

OWING = (
    AppointmentStatus.CONFIRMED,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.IN_PROGRESS,
    AppointmentStatus.COMPLETED,
)
"""Visits of a day that somebody has to pay for."""

LOOKED_BACK = timedelta(days=30)
"""Events that failed earlier are history by now."""


def cards(*, user: User) -> list[Card]:
    """Money of today and what waits for staff, at the places whose money somebody handles; six queries and those of
    the rules."""
    if not handles_money(user):
        return []
    refunds = reverse("admin:payments_refund_changelist")
    ours = Refund.objects.filter(money_scope(user, location="payment__location", doctor="payment__appointment__doctor"))
    counted = ours.aggregate(
        by_hand=Count("pk", filter=Q(status=RefundStatus.PENDING, payment__provider__in=BY_HAND)),
        refused=Count("pk", filter=Q(status__in=[RefundStatus.FAILED, RefundStatus.SUCCEEDED]) & ~Q(error="")),
    )
    by_hand, refused = counted["by_hand"], counted["refused"]
    return [
        _taken(user),
        _outstanding(user),
        Card(_("Refunds to pay back"), by_hand, f"{refunds}?todo=by_hand", _("by hand"), warns=by_hand > 0),
        Card(_("Refunds refused"), refused, f"{refunds}?todo=refused", _("look why"), warns=refused > 0),
        _failed_events(user),
        _lines_to_match(user),
    ]


def _taken(user: User) -> Card:
    begin, end = day_bounds(timezone.localdate(), timezone.get_current_timezone())
    came = LedgerEntry.objects.filter(
        payment__location__in=locations_with_money(user).values("pk"), kind=EntryKind.CAPTURE, at__gte=begin, at__lt=end
    )
    sums = dict(came.order_by().values_list("currency").annotate(Sum("amount")))
    day = timezone.localdate().isoformat()
    link = f"{reverse('admin:payments_ledgerentry_changelist')}?at_from={day}&at_to={day}"
    return Card(_("Taken today"), _in_words(sums), link)


def _outstanding(user: User) -> Card:
    begin, end = day_bounds(timezone.localdate(), timezone.get_current_timezone())
    visits = Appointment.objects.filter(
        location__in=locations_with_money(user).values("pk"),
        starts_at__gte=begin,
        starts_at__lt=end,
        status__in=OWING,
        fee__gt=0,
    )
    sums: dict[str, Decimal] = {}
    for account in accounts_of(visits).values():
        if account.outstanding:
            sums[account.currency] = sums.get(account.currency, Decimal(0)) + account.outstanding
    day = timezone.localdate().isoformat()
    link = f"{reverse('admin:scheduling_appointment_changelist')}?starts_at_from={day}&starts_at_to={day}"
    return Card(_("Outstanding today"), _in_words(sums), link, _("of visits that take place"))


def _failed_events(user: User) -> Card:
    since = timezone.localdate() - LOOKED_BACK
    begin, _end = day_bounds(since, timezone.get_current_timezone())
    scope = money_scope(user, location="payment__location", doctor="payment__appointment__doctor")
    failed = WebhookEvent.objects.filter(scope, status=EventStatus.FAILED, received_at__gte=begin)
    count = failed.count()
    link = f"{reverse('admin:payments_webhookevent_changelist')}?status__exact=failed&received_at_from={since}"
    return Card(_("Events that failed"), count, link, _("told by providers, not applied"), warns=count > 0)


def _lines_to_match(user: User) -> Card:
    lines = StatementLine.objects.filter(location__in=locations_with_money(user).values("pk"))
    found = lines.aggregate(
        near=Count("pk", filter=Q(status=LineStatus.NEAR)), unmatched=Count("pk", filter=Q(status=LineStatus.UNMATCHED))
    )
    link = reverse("payments_admin:statement_lines")
    count = found["near"] + found["unmatched"]
    return Card(_("Transfers to match"), count, link, _("lines of statements"), warns=found["near"] > 0)


def _in_words(sums: dict[str, Decimal]) -> str:
    """Each currency by itself; pounds and rupees do not add up."""
    return ", ".join(price(amount, currency) for currency, amount in sorted(sums.items())) or "0"

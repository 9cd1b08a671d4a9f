"""What the first page of the back office says of messages."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import STAFF_ROLES
from notifications.message_words import NOT_DELIVERED
from notifications.rules import messages_visible_to
from notifications.selectors.standing import count_overdue, failing_channels
from notifications.states import ChannelName, MessageStatus
from scheduling.clock import day_bounds
from scheduling.rules import has_role
from scheduling.selectors.back_office import Card

FAILED = Q(status=MessageStatus.FAILED) | Q(delivery_status__in=NOT_DELIVERED)
"""Somebody should look: the patient does not know what they were to be told."""

LOOKED_BACK = timedelta(days=2)
"""What failed earlier is history by now."""


def cards(*, user: User) -> list[Card]:
    """The messages of these days that did not arrive, and those that wait though they should be gone."""
    if not has_role(user, *STAFF_ROLES):
        return []
    first = timezone.localdate() - LOOKED_BACK
    begin, _end = day_bounds(first, timezone.get_current_timezone())
    failed = messages_visible_to(user).filter(FAILED, due_at__gte=begin).count()
    link = f"{reverse('admin:notifications_message_changelist')}?came=failed&due_at_from={first.isoformat()}"
    return [
        Card(_("Messages that failed"), failed, link, _("since the day before yesterday"), warns=failed > 0),
        _overdue(),
    ]


def _overdue() -> Card:
    """Of all places: it is the sending that is in trouble."""
    overdue = count_overdue()
    failing = [str(ChannelName(channel).label) for channel in failing_channels()]
    note = _("Nothing goes out by: %(channels)s") % {"channels": ", ".join(failing)} if failing else ""
    day = timezone.localdate().isoformat()
    link = f"{reverse('admin:notifications_message_changelist')}?came=ahead&due_at_to={day}"
    return Card(_("Messages overdue"), overdue, link, note, warns=bool(overdue or failing))

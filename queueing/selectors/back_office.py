"""What the first page of the back office says of the queues."""

from __future__ import annotations

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from queueing.rules import tokens_visible_to, works_the_queue
from queueing.states import TokenStatus
from scheduling.selectors.back_office import Card


def cards(*, user: User) -> list[Card]:
    """Who waits now in the queues that somebody works, and for how long at most; one query and those of the rules."""
    if not works_the_queue(user):
        return []
    waiting = tokens_visible_to(user).filter(status=TokenStatus.WAITING, queue__closed_at=None)
    found = waiting.aggregate(count=Count("pk"), first=Min("checked_in_at"))
    minutes = int((timezone.now() - found["first"]).total_seconds() // 60) if found["first"] else 0
    desk = reverse("queueing:desk")
    return [
        Card(_("Waiting now"), found["count"], desk, _("open the desk")),
        Card(_("Longest wait"), max(0, minutes), desk, _("minutes")),
    ]

"""Writing down which messages go out, so that a clinic can change them."""

from __future__ import annotations

from django.db.models import Q

from accounts.actors import Actor
from accounts.audit import recorded
from notifications.models import MessageRule
from notifications.selectors.rules import setups_of


def write_down_defaults(*, actor: Actor, location_id: int | None = None) -> int:
    """Write the rules that hold as rows, unless there are rows; return how many.

    For all locations, or for one that is to have rules of its own: these begin as what has held there so far.
    """
    with recorded(actor, "message_rules.write_down"):
        own = Q(location_id=location_id) if location_id is not None else Q(location=None)
        if MessageRule.objects.filter(own).exists():
            return 0
        rules = setups_of([location_id or 0])[location_id or 0].rules
        rows = [MessageRule(location_id=location_id, **rule._asdict()) for rule in rules]
        return len(MessageRule.objects.bulk_create(rows, ignore_conflicts=True))

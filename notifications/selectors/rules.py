"""Which rules for messages hold at a location, and how it writes to its patients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.db import connection
from django.utils.dateparse import parse_time

from notifications.defaults import DEFAULT_RULES, Rule
from notifications.models import MessagePolicy, MessageRule
from notifications.states import ChannelName, Kind


@dataclass(frozen=True, slots=True)
class Setup:
    """What holds at a location: the rules that are active, and its policy."""

    rules: tuple[Rule, ...]
    policy: MessagePolicy

    def rules_for(self, *kinds: Kind) -> list[Rule]:
        """Those about these kinds."""
        return [rule for rule in self.rules if rule.kind in kinds]


def rules_of(location_id: int) -> tuple[Rule, ...]:
    """The rules that hold at a location.

    Those that are active of its own rows, if it has any; else of the rows for all locations; else the defaults.
    """
    return setup_of(location_id).rules


def policy_of(location_id: int) -> MessagePolicy:
    """How a location writes; the defaults where nobody set anything."""
    return setup_of(location_id).policy


# One constant statement, because every booking runs it: rules and policy in one query.
_SETUP = """
SELECT location_id, kind, channel, offset_minutes, is_active, NULL, NULL, NULL, NULL, NULL, NULL
  FROM notifications_messagerule WHERE location_id = %(location)s OR location_id IS NULL
UNION ALL
SELECT location_id, NULL, NULL, NULL, NULL, id, short_name, quiet_from, quiet_until, texts_a_day, near_places
  FROM notifications_messagepolicy WHERE location_id = %(location)s
"""


def setup_of(location_id: int) -> Setup:
    """Rules and policy of a location, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_SETUP, {"location": location_id})
        rows = cursor.fetchall()
    policies = [_policy(location_id, row[5:]) for row in rows if row[5] is not None]
    return Setup(
        rules=_that_hold([row[:5] for row in rows if row[5] is None]),
        policy=policies[0] if policies else MessagePolicy(location_id=location_id),
    )


def setups_of(location_ids: Iterable[int]) -> dict[int, Setup]:
    """Rules and policies of several locations, in two queries."""
    wanted = set(location_ids)
    columns = ("location_id", "kind", "channel", "offset_minutes", "is_active")
    rows = list(MessageRule.objects.order_by().values_list(*columns))
    policies = {policy.location_id: policy for policy in MessagePolicy.objects.filter(location_id__in=wanted)}
    return {
        pk: Setup(
            rules=_that_hold([row for row in rows if row[0] in (pk, None)]),
            policy=policies.get(pk) or MessagePolicy(location_id=pk),
        )
        for pk in wanted
    }


def _that_hold(rows: Sequence[tuple[Any, ...]]) -> tuple[Rule, ...]:
    """Of the rows of a location and those for all: which rules hold."""
    rows = [row for row in rows if row[0] is not None] or rows
    if not rows:
        return DEFAULT_RULES
    active = [Rule(Kind(row[1]), ChannelName(row[2]), row[3]) for row in rows if row[4]]
    return tuple(sorted(active, key=lambda rule: (rule.kind, -rule.offset_minutes, rule.channel)))


def _policy(location_id: int, row: Sequence[Any]) -> MessagePolicy:
    pk, short_name, quiet_from, quiet_until, texts_a_day, near_places = row
    return MessagePolicy(
        pk=pk,
        location_id=location_id,
        short_name=short_name,
        quiet_from=_time(quiet_from),
        quiet_until=_time(quiet_until),
        texts_a_day=texts_a_day,
        near_places=near_places,
    )


def _time(value: time | str) -> time:
    """A time of day as the database gives it to a plain cursor; SQLite gives it as text."""
    found = parse_time(value) if isinstance(value, str) else value
    if found is None:
        raise ValueError(value)
    return found

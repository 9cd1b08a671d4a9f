"""Whose turn in a queue is near, and who can be told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.defaults import Rule
from notifications.models import Message, PushSubscription
from notifications.selectors.rules import setups_of
from notifications.states import ChannelName, Kind
from queueing.models import Queue, Token
from queueing.selectors.lines import lines_of
from queueing.selectors.queues import with_places
from queueing.states import DoctorStatus, TokenStatus
from scheduling.models import Patient

GOING_ON = (DoctorStatus.ON_TIME, DoctorStatus.RUNNING_LATE)
"""While a doctor has not begun, or is on a break, nobody's turn is near, wherever they stand."""


def near_and_untold(*, now: datetime) -> list[tuple[Token, list[Rule]]]:
    """Those near the front of their queue who have not been told so and can be, and by which rules.

    Three queries when nobody who waits can be told; else a fixed number, however many wait in however many queues.
    """
    untold = list(_queues_with_untold(now))
    if not untold:
        return []
    setups = setups_of(location_id for _queue_id, location_id, _has_push in untold)
    rules_of = {pk: setup.rules_for(Kind.TURN_NEAR) for pk, setup in setups.items()}
    wanted = {
        pk for pk, location_id, has_push in untold if any(_reaches(rule, has_push) for rule in rules_of[location_id])
    }
    if not wanted:
        return []
    near = [
        place.token
        for line in lines_of(with_places(Queue.objects.filter(pk__in=wanted)), now=now)
        for place in line.waiting
        if place.position <= setups[line.queue.location_id].policy.near_places
    ]
    told = set(_told().filter(token__in=near).values_list("token_id", flat=True))
    subscribed = subscribed_patients([token.patient for token in near])
    found = []
    for token in near:
        rules = [rule for rule in rules_of[token.location_id] if _reaches(rule, token.patient_id in subscribed)]
        if rules and token.pk not in told:
            found.append((token, rules))
    return found


def subscribed_patients(patients: Collection[Patient]) -> set[int]:
    """Those of whom some browser hears: one that subscribed for them, or one of the user who looks after them."""
    if not patients:
        return set()
    users = {patient.user_id for patient in patients if patient.user_id is not None}
    rows = PushSubscription.objects.filter(Q(patient__in=[patient.pk for patient in patients]) | Q(user__in=users))
    heard = set(rows.order_by().values_list("patient_id", "user_id"))
    by_patient, by_user = {pk for pk, _user in heard}, {user for pk, user in heard if pk is None}
    return {one.pk for one in patients if one.pk in by_patient or (one.user_id and one.user_id in by_user)}


def _queues_with_untold(now: datetime) -> QuerySet[Token, tuple[int, int, bool]]:
    """Queues that go on and in which somebody waits who was not told; with whether a browser of theirs can be woken."""
    browsers = PushSubscription.objects.filter(
        Q(patient=OuterRef("patient")) | Q(patient=None, user=OuterRef("patient__user"))
    )
    waiting = Token.objects.filter(
        ~Exists(_told().filter(token=OuterRef("pk"))),
        status=TokenStatus.WAITING,
        day__gte=now.date() - timedelta(days=1),
        queue__closed_at=None,
        queue__status__in=GOING_ON,
    )
    return (
        waiting.annotate(has_push=Exists(browsers))
        .order_by()
        .values_list("queue_id", "location_id", "has_push")
        .distinct()
    )


def _told() -> QuerySet[Message]:
    return Message.objects.filter(kind=Kind.TURN_NEAR).order_by()


def _reaches(rule: Rule, has_push: bool) -> bool:
    return has_push or rule.channel != ChannelName.PUSH

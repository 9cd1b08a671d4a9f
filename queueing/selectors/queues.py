"""Finding queues, tokens and the rules of a location."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from queueing.models import Queue, QueuePolicy, Token, TokenStep
from queueing.states import LIVE, Step
from scheduling.clock import local_date
from scheduling.models import Location


def policy_of(location_id: int) -> QueuePolicy:
    """The rules of a location; the defaults where nobody set any."""
    return QueuePolicy.objects.filter(location_id=location_id).first() or QueuePolicy(location_id=location_id)


def policies_of(location_ids: Iterable[int]) -> dict[int, QueuePolicy]:
    """The rules of several locations, in one query."""
    wanted = set(location_ids)
    found = {policy.location_id: policy for policy in QueuePolicy.objects.filter(location_id__in=wanted)}
    return {pk: found.get(pk) or QueuePolicy(location_id=pk) for pk in wanted}


def queues_of_today(location: Location, now: datetime | None = None) -> QuerySet[Queue]:
    """The queues of a location's day by letter, after yesterday's in which somebody is still seen or waits."""
    shown = Queue.objects.filter(_shown(location, now or timezone.now()), location=location)
    return with_places(shown).order_by("day", "letter")


def queues_on_show(location_id: int, *, also: Iterable[int] = ()) -> QuerySet[Queue]:
    """The queues that screens of a location show: today's, and yesterday's in which somebody is still seen or waits.

    `also` names queues of it to read in any case.
    """
    location = Location.objects.filter(pk=location_id).first()
    if location is None:
        return Queue.objects.none()
    shown = Queue.objects.filter(_shown(location, timezone.now()) | Q(pk__in=list(also)), location=location)
    return with_places(shown).order_by("day", "letter")


def _shown(location: Location, now: datetime) -> Q:
    today = local_date(now, location.zone)
    somebody_is_here = Exists(Token.objects.filter(queue=OuterRef("pk"), status__in=LIVE))
    past_midnight = Q(somebody_is_here, day=today - timedelta(days=1), closed_at=None)
    return Q(day=today) | past_midnight


def with_places(queues: QuerySet[Queue]) -> QuerySet[Queue]:
    """With what every screen says of a queue."""
    return queues.select_related("doctor__specialty", "location")


def live_token_of(appointment_id: int) -> Token | None:
    """The place in a queue that a visit has now."""
    return Token.objects.select_related("queue__doctor").filter(appointment_id=appointment_id, status__in=LIVE).first()


def latest_token_of(appointment_id: int) -> Token | None:
    """The place that a visit has, or had last."""
    return (
        Token.objects.select_related("queue__doctor", "location")
        .filter(appointment_id=appointment_id)
        .order_by("-pk")
        .first()
    )


def joined_by_mistake() -> Exists:
    """Whether a token was given, or sent on, by mistake: it was taken back, and nobody was here with it."""
    return Exists(TokenStep.objects.filter(token=OuterRef("pk"), what=Step.JOINED, undone_at__isnull=False))


def tokens_with_everything() -> QuerySet[Token]:
    """With all that screens say of a token."""
    return Token.objects.select_related("queue__doctor", "queue__location", "location", "patient", "appointment")


def token_by_secret(secret: str) -> Token | None:
    """Whose link this is; a token that was transferred leads to the one it became.

    So does one whose transfer or check-in was taken back: to the place that the visit has now, if it has one.
    """
    token = tokens_with_everything().filter(secret=secret).first()
    if token is None or token.is_live:
        return token
    now = tokens_with_everything().filter(appointment_id=token.appointment_id, status__in=sorted(LIVE)).first()
    while now is None and token.successor_id is not None:
        token = tokens_with_everything().get(pk=token.successor_id)
    return now or token

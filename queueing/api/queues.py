"""Queues for programs: how they stand, who comes, who is next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import django_filters
from django.db import transaction
from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import from_request
from accounts.api.filters import DayFilter, KeyFilter
from accounts.api.idempotency import idempotent
from accounts.api.permissions import SecretLink, Staff
from accounts.api.preconditions import conditional, wants_match
from accounts.errors import NotPermitted
from queueing import rules
from queueing.api.bodies import JoiningSerializer, RoomSerializer
from queueing.api.joining import join_as_asked, visit_of_secret
from queueing.api.queues_examples import QUEUES
from queueing.api.reach import ReachesTokens, state_of
from queueing.api.shapes import LineSerializer
from queueing.api.tags import require_state, tagged_with_state
from queueing.models import Queue, Token
from queueing.selectors.lines import line_of, lines_of
from queueing.selectors.queues import tokens_with_everything, with_places
from queueing.services.check_in import check_in
from queueing.services.queues import lock_queue, set_room
from queueing.services.steps import call_next
from scheduling.api.appointments_shapes import NothingSerializer


class QueueFilter(django_filters.FilterSet):
    """Of the queues one may see, those that fit all that is said."""

    doctor = KeyFilter(field_name="doctor_id")
    location = KeyFilter(field_name="location_id")
    date = DayFilter(field_name="day", label="The day on the clock of the location.")


def counts_of(queues: Iterable[Queue]) -> dict[int, dict[str, int]]:
    """How many tokens of each state the queues have, in one query."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Token.objects.filter(queue__in=list(queues)).order_by().values_list("queue", "status")
    for queue_id, status, many in rows.annotate(many=Count("pk")):
        found[queue_id][status] = many
    return found


def queue_state(queue: Queue) -> Any:
    """What somebody who changes a queue must have seen."""
    return ["queue", queue.pk, queue.status, queue.late_minutes, queue.back_at, queue.room, queue.closed_at]


def shown_lines(queues: Sequence[Queue]) -> list[dict[str, Any]]:
    """The queues as they stand; the same number of queries for any number of them."""
    return [
        dict(one) for one in LineSerializer(lines_of(queues), many=True, context={"counts": counts_of(queues)}).data
    ]


def answer_line(request: Request, queue: Queue) -> Response:
    """A queue as it stands, with its tag."""
    shown = LineSerializer(line_of(queue), context={"counts": counts_of([queue])}).data
    return tagged_with_state(request, queue_state(queue), dict(shown))


@extend_schema_view(**QUEUES)
class QueueViewSet(ReachesTokens):
    """Queues: doctors their own, reception those of its locations, managers all. Joining is for patients, too."""

    queryset = Queue.objects.all()
    serializer_class = LineSerializer
    filterset_class = QueueFilter
    permission_classes: ClassVar[Any] = [Staff]
    permissions_by_action: ClassVar[dict[str, Any]] = {"join": SecretLink}
    more_troubles = (404,)  # what a body names may be unknown, too

    def get_queryset(self) -> QuerySet[Queue]:
        """Those that the visitor may see."""
        return with_places(rules.queues_visible_to(self.visitor))

    def list(self, request: Request) -> Response:
        """Queues as they stand, those opened last first."""
        page: list[Queue] = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(shown_lines(page))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One queue as it stands."""
        return answer_line(request, self.get_object())

    @conditional
    def partial_update(self, request: Request, pk: str) -> Response:
        """Another room, for today."""
        room = self.said(RoomSerializer).validated_data["room"]
        queue = self.get_object()
        with transaction.atomic():
            if wants_match(request):
                require_state(request, queue_state(lock_queue(queue.pk)))
            return answer_line(request, set_room(queue_id=queue.pk, room=room, actor=self.actor))

    @idempotent
    @action(detail=False, methods=["post"])
    def join(self, request: Request) -> Token:
        """Check in, or come without an appointment."""
        self.secret()
        said = self.said(JoiningSerializer).validated_data
        if "secret" in said:
            visit = visit_of_secret(said["secret"])
            self.is_link = True
            return check_in(appointment_id=visit.pk, actor=from_request(request._request, link=visit.pk))
        if "appointment" in said:
            visit = self.reach(said["appointment"])
            self.is_link = self.sight.by_link
            return check_in(appointment_id=visit.pk, actor=self.acting_on(visit))
        if not self.visitor.is_authenticated:
            raise NotAuthenticated
        return join_as_asked(said=said, actor=self.actor)

    @idempotent
    @action(detail=True, methods=["post"], url_path="call-next")
    def call_next(self, request: Request, pk: str) -> Token:
        """Call whoever is next."""
        self.said(NothingSerializer)
        queue = self.get_object()
        if not rules.may_act_on(self.visitor, queue):
            raise NotPermitted
        return call_next(queue_id=queue.pk, actor=self.actor)

    def show_made(self, made: Token) -> Response:
        """The place, with the secret for whoever has just joined."""
        token = tokens_with_everything().get(pk=made.pk)
        joined = self.action == "join"
        shown = self.standing(token, tells_secret=joined)
        return tagged_with_state(self.request, state_of(token), shown, status=201 if joined else 200)

    def remember(self, made: Token) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> Token | None:
        """It again."""
        return Token.objects.filter(pk=remembered).first()

"""What the queue says of an appointment: the place it has, when check-in opens, and how it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor, from_request
from accounts.api.idempotency import idempotent
from accounts.api.permissions import SecretLink
from accounts.api.preconditions import tagged
from accounts.api.serializers import KeyField
from accounts.errors import NotPermitted
from queueing.api.bodies import FeedbackSerializer
from queueing.api.reach import ReachesTokens
from queueing.api.shapes import TokenSerializer
from queueing.api.visits_examples import visits
from queueing.errors import CheckInRefused
from queueing.models import Feedback
from queueing.selectors.queues import latest_token_of, policy_of, tokens_with_everything
from queueing.services.check_in import require_may_check_in
from queueing.services.feedback import give_feedback
from scheduling.api.fields import MomentField
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus


class CheckInSerializer(serializers.Serializer[Any]):
    """When patients can check in themselves. The desk always can on that day."""

    is_open = serializers.BooleanField()
    opens_at = MomentField(allow_null=True, help_text="null: whenever they come.")
    closes_at = MomentField(allow_null=True)


class VisitQueueSerializer(serializers.Serializer[Any]):
    """Where an appointment stands on its day."""

    appointment = KeyField()
    status = serializers.ChoiceField(choices=AppointmentStatus.choices)
    check_in = CheckInSerializer(allow_null=True, help_text="null: checked in already, or not to be.")
    token = TokenSerializer(allow_null=True, help_text="The place in the queue, from check-in on.")


class VisitFeedbackSerializer(serializers.Serializer[Any]):
    """How a visit was."""

    appointment = KeyField(source="appointment_id")
    score = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField()
    given_at = MomentField()


@extend_schema_view(**visits(VisitQueueSerializer, FeedbackSerializer, VisitFeedbackSerializer))
class VisitQueueViewSet(ReachesTokens):
    """Of one visit: of the patient's side, or of staff who see it; by its link, too."""

    queryset = Appointment.objects.all()
    serializer_class = VisitQueueSerializer
    permission_classes: ClassVar[Any] = [SecretLink]

    def retrieve(self, request: Request, pk: str) -> Response:
        """Where it stands."""
        visit = self.reach()
        self.is_link = self.sight.by_link
        latest = latest_token_of(visit.pk)
        token = None if latest is None else tokens_with_everything().get(pk=latest.pk)
        shown = {
            "appointment": visit.pk,
            "status": visit.status,
            "check_in": None if token is not None else check_in_of(visit, self.actor),
            "token": None,
        }
        data = dict(VisitQueueSerializer(shown).data)
        if token is not None:
            data["token"] = self.standing(token, tells_secret=self.sight.is_own(visit))
        return tagged(request, data)

    @idempotent
    def create(self, request: Request, pk: str) -> Feedback:
        """Say how it was, once."""
        said = self.said(FeedbackSerializer).validated_data
        visit = self.reach()
        if not self.sight.is_own(visit):
            raise NotPermitted(_("Patients say how their visit was."))
        actor = from_request(request._request, link=visit.pk) if self.sight.by_link else self.actor
        return give_feedback(appointment=visit, score=said["score"], comment=said.get("comment", ""), actor=actor)

    def show_made(self, made: Feedback) -> Response:
        """What was said."""
        return tagged(self.request, VisitFeedbackSerializer(made).data, status=201)

    def remember(self, made: Feedback) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> Feedback | None:
        """It again."""
        return Feedback.objects.filter(pk=remembered).first()


def check_in_of(visit: Appointment, actor: Actor) -> dict[str, Any] | None:
    """When patients can check in for a visit, and whether whoever asks can now; None for one that takes no check-in."""
    if visit.status != AppointmentStatus.CONFIRMED:
        return None
    policy, opens_at, closes_at = policy_of(visit.location_id), None, None
    if visit.starts_at is not None:
        opens_at = visit.starts_at - timedelta(minutes=policy.early_minutes)
        closes_at = visit.starts_at + timedelta(minutes=policy.latest_minutes)
    try:
        require_may_check_in(visit, policy, actor=actor, now=timezone.now())
    except CheckInRefused:
        is_open = False
    else:
        is_open = True
    return {"is_open": is_open, "opens_at": opens_at, "closes_at": closes_at}

"""Places in queues for programs: how one stands, and every step of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.permissions import SecretLink, Staff
from accounts.api.preconditions import conditional
from accounts.errors import NotPermitted
from queueing import rules
from queueing.api.bodies import PrioritySerializer, TokenStepSerializer, TransferSerializer, UndoSerializer
from queueing.api.reach import ReachesTokens, state_of
from queueing.api.shapes import TokenSerializer
from queueing.api.tags import tagged_with_state
from queueing.api.tokens_examples import TOKENS
from queueing.errors import NothingToUndo
from queueing.models import Token, TokenStep
from queueing.selectors.queues import tokens_with_everything
from queueing.services.priorities import prioritise_token
from queueing.services.steps import leave_queue, recall_token, take_step
from queueing.services.transferring import transfer_token
from queueing.services.undoing import undo_step
from queueing.states import TokenStatus
from scheduling.api.appointments_shapes import NothingSerializer


@extend_schema_view(**TOKENS)
class TokenViewSet(ReachesTokens):
    """Places in queues: staff those of their queues, patients their own and their family's; one by its link, too."""

    queryset = Token.objects.all()
    serializer_class = TokenSerializer
    permission_classes: ClassVar[Any] = [Staff]
    permissions_by_action: ClassVar[dict[str, Any]] = {"retrieve": SecretLink, "bring_into": SecretLink}

    def retrieve(self, request: Request, pk: str) -> Response:
        """One place as it stands."""
        token = self.token()
        return tagged_with_state(request, state_of(token), self.standing(token))

    @conditional
    @action(detail=True, methods=["patch"], url_path="status", url_name="status")
    def bring_into(self, request: Request, pk: str) -> Response:
        """The one step that leads to a state; the patient's side may leave."""
        said = self.said(TokenStepSerializer).validated_data
        token, to = self.token(), TokenStatus(said["status"])
        actor = self.acting_on_token(token)
        works_here = not self.is_link and rules.may_act_on(self.visitor, token.queue)
        if to != TokenStatus.CANCELLED and not works_here:
            raise NotPermitted(_("Patients can leave the queue; the rest is for the clinic's staff."))
        with self.as_seen_token(token) as version:
            if to == TokenStatus.CANCELLED:
                leave_queue(token_id=token.pk, actor=actor, version=version, message=said.get("message", ""))
            else:
                take_step(token_id=token.pk, to=to, actor=actor, version=version)
        return self.answer_token(token)

    @conditional
    @action(detail=True, methods=["post"])
    def prioritise(self, request: Request, pk: str) -> Response:
        """Say anew what the place is made of; the answer is the new one, explained."""
        priority = self.said(PrioritySerializer).asked()
        token = self.staffs_token()
        with self.as_seen_token(token) as version:
            prioritise_token(token_id=token.pk, priority=priority, actor=self.actor, version=version)
        return self.answer_token(token)

    @idempotent
    @conditional
    @action(detail=True, methods=["post"], url_path="recall", url_name="recall")
    def call_again(self, request: Request, pk: str) -> Token:
        """Call somebody again."""
        self.said(NothingSerializer)
        token = self.staffs_token()
        with self.as_seen_token(token) as version:
            return recall_token(token_id=token.pk, actor=self.actor, version=version)

    @idempotent
    @conditional
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, pk: str) -> Token:
        """Send somebody to another doctor; the answer is the new place."""
        doctor_id = self.said(TransferSerializer).validated_data["doctor"]
        token = self.staffs_token()
        with self.as_seen_token(token) as version:
            return transfer_token(token_id=token.pk, doctor_id=doctor_id, actor=self.actor, version=version)

    @conditional
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take back the last step."""
        step_id = self.said(UndoSerializer).validated_data["step"]
        token = self.staffs_token()
        if not TokenStep.objects.filter(pk=step_id, token=token).exists():
            raise NothingToUndo
        with self.as_seen_token(token):
            undo_step(step_id=step_id, actor=self.actor)
        return self.answer_token(token)

    def show_made(self, made: Token) -> Response:
        """The place that was called again, or the new one after a transfer."""
        token = tokens_with_everything().get(pk=made.pk)
        moved = self.action == "transfer"
        answer = tagged_with_state(self.request, state_of(token), self.standing(token), status=201 if moved else 200)
        if moved:
            answer["Location"] = reverse("api:token-detail", args=[token.pk])
        return answer

    def remember(self, made: Token) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> Token | None:
        """It again, while it or what it was before is the visitor's to see."""
        queues: QuerySet[Any] = rules.queues_visible_to(self.visitor)
        seen = Q(queue__in=queues) | Q(predecessor__queue__in=queues)
        return Token.objects.filter(seen, pk=remembered).first()

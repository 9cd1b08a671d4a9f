"""Emergencies for programs: call for help, see who needs it, say that somebody sees to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor, from_request
from accounts.api.filters import FlagFilter, KeyFilter
from accounts.api.idempotency import idempotent
from accounts.api.permissions import SecretLink, Staff
from accounts.api.preconditions import tagged
from accounts.api.serializers import KeyField
from accounts.errors import NotPermitted
from queueing import rules
from queueing.api.bodies import EmergencyCallSerializer
from queueing.api.emergencies_examples import emergencies
from queueing.api.reach import ReachesTokens
from queueing.errors import TokenUnknown
from queueing.models import EmergencyRequest, Token
from queueing.selectors.queues import token_by_secret
from queueing.services.emergencies import acknowledge_emergency, call_for_help, raise_emergency
from queueing.states import EmergencySource
from scheduling.api.appointments_shapes import LocationNameSerializer, NothingSerializer
from scheduling.api.fields import MomentField
from scheduling.api.patients_shapes import PatientNameSerializer
from scheduling.errors import ClinicEntryUnknown


class TokenNameSerializer(serializers.Serializer[Any]):
    """A place in a queue, in other things."""

    id = KeyField()
    code = serializers.CharField()
    queue = KeyField(source="queue_id")
    patient = PatientNameSerializer(required=False, help_text="For staff who see the queue.")


class EmergencySerializer(serializers.Serializer[Any]):
    """Somebody needs help. It stays open until somebody acknowledges it."""

    id = KeyField()
    location = LocationNameSerializer()
    source = serializers.ChoiceField(choices=EmergencySource.choices)
    message = serializers.CharField()
    token = TokenNameSerializer(allow_null=True, help_text="Of whoever needs help, if it is known.")
    raised_at = MomentField()
    acknowledged_at = MomentField(allow_null=True)

    def to_representation(self, instance: EmergencyRequest) -> dict[str, Any]:
        """Without the name for those who do not work that queue."""
        shown: dict[str, Any] = super().to_representation(instance)
        if shown["token"] is not None and instance.token_id not in self.context["known"]:
            del shown["token"]["patient"]
        return shown


class EmergencyFilter(django_filters.FilterSet):
    """Of those one may see, those that fit all that is said."""

    location = KeyFilter(field_name="location_id")
    open = FlagFilter(method="still_open", label="Waiting for somebody (`true`, unless said), or seen to (`false`).")

    def still_open(self, emergencies: QuerySet[EmergencyRequest], name: str, value: bool) -> QuerySet[EmergencyRequest]:
        """By whether somebody acknowledged them."""
        return emergencies.filter(acknowledged_at__isnull=value)


@extend_schema_view(**emergencies(EmergencyCallSerializer, EmergencySerializer))
class EmergencyViewSet(ReachesTokens):
    """Emergencies at the places where the visitor works."""

    queryset = EmergencyRequest.objects.all()
    serializer_class = EmergencySerializer
    filterset_class = EmergencyFilter
    permission_classes: ClassVar[Any] = [Staff]
    permissions_by_action: ClassVar[dict[str, Any]] = {"create": SecretLink}
    more_troubles = (404,)  # what a body names may be unknown, too

    def get_queryset(self) -> QuerySet[EmergencyRequest]:
        """Those at the visitor's places."""
        return rules.emergencies_visible_to(self.visitor).select_related("location", "token__patient")

    def list(self, request: Request) -> Response:
        """Those that wait for somebody, the latest first."""
        rows = self.get_queryset()
        if "open" not in request.query_params:
            rows = rows.filter(acknowledged_at=None)
        page = self.paginate_queryset(self.filter_queryset(rows)) or []
        return self.get_paginated_response(self.shown_all(page))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One."""
        return tagged(request, self.shown_all([self.get_object()])[0])

    @idempotent
    def create(self, request: Request) -> EmergencyRequest:
        """Call for help."""
        said = self.said(EmergencyCallSerializer).validated_data
        message = said.get("message", "")
        if "location" in said:
            return self._at_the_desk(said["location"], message)
        token, actor = self._somebodys(said)
        if not self._works_here(token):
            return call_for_help(token=token, actor=actor, message=message)
        return raise_emergency(
            location=token.location, source=EmergencySource.STAFF, actor=actor, token=token, message=message
        )

    def _at_the_desk(self, location_id: int, message: str) -> EmergencyRequest:
        if not self.visitor.is_authenticated:
            raise NotAuthenticated
        if not self.visitor.is_staff:
            raise NotPermitted(_("Only the clinic's staff can say this."), field="location")
        location = rules.locations_with_desk(self.visitor).filter(pk=location_id).first()
        if location is None:
            raise ClinicEntryUnknown(field="location")
        return raise_emergency(location=location, source=EmergencySource.STAFF, actor=self.actor, message=message)

    def _somebodys(self, said: dict[str, Any]) -> tuple[Token, Actor]:
        """The place in a queue that is meant, and who acts. Raises TokenUnknown."""
        if "secret" in said:
            token = token_by_secret(said["secret"])
            if token is None:
                raise TokenUnknown(field="secret")
            self.by_its_link(token)
            return token, from_request(self.request._request, link=token.appointment_id)
        try:
            return self.find(said["token"]), self.actor
        except Http404:
            raise TokenUnknown(field="token") from None

    def _works_here(self, token: Token) -> bool:
        return not self.is_link and rules.may_act_on(self.visitor, token.queue)

    def show_made(self, made: EmergencyRequest) -> Response:
        """What was raised."""
        emergency = EmergencyRequest.objects.select_related("location", "token__patient").get(pk=made.pk)
        answer = tagged(self.request, self.shown_all([emergency])[0], status=201)
        answer["Location"] = reverse("api:emergency-detail", args=[made.pk])
        return answer

    def remember(self, made: EmergencyRequest) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> EmergencyRequest | None:
        """It again."""
        return EmergencyRequest.objects.filter(pk=remembered).first()

    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that somebody sees to it. The first who does is remembered."""
        self.said(NothingSerializer)
        acknowledge_emergency(emergency_id=self.get_object().pk, actor=self.actor)
        return tagged(request, self.shown_all([self.get_object()])[0])

    def shown_all(self, emergencies: Sequence[EmergencyRequest]) -> Sequence[dict[str, Any]]:
        """As the visitor sees them: names only of those in queues that they see."""
        keys = [emergency.token_id for emergency in emergencies if emergency.token_id]
        theirs = rules.tokens_visible_to(self.visitor).filter(pk__in=[] if self.is_link else keys)
        known = set(theirs.values_list("pk", flat=True))
        return [dict(one) for one in EmergencySerializer(emergencies, many=True, context={"known": known}).data]

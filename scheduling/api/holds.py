"""Keeping a seat for a while: whoever has the token of a hold may prolong it, give it back, and book with it."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.permissions import Public, SecretLink
from accounts.api.preconditions import tagged
from accounts.api.serializers import KeyField, StrictSerializer
from accounts.api.views import ApiViewSet
from scheduling.api.fields import MomentField, NumberField
from scheduling.api.holds_refusals import SLOT_REFUSED, telling_nearest
from scheduling.errors import HoldExpired, SlotUnknown
from scheduling.models import Hold, Slot
from scheduling.selectors.seats import live_hold
from scheduling.selectors.slots import slots_open_to
from scheduling.services.holds import MOST_EXTENSIONS, extend_hold, hold_seat_from_address, release_hold


class HoldSerializer(serializers.Serializer[Any]):
    """A seat that is kept until `expires_at`."""

    token = serializers.CharField(help_text="A secret: whoever has it may use the hold.")
    slot = KeyField(source="slot_id")
    expires_at = MomentField()
    extensions_left = serializers.SerializerMethodField(help_text="How often it can still be prolonged.")

    def get_extensions_left(self, hold: Hold) -> int:
        """Of the twelve that every hold has."""
        return MOST_EXTENSIONS - hold.extensions


class HoldRequestSerializer(StrictSerializer):
    """What may be said about a hold."""

    minutes = NumberField(
        min_value=1, max_value=60, required=False, help_text="For how long; only staff may choose. Else the location."
    )


class HoldGone(HoldExpired):
    """There is no such hold, or no longer: for whoever asks for it by its address."""

    status = 404


_HOLD = OpenApiExample(
    "A hold",
    value={
        "token": "3q2-7wAbCdEfGhIjKlMnOpQr",
        "slot": 812,
        "expires_at": "2026-11-23T08:05:00Z",
        "extensions_left": 12,
    },
    response_only=True,
    status_codes=["200", "201"],
)


@extend_schema_view(
    create=extend_schema(
        summary="Keep a seat of a slot for a few minutes",
        description=(
            "Each request makes another hold: send an Idempotency-Key, so that a retry does not. One network address "
            "keeps only so many seats within ten minutes (429 `too_many_attempts`)."
        ),
        request=HoldRequestSerializer,
        responses={201: HoldSerializer, 409: SLOT_REFUSED},
        examples=[OpenApiExample("As long as the location says", value={}, request_only=True), _HOLD],
    )
)
class SlotHoldViewSet(ApiViewSet):
    """Holds of one slot."""

    permission_classes = [Public]
    queryset = Slot.objects.all()
    serializer_class = HoldSerializer
    tag = "holds"

    @idempotent
    def create(self, request: Request, pk: str) -> Hold:
        """Keep a seat for whoever asks, under a name that nobody else has."""
        said = HoldRequestSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        self._require_open()
        with telling_nearest(self.key()):
            return hold_seat_from_address(
                slot_id=self.key(),
                holder=secrets.token_urlsafe(18),
                actor=self.actor,
                minutes=said.validated_data.get("minutes"),
            )

    def _require_open(self) -> None:
        """Staff may keep seats that are not on offer, but only at their own locations. Raises SlotUnknown."""
        if self.actor.is_staff and not slots_open_to(self.visitor).filter(pk=self.key()).exists():
            raise SlotUnknown

    def show_made(self, made: Hold) -> Response:
        """The hold."""
        return tagged(self.request, HoldSerializer(made).data, status=201)

    def remember(self, made: Hold) -> int:
        """Its number; the token stays a secret."""
        return made.pk

    def recall(self, remembered: int) -> Hold | None:
        """The hold, if it still is one."""
        return Hold.objects.filter(pk=remembered).first()


@extend_schema_view(
    retrieve=extend_schema(summary="Look at a hold", responses={200: HoldSerializer}, examples=[_HOLD]),
    destroy=extend_schema(summary="Give a held seat back", request=None, responses={204: None}),
    extend=extend_schema(
        summary="Keep the seat for the location's full time again",
        description="Twelve times at most (409 `hold_prolonged_too_often`).",
        request=None,
        responses={200: HoldSerializer},
        examples=[_HOLD],
    ),
)
class HoldViewSet(ApiViewSet):
    """Holds by their tokens. One that ran out or was given back is not found (404 `hold_expired`)."""

    permission_classes = [SecretLink]
    permissions_by_action: ClassVar = {}
    queryset = Hold.objects.all()
    serializer_class = HoldSerializer
    lookup_field = "token"
    lookup_value_regex = r"[A-Za-z0-9_-]{1,32}"

    def retrieve(self, request: Request, token: str) -> Response:
        """How long it still lasts."""
        return tagged(request, HoldSerializer(self._live(token)).data)

    def destroy(self, request: Request, token: str) -> Response:
        """Somebody else may have it."""
        self._live(token)
        release_hold(token=token, actor=self.actor)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def extend(self, request: Request, token: str) -> Response:
        """A little longer."""
        StrictSerializer(data=request.data).is_valid(raise_exception=True)
        self._live(token)
        try:
            hold = extend_hold(token=token, actor=self.actor)
        except HoldExpired as error:
            raise HoldGone from error
        return tagged(request, HoldSerializer(hold).data)

    def _live(self, token: str) -> Hold:
        """The hold, if it counts and is no offer of the waitlist, which is answered elsewhere. Raises HoldGone."""
        hold = live_hold(token)
        if hold is None or hold.waitlist_entry_id is not None:
            raise HoldGone
        return hold

"""What was and will be sent about an appointment, for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.permissions import SecretLink
from accounts.api.serializers import KeyField
from notifications.api.messages_examples import messages
from notifications.models import Message
from notifications.selectors.about import messages_about
from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus, NotSent
from scheduling.api.appointments_reach import ReachesAppointments
from scheduling.api.fields import MomentField
from scheduling.models import Appointment


class MessageSerializer(serializers.Serializer[Any]):
    """One message. Its text is not told: it holds the patient's own link."""

    id = KeyField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    channel = serializers.ChoiceField(choices=ChannelName.choices)
    offset_minutes = serializers.IntegerField(
        min_value=0, max_value=2_147_483_647, help_text="Of a reminder: how long before the visit."
    )
    status = serializers.ChoiceField(
        choices=MessageStatus.choices,
        help_text="`pending` and `sending` are still ahead; `cancelled` and `suppressed` never went out.",
    )
    why_not = serializers.ChoiceField(
        choices=NotSent.choices, allow_null=True, help_text="Why it was not sent; null: it was, or will be."
    )
    delivery_status = serializers.ChoiceField(
        choices=[choice for choice in DeliveryStatus.choices if choice[0]],
        allow_null=True,
        help_text="What the gateway told later; null: nothing. `kept`: there is no gateway, nobody got it.",
    )
    due_at = MomentField()
    sent_at = MomentField(allow_null=True)
    delivered_at = MomentField(allow_null=True)
    language = serializers.CharField(allow_null=True, help_text="As it was sent; null before.")
    address = serializers.CharField(
        allow_null=True,
        help_text="Where it went. null before it did, for browsers, and for whoever does not see the patient's record.",
    )

    def to_representation(self, message: Message) -> dict[str, Any]:
        """Empty columns are null to programs."""
        shown: dict[str, Any] = super().to_representation(message)
        for name in ("why_not", "delivery_status", "language", "address"):
            shown[name] = shown[name] or None
        if not self.context["tells_address"] or message.channel == ChannelName.PUSH:
            shown["address"] = None
        return shown


@extend_schema_view(**messages(MessageSerializer))
class VisitMessagesViewSet(ReachesAppointments):
    """Of one visit: of the patient's side, or of staff who see it; by its link, too."""

    queryset = Message.objects.all()
    serializer_class = MessageSerializer
    permission_classes: ClassVar[Any] = [SecretLink]
    ordering = ("-due_at", "-id")

    def list(self, request: Request, pk: str) -> Response:
        """Those due last first."""
        visit = self.reach()
        page = self.paginate_queryset(messages_about(visit.pk)) or []
        context = {"tells_address": self._sees_record_of(visit)}
        return self.get_paginated_response(MessageSerializer(page, many=True, context=context).data)

    def _sees_record_of(self, visit: Appointment) -> bool:
        """Whether where messages go is theirs to read: not who holds a link, or booked for somebody else."""
        if self.sight.by_link:
            return False
        return self.sight.is_staffs or visit.patient.user_id == self.visitor.pk

"""Slots for programs: everybody reads what is on offer, reception keeps the calendar of its locations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.permissions import Public, Reception, Staff
from accounts.api.preconditions import conditional, require_match, tagged, wants_match
from accounts.api.views import ApiView, ApiViewSet
from scheduling import rules
from scheduling.api.calendar_examples import BATCHES, BULK, SLOTS
from scheduling.api.calendar_filters import BatchFilter, SlotFilter
from scheduling.api.calendar_reach import require_reach
from scheduling.api.calendar_shapes import (
    BatchSerializer,
    BulkPlanSerializer,
    SlotChangesSerializer,
    SlotDetailsSerializer,
    SlotSerializer,
    UndoneSerializer,
    bulk_answer,
)
from scheduling.models import Slot, SlotBatch
from scheduling.selectors.availability import count_free_seats
from scheduling.selectors.slots import slots_kept_by, slots_open_to
from scheduling.services.bulk_slots import carry_out_bulk_plan, plan_bulk_slots, undo_batch
from scheduling.services.calendar import change_capacity, close_slot, create_slot, delete_slot, open_slot
from scheduling.services.seats import lock_slots
from scheduling.services.slot_generation import lock_doctors


@extend_schema_view(**SLOTS)
class SlotViewSet(ApiViewSet):
    """Times that can be booked."""

    permission_classes = [Public]
    permissions_by_action: ClassVar = {"create": Reception, "partial_update": Reception, "destroy": Reception}
    queryset = Slot.objects.all()
    serializer_class = SlotSerializer
    filterset_class = SlotFilter
    ordering = ("starts_at", "id")

    def get_queryset(self) -> QuerySet[Slot]:
        """What the visitor may look at; to change something, it must be at a location of theirs."""
        if self.action in ("partial_update", "destroy"):
            return slots_kept_by(self.visitor)
        return slots_open_to(self.visitor)

    def list(self, request: Request) -> Response:
        """Slots in the order of their times."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.represented(page or []))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One slot."""
        return tagged(request, self.represented([self.get_object()])[0])

    @idempotent
    def create(self, request: Request) -> Slot:
        """One slot more."""
        shape = SlotDetailsSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        said = shape.validated_data
        require_reach(request.user, doctor_id=said["doctor"], location_id=said["location"])
        return create_slot(
            doctor_id=said["doctor"],
            location_id=said["location"],
            starts=said["starts_at"],
            minutes=said["duration_minutes"],
            capacity=said["capacity"],
            actor=self.actor,
        )

    @conditional
    def partial_update(self, request: Request, pk: str) -> Response:
        """Open, close, widen or narrow a slot."""
        shape = SlotChangesSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        with transaction.atomic():
            slot = self.unchanged(request)
            self._change(slot.pk, shape.validated_data)
            return tagged(request, self.represented([self.get_object()])[0])

    def _change(self, slot_id: int, changes: dict[str, Any]) -> None:
        if "capacity" in changes:
            change_capacity(slot_id=slot_id, capacity=changes["capacity"], actor=self.actor)
        if "is_open" in changes:
            (open_slot if changes["is_open"] else close_slot)(slot_id=slot_id, actor=self.actor)

    @conditional
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a slot that nobody has."""
        with transaction.atomic():
            slot = self.unchanged(request)
            delete_slot(slot_id=slot.pk, actor=self.actor)
        return Response(status=204)

    def unchanged(self, request: Request) -> Slot:
        """The slot in the address, locked if the program says what it has read, and then as it read it.

        The doctor is locked first, as by everybody who makes or unmakes slots.
        """
        slot: Slot = self.get_object()
        if wants_match(request):
            lock_doctors([slot.doctor_id])
            lock_slots([slot.pk])
            slot = self.get_object()
            require_match(request, self.represented([slot])[0])
        return slot

    def represented(self, slots: Sequence[Slot]) -> Sequence[dict[str, Any]]:
        """Slots as the visitor sees them."""
        count_free_seats(slots)
        context = {"desk": self._desk()}
        shown: Sequence[dict[str, Any]] = SlotSerializer(slots, many=True, context=context).data
        return shown

    def _desk(self) -> set[int]:
        """The locations whose business the visitor may see."""
        if not getattr(self.visitor, "is_staff", False):
            return set()
        return set(rules.locations_of(self.visitor).values_list("pk", flat=True))

    def show_made(self, made: Slot) -> Response:
        """The new slot."""
        return tagged(self.request, self.represented([made])[0], status=201)

    def remember(self, made: Slot) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> Slot | None:
        """It, if it is still there."""
        return slots_kept_by(self.visitor).filter(pk=remembered).first()


@extend_schema_view(**BULK)
class BulkSlotsView(ApiView):
    """Many slots in one go."""

    permission_classes = [Reception]

    @idempotent
    def post(self, request: Request) -> dict[str, Any]:
        """Make them, or tell what would be made."""
        shape = BulkPlanSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        plan = shape.plan()
        require_reach(request.user, doctor_id=plan.doctor_id, location_id=plan.location_id)
        if shape.validated_data["dry_run"]:
            return bulk_answer(plan_bulk_slots(plan), batch_id=None, dry_run=True)
        made = carry_out_bulk_plan(plan=plan, actor=self.actor)
        return bulk_answer(made.preview, batch_id=made.batch.pk if made.batch else None, dry_run=False)

    def show_made(self, made: dict[str, Any]) -> Response:
        """What was made: 201 if anything was."""
        return Response(made, status=201 if made["batch"] else 200)

    def remember(self, made: dict[str, Any]) -> dict[str, Any]:
        """The counts, which say nothing of anybody."""
        return made

    def recall(self, remembered: dict[str, Any]) -> dict[str, Any]:
        """The counts."""
        return remembered


@extend_schema_view(**BATCHES)
class SlotBatchViewSet(ApiViewSet):
    """Slots that were made in one go; those that nobody has can be taken back in one go."""

    permission_classes = [Staff]
    permissions_by_action: ClassVar = {"destroy": Reception}
    queryset = SlotBatch.objects.all()
    serializer_class = BatchSerializer
    filterset_class = BatchFilter

    def get_queryset(self) -> QuerySet[SlotBatch]:
        """Those of the visitor's locations, with how many slots are left."""
        counts = {"left": Count("slots"), "booked": Count("slots", filter=Q(slots__taken__gt=0))}
        here = rules.locations_of(self.visitor).values("pk")
        return SlotBatch.objects.filter(location__in=here).annotate(**counts)

    def list(self, request: Request) -> Response:
        """The newest first."""
        return self.listed(self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        """One batch."""
        return tagged(request, BatchSerializer(self.get_object()).data)

    @conditional
    def destroy(self, request: Request, pk: str) -> Response:
        """Take back what nobody has."""
        batch = self.get_object()
        with transaction.atomic():
            if wants_match(request):
                lock_doctors([batch.doctor_id])
                lock_slots(Slot.objects.filter(batch=batch.pk).values_list("pk", flat=True))
                require_match(request, BatchSerializer(self.get_object()).data)
            undone = undo_batch(batch_id=batch.pk, actor=self.actor)
        return Response(UndoneSerializer(undone).data)

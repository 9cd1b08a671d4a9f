"""Recurring hours and time off for programs: staff read them, reception keeps those of its locations."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.permissions import Reception, Staff
from accounts.api.preconditions import conditional, require_match, tagged
from accounts.api.views import ApiViewSet
from scheduling import rules
from scheduling.api.calendar_decisions import OutcomeSerializer, decisions_of, outcome_of
from scheduling.api.calendar_filters import HoursFilter, TimeOffFilter
from scheduling.api.calendar_hours_examples import HOURS, TIME_OFF
from scheduling.api.calendar_hours_shapes import (
    HoursChangesSerializer,
    HoursDetailsSerializer,
    HoursSerializer,
    TimeOffChangesSerializer,
    TimeOffDetailsSerializer,
    TimeOffSerializer,
)
from scheduling.api.calendar_reach import require_reach
from scheduling.api.calendar_shapes import pairs_of
from scheduling.models import Availability, TimeOff
from scheduling.services.affected import CalendarOutcome
from scheduling.services.availability import retire_availability, save_availability
from scheduling.services.slot_generation import breaks_of, lock_doctors
from scheduling.services.time_off import add_time_off, change_time_off, lock_time_off, remove_time_off


class _CalendarViewSet(ApiViewSet):
    """What makes and unmakes slots. Answers to changes tell in `outcome` what they did."""

    permission_classes = [Staff]
    permissions_by_action: ClassVar = {"create": Reception, "partial_update": Reception, "destroy": Reception}

    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        return tagged(request, self.represented(self.get_object()))

    def represented(self, row: Any) -> dict[str, Any]:
        """A row as staff see it."""
        shown: dict[str, Any] = self.get_serializer(row).data
        return shown

    def changed(self, row: Any, outcome: CalendarOutcome | None, *, status: int = 200) -> Response:
        """A row after a change, and what the change did."""
        answer = tagged(self.request, self.represented(row), status=status)
        if outcome is not None:
            answer.data = {**answer.data, "outcome": outcome_of(outcome)}
        return answer

    def show_made(self, made: tuple[Any, CalendarOutcome | None]) -> Response:
        """The new row."""
        row, outcome = made
        return self.changed(row, outcome, status=201)

    def remember(self, made: tuple[Any, CalendarOutcome | None]) -> int:
        """Its id."""
        return int(made[0].pk)

    def recall(self, remembered: int) -> tuple[Any, None] | None:
        """It again, if it is still there."""
        found = self.get_queryset().filter(pk=remembered).first()
        return None if found is None else (found, None)


@extend_schema_view(**HOURS)
class HoursViewSet(_CalendarViewSet):
    """Recurring hours. What is retired is found in the list only (`is_active=false`)."""

    queryset = Availability.objects.all()
    serializer_class = HoursSerializer
    filterset_class = HoursFilter

    def get_queryset(self) -> QuerySet[Availability]:
        """Those at the visitor's locations."""
        rows = Availability.objects.filter(location__in=rules.locations_of(self.visitor).values("pk"))
        if self.action != "list":
            rows = rows.filter(is_active=True)
        return rows.prefetch_related("breaks")

    def list(self, request: Request) -> Response:
        """The newest first, without those that are retired unless somebody asks for them."""
        rows = self.get_queryset()
        return self.listed(rows if "is_active" in request.query_params else rows.filter(is_active=True))

    @idempotent
    def create(self, request: Request) -> tuple[Availability, CalendarOutcome]:
        """New hours, and their slots."""
        shape = HoursDetailsSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        said = dict(shape.validated_data)
        breaks, doctor_id, location_id = said.pop("breaks", ()), said.pop("doctor"), said.pop("location")
        require_reach(request.user, doctor_id=doctor_id, location_id=location_id)
        hours = Availability(doctor_id=doctor_id, location_id=location_id, **said)
        return hours, save_availability(availability=hours, breaks=pairs_of(breaks), actor=self.actor)

    @conditional
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changed hours, and their slots with them."""
        shape = HoursChangesSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        said = dict(shape.validated_data)
        decisions = decisions_of(request.user, said.pop("decisions", ()))
        with transaction.atomic():
            hours = self._unchanged(request)
            breaks = pairs_of(said.pop("breaks")) if "breaks" in said else breaks_of(hours)
            for name, value in said.items():
                setattr(hours, name, value)
            outcome = save_availability(availability=hours, breaks=breaks, decisions=decisions, actor=self.actor)
            return self.changed(Availability.objects.get(pk=hours.pk), outcome)

    @conditional
    def destroy(self, request: Request, pk: str) -> Response:
        """End the hours now."""
        with transaction.atomic():
            hours = self._unchanged(request)
            outcome = retire_availability(availability_id=hours.pk, actor=self.actor)
        return Response(OutcomeSerializer(outcome).data)

    def _unchanged(self, request: Request) -> Availability:
        """The hours in the address, with the doctor locked, as the program read them."""
        lock_doctors([self.get_object().doctor_id])
        hours: Availability = self.get_object()
        require_match(request, self.represented(hours))
        return hours


@extend_schema_view(**TIME_OFF)
class TimeOffViewSet(_CalendarViewSet):
    """Leave and closures."""

    queryset = TimeOff.objects.all()
    serializer_class = TimeOffSerializer
    filterset_class = TimeOffFilter
    ordering = ("-starts_at", "-id")
    tag = "availability"

    def get_queryset(self) -> QuerySet[TimeOff]:
        """Those that concern the visitor's locations and the doctors there; to change, those theirs to keep."""
        kept = self.action in ("partial_update", "destroy")
        return TimeOff.objects.filter((rules.time_off_kept_by if kept else rules.time_off_scope)(self.visitor))

    def list(self, request: Request) -> Response:
        """The latest first."""
        return self.listed(self.get_queryset())

    @idempotent
    def create(self, request: Request) -> tuple[TimeOff, CalendarOutcome]:
        """New leave or a closure: the slots in it go."""
        shape = TimeOffDetailsSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        said = shape.validated_data
        whose = {"doctor_id": said.get("doctor"), "location_id": said.get("location")}
        require_reach(request.user, **whose)
        return add_time_off(
            starts=said["starts_at"],
            ends=said["ends_at"],
            reason=said.get("reason", ""),
            decisions=decisions_of(request.user, said.get("decisions", ())),
            actor=self.actor,
            **whose,
        )

    @conditional
    def partial_update(self, request: Request, pk: str) -> Response:
        """Another time: slots newly in it go, those no longer in it come back."""
        shape = TimeOffChangesSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        said = shape.validated_data
        decisions = decisions_of(request.user, said.get("decisions", ()))
        with transaction.atomic():
            entry = self._unchanged(request)
            outcome = change_time_off(
                time_off_id=entry.pk,
                starts=said.get("starts_at", entry.starts_at),
                ends=said.get("ends_at", entry.ends_at),
                reason=said.get("reason"),
                decisions=decisions,
                actor=self.actor,
            )
            return self.changed(self.get_object(), outcome)

    @conditional
    def destroy(self, request: Request, pk: str) -> Response:
        """Take it back: the slots that the hours want there come back."""
        with transaction.atomic():
            entry = self._unchanged(request)
            outcome = remove_time_off(time_off_id=entry.pk, actor=self.actor)
        return Response(OutcomeSerializer(outcome).data)

    def _unchanged(self, request: Request) -> TimeOff:
        """The entry in the address, with every doctor locked whom it concerns, as the program read it."""
        lock_time_off(self.get_object())
        entry: TimeOff = self.get_object()
        require_match(request, self.represented(entry))
        return entry

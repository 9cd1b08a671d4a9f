"""Locations, specialties and doctors for programs: everybody reads them, managers change them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.permissions import Managers, Public
from accounts.api.preconditions import conditional, require_match, tagged, wants_match
from accounts.api.views import ApiViewSet
from scheduling import rules
from scheduling.api.clinic_examples import DOCTORS, LOCATIONS, SPECIALTIES
from scheduling.api.clinic_filters import ActiveFilter, DoctorFilter
from scheduling.api.clinic_shapes import (
    DoctorDetailsSerializer,
    DoctorSerializer,
    LocationSerializer,
    SpecialtySerializer,
)
from scheduling.models import Doctor, Location, Specialty
from scheduling.services import clinic


class _ClinicViewSet(ApiViewSet):
    """A list that everybody reads and managers keep. Subclasses name the services."""

    permission_classes = [Public]
    permissions_by_action: ClassVar = {"create": Managers, "partial_update": Managers, "destroy": Managers}
    filterset_class = ActiveFilter
    ordering = ("name", "id")
    details: ClassVar[Any] = None
    """The shape of what managers send, where it is not that of the answers."""

    def add(self, values: Mapping[str, Any]) -> Model:
        """Make one through its service."""
        raise NotImplementedError

    def change(self, key: int, changes: Mapping[str, Any]) -> None:
        """Change one through its service."""
        raise NotImplementedError

    def remove(self, key: int) -> None:
        """Delete one through its service."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        """What is active; for managers everything."""
        rows: QuerySet[Any] = super().get_queryset()
        return rows if rules.sees_all_locations(self.visitor) else rows.filter(is_active=True)

    def list(self, request: Request) -> Response:
        """What is active, unless somebody asks for more."""
        rows = self.get_queryset()
        if "is_active" not in request.query_params:
            rows = rows.filter(is_active=True)
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.represented(page))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        return tagged(request, self.represented([self.get_object()])[0])

    @idempotent
    def create(self, request: Request) -> Model:
        """Managers add one."""
        return self.add(self.said(request))

    @conditional
    def partial_update(self, request: Request, pk: str) -> Response:
        """Managers change one."""
        changes = self.said(request, partial=True)
        with transaction.atomic():
            self.require_unchanged(request)
            self.change(self.key(), changes)
            return tagged(request, self.represented([self.get_object()])[0])

    @conditional
    def destroy(self, request: Request, pk: str) -> Response:
        """Managers delete what nothing hangs on."""
        with transaction.atomic():
            self.require_unchanged(request)
            self.remove(self.key())
        return Response(status=204)

    def said(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        """What the body says, of the right shape."""
        shape = (self.details or self.get_serializer_class())(data=request.data, partial=partial)
        shape.is_valid(raise_exception=True)
        values: dict[str, Any] = shape.validated_data
        return values

    def require_unchanged(self, request: Request) -> None:
        """Refuse what is not there, or is no longer as the program read it. Locks it until the transaction ends."""
        if wants_match(request):
            self.get_queryset().select_for_update(of=("self",)).filter(pk=self.key()).first()
            require_match(request, self.represented([self.get_object()])[0])

    def represented(self, rows: Iterable[Any] | None) -> Sequence[dict[str, Any]]:
        """Rows as the visitor sees them."""
        shown: Sequence[dict[str, Any]] = self.get_serializer(rows, many=True).data
        return shown

    def show_made(self, made: Model) -> Response:
        """The new one."""
        row = self.get_queryset().filter(pk=made.pk)[:1]
        return tagged(self.request, self.represented(row)[0], status=201)

    def remember(self, made: Model) -> int:
        """Its id."""
        return int(made.pk)

    def recall(self, remembered: int) -> Model | None:
        """It again."""
        found: Model | None = self.get_queryset().filter(pk=remembered).first()
        return found


@extend_schema_view(**LOCATIONS)
class LocationViewSet(_ClinicViewSet):
    """Places of the clinic."""

    queryset = Location.objects.all()
    serializer_class = LocationSerializer

    def add(self, values: Mapping[str, Any]) -> Location:
        """A new place."""
        return clinic.add_location(values=values, actor=self.actor)

    def change(self, key: int, changes: Mapping[str, Any]) -> None:
        """A place, not its clock under slots to come."""
        clinic.change_location(location_id=key, changes=changes, actor=self.actor)

    def remove(self, key: int) -> None:
        """A place that nothing hangs on."""
        clinic.delete_location(location_id=key, actor=self.actor)


@extend_schema_view(**SPECIALTIES)
class SpecialtyViewSet(_ClinicViewSet):
    """What doctors are doctors of."""

    queryset = Specialty.objects.all()
    serializer_class = SpecialtySerializer

    def add(self, values: Mapping[str, Any]) -> Specialty:
        """A new specialty."""
        return clinic.add_specialty(values=values, actor=self.actor)

    def change(self, key: int, changes: Mapping[str, Any]) -> None:
        """A specialty."""
        clinic.change_specialty(specialty_id=key, changes=changes, actor=self.actor)

    def remove(self, key: int) -> None:
        """A specialty that nobody practises."""
        clinic.delete_specialty(specialty_id=key, actor=self.actor)


@extend_schema_view(**DOCTORS)
class DoctorViewSet(_ClinicViewSet):
    """Doctors."""

    queryset = Doctor.objects.select_related("specialty").prefetch_related("locations")
    serializer_class = DoctorSerializer
    details = DoctorDetailsSerializer
    filterset_class = DoctorFilter

    def represented(self, rows: Iterable[Any] | None) -> Sequence[dict[str, Any]]:
        """Doctors; how to reach them only for staff of their locations."""
        found: list[Doctor] = list(rows or ())
        context = {**self.get_serializer_context(), "desk": self._known_to_the_visitor(found)}
        shown: Sequence[dict[str, Any]] = DoctorSerializer(found, many=True, context=context).data
        return shown

    def _known_to_the_visitor(self, doctors: Collection[Doctor]) -> set[int]:
        if not getattr(self.visitor, "is_staff", False):
            return set()
        known = rules.doctors_visible_to(self.visitor).filter(pk__in=[doctor.pk for doctor in doctors])
        return set(known.values_list("pk", flat=True))

    def add(self, values: Mapping[str, Any]) -> Doctor:
        """A new doctor."""
        return clinic.add_doctor(values=values, actor=self.actor)

    def change(self, key: int, changes: Mapping[str, Any]) -> None:
        """A doctor, who leaves no place where people can still book them."""
        clinic.change_doctor(doctor_id=key, changes=changes, actor=self.actor)

    def remove(self, key: int) -> None:
        """A doctor who never had anything to do here."""
        clinic.delete_doctor(doctor_id=key, actor=self.actor)

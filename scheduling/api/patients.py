"""Patients for programs: one's family; for staff the records that are theirs to see."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.pagination import Cursor
from accounts.api.permissions import SignedIn
from accounts.api.preconditions import conditional, require_match, tagged, wants_match
from accounts.api.views import ApiViewSet
from accounts.services.audit_trail import record_view
from scheduling import rules
from scheduling.api.appointments_shapes import AppointmentSummarySerializer
from scheduling.api.patients_examples import PATIENTS
from scheduling.api.patients_shapes import (
    NewPatientSerializer,
    PatientSerializer,
    PatientSummarySerializer,
    RecordSerializer,
)
from scheduling.models import Patient
from scheduling.selectors.search import patients_like
from scheduling.services.locking import lock_record
from scheduling.services.patients import keep_record, register_for_care


class PatientFilter(django_filters.FilterSet):
    """Of the records one may see, those that are looked for."""

    search = django_filters.CharFilter(
        method="like", max_length=100, label="The patient's number, name, phone or e-mail address."
    )

    def like(self, patients: QuerySet[Patient], name: str, value: str) -> QuerySet[Patient]:
        """By whatever people read out."""
        return patients.filter(patients_like(value))


@extend_schema_view(**PATIENTS)
class PatientViewSet(ApiViewSet):
    """Records of patients."""

    queryset = Patient.objects.all()
    serializer_class = PatientSummarySerializer
    filterset_class = PatientFilter
    permission_classes: ClassVar[Any] = [SignedIn]
    query_parameters_by_action: ClassVar[dict[str, tuple[str, ...]]] = {"appointments": Cursor.parameters}

    def get_queryset(self) -> QuerySet[Patient]:
        """Those that the visitor may see."""
        return rules.patients_visible_to(self.visitor)

    def list(self, request: Request) -> Response:
        """Records, those registered last first."""
        return self.listed(self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        """One record; that a member of staff looked is written down."""
        patient = self.get_object()
        if self.visitor.is_staff:
            record_view(actor=self.actor, obj=patient)
        return tagged(request, self.shown(patient))

    @idempotent
    def create(self, request: Request) -> Patient:
        """Register somebody."""
        said = NewPatientSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return register_for_care(details=said.validated_data, actor=self.actor)

    def show_made(self, made: Patient) -> Response:
        """The record, new or not."""
        answer = tagged(self.request, self.shown(made), status=201)
        answer["Location"] = reverse("api:patient-detail", args=[made.pk])
        return answer

    def remember(self, made: Patient) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> Patient | None:
        """It again."""
        return self.get_queryset().filter(pk=remembered).first()

    @conditional
    def partial_update(self, request: Request, pk: str) -> Response:
        """Keep a record up to date."""
        said = RecordSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        with transaction.atomic():
            patient = self.get_object()
            if wants_match(request):
                lock_record(patient.pk)
                require_match(request, self.shown(self.get_object()))
            keep_record(patient_id=patient.pk, changes=said.validated_data, actor=self.actor)
            return tagged(request, self.shown(Patient.objects.get(pk=patient.pk)))

    @action(detail=True)
    def appointments(self, request: Request, pk: str) -> Response:
        """The patient's visits, as far as they are the visitor's to see."""
        visits = rules.visits_open_to(self.visitor).filter(patient=self.get_object())
        page = self.paginate_queryset(visits.select_related("patient", "doctor", "location"))
        return self.get_paginated_response(AppointmentSummarySerializer(page, many=True).data)

    def shown(self, patient: Patient) -> dict[str, Any]:
        """The record as the visitor sees it."""
        return dict(PatientSerializer(patient, context={"is_staff": self.visitor.is_staff}).data)

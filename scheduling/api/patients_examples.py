"""What the OpenAPI document says of the calls about patients, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema

from scheduling.api.appointments_examples import SUMMARY as APPOINTMENT
from scheduling.api.appointments_shapes import AppointmentSummarySerializer
from scheduling.api.patients_shapes import NewPatientSerializer, PatientSerializer, RecordSerializer

_SUMMARY = {
    "id": 42,
    "number": "PAT-000042",
    "first_name": "Ada",
    "last_name": "Okafor",
    "date_of_birth": "1990-02-03",
    "phone": "+442079460456",
    "email": "ada@example.org",
    "registered_at": "2026-11-20T14:30:00Z",
}
_RECORD = {
    **_SUMMARY,
    "gender": "female",
    "language": "en",
    "address": "7 Hill Street, London",
    "emergency_contact_name": "",
    "emergency_contact_phone": "",
    "insurance_provider": "",
    "insurance_number": "",
    "wants_email": True,
    "wants_sms": True,
    "wants_push": True,
    "wants_call": False,
}
_SENT = {
    "first_name": "Ada",
    "last_name": "Okafor",
    "date_of_birth": "1990-02-03",
    "phone": "020 7946 0456",
    "email": "ada@example.org",
}


def _shown(status: int = 200) -> OpenApiExample:
    return OpenApiExample("The record", value=_RECORD, response_only=True, status_codes=[str(status)])


PATIENTS: dict[str, Any] = {
    "list": extend_schema(
        summary="List patients",
        description="The visitor's family; for staff the records that are theirs to see. Registered last, first.",
        examples=[OpenApiExample("A patient", value=_SUMMARY, response_only=True)],
    ),
    "retrieve": extend_schema(
        summary="Read a patient's record",
        description="`medical_history` is there only for staff, whose look is written into the audit trail.",
        responses={200: PatientSerializer},
        examples=[_shown()],
    ),
    "create": extend_schema(
        summary="Register a patient",
        description=(
            "Somebody of the visitor's family; by reception, anybody. Whoever is registered already is not registered "
            "twice: the answer is their record, if it is the visitor's to see (else 409 `patient_known`)."
        ),
        request=NewPatientSerializer,
        responses={201: PatientSerializer},
        examples=[OpenApiExample("Somebody", value=_SENT, request_only=True), _shown(201)],
    ),
    "partial_update": extend_schema(
        summary="Change a patient's record",
        request=RecordSerializer,
        responses={200: PatientSerializer},
        examples=[
            OpenApiExample("They moved", value={"address": "7 Hill Street, London"}, request_only=True),
            _shown(),
        ],
    ),
    "appointments": extend_schema(
        summary="List a patient's appointments",
        description="As far as they are the visitor's to see. Booked last, first.",
        responses={200: AppointmentSummarySerializer(many=True)},
        examples=[OpenApiExample("An appointment", value=APPOINTMENT, response_only=True)],
        filters=False,
    ),
}

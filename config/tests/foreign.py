"""What belongs to others: ids and words that are real, and none of them the business of whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from config.tests.test_nobody_sees_anothers_data import tampered
from config.tests.world import Person, World
from notifications.models import PushSubscription
from payments.models import Payment, Receipt
from queueing.models import EmergencyRequest, Queue, Token, TokenStep
from scheduling.models import (
    Appointment,
    Availability,
    Doctor,
    Location,
    Patient,
    SlotBatch,
    Specialty,
    TimeOff,
    WaitlistEntry,
)


def others_visits(person: Person) -> Any:
    found = Appointment.objects.exclude(pk__in=person.visits).order_by("pk")
    return [*found.filter(status__in=["pending", "confirmed"])[:3], *found.filter(status="completed")[:1]]


def elsewhere(person: Person) -> Q:
    """Rows of a place, or with one, where a member of staff has no business; all of them for everybody else."""
    return ~Q(location__name="Hill Clinic") if person.name.endswith("_there") else Q()


FOREIGN: dict[str, Callable[[World, Person], list[Any]]] = {
    "appointments": lambda world, person: [visit.pk for visit in others_visits(person)],
    "patients": lambda world, person: list(
        Patient.objects.exclude(pk__in=person.patients).values_list("pk", flat=True)
    ),
    "waitlist": lambda world, person: list(
        WaitlistEntry.objects.exclude(patient__in=person.patients).values_list("pk", flat=True)
    ),
    "holds": lambda world, person: tampered(world.holds["there"].token)[:3],
    "slots": lambda world, person: [
        visit.slot_id for visit in others_visits(person) if visit.location.name == "Harbour Clinic"
    ],
    "slots/batches": lambda world, person: keys(SlotBatch.objects.filter(elsewhere(person))),
    "availability/rules": lambda world, person: keys(Availability.objects.filter(elsewhere(person))),
    "time-off": lambda world, person: keys(TimeOff.objects.filter(elsewhere(person), location__isnull=False)),
    "locations": lambda world, person: keys(Location.objects.all()),
    "specialties": lambda world, person: keys(Specialty.objects.all()),
    "doctors": lambda world, person: keys(
        Doctor.objects.exclude(locations__in=person.places) if person.places else Doctor.objects.all()
    ),
    "queues": lambda world, person: keys(Queue.objects.exclude(doctor__in=own_doctors(person))),
    "tokens": lambda world, person: keys(Token.objects.exclude(appointment__in=person.visits)),
    "push/subscriptions": lambda world, person: keys(
        PushSubscription.objects.exclude(user=person.user) if person.user else PushSubscription.objects.all()
    ),
    "payments": lambda world, person: keys(Payment.objects.exclude(appointment__in=person.visits)),
    "receipts": lambda world, person: keys(Receipt.objects.exclude(entry__payment__appointment__in=person.visits)),
    "emergencies": lambda world, person: keys(EmergencyRequest.objects.exclude(location__in=person.places)),
}
"""Whose things are somebody else's, for each kind in the addresses. A kind that is missing fails the walk."""


def own_doctors(person: Person) -> Any:
    """Whose queues are this person's business: a doctor's own, for reception those of everybody at its place."""
    if person.name.startswith("desk_"):
        return Doctor.objects.filter(locations__in=person.places)
    return Doctor.objects.filter(user=person.user, user__isnull=False)


def keys(rows: Any) -> list[int]:
    """The ids of the first few."""
    return list(rows.order_by("pk").values_list("pk", flat=True)[:3])


def foreign_words(world: World, person: Person) -> dict[str, Any]:
    """What a body may name: all of it real, none of it this person's."""
    visit = others_visits(person)[0]
    away = Appointment.objects.filter(location=world.here, slot__isnull=False).first()
    assert away is not None
    soon = timezone.now() + timedelta(days=45)
    day = soon.date()
    return {
        "patient": Patient.objects.exclude(pk__in=person.patients).order_by("pk")[0].pk,
        "appointment": visit.pk,
        "token": Token.objects.exclude(appointment__in=person.visits).order_by("pk")[0].pk,
        "step": TokenStep.objects.exclude(token__appointment__in=person.visits).order_by("pk")[0].pk,
        "secret": tampered(visit.secret)[1],
        "follows": visit.pk,
        "instead_of": visit.pk,
        "number": visit.number,
        "slot": away.slot_id,
        "hold": tampered(world.holds["there"].token)[1],
        "doctor": world.doctors["here"].pk,
        "location": world.here.pk,
        "locations": [world.here.pk],
        "specialty": world.doctors["here"].specialty_id,
        "starts_at": soon.isoformat(),
        "ends_at": (soon + timedelta(hours=1)).isoformat(),
        **dict.fromkeys(("start_date", "valid_from", "earliest_date"), day.isoformat()),
        **dict.fromkeys(("end_date", "latest_date"), (day + timedelta(days=3)).isoformat()),
    }


def about_others(body: Any, words: dict[str, Any]) -> Any:
    """An example with others' ids in it."""
    if isinstance(body, list):
        return [about_others(inner, words) for inner in body]
    if not isinstance(body, dict):
        return body
    return {
        name: words[name] if name in words and not isinstance(value, dict) else about_others(value, words)
        for name, value in body.items()
    }

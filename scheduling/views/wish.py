"""What somebody looks for, as it stands in the query of the wizard's first pages. No personal data there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode

from scheduling.models import Doctor, Location, Slot, Specialty
from scheduling.query_values import read_number
from scheduling.selectors.clinic import doctors_offering, locations_offering, specialties_on_offer

ANY_DOCTOR = "any"
"""The answer "first available"."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The answers so far; None where a question is open or its answer is not (or no longer) on offer."""

    specialty: Specialty | None = None
    location: Location | None = None
    doctor: Doctor | None = None
    any_doctor: bool = False
    replaces: str = ""
    many_places: bool = False

    @property
    def query(self) -> str:
        """The answers as a query string, for the link to the next question."""
        answers: dict[str, Any] = {}
        if self.specialty:
            answers["specialty"] = self.specialty.pk
        if self.location:
            answers["location"] = self.location.pk
        if self.doctor:
            answers["doctor"] = self.doctor.pk
        elif self.any_doctor:
            answers["doctor"] = ANY_DOCTOR
        if self.replaces:
            answers["from"] = self.replaces
        return urlencode(answers)

    @property
    def search(self) -> dict[str, int]:
        """The same for the selectors of free times."""
        found: dict[str, int] = {}
        if self.location:
            found["location_id"] = self.location.pk
        if self.doctor:
            found["doctor_id"] = self.doctor.pk
        elif self.specialty:
            found["specialty_id"] = self.specialty.pk
        return found

    @property
    def answered(self) -> bool:
        """Whether only the time is open."""
        return self.specialty is not None and self.location is not None and bool(self.doctor or self.any_doctor)


def read_wish(request: HttpRequest) -> Wish:
    """The wish in the query of a request; what is not on offer is left open."""
    asked = request.GET
    specialty = _pick(specialties_on_offer(), asked.get("specialty"))
    if specialty is None:
        return Wish(replaces=read_token(asked))
    places = list(locations_offering(specialty))
    location = _pick_location(places, asked.get("location"))
    doctor = _pick(doctors_offering(specialty, location), asked.get("doctor")) if location else None
    return Wish(
        specialty=specialty,
        location=location,
        doctor=doctor,
        any_doctor=location is not None and asked.get("doctor") == ANY_DOCTOR,
        replaces=read_token(asked),
        many_places=len(places) > 1,
    )


def wish_for(slot: Slot) -> Wish:
    """The wish that leads to a slot: its own doctor, there."""
    return Wish(specialty=slot.doctor.specialty, location=slot.location, doctor=slot.doctor)


def _pick_location(places: list[Location], asked: str | None) -> Location | None:
    """The location asked for; where there is only one, nobody is asked."""
    if len(places) == 1:
        return places[0]
    number = read_number(asked)
    return next((location for location in places if location.pk == number), None)


def _pick(offered: Any, asked: str | None) -> Any:
    number = read_number(asked)
    return offered.filter(pk=number).first() if number is not None else None


def read_token(asked: QueryDict) -> str:
    """The token of a hold that a new choice replaces, if it looks like one."""
    raw = asked.get("from", "")
    plain = raw.replace("-", "").replace("_", "")
    return raw if len(raw) <= 32 and plain.isascii() and plain.isalnum() else ""

"""Who is behind a number that a text message came from, as far as the answer needs it."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings

from notifications.models import Message
from scheduling.models import Location


class Answered(NamedTuple):
    """Which telephone people are pointed to, if any, and in which language."""

    phone: str
    language: str


def answered_for(number: str) -> Answered:
    """The place that wrote to a number last, else the clinic's only one; its patient's language, else the clinic's."""
    last = (
        Message.objects.filter(patient__phone=number).select_related("location", "patient").order_by("-due_at").first()
    )
    languages = dict(settings.LANGUAGES)
    if last is not None:
        language = last.patient.language if last.patient.language in languages else settings.LANGUAGE_CODE
        return Answered(_phone_of(last.location), language)
    places = list(Location.objects.filter(is_active=True)[:2])
    return Answered(_phone_of(places[0]) if len(places) == 1 else "", settings.LANGUAGE_CODE)


def _phone_of(place: Location) -> str:
    return str(place.phone.as_international) if place.phone else ""

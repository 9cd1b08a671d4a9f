"""A visit that never was, to show texts with and to check them by."""

from __future__ import annotations

import zoneinfo
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils import timezone

from notifications.models.messages import CODE_LENGTH
from notifications.states import Kind
from notifications.texts.placeholders import Facts
from notifications.texts.written import MoneyBack
from payments.states import RefundReason
from scheduling.models.clinic import default_currency

_NAMES: Final = {
    "en": ("Dr Amara Okonkwo", "Ada Lindqvist", "Room 3", "I am sorry, I have to be away that day."),
    "hi": ("डॉ. मीरा शर्मा", "आशा वर्मा", "3", "क्षमा करें, उस दिन मुझे बाहर जाना पड़ रहा है।"),
    "es": ("Dra. Lucía Romero", "María García", "3", "Lo siento: ese día tengo que estar fuera."),
    "ar": ("د. ليلى حداد", "سارة منصور", "3", "نعتذر، فالطبيبة غير موجودة في ذلك اليوم."),
}


def sample_facts(kind: str, language: str, *, short_name: str = "") -> Facts:
    """A visit in three days at twenty past nine, on the clinic's clock; in a queue, today's."""
    zone = zoneinfo.ZoneInfo(settings.DEFAULT_TIME_ZONE)
    day = timezone.localdate(timezone=zone) + timedelta(days=3)
    starts_at = datetime.combine(day, time(9, 20), tzinfo=zone)
    doctor, patient, room, words = _NAMES.get(language, _NAMES["en"])
    facts = Facts(
        clinic=str(settings.CLINIC_NAME),
        patient=patient,
        doctor=doctor,
        zone=zone,
        link=f"{settings.BASE_URL}/m/{'x' * CODE_LENGTH}/",
        starts_at=starts_at,
        address="12 Harbour Street\nLondon SE1 0ZZ",
        number=f"APT-{day.year}-000123",
        national_phone="020 7946 0018",
        phone="+44 20 7946 0018",
        token="C014",  # noqa: S106  a number that is called out
        room=room,
        short_name=short_name,
        amount=Decimal(60),
        currency=default_currency(),
    )
    if kind == Kind.CANCELLED:
        return replace(facts, words=words)
    if kind == Kind.REFUNDED:
        return replace(facts, words=words, why=RefundReason.CLINIC, money=MoneyBack.SENT)
    return replace(facts, until=starts_at - timedelta(days=1))

"""How long it takes to find the next free slot."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Any

from django.utils import timezone

from scheduling.models import Doctor, Slot, Specialty
from scheduling.selectors.availability import next_free_slots

WARM_UP = 5


def measure(times: int) -> dict[str, Any]:
    """Seconds of each search, by what was searched for, and among how many slots."""
    chance = Random(1)  # noqa: S311 - which doctor is asked for
    doctors = list(Doctor.objects.filter(is_active=True).values_list("pk", flat=True))
    specialties = list(Specialty.objects.values_list("pk", flat=True))
    questions: dict[str, Callable[[], Any]] = {
        "one doctor": lambda: next_free_slots(doctor_ids=[chance.choice(doctors)]),
        "one specialty": lambda: next_free_slots(specialty_id=chance.choice(specialties)),
        "anybody": lambda: next_free_slots(),
        "ten of anybody": lambda: next_free_slots(limit=10),
    }
    return {
        "slots": Slot.objects.filter(starts_at__gt=timezone.now()).count(),
        "doctors": len(doctors),
        "seconds": {name: _seconds(question, times) for name, question in questions.items()},
    }


def _seconds(question: Callable[[], Any], times: int) -> list[float]:
    taken = []
    for place in range(times + WARM_UP):
        started = time.perf_counter()
        question()
        if place >= WARM_UP:
            taken.append(time.perf_counter() - started)
    return taken

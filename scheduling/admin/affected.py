"""When a change of the calendar strands people: show who, let staff choose for each, read what they chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from scheduling.admin.appointment_actions import in_words, who_is_told
from scheduling.admin.columns import on_the_clock
from scheduling.admin.scope import narrowed
from scheduling.admin.search import read_key
from scheduling.models import Appointment
from scheduling.selectors.slots import slots_kept_by
from scheduling.services.affected import Affected, Decision, cancel, keep, move
from scheduling.states import AppointmentStatus

KEEP, CANCEL, MOVE = "keep", "cancel", "move:"
MESSAGE = "affected_message"


@dataclass(frozen=True)
class AffectedRow:
    """One stranded appointment as the page shows it."""

    appointment: Appointment
    words: str
    told: Any
    field: str
    chosen: str
    moves: list[tuple[str, str]]


def rows_of(request: HttpRequest, affected: list[Affected]) -> list[AffectedRow]:
    """The rows of the page, with what was chosen before. Visits that are none of the reader's business (the doctor
    works elsewhere too) are asked about without saying whose they are."""
    affected_visits = Appointment.objects.filter(pk__in=[one.appointment.pk for one in affected])
    visible = set(narrowed(affected_visits, request.user).values_list("pk", flat=True))
    return [
        AffectedRow(
            appointment=one.appointment,
            words=in_words(one.appointment) if one.appointment.pk in visible else _without_name(one.appointment),
            told=_told(one.appointment) if one.appointment.pk in visible else _("The patient"),
            field=f"decision_{one.appointment.pk}",
            chosen=request.POST.get(f"decision_{one.appointment.pk}", ""),
            moves=[
                (f"{MOVE}{slot.pk}", f"{on_the_clock(slot.starts_at, slot.location)}, {slot.doctor}, {slot.location}")
                for slot in one.suggestions
            ],
        )
        for one in affected
    ]


def _told(appointment: Appointment) -> str | Promise:
    return who_is_told(appointment, AppointmentStatus.CANCELLED)


def _without_name(appointment: Appointment) -> str:
    when = on_the_clock(appointment.starts_at, appointment.location)
    return f"{appointment.number}, {appointment.doctor}, {appointment.location}, {when}"


def read_decisions(request: HttpRequest) -> dict[int, Decision]:
    """What staff chose, by appointment; what makes no sense is left undecided."""
    message = request.POST.get(MESSAGE, "").strip()[:500]
    decisions = {}
    for name, value in request.POST.items():
        key = read_key(name.removeprefix("decision_"))
        if name.startswith("decision_") and key is not None and isinstance(value, str):
            decision = _decision(value, message)
            if decision is not None:
                decisions[key] = decision
    return {key: decision for key, decision in decisions.items() if _within_reach(request, decision)}


def _within_reach(request: HttpRequest, decision: Decision) -> bool:
    """Nobody is moved to a place that whoever decides does not work at."""
    if decision.slot_id is None:
        return True
    return slots_kept_by(request.user).filter(pk=decision.slot_id).exists()


def _decision(value: str, message: str) -> Decision | None:
    if value == KEEP:
        return keep()
    if value == CANCEL:
        return cancel(message)
    slot = read_key(value.removeprefix(MOVE))
    return move(slot) if value.startswith(MOVE) and slot is not None else None

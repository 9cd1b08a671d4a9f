"""Joining a queue as a program asks for it: by ids. Who may bring whom, and where, is decided here."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import NotPermitted
from queueing import rules
from queueing.models import Token
from queueing.services.check_in import register_and_join
from queueing.services.kiosk import choose_doctor
from scheduling.errors import AppointmentUnknown, LinkExpired, SlotClosed
from scheduling.models import Appointment, Location
from scheduling.selectors.appointments import by_secret
from scheduling.selectors.self_service import link_has_expired
from scheduling.services.booking import VisitDetails
from scheduling.services.booking_requests import patient_by_id
from scheduling.states import AppointmentType, Source, Urgency

FOR_STAFF_TO_SAY = (Urgency.HIGH, Urgency.EMERGENCY)
"""Urgencies that carry somebody past others: nobody gives them to themselves."""


def visit_of_secret(secret: str) -> Appointment:
    """The visit whose link this is. Raises AppointmentUnknown, LinkExpired."""
    visit = by_secret(secret)
    if visit is None:
        raise AppointmentUnknown(field="secret")
    if link_has_expired(visit):
        raise LinkExpired
    return visit


def join_as_asked(*, said: dict[str, Any], actor: Actor) -> Token:
    """A place for somebody without an appointment: by the desk of a location for anybody, by patients for their family
    where the location lets them, with a doctor who takes walk-ins there today. Raises NotPermitted, PatientUnknown,
    SlotClosed, QueueClosed, and what `register_and_join` raises."""
    if actor.is_staff:
        _require_own_desk(actor, said["location"])
    else:
        _require_modest(said)
        _require_at_work(said["doctor"], said["location"])
    patient = said["patient"]
    words = {name: said[name] for name in ("reason", "urgency", "special_requirements") if name in said}
    return register_and_join(
        doctor_id=said["doctor"],
        location_id=said["location"],
        patient=patient_by_id(patient, actor) if isinstance(patient, int) else patient,
        visit=VisitDetails(type=AppointmentType.WALK_IN, source=Source.API, **words),
        actor=actor,
        operation="",
    )


def _require_own_desk(actor: Actor, location_id: int) -> None:
    desks = rules.registers_walk_ins_at(actor.user) if actor.user is not None else None
    if desks is None or not desks.exists():
        raise NotPermitted(_("Reception and managers do this for patients."))
    if not desks.filter(pk=location_id).exists():
        raise SlotClosed(_("This doctor does not see patients there."))


def _require_modest(said: dict[str, Any]) -> None:
    """What patients may say of themselves. Raises NotPermitted."""
    if not isinstance(said["patient"], int):
        raise NotPermitted(_("Say which of your family comes. The desk registers everybody else."), field="patient")
    if said.get("urgency") in FOR_STAFF_TO_SAY:
        raise NotPermitted(_("Only the clinic's staff can say this."), field="urgency")


def _require_at_work(doctor_id: int, location_id: int) -> None:
    """Refuse patients who would wait for somebody who sees nobody there today, or no more. Raises SlotClosed,
    QueueClosed."""
    location = Location.objects.filter(pk=location_id, is_active=True).first()
    if location is None:
        raise SlotClosed(_("This doctor does not see patients there."))
    choose_doctor(str(doctor_id), location)

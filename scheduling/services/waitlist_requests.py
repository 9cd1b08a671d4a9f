"""Waiting for a seat as a program asks for it: by ids. Who may wait for whom, and where, is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import NotPermitted
from scheduling import rules
from scheduling.models import WaitlistEntry
from scheduling.services.booking_requests import patient_by_id, require_own_location
from scheduling.services.patients import PatientDetails
from scheduling.services.waitlist import join_waitlist


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRequest:
    """Who would come on which days, to whom and where."""

    patient: int | PatientDetails
    earliest_date: date
    latest_date: date
    doctor_id: int | None = None
    specialty_id: int | None = None
    location_id: int | None = None


def wait_as_asked(*, asked: WaitRequest, actor: Actor) -> WaitlistEntry:
    """Put somebody on the list. Reception does it for patients it sees, at its locations.

    Raises NotPermitted, PatientUnknown, and what `join_waitlist` raises.
    """
    if actor.user is not None and actor.user.is_staff:
        if not rules.works_the_desk(actor.user):
            raise NotPermitted(_("Reception and managers do this for patients."))
        require_own_location(actor, location_id=asked.location_id)
    patient = patient_by_id(asked.patient, actor) if isinstance(asked.patient, int) else asked.patient
    return join_waitlist(
        patient=patient,
        earliest_date=asked.earliest_date,
        latest_date=asked.latest_date,
        doctor_id=asked.doctor_id,
        specialty_id=asked.specialty_id,
        location_id=asked.location_id,
        actor=actor,
    )

"""Changing what is written down about a visit, and nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.errors import InvalidVisit
from scheduling.models import Appointment
from scheduling.services.booking import check_visit
from scheduling.services.locking import lock_visit

CHANGEABLE = frozenset({"reason", "symptoms", "urgency", "special_requirements", "notes", "meeting_link"})


def change_visit(*, appointment_id: int, changes: Mapping[str, Any], actor: Actor) -> Appointment:
    """Change the named words of a visit, in whatever state it is. Raises AppointmentUnknown, InvalidVisit."""
    foreign = set(changes) - CHANGEABLE
    if foreign:
        raise InvalidVisit(_("This cannot be changed: %(names)s.") % {"names": ", ".join(sorted(foreign))})
    with recorded(actor, "appointment.change"):
        visit = lock_visit(appointment_id=appointment_id)
        for name, value in changes.items():
            setattr(visit, name, value)
        check_visit(visit)
        if changes:  # else nothing changed, and nobody's ETag must go stale
            visit.save(update_fields=[*changes, "changed_at"])
    return visit

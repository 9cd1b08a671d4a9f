"""How far somebody at a desk reaches: the doctors and places of their own locations."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from scheduling import rules
from scheduling.errors import InvalidCalendar


def require_reach(user: User, *, doctor_id: int | None = None, location_id: int | None = None) -> None:
    """Refuse to write into the calendar of a doctor or place that is not theirs, as if there were none.

    Raises InvalidCalendar.
    """
    if location_id is not None and not rules.locations_of(user).filter(pk=location_id).exists():
        raise InvalidCalendar(_("We do not know that location."), field="location")
    if doctor_id is not None and not rules.doctors_visible_to(user).filter(pk=doctor_id).exists():
        raise InvalidCalendar(_("We do not know that doctor."), field="doctor")

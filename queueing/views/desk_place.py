"""Behind which desk somebody stands: what every page of a desk begins with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import User
from accounts.permissions import staff
from queueing import rules
from queueing.errors import WrongStep
from queueing.models import Token
from queueing.selectors.desk import doctors_today, open_emergencies
from scheduling.models import Doctor, Location


class StaffRequest(HttpRequest):
    """What `staff` lets through: a request of somebody who works here."""

    user: User


@dataclass(frozen=True, slots=True)
class Place:
    """A location, and who stands behind its desk."""

    user: User
    location: Location
    registers: bool
    """Whether they check patients in and give places to walk-ins."""

    def doctor(self, doctor_id: int) -> Doctor:
        """A doctor whose queue they work. Raises Http404."""
        doctor = doctors_today(self.user, self.location).filter(pk=doctor_id).first()
        if doctor is None:
            raise Http404
        return doctor

    def token(self, token_id: int, doctor: Doctor) -> Token:
        """Somebody in this doctor's queue here. Raises Http404."""
        tokens = rules.tokens_visible_to(self.user).filter(location=self.location, queue__doctor=doctor)
        token = tokens.select_related("queue__doctor", "patient", "appointment").filter(pk=token_id).first()
        if token is None:
            raise Http404
        return token

    def frame(self) -> dict[str, Any]:
        """What every page of the desk shows around its own matter."""
        return {
            "location": self.location,
            "registers": self.registers,
            "emergencies": open_emergencies(self.user, self.location),
            "now": timezone.now(),
        }


DeskView = Callable[..., HttpResponseBase]


def at_desk(view: DeskView) -> DeskView:
    """Hand a view the desk of the location in the address, if whoever asks works there; else there is no such page."""

    @staff
    @wraps(view)
    def guarded(request: StaffRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
        location = rules.locations_with_desk(request.user).filter(slug=slug).first()
        if location is None:
            raise Http404
        registers = rules.registers_walk_ins_at(request.user).filter(pk=location.pk).exists()
        return view(request, Place(request.user, location, registers), **kwargs)

    return guarded


def read_version(raw: str) -> int:
    """The version of a token that a screen showed. Raises WrongStep for what no screen of ours says."""
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10):
        raise WrongStep
    return int(raw)

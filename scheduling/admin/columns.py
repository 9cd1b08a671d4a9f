"""How times and states read in the back office."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from scheduling.models import Location
from scheduling.states import AppointmentStatus, WaitlistStatus

STATUS_COLOURS: dict[str, str] = {
    AppointmentStatus.PENDING: "warning",
    AppointmentStatus.CONFIRMED: "info",
    AppointmentStatus.CHECKED_IN: "primary",
    AppointmentStatus.IN_PROGRESS: "primary",
    AppointmentStatus.COMPLETED: "success",
    AppointmentStatus.CANCELLED: "danger",
    AppointmentStatus.NO_SHOW: "danger",
    AppointmentStatus.EXPIRED: "default",
    AppointmentStatus.RESCHEDULED: "default",
}
"""Colours beside the words of the states. Every state is named: of one that is not, the framework shows the key."""

WAITLIST_COLOURS: dict[str, str] = {
    WaitlistStatus.WAITING: "info",
    WaitlistStatus.OFFERED: "warning",
    WaitlistStatus.BOOKED: "success",
    WaitlistStatus.LAPSED: "default",
    WaitlistStatus.CANCELLED: "default",
}

WALK_IN = _("Walk-in, no time")


def on_the_clock(moment: datetime | None, location: Location, *, with_date: bool = True) -> str:
    """A moment in the wall clock of a location, with its zone where the reader's differs."""
    if moment is None:
        return str(WALK_IN)
    local = moment.astimezone(location.zone)
    text = date_format(local, "D j M Y, H:i" if with_date else "H:i")
    differs = local.utcoffset() != moment.astimezone(timezone.get_current_timezone()).utcoffset()
    return f"{text} {local:%Z}" if differs else text

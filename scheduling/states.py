"""The states of the ground floor, and which follows which."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AppointmentStatus(models.TextChoices):
    """Where an appointment is in its life."""

    PENDING = "pending", _("Waiting for confirmation")
    CONFIRMED = "confirmed", _("Confirmed")
    CHECKED_IN = "checked_in", _("Checked in")
    IN_PROGRESS = "in_progress", _("With the doctor")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")
    RESCHEDULED = "rescheduled", _("Moved to another time")
    NO_SHOW = "no_show", _("Did not come")


APPOINTMENT_TRANSITIONS: dict[AppointmentStatus, frozenset[AppointmentStatus]] = {
    AppointmentStatus.PENDING: frozenset(
        {
            AppointmentStatus.CONFIRMED,
            AppointmentStatus.EXPIRED,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.RESCHEDULED,
        }
    ),
    AppointmentStatus.CONFIRMED: frozenset(
        {
            AppointmentStatus.CHECKED_IN,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.RESCHEDULED,
            AppointmentStatus.NO_SHOW,
        }
    ),
    AppointmentStatus.CHECKED_IN: frozenset(
        {AppointmentStatus.IN_PROGRESS, AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}
    ),
    AppointmentStatus.IN_PROGRESS: frozenset({AppointmentStatus.COMPLETED}),
    AppointmentStatus.COMPLETED: frozenset(),
    AppointmentStatus.CANCELLED: frozenset(),
    AppointmentStatus.EXPIRED: frozenset(),
    AppointmentStatus.RESCHEDULED: frozenset(),
    AppointmentStatus.NO_SHOW: frozenset(),
}

CORRECTIONS: dict[AppointmentStatus, frozenset[AppointmentStatus]] = {
    AppointmentStatus.CHECKED_IN: frozenset({AppointmentStatus.CONFIRMED}),
    AppointmentStatus.IN_PROGRESS: frozenset({AppointmentStatus.CHECKED_IN}),
    AppointmentStatus.COMPLETED: frozenset({AppointmentStatus.IN_PROGRESS}),
    AppointmentStatus.NO_SHOW: frozenset({AppointmentStatus.CHECKED_IN}),
    AppointmentStatus.CANCELLED: frozenset({AppointmentStatus.CHECKED_IN}),
}
"""Steps back, where the desk pressed the wrong key on the day itself (`services/presence.py`); no other goes back."""

REVIVALS: dict[AppointmentStatus, frozenset[AppointmentStatus]] = {
    AppointmentStatus.EXPIRED: frozenset({AppointmentStatus.CONFIRMED}),
}
"""Steps back to life: money that was asked for came after the booking had run out, and its seat was still free
(`services/prepaid.py`). A table of its own, because the state alone does not allow them: the seat was given back, and
has to be had again. They are no corrections either: nobody made a mistake."""

FREEING = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED, AppointmentStatus.RESCHEDULED})
"""States that give the seat back."""

SEATED = frozenset(AppointmentStatus) - FREEING
"""States that count against the capacity of their slot."""

ACTIVE = frozenset(
    {
        AppointmentStatus.PENDING,
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.CHECKED_IN,
        AppointmentStatus.IN_PROGRESS,
    }
)
"""States of a visit that is still to come or under way; a patient has no two of these at one time."""

UPCOMING = frozenset({AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED})
"""States from which a visit can still be moved."""


def sources_of(target: AppointmentStatus) -> frozenset[AppointmentStatus]:
    """The states from which `target` may be reached."""
    return frozenset(state for state, targets in APPOINTMENT_TRANSITIONS.items() if target in targets)


def corrected_from(target: AppointmentStatus) -> frozenset[AppointmentStatus]:
    """The states from which a correction leads back to `target`."""
    return frozenset(state for state, targets in CORRECTIONS.items() if target in targets)


def revived_from(target: AppointmentStatus) -> frozenset[AppointmentStatus]:
    """The states from which a visit comes back to life as `target`."""
    return frozenset(state for state, targets in REVIVALS.items() if target in targets)


class AppointmentType(models.TextChoices):
    """How the visit came about."""

    ONLINE = "online", _("Booked ahead")
    WALK_IN = "walk_in", _("Walk-in")
    KIOSK = "kiosk", _("Kiosk")
    EMERGENCY = "emergency", _("Emergency")
    FOLLOW_UP = "follow_up", _("Follow-up")


class Urgency(models.TextChoices):
    """How soon somebody needs to be seen."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    EMERGENCY = "emergency", _("Emergency")


class Source(models.TextChoices):
    """Through which door a booking came in."""

    WEB = "web", _("Website")
    API = "api", _("API")
    ADMIN = "admin", _("Reception")
    KIOSK = "kiosk", _("Kiosk")
    WAITLIST = "waitlist", _("Waitlist")


class Gender(models.TextChoices):
    """As the patient describes it."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Another")
    UNDISCLOSED = "undisclosed", _("Prefer not to say")


class WaitlistStatus(models.TextChoices):
    """Where somebody on the waitlist stands."""

    WAITING = "waiting", _("Waiting")
    OFFERED = "offered", _("Offered a seat")
    BOOKED = "booked", _("Booked")
    LAPSED = "lapsed", _("Offer not taken")
    CANCELLED = "cancelled", _("Left the list")


class AffectedChoice(models.TextChoices):
    """What becomes of an appointment that a change of the calendar strands."""

    KEEP = "keep", _("Keep at its time")
    MOVE = "move", _("Move to another slot")
    CANCEL = "cancel", _("Cancel with a message")

"""The states of the queue, and which follows which."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class TokenStatus(models.TextChoices):
    """Where a person in a queue is."""

    WAITING = "waiting", _("Waiting")
    CALLED = "called", _("Called")
    IN_CONSULTATION = "in_consultation", _("With the doctor")
    COMPLETED = "completed", _("Seen")
    NO_SHOW = "no_show", _("Did not come when called")
    CANCELLED = "cancelled", _("Left the queue")


TOKEN_TRANSITIONS: dict[TokenStatus, frozenset[TokenStatus]] = {
    TokenStatus.WAITING: frozenset(
        {TokenStatus.CALLED, TokenStatus.IN_CONSULTATION, TokenStatus.NO_SHOW, TokenStatus.CANCELLED}
    ),
    TokenStatus.CALLED: frozenset(
        {TokenStatus.WAITING, TokenStatus.IN_CONSULTATION, TokenStatus.NO_SHOW, TokenStatus.CANCELLED}
    ),
    TokenStatus.IN_CONSULTATION: frozenset({TokenStatus.COMPLETED}),
    TokenStatus.COMPLETED: frozenset(),
    TokenStatus.NO_SHOW: frozenset({TokenStatus.WAITING}),
    TokenStatus.CANCELLED: frozenset(),
}
"""Steps forward, and back where people come back: who was called and has gone for a moment, who came after all.
Taking back a mistake is no step of its own: it restores what was (`services/undoing.py`)."""

LIVE = frozenset({TokenStatus.WAITING, TokenStatus.CALLED, TokenStatus.IN_CONSULTATION})
"""States of somebody who is here."""

UNSEEN = frozenset({TokenStatus.WAITING, TokenStatus.CALLED})
"""States of somebody who is here and has not seen the doctor."""


def sources_of(target: TokenStatus) -> frozenset[TokenStatus]:
    """The states from which `target` may be reached."""
    return frozenset(state for state, targets in TOKEN_TRANSITIONS.items() if target in targets)


class DoctorStatus(models.TextChoices):
    """How a doctor's day is going."""

    NOT_STARTED = "not_started", _("Not started yet")
    ON_TIME = "on_time", _("On time")
    RUNNING_LATE = "running_late", _("Running late")
    ON_BREAK = "on_break", _("On a break")
    FINISHED = "finished", _("Finished for today")


class Arrival(models.TextChoices):
    """How somebody came, seen from the time they had booked."""

    EARLY = "early", _("Early")
    ON_TIME = "on_time", _("On time")
    LATE = "late", _("Late")
    WALK_IN = "walk_in", _("Without an appointment")


class Step(models.TextChoices):
    """What happened to a token, as its history tells it."""

    JOINED = "joined", _("Checked in")
    CALLED = "called", _("Called")
    RECALLED = "recalled", _("Called again")
    STARTED = "started", _("Went in")
    FINISHED = "finished", _("Finished")
    NO_SHOW = "no_show", _("Did not come")
    PUT_BACK = "put_back", _("Put back")
    LEFT = "left", _("Left")
    TRANSFERRED = "transferred", _("Transferred")
    PRIORITISED = "prioritised", _("Priority changed")


UNDO_WITHIN = timedelta(minutes=30)
"""So long after a step it can be taken back; later than that the day has gone on."""


class EmergencySource(models.TextChoices):
    """Who raised an emergency."""

    PATIENT = "patient", _("A patient's phone")
    KIOSK = "kiosk", _("Kiosk")
    STAFF = "staff", _("Staff")

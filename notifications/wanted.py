"""Which messages a visit wants in each of its states, and why others are not sent any more. Pure.

Those of the queue hang on the token instead, and those of money on the payment (`selectors/checking.py`).

Planning takes back what is not wanted when a visit changes; the outbox asks again just before it sends.
"""

from __future__ import annotations

from typing import Final

from notifications.states import Kind, NotSent
from scheduling.states import AppointmentStatus

WANTED_BY: Final[dict[AppointmentStatus, frozenset[Kind]]] = {
    AppointmentStatus.PENDING: frozenset({Kind.TO_CONFIRM, Kind.TO_PAY}),
    AppointmentStatus.CONFIRMED: frozenset({Kind.CONFIRMATION, Kind.RESCHEDULED, Kind.REMINDER}),
    AppointmentStatus.CHECKED_IN: frozenset(),
    AppointmentStatus.IN_PROGRESS: frozenset(),
    AppointmentStatus.COMPLETED: frozenset({Kind.FEEDBACK}),
    AppointmentStatus.CANCELLED: frozenset({Kind.CANCELLED}),
    AppointmentStatus.EXPIRED: frozenset({Kind.EXPIRED}),
    AppointmentStatus.RESCHEDULED: frozenset(),
    AppointmentStatus.NO_SHOW: frozenset(),
}
"""Kinds about a visit that still hold while it is in that state."""

_WHY_NOT: Final[dict[AppointmentStatus, NotSent]] = {
    AppointmentStatus.PENDING: NotSent.VISIT_CHANGED,
    AppointmentStatus.CONFIRMED: NotSent.VISIT_CHANGED,
    AppointmentStatus.CHECKED_IN: NotSent.VISIT_PAST,
    AppointmentStatus.IN_PROGRESS: NotSent.VISIT_PAST,
    AppointmentStatus.COMPLETED: NotSent.VISIT_PAST,
    AppointmentStatus.CANCELLED: NotSent.VISIT_CANCELLED,
    AppointmentStatus.EXPIRED: NotSent.VISIT_CHANGED,
    AppointmentStatus.RESCHEDULED: NotSent.VISIT_MOVED,
    AppointmentStatus.NO_SHOW: NotSent.VISIT_PAST,
}


def wanted_by(status: str) -> frozenset[Kind]:
    """The kinds of messages that hold while a visit is in this state."""
    return WANTED_BY[AppointmentStatus(status)]


def why_not_wanted_by(status: str) -> NotSent:
    """Why a message that does not hold in this state is not sent."""
    return _WHY_NOT[AppointmentStatus(status)]

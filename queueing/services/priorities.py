"""Changing somebody's place by what is known of them, or by hand. The audit trail keeps who did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.errors import InvalidPriority, WrongStep
from queueing.models import Token
from queueing.services.queues import require_today
from queueing.services.steps import lock_token, moment_of, note_step, snapshot, write
from queueing.states import UNSEEN, Step
from scheduling.states import Urgency

MOST_EXTRA = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """What is said about somebody's priority; None leaves as it is."""

    urgency: str | None = None
    has_special_requirements: bool | None = None
    extra_points: int | None = None
    reason: str | None = None

    def changes(self) -> dict[str, Any]:
        """The columns it changes. Raises InvalidPriority."""
        self._require_sense()
        reason = self.reason
        if self.extra_points == 0 and reason is None:
            reason = ""  # no points, no reason for them
        said = {
            "urgency": self.urgency,
            "has_special_requirements": self.has_special_requirements,
            "extra_points": self.extra_points,
            "extra_reason": None if reason is None else reason.strip(),
        }
        return {name: value for name, value in said.items() if value is not None}

    def _require_sense(self) -> None:
        if self.urgency is not None and self.urgency not in Urgency.values:
            raise InvalidPriority(_("Choose low, medium, high or emergency."), field="urgency")
        if self.extra_points is not None and abs(self.extra_points) > MOST_EXTRA:
            raise InvalidPriority(_("Enter points between -600 and 600."), field="extra_points")
        if self.extra_points and not (self.reason or "").strip():
            raise InvalidPriority(_("Say why, for whoever asks later."), field="reason")
        if self.reason is not None and ("\x00" in self.reason or len(self.reason) > 200):
            raise InvalidPriority(_("Enter at most 200 characters."), field="reason")


def prioritise_token(*, token_id: int, priority: Priority, actor: Actor, version: int | None = None) -> Token:
    """Say anew what somebody's place is made of. Raises InvalidPriority, WrongStep, ScreenStale, DayOver."""
    changes = priority.changes()
    with recorded(actor, "token.prioritise"):
        token = lock_token(token_id, version)
        now = moment_of(token)
        require_today(token.queue, now)
        if token.status not in UNSEEN:
            raise WrongStep(status_now=token.status)
        before = snapshot(token, [*changes])
        write(token, changes)
        note_step(token, Step.PRIORITISED, actor=actor, now=now, before=before)
    return token

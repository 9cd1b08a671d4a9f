"""Replays a doctor's past sessions and measures how far the estimated waits were from the true ones.

At the start of every consultation the people at the next eight places are told a range, by what was known then: the
sessions before, and the part of this one that is over. The true wait is from that start to their own, without the
time in which nobody was there to be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from queueing.estimation import Consultation, Estimator, Today, Wait

PLACES = 8
FIXED_SECONDS = 1200.0
"""The rule that the estimate has to beat: twenty minutes for everybody ahead."""


@dataclass(frozen=True, slots=True)
class Score:
    """How good the ranges were; times in minutes."""

    waits: int
    error: float
    fixed_error: float
    inside: float
    width: float

    @property
    def ratio(self) -> float:
        """The error by that of the fixed rule."""
        return self.error / self.fixed_error if self.fixed_error else float("inf")


@dataclass(slots=True)
class Tally:
    """Sums over the waits that were told, in seconds."""

    waits: int = 0
    error: float = 0.0
    fixed_error: float = 0.0
    inside: int = 0
    width: float = 0.0

    def add(self, *, told: Wait, true_wait: float, place: int) -> None:
        """Count one wait at this place in the queue; the first place is 1."""
        self.waits += 1
        self.error += abs(told.middle - true_wait)
        self.fixed_error += abs(FIXED_SECONDS * place - true_wait)
        self.inside += told.low <= true_wait <= told.high
        self.width += told.high - told.low

    def score(self) -> Score:
        """The means of what was counted; at least one wait must have been."""
        return Score(
            waits=self.waits,
            error=self.error / self.waits / 60,
            fixed_error=self.fixed_error / self.waits / 60,
            inside=self.inside / self.waits,
            width=self.width / self.waits / 60,
        )


class NothingToScore(Exception):
    """The warm-up leaves no waits to score."""


@dataclass(frozen=True, slots=True)
class Result:
    """The scores of all sessions after the warm-up, and of their earlier and their later half."""

    whole: Score
    earlier: Score
    later: Score


def replay(sessions: Sequence[Sequence[Consultation]], *, warmup: int) -> Result:
    """Score all sessions after the first `warmup` ones. Raises NothingToScore."""
    if warmup < 0:
        raise NothingToScore(_("The warm-up cannot be less than no session."))
    whole, earlier, later = Tally(), Tally(), Tally()
    middle = warmup + (len(sessions) - warmup) // 2
    estimator = Estimator.learned_from(sessions[:warmup])
    for number, session in enumerate(sessions[warmup:], start=warmup):
        _tell(estimator, session, whole, earlier if number < middle else later)
        estimator.learn(session)
    if not (earlier.waits and later.waits):
        raise NothingToScore(
            _("After a warm-up of %(warmup)d of the file's %(sessions)d sessions too few waits are left to score.")
            % {"warmup": warmup, "sessions": len(sessions)}
        )
    return Result(whole.score(), earlier.score(), later.score())


def _tell(estimator: Estimator, session: Sequence[Consultation], *tallies: Tally) -> None:
    for number, running in enumerate(session):
        waiting = session[number + 1 : number + 1 + PLACES]
        today = Today(now=running.started, finished=session[:number], running=running)
        ranges = estimator.waits([one.features for one in waiting], today)
        idle = 0.0
        for place, (one, told) in enumerate(zip(waiting, ranges, strict=True), start=1):
            idle += session[number + place - 1].idle
            for tally in tallies:
                tally.add(told=told, true_wait=one.started - running.started - idle, place=place)

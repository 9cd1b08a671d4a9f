"""How fast the worker's clocks go. They all follow from the longest time that a task may take."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

STARTING_SECONDS = 30.0
"""So much longer than usual a cluster may take for its first sign of work: its processes have yet to start."""

STOPPING_SECONDS = 15.0
"""So long what is under way may go on when the worker is told to stop."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The clocks of one worker, in seconds.

    A task is cut short after `task`. Two may hold up a sign of work for so long and no longer; so a cluster that has
    given none for `late` no longer works, though its processes may live. What a dead process had begun is free for
    others after `claim`. With 60 seconds a task, due work goes on within 120 whatever dies.
    """

    task: int

    @property
    def late(self) -> float:
        """Without a sign of work for so long, the cluster is replaced."""
        return self.task * 1.25

    @property
    def beat(self) -> float:
        """How often it is asked for one."""
        return self.task / 6

    @property
    def grace(self) -> float:
        """How long a cluster that is replaced may take to end by itself."""
        return self.task / 6

    @property
    def claim(self) -> float:
        """How long a job is claimed: a little longer than it may run."""
        return self.task * 7 / 6

    @property
    def short_life(self) -> float:
        """A cluster that lived no longer than this died at once; the next ones wait a little before they start."""
        return self.task / 2

    @property
    def wake_again(self) -> float:
        """When nobody has taken up a job for so long, the cluster is told again that it is due."""
        return self.task / 2

    @property
    def look(self) -> float:
        """How often the supervisor looks."""
        return min(1.0, self.task / 15)

    @property
    def silent(self) -> float:
        """Without a sign of work from any worker for so long, monitoring says so."""
        return self.late + 15


def pace_of_settings() -> Pace:
    """The pace that the environment sets."""
    return Pace(task=settings.WORKER_TASK_SECONDS)

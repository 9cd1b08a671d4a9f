"""Many seconds in a few figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median


@dataclass(frozen=True, slots=True)
class Figures:
    """How long something took, so many times: seconds on average, in the middle, and for the longest tenth."""

    count: int
    mean: float | None = None
    median: float | None = None
    longest_tenth: float | None = None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Figures:
        """The figures of some durations; none of them says nothing."""
        if not seconds:
            return cls(0)
        ordered = sorted(seconds)
        nine_in_ten = ordered[max(-(-len(ordered) * 9 // 10) - 1, 0)]
        return cls(len(ordered), fmean(ordered), median(ordered), nine_in_ten)


def share(part: int, whole: int) -> float | None:
    """The part of the whole, from 0 to 1; None of nothing."""
    return part / whole if whole else None

"""The numbers that factories count by: they make names, addresses and the times of slots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from factory.base import Factory

Numbers = dict[Any, int]


def count_from_the_start() -> None:
    """Let every factory count from nought again."""
    for factory in _factories():
        factory.reset_sequence(0, force=True)


def reached() -> Numbers:
    """How far each factory has counted."""
    return {factory: factory._meta._counter.seq for factory in _factories() if factory._meta._counter}


def go_on_from(numbers: Numbers) -> None:
    """Let each factory go on as if it had counted that far."""
    for factory, number in numbers.items():
        factory.reset_sequence(number, force=True)


def _factories() -> Iterator[Any]:
    waiting: list[Any] = list(Factory.__subclasses__())
    while waiting:
        factory = waiting.pop()
        waiting += factory.__subclasses__()
        if not factory._meta.abstract:
            yield factory

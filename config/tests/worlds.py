"""Making things for several tests at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import transaction

Built = TypeVar("Built")


@contextmanager
def built_for_a_while(build: Callable[[], Built]) -> Iterator[Built]:
    """What `build` makes, in a transaction that ends as if it had never been; at once where building fails."""
    with transaction.atomic():
        yield build()
        transaction.set_rollback(True)

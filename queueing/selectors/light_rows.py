"""Rows as objects, without the work that Django puts into each column of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=Model)


def row_of(model: type[Row], using: str, names: Sequence[str], values: Sequence[Any], **related: Model) -> Row:
    """A row of which these columns were read, and the rows it refers to; as after `only`, what was not read is read
    when somebody asks for it.

    Django's own way looks at every column of the table, read or not, and asks who wants to hear of it: most of the
    time that five hundred rows take.
    """
    made = model.__new__(model)
    state = made._state = ModelState()
    state.db, state.adding = using, False
    state.fields_cache.update(related)
    made.__dict__.update(zip(names, values, strict=True))
    return made

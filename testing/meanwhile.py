"""Lets something happen at one exact moment of something else, so that a race is shown every time and not by luck."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def just_after_reading(table: str, happens: Callable[[], object]) -> Iterator[None]:
    """Call `happens` once, right after the first SELECT that names `table`: what was read is stale from then on."""
    done = False

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        nonlocal done
        answer = execute(sql, params, many, context)
        if not done and sql.startswith("SELECT") and table in sql:
            done = True
            happens()
        return answer

    with connection.execute_wrapper(watch):
        yield
    assert done, f"nobody read {table}"

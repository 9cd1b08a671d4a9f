"""Values as they stand in the address of a page or a socket. Whatever makes no sense is None, never an error."""

from __future__ import annotations

from datetime import date


def read_number(raw: str | None) -> int | None:
    """A row's number as it comes in a query or form; None for anything else."""
    return int(raw) if raw and raw.isdecimal() and len(raw) < 18 else None


def read_day(raw: str | None) -> date | None:
    """A day such as 2026-08-06; None for what is none."""
    try:
        return date.fromisoformat(raw or "")
    except ValueError:
        return None

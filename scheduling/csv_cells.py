"""Cells of a CSV file that a spreadsheet only shows."""

from __future__ import annotations

from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""Also in full width, which some spreadsheets read alike."""


def harmless(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before what looks like one.

    Spaces before it do not help: spreadsheets drop them.
    """
    if isinstance(value, str) and (value.lstrip().startswith(FORMULA_STARTS) or value[:1] in ("\t", "\r", "\n")):
        return f"'{value}"
    return value

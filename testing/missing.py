"""Tests that this machine cannot run are named at the end, with the remedy; on a build machine they fail."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

LIST_VARIABLE = "FRONTDESK_MISSING_LIST"
"""bin/test names a file here and prints its lines at the end."""


def cannot_run(what: str, *, remedy: str) -> NoReturn:
    """End this test as skipped (failed when CI=true), and put it on the list."""
    sentence = f"{what} could not run. This would make it run: {remedy}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(sentence, pytrace=False)
    listed = os.environ.get(LIST_VARIABLE)
    if listed:
        with Path(listed).open("a") as file:
            file.write(sentence + "\n")
    pytest.skip(sentence)

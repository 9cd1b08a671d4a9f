"""Finds a Chromium for browser tests: on PATH, else Playwright's own, else (as root, with apt) the distribution's.

`python -m testing.browser` fetches one when there is none and says what came of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REMEDY = ".venv/bin/python -m playwright install --with-deps chromium"


def find() -> str | None:
    """The path of a Chromium that starts, if there is one."""
    on_path = (shutil.which(name) for name in NAMES)
    return next((path for path in (*on_path, _from_playwright()) if path and _starts(path)), None)


def fetch() -> str | None:
    """Find a Chromium, or bring one in; None when neither works."""
    return find() or _try("playwright", "install", "chromium") or _from_apt()


def _from_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _from_apt() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-q", "update"], ["apt-get", "-q", "install", "-y", "chromium"]):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, timeout=600).returncode:
            return None
    return find()


def _try(module: str, *arguments: str) -> str | None:
    try:
        subprocess.run([sys.executable, "-m", module, *arguments], stdout=subprocess.DEVNULL, timeout=300)
    except subprocess.TimeoutExpired:
        return None
    return find()


def _starts(path: str) -> bool:
    """Whether it runs at all: a download without the libraries it needs does not."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    found = fetch()
    print(found or f"no Chromium: {REMEDY}")
    sys.exit(0 if found else 1)

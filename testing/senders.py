"""Workers that do nothing but send, in processes of their own, so that a test may kill them.

    python -m testing.senders [--without-asking]    reads "more" or "end" from each line

A process that has everything loaded forks one worker for each "more", and says its number: a clinic's worker takes
seconds to start, and a test wants to kill many.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
LEASE_SECONDS = 2.5
GATEWAY_SECONDS = 1
"""So long a gateway is waited for: well within the lease, as in life (10 seconds and 120)."""


class Senders:
    """The test's side: starts workers, kills them, and counts. `without` switches a mechanism off."""

    def __init__(
        self, log: Path, settings: dict[str, str], *, module: str = "testing.senders", without: str = ""
    ) -> None:
        self.log, self.killed = log, 0
        self.living: list[int] = []
        self._lock = threading.Lock()
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "LOG_LEVEL": "ERROR",
            **settings,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "BASE_URL": "https://clinic.example",
            "ALLOWED_HOSTS": "clinic.example",
        }
        arguments = [without] if without else []
        with log.open("wb") as output:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                env=environment,
            )

    def start(self, count: int = 1) -> None:
        """So many workers more."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        for _worker in range(count):
            self._nursery.stdin.write("more\n")
            self._nursery.stdin.flush()
            self.living.append(int(self._nursery.stdout.readline()))

    def kill(self) -> None:
        """SIGKILL for the oldest, and another one in its place."""
        with self._lock:
            os.kill(self.living.pop(0), signal.SIGKILL)
            self.killed += 1
            self.start()

    def kill_all(self) -> None:
        """SIGKILL for all that are there, and as many in their place."""
        for _worker in list(self.living):
            self.kill()

    def end(self) -> str:
        """All of them go; returns what they complained of."""
        with self._lock:
            assert self._nursery.stdin is not None
            self._nursery.stdin.close()
            self._nursery.wait(30)
            assert self._nursery.stdout is not None
            self._nursery.stdout.close()
        return self.log.read_text()


def nursery(prepare: Callable[[], None], work: Callable[[], None]) -> None:
    """What such a process does: everything is loaded and prepared once, then there is a worker for each "more"."""
    import django

    django.setup()
    prepare()
    children: list[int] = []
    for _line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            while True:
                work()
                time.sleep(0.05)
        children.append(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        children = [child for child in children if os.waitpid(child, os.WNOHANG) == (0, 0)]
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _hurry() -> None:
    """All that takes minutes in life takes seconds here; and what takes seconds to load is loaded once."""
    from datetime import timedelta

    from django.conf import settings

    from accounts import twilio_client
    from notifications.services import claiming, lanes, outbox, outcomes  # noqa: F401 - loaded for those to come

    twilio_client.twilio_client().messages.page  # noqa: B018 - Twilio's client loads its parts when they are used
    twilio_client.let_go()
    settings.EMAIL_TIMEOUT = twilio_client.TIMEOUT_SECONDS = GATEWAY_SECONDS
    outcomes.LEASE = timedelta(seconds=LEASE_SECONDS)
    outcomes.FIRST_PAUSE = timedelta(seconds=0.1)
    claiming.HELD_BEFORE = timedelta(seconds=0.5)
    lanes.IN_HAND = 10


def _send() -> None:
    from accounts.actors import system
    from notifications.channels import registry
    from notifications.services.outbox import send_due

    asks = "--without-asking" not in sys.argv
    find: Callable[[str], Any] = registry.channel_of if asks else lambda name: Unasked(registry.channel_of(name))
    send_due(actor=system("send_due"), channel_of=find)


class Unasked:
    """A gateway that nobody asks what it has: the mechanism switched off."""

    def __init__(self, channel: Any) -> None:
        self.is_configured, self.send = channel.is_configured, channel.send

    def ask(self, parcel: object) -> None:
        """Nobody does."""


if __name__ == "__main__":
    nursery(_hurry, _send)

"""The embedded clinic as `bin/run` starts it: a process of its own, with a demo in a database of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from testing import processes

PROJECT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class EmbeddedServer:
    """`manage.py serve --prepare`; its database and its words lie in `folder`.

    Without `prepare` it serves the database that `settings` name as it is.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        settings: dict[str, str] | None = None,
        prepare: bool = True,
    ) -> None:
        self.port = port or free_port()
        self.log = folder / f"served-{time.monotonic_ns()}.log"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": "served-by-a-test",
            "FRONTDESK_EMBEDDED": "true",
            "PORT": str(self.port),
            "SQLITE_PATH": str(folder / "db.sqlite3"),
            "DATABASE_URL": "",
            **(settings or {}),
        }
        self.process: subprocess.Popen[bytes] = processes.start(
            [sys.executable, str(PROJECT / "manage.py"), "serve", *(["--prepare"] if prepare else [])],
            user=None,
            log=self.log,
            environment=self.environment,
        )

    @property
    def address(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def said(self) -> str:
        """All it wrote so far; mails are among it."""
        return self.log.read_text()

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body of an answer."""
        request = urllib.request.Request(f"{self.address}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def wait(self) -> EmbeddedServer:
        """Come back when it answers; AssertionError with its words when it never does."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.get("/health/live/")
            except OSError:
                time.sleep(0.1)
            else:
                return self
        raise AssertionError(self.said())

    def stop(self) -> str:
        """Ctrl-C; returns all it said."""
        processes.stop(self.process, with_signal=signal.SIGINT, seconds=20)
        return self.said()

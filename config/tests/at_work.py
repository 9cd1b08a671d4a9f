"""`manage.py` with two more sweeps, which tell a test who runs them; and a worker that a test starts and looks into."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from testing import processes

PROJECT = Path(__file__).resolve().parent.parent.parent
TASK_SECONDS = 3
PATIENCE = 90.0
"""A busy machine may take its time; what is waited for comes within seconds on a quiet one."""


def note(*, actor, dry_run=False):
    """A sweep that is always due, and writes down who ran it."""
    _write("notes")
    return 1


def dawdle(*, actor, dry_run=False):
    """A sweep that is busy until the test has had enough of it."""
    _write("dawdlers")
    deadline = time.monotonic() + PATIENCE
    while not (_folder() / "enough").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return 1


def _folder():
    return Path(os.environ["FOLDER_OF_THE_TEST"])


def _write(name):
    with (_folder() / name).open("a") as notes:
        notes.write(f"{os.getpid()}\n")


def until(condition: Callable[[], object], what: Callable[[], str] = lambda: "it never came to be") -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)


class WorkerAtWork:
    """A worker in processes of its own, on the test's database."""

    def __init__(self, folder: Path, database: dict[str, str], *arguments: str, **more: str) -> None:
        self.folder = folder
        self.is_the_cluster = "--cluster" in arguments
        self.log = folder / f"worker-{time.monotonic_ns()}.log"
        self.process = processes.start(
            [sys.executable, str(Path(__file__)), "worker", "--skip-checks", *arguments],
            user=None,
            log=self.log,
            environment={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(PROJECT),
                "PYTHONUNBUFFERED": "1",
                "PYTHONWARNINGS": "error",
                "LOG_LEVEL": "DEBUG",
                "WORKER_TASK_SECONDS": str(TASK_SECONDS),
                "FOLDER_OF_THE_TEST": str(folder),
                **database,
                **more,
            },
        )

    def said(self) -> str:
        """All that its processes wrote."""
        return self.log.read_text()

    def lines(self, name: str) -> list[int]:
        """The processes that ran one of the two sweeps, in turn."""
        path = self.folder / name
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def leader(self) -> int | None:
        """The first process of the cluster that is there now."""
        if self.is_the_cluster:
            return self.process.pid
        return next((pid for pid, parent, _session in _living() if parent == self.process.pid), None)

    def members(self, leader: int | None = None) -> list[int]:
        """All living processes of the cluster that is there now, or of one that was."""
        of = leader or self.leader()
        return [pid for pid, _parent, session in _living() if session == of]

    def sentinels(self) -> list[int]:
        """The one process that starts the others again."""
        return [pid for pid, parent, _session in _living() if parent == self.leader()]

    def workers(self) -> list[int]:
        """The processes that run tasks, oldest first."""
        ready = [int(pid) for pid in re.findall(r"ready for work at (\d+)", self.said())]
        members = self.members()
        return [pid for pid in ready if pid in members]

    def goes_on(self, what: str) -> None:
        """Wait until work is being done again: more than what was on its way may have been."""
        so_far = len(self.lines("notes"))

        def did_more() -> bool:
            assert self.process.poll() is None, self.said()
            return len(self.lines("notes")) >= so_far + 5

        until(did_more, lambda: f"no work after {what}: {self.said()[-5000:]}")

    def ends(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; returns how, with nothing of it left."""
        leader = self.leader()
        self.process.send_signal(with_signal)
        code = self.process.wait(PATIENCE)
        until(lambda: not self.members(leader or -1))
        return code

    def remove(self) -> None:
        """Whatever is left goes, and is gone."""
        leader = self.leader()
        self.process.kill()
        self.process.wait()
        until(lambda: not self.members(leader or self.process.pid))


def _living() -> list[tuple[int, int, int]]:
    """Processes that are no corpses: their number, their parent's, their session's."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent, _group, session = (entry / "stat").read_text().rpartition(") ")[2].split()[:4]
            except OSError:  # it has just ended
                continue
            if state not in "ZX":
                found.append((int(entry.name), int(parent), int(session)))
    return sorted(found)


def main() -> None:
    """`manage.py`, with two sweeps more."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    from config import sweeps

    more = (("noting", 0, "note"), ("dawdling", 86_400, "dawdle"))
    sweeps.SWEEPS += tuple(sweeps.Sweep(name, every, f"config.tests.at_work.{run}") for name, every, run in more)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

"""Starting throw-away servers so that none outlives the test run."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1


def unprivileged_user() -> str | None:
    """The user a server runs as when we are root (PostgreSQL refuses root); None when we are not."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def may_run(program: Path, user: str | None) -> bool:
    """Whether `user` can reach and start the program."""
    try:
        asked = subprocess.run(
            [program, "--version"], user=user, extra_groups=_groups(user), cwd="/", capture_output=True
        )
    except PermissionError:
        return False
    return asked.returncode == 0


def _groups(user: str | None) -> list[int] | None:
    """No groups of ours for another user."""
    return [] if user else None


def scratch_folder(name: str, user: str | None) -> Path:
    """A short-named folder (socket paths are limited to some 100 characters) that `user` owns."""
    folder = Path(tempfile.mkdtemp(prefix=f"frontdesk-{name}-", dir="/tmp"))
    if user is not None:
        shutil.chown(folder, user)
    return folder


def start(
    command: list[str], *, user: str | None, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a server that the kernel ends when this process dies, however it dies."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            user=user,
            extra_groups=_groups(user),
            cwd="/",
            env=environment,
            start_new_session=True,
            preexec_fn=_as_a_child_of_ours,
        )


def stop(process: subprocess.Popen[bytes], *, with_signal: signal.Signals, seconds: float = 10) -> None:
    """End a server and wait; kill it when it does not listen."""
    if process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _as_a_child_of_ours() -> None:
    """Ends with us, and listens to Ctrl-C even where a shell has put the whole test run into the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(OSError, AttributeError):  # only Linux can
        prctl: Callable[[int, int], int] = ctypes.CDLL(None).prctl
        prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)

"""Throw-away databases and servers for a measurement: on loopback, and gone whatever happens."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN = 30.0
STOPS_WITHIN = 10.0
ASSIGNMENT = re.compile(r"[A-Z_]+=")
DEFAULTED = re.compile(r"\$\{\w+:-(?P<default>[^}]*)\}")


class NotMeasurable(RuntimeError):
    """Something that the measurement needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A database in a folder of its own, and the environment in which the product uses it."""

    name: str
    folder: Path
    environment: dict[str, str] = field(repr=False)
    version: str = ""
    socket_folder: Path | None = None
    pgbench: Path | None = None

    @property
    def is_postgres(self) -> bool:
        """Whether the database is PostgreSQL."""
        return self.socket_folder is not None


def _environment(folder: Path, **more: str) -> dict[str, str]:
    """What a clinic's own environment would say, and nothing of whoever runs the measurement."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}}
    return kept | {
        "PYTHONPATH": str(PROJECT),
        "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "false",
        "BASE_URL": "http://127.0.0.1",
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "EMAIL_URL": "dummymail://",
        "LOG_LEVEL": "ERROR",
        "REDIS_URL": "",
        "DATABASE_URL": "",
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(folder / "static"),
        **more,
    }


@contextmanager
def sqlite_stage() -> Iterator[Stage]:
    """An embedded database in a throw-away folder."""
    import sqlite3

    folder = Path(tempfile.mkdtemp(prefix="frontdesk-bench-"))
    try:
        environment = _environment(folder, SQLITE_PATH=str(folder / "bench.sqlite3"), FRONTDESK_EMBEDDED="true")
        yield Stage("SQLite", folder, environment, version=sqlite3.sqlite_version)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_stage() -> Iterator[Stage]:
    """A PostgreSQL cluster of its own, as safe against power cuts as a clinic's. Raises NotMeasurable."""
    try:
        from testing.postgres import NoPostgres, PostgresServer
    except ImportError as error:
        raise NotMeasurable("the folder testing/, which starts PostgreSQL, is not part of this installation") from error
    try:
        server = PostgresServer(durable=True, max_connections=100)
    except NoPostgres as error:
        raise NotMeasurable(str(error)) from error
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-bench-"))
    try:
        server.start()
        yield Stage(
            "PostgreSQL",
            folder,
            _environment(folder, DATABASE_URL=server.url),
            version=_version(server.binaries),
            socket_folder=server.folder,
            pgbench=_pgbench(server.binaries),
        )
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis_server() -> Iterator[str]:
    """The address of a Redis of its own. Raises NotMeasurable."""
    try:
        from testing.redis_server import NoRedis, RedisServer
    except ImportError as error:
        raise NotMeasurable("the folder testing/, which starts Redis, is not part of this installation") from error
    try:
        server = RedisServer()
    except NoRedis as error:
        raise NotMeasurable(str(error)) from error
    try:
        yield server.start().url
    finally:
        server.remove()


def _version(binaries: Path) -> str:
    said = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    return said.stdout.split()[-1] if "(" not in said.stdout else said.stdout.split("(")[1].split()[-1]


def _pgbench(binaries: Path) -> Path | None:
    """The wheel brings no pgbench; a system's own will do for any server."""
    beside = binaries / "pgbench"
    found = shutil.which("pgbench")
    return beside if beside.exists() else Path(found) if found else None


def free_port() -> int:
    """A port of loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def production_command(port: int) -> list[str]:
    """How production serves pages: the line `web` of the Procfile, on a port of loopback."""
    return _from_procfile("web", host="--host", port=port)


def _from_procfile(line: str, *, host: str, port: int) -> list[str]:
    words = [_expanded(word) for word in shlex.split(_procfile_line(line))]
    while ASSIGNMENT.match(words[0]):  # the stage's environment says it too
        del words[0]
    for option in (host, "--port"):
        if option in words:
            del words[words.index(option) : words.index(option) + 2]
    module = words[0].split("/")[-1]
    return [sys.executable, "-m", module, *words[1:], host, "127.0.0.1", "--port", str(port)]


def _expanded(word: str) -> str:
    """`${NAME:-default}` as a shell would read it where NAME is not set."""
    return DEFAULTED.sub(lambda found: found["default"], word)


def _procfile_line(name: str) -> str:
    for line in (PROJECT / "Procfile").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return line.removeprefix(f"{name}:").strip()
    raise NotMeasurable(f"the Procfile has no line for {name}")


def live_command(port: int) -> list[str]:
    """How production serves sockets: the line `live` of the Procfile, on a port of loopback."""
    return _from_procfile("live", host="--bind", port=port)


def bare_command(port: int) -> list[str]:
    """The same server as in production around the bare view."""
    command = production_command(port)
    return [part.replace("config.wsgi:application", "config.bench.bare:application") for part in command]


def embedded_command(port: int) -> list[str]:
    """How bin/run serves."""
    return [sys.executable, "manage.py", "serve", "--port", str(port)]


def bare_embedded_command(port: int) -> list[str]:
    """The embedded server's stack around the bare view."""
    return [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "config.bench.bare_asgi:application"]


@dataclass(frozen=True, slots=True)
class Served:
    """A server while it runs: its port, and its first process, which leads the group of all of them."""

    port: int
    process: int

    def cpu_seconds(self) -> float:
        """What all its processes have spent so far."""
        ticks = 0
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = entry.read_text().rpartition(") ")[2].split()  # from the state on; names may hold spaces
                if int(fields[2]) == self.process:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Resident bytes of its first process."""
        return int(Path(f"/proc/{self.process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def serving(command: list[str], *, port: int, environment: dict[str, str], log: Path) -> Iterator[Served]:
    """A server on `port` until the block ends; its whole process group goes with it."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=PROJECT,
            env={**environment, "PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    try:
        _wait_until_open(process, port, log)
        yield Served(port, process.pid)
    finally:
        _end(process)


def end_with_parent() -> None:
    """Let Linux tell the server to stop when the measurement dies, however it dies."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise NotMeasurable("a server did not start: " + log.read_text(errors="replace")[-2000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask politely, then end the whole group."""
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOPS_WITHIN)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

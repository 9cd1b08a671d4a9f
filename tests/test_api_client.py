"""The way of a patient through the API, gone by a program that shares no code with the server."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from testing.embedded import EmbeddedServer

HERE = Path(__file__).parent
CLIENT = HERE / "api_client.py"
OURS = {path.name for path in HERE.parent.iterdir() if (path / "__init__.py").exists()} | {"manage", "conftest"}

pytestmark = pytest.mark.sqlite_only


class Client:
    """The script in a process of its own; its lines are read while it runs."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", CLIENT, *arguments],
            env={"PATH": os.environ["PATH"]},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.watchdog = threading.Timer(90, self.process.kill)
        self.watchdog.start()

    def line(self, beginning: str) -> str:
        """The next line that begins so."""
        said = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said.append(line)
            if line.startswith(beginning):
                return line
        raise AssertionError("".join(said))

    def type(self, text: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def rest(self) -> str:
        """All it says until it ends."""
        try:
            return self.process.communicate()[0]
        finally:
            self.watchdog.cancel()


def steps(said: str) -> list[str]:
    """What was done, without what was heard of it."""
    words = [line[:10].strip() for line in said.splitlines()]
    return [word for word in words if word != "event"]


def heard(said: str) -> list[str]:
    """What the socket told, in order."""
    return [line.split()[-1] for line in said.splitlines() if line.startswith("event")]


@pytest.mark.slow
def test_a_program_goes_all_the_way_where_bookings_are_confirmed_at_once(clinic: EmbeddedServer):
    client = Client(clinic.address, "--location", "Harbour Street Clinic")
    said = client.rest()
    assert client.process.returncode == 0, said
    way = "register, follow, find, hold, book, reschedule, cancel, list, sign out"
    assert ", ".join(steps(said)) == way
    assert heard(said) == ["confirmed", "rescheduled", "confirmed", "cancelled"]


@pytest.mark.slow
def test_a_program_confirms_what_must_be_confirmed(clinic: EmbeddedServer):
    client = Client(clinic.address, "--location", "Riverside Practice")
    said = client.rest()
    assert client.process.returncode == 0, said
    assert steps(said).count("confirm") == 1
    assert heard(said) == ["pending", "confirmed", "rescheduled", "confirmed", "cancelled"]


@pytest.mark.slow
def test_an_address_is_proven_by_the_code_from_its_mailbox(clinic: EmbeddedServer):
    client = Client(clinic.address, "--verify")
    email = client.line("code").split()[-2]
    client.type(code_mailed_to(email, clinic))
    said = client.rest()
    assert client.process.returncode == 0, said
    assert steps(said)[0] == "verify"


def code_mailed_to(email: str, clinic: EmbeddedServer) -> str:
    """The code in the mail, which the embedded server writes into its window."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        mail = clinic.said().rpartition(f"To: {email}")[2]
        code = re.search(r"^\s*(\d{6})\s*$", mail, re.MULTILINE) if email in clinic.said() else None
        if code:
            return code[1]
        time.sleep(0.1)
    raise AssertionError(clinic.said())


@pytest.mark.slow
def test_the_first_surprise_ends_it_with_a_sentence(clinic: EmbeddedServer):
    client = Client(clinic.address, "--specialty", "Alchemy")
    said = client.rest()
    assert client.process.returncode == 1
    assert said.splitlines()[-1].startswith("There is no specialty Alchemy; there are ")
    assert "Traceback" not in said


def test_nobody_there_is_a_surprise_too():
    client = Client("http://127.0.0.1:9")
    assert "does not answer" in client.rest()
    assert client.process.returncode == 1


@pytest.mark.parametrize("script", ["api_client.py", "checked_api.py"])
def test_it_shares_no_code_with_the_server(script: str):
    imported = set()
    for node in ast.walk(ast.parse((HERE / script).read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add((node.module or "").split(".")[0])
    assert {"accounts", "config", "scheduling", "testing"} <= OURS
    assert not imported & (OURS | {"django", "rest_framework", "drf_spectacular", "channels"})
    assert imported <= {*sys.stdlib_module_names, "jsonschema", "websockets", "checked_api"}

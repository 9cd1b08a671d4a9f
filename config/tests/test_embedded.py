"""The embedded clinic: prepared once, told again at every start, served by one process."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import stat
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from accounts import audit_triggers
from accounts.models import User
from config import embedded
from config.management.commands import serve
from scheduling import database_guards
from testing.embedded import EmbeddedServer

MEGABYTE = 1024 * 1024
STYLES = "/static/frontdesk/frontdesk.css"

pytestmark = pytest.mark.sqlite_only


@pytest.mark.django_db
def test_an_empty_database_gets_the_demo_and_the_sign_ins_are_kept_for_the_owner(settings, tmp_path, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(tmp_path / "db"))
    settings.EMBEDDED = True
    assert embedded.sign_ins() == ""
    assert embedded.fill_if_empty().startswith("Made ")
    assert User.objects.filter(is_staff=True).exists()
    kept = tmp_path / "sign_ins.txt"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    settings.BASE_URL = "http://127.0.0.1:9999"
    assert "http://127.0.0.1:9999/admin/" in embedded.sign_ins()
    assert "@demo.example" in embedded.sign_ins()


@pytest.mark.django_db
def test_a_database_in_use_is_left_alone():
    User.objects.create_user("ann@clinic.example")
    assert embedded.fill_if_empty() == ""
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_clinic_of_ones_own_starts_without_the_demo(settings, tmp_path, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(tmp_path / "db"))
    settings.EMBEDDED = True
    serve.Command()._prepare(demo=False)
    assert not User.objects.exists()
    serve.Command()._prepare(demo=True)
    assert User.objects.exists()


@pytest.mark.django_db
def test_a_database_that_is_up_to_date_is_not_migrated():
    assert embedded.migrate_if_needed() is False


@pytest.mark.django_db
@pytest.mark.parametrize("module", [audit_triggers, database_guards], ids=["audit trail", "guards"])
def test_triggers_of_an_older_version_are_put_right_at_the_start(module):
    remove = audit_triggers.uninstall if module is audit_triggers else database_guards.remove
    remove(connection)
    assert embedded.migrate_if_needed() is True
    assert module.missing(connection) == []


def _stop_amid_requests(served):
    """Ctrl-C while answers are under way: a thread that waits for its answer to be taken must not hang."""
    ended = threading.Event()

    def keep_asking(path):
        while not ended.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                served.get(path)

    threads = [threading.Thread(target=keep_asking, args=(path,)) for path in ("/", "/health/", STYLES) * 3]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        return served.stop()
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
def test_one_process_serves_everything_and_stops_quietly(tmp_path):
    served = EmbeddedServer(tmp_path)
    try:
        served.wait()
        assert served.get("/")[0] == 200
        assert served.get(STYLES)[0] == 200
        assert served.get("/?q=%ff")[0] == 200
        assert served.get("/no/such/page/")[0] == 404
        assert served.get("/ws/nothing/")[0] == 404
        deadline = time.monotonic() + 30
        while served.get("/health/")[0] != 200 and time.monotonic() < deadline:
            time.sleep(0.2)
        status, body = served.get("/health/")
        assert status == 200, body
        taken = EmbeddedServer(tmp_path, port=served.port)
        taken.process.wait(timeout=60)
        assert "is taken by another program" in taken.said()
        assert taken.process.returncode != 0
    finally:
        said = served.stop()
    assert served.process.returncode == 0
    assert "Who can sign in" in said
    assert said.rstrip().endswith("Stopped.")
    assert "Traceback" not in said
    assert not re.search(r"(ERROR|WARNING)", said)

    again = EmbeddedServer(tmp_path)
    again.wait()
    said = _stop_amid_requests(again)
    assert "Who can sign in" in said
    assert "moved in" not in said
    assert f":{again.port}/admin/" in said
    assert f":{served.port}/" not in said


@pytest.mark.slow
@pytest.mark.parametrize("announced", [True, False])
def test_a_huge_body_fills_no_memory(tmp_path, announced):
    served = EmbeddedServer(tmp_path, prepare=False)
    try:
        served.wait()
        before = _most_memory(served)
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as line:
            length = f"Content-Length: {300 * MEGABYTE}" if announced else "Transfer-Encoding: chunked"
            head = ["POST /api/v1/auth/token/ HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", length]
            line.sendall("\r\n".join([*head, "", ""]).encode())
            begin, end = (b"", b"") if announced else (b"%x\r\n" % MEGABYTE, b"\r\n")
            for _piece in range(300):
                line.sendall(begin + b"x" * MEGABYTE + end)
            line.sendall(b"" if announced else b"0\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 413" if announced else b"HTTP/1.1 411")
        assert _most_memory(served) - before < 60 * MEGABYTE
    finally:
        served.stop()


def _most_memory(served):
    """The most bytes that the process ever had in memory."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

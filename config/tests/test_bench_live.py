"""`manage.py bench live` measures what it says: the pieces here, and all of them together at a tiny size."""

from __future__ import annotations

import resource
import time

import pytest
from django.db import transaction

from config.bench import servers, stamping
from config.bench.figures import Fanout, LiveFindings
from config.bench.listeners import Group, Listener
from config.bench.live import LiveConductor, LiveSize
from config.bench.live_report import lines_of
from config.bench.load import allow_many_files
from config.bench.stamping import NOTES, commit_of
from config.bench.steps import Child

HANDSHAKE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


class _Wire:
    """The other end of a listener: keeps what it wrote."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
def listener():
    """A listener after its handshake, one of a group of one that is armed."""
    group = Group()
    one = Listener(group, b"hello")
    one.transport = _Wire()
    one.data_received(HANDSHAKE)
    group.listeners.append(one)
    group.arm()
    return one


@pytest.fixture
def children():
    """A plain server and sockets, ended with the test."""
    port = servers.free_port()
    plain, listeners = Child("config.bench.broadcast", port, 100), Child("config.bench.listeners", 100)
    plain.ask(path="", body="")
    yield port, plain, listeners
    plain.close()
    listeners.close()


# --- Sockets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "length"),
    [(0, b"\x00"), (125, b"\x7d"), (126, b"\x7e\x00\x7e"), (65_536, b"\x7f\x00\x00\x00\x00\x00\x01\x00\x00")],
)
def test_messages_of_every_length_are_read_however_they_are_cut(listener, size, length):
    body = b"x" * size
    frame = b"\x81" + length + body
    for start in range(0, len(frame), max(1, len(frame) // 3)):
        listener.data_received(frame[start : start + max(1, len(frame) // 3)])
    assert (listener.messages, listener.body) == (1, body)
    assert listener.group.waiting_for == 0


def test_the_moment_of_the_first_message_counts_and_pings_are_answered(listener):
    before = time.monotonic_ns()
    listener.data_received(b"\x81\x01a")
    first = listener.at
    listener.data_received(b"\x89\x02hi\x81\x01b")
    assert before <= listener.at == first <= time.monotonic_ns()
    assert listener.messages == 2
    assert listener.transport.written == [b"\x8a\x82\x00\x00\x00\x00hi"]


def test_everybody_of_a_group_hears_a_broadcast_and_nobody_else(children):
    port, plain, listeners = children
    for path in ("/a/", "/b/"):
        opened = listeners.ask(do="open", group=path, port=port, path=path, count=3, greeted=False)
        assert opened == {"refused": "", "missing": 0}
        listeners.ask(do="arm", group=path)
    began = plain.ask(path="/a/", body="gone")["at"]
    heard = listeners.ask(do="wait", group="/a/")
    assert (heard["missing"], heard["different"], heard["body"]) == (0, 1, "gone")
    assert len(heard["arrived"]) == 3
    assert began < min(heard["arrived"]) <= max(heard["arrived"]) < began + 5e9
    plain.ask(path="/b/", body="also")
    assert listeners.ask(do="wait", group="/b/")["body"] == "also"


def test_signs_of_life_are_no_news(listener):
    beat = b'<time datetime="2026-11-20T17:30:00.000+00:00"></time>'
    listener.data_received(b"\x81" + bytes([len(beat)]) + beat + b"\x81\x01a")
    assert (listener.messages, listener.body) == (1, b"a")


def test_sockets_that_do_not_open_are_told(children):
    _port, _plain, listeners = children
    nobody = servers.free_port()
    opened = listeners.ask(do="open", group="x", port=nobody, path="/", count=2, greeted=False)
    assert str(nobody) in opened["refused"]


def test_a_handshake_that_is_refused_is_told(listener):
    refused = Listener(listener.group, b"hello")
    refused.data_received(b"HTTP/1.1 403 Forbidden\r\nServer: x\r\n\r\n")
    assert listener.group.refused == "HTTP/1.1 403 Forbidden"


# --- Commits --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_commit_is_noted_after_it_happened_and_a_rollback_never(tmp_path, monkeypatch):
    notes = tmp_path / "commits"
    monkeypatch.setenv(NOTES, str(notes))
    began = time.monotonic_ns()
    with transaction.atomic():
        stamping._note_commit(slot_ids=[7, 8])
        inside = time.monotonic_ns()
    with transaction.atomic():
        stamping._note_commit(slot_ids=[9])
        transaction.set_rollback(True)
    committed = commit_of(7, notes, since=began)
    assert inside < committed < time.monotonic_ns()
    assert commit_of(7, notes, since=committed + 1) is None
    assert commit_of(9, notes, since=0) is None


# --- Limits and report ----------------------------------------------------------------------------------------------


def test_more_open_files_are_allowed_than_a_shell_allows():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        allow_many_files(2300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(2300, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_report_compares_the_last_sockets_and_calls_a_miss_a_miss():
    slow = Fanout(sockets=2, rooms=1, ours=[[0.01, 0.1]], plain=[[0.01, 0.03]], memory=2 * 30 * 1024, different=1)
    fast = Fanout(sockets=2, rooms=1, ours=[[0.01, 0.05]], plain=[[0.01, 0.03]])
    text = "\n".join(lines_of([LiveFindings("SQLite", [slow, fast])]))
    assert "ratio plain : Frontdesk = 0.30 -> MISSED: at least 0.4" in text
    assert "ratio plain : Frontdesk = 0.60 -> met: at least 0.4" in text
    assert "the last: p50 100.0, p99 100.0, max 100.0; the one in the middle: p50 55.0" in text
    assert "1 CHANGES TOLD DIFFERENTLY" in text
    assert "30 KiB of the server's memory a socket" in text
    assert "a call is on" not in text


def test_the_report_says_when_a_call_is_on_every_screen():
    screens = Fanout(
        sockets=2, rooms=1, ours=[[0.01, 0.2]], plain=[[0.01, 0.03]], subject="screens of one waiting room"
    )
    text = "\n".join(lines_of([LiveFindings("SQLite", [screens])]))
    assert "2 screens of one waiting room, 1 changes" in text
    assert "a call is on the last screen after 200 ms (p99) -> MISSED: 150 ms" in text


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_everything_together_on_sqlite():
    size = LiveSize(sockets=6, rooms=2, changes=3, warm_up=1, doctors=3, days=7)
    with servers.sqlite_stage() as stage:
        found = LiveConductor(stage, size, lambda _words: None).measure()
    assert not stage.folder.exists()
    assert [(fanout.sockets, fanout.rooms) for fanout in found.fanouts] == [(6, 1), (6, 2), (6, 1)]
    assert [fanout.subject for fanout in found.fanouts] == ["doctors", "doctors", "screens of one waiting room"]
    for fanout in found.fanouts:
        assert [len(change) for change in fanout.ours] == [6 // fanout.rooms] * 3
        assert (fanout.missing, fanout.different) == (0, 0)
        assert all(0 < seconds < 10 for change in fanout.ours + fanout.plain for seconds in change)
        assert fanout.largest > 500

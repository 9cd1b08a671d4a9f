"""The embedded clinic with sockets, over the network: what is promised there, and what it does not put up with."""

from __future__ import annotations

import http.cookiejar
import re
import sqlite3
import time
import urllib.parse
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from testing.embedded import EmbeddedServer

pytestmark = [pytest.mark.sqlite_only, pytest.mark.slow]

AT_ONCE = 5
"""Seconds, on a busy machine: without being told, a socket would be sent what is the case every twenty."""


class Visitor:
    """A browser without a screen, in front of one doctor's day."""

    def __init__(self, server, query):
        self.server = server
        self.address = f"{server.address}/book/time/?{query}"
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def page(self):
        return self.browser.open(self.address, timeout=20).read().decode()

    def press(self, slot):
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page())[1]
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": token, "slot": slot}).encode()
        asked = urllib.request.Request(f"{self.server.address}/book/hold/", form, {"Referer": self.address})
        return self.browser.open(asked, timeout=20).url


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = EmbeddedServer(tmp_path_factory.mktemp("served")).wait()
    yield made
    made.stop()


@pytest.fixture
def visitor(server):
    with sqlite3.connect(server.environment["SQLITE_PATH"]) as database:
        [(doctor, specialty, location, day)] = database.execute(
            "SELECT s.doctor_id, d.specialty_id, s.location_id, date(s.starts_at) FROM scheduling_slot s"
            " JOIN scheduling_doctor d ON d.id = s.doctor_id"
            " WHERE s.taken < s.capacity AND s.is_open AND date(s.starts_at) > date('now', '+3 days')"
            " GROUP BY 1, 2, 3, 4 HAVING count(*) > 5 ORDER BY 4 LIMIT 1"
        ).fetchall()
    return Visitor(server, f"specialty={specialty}&location={location}&doctor={doctor}&day={day}")


def look(visitor, **options):
    """A socket at the address that the page names."""
    path = re.search(r'data-live="([^"]+)"', visitor.page())[1].replace("&amp;", "&")
    address = visitor.server.address
    return connect(f"{address.replace('http', 'ws')}{path}", origin=options.pop("origin", address), **options)


def free_slot(text):
    return re.search(r'name="slot" value="(\d+)"', text)[1]


def test_all_who_look_are_told_at_once_and_the_same(visitor):
    with look(visitor) as one, look(visitor) as other:
        first = one.recv(timeout=5)
        assert other.recv(timeout=5) == first
        slot = free_slot(first)
        assert "/who/" in visitor.press(slot)
        told = one.recv(timeout=AT_ONCE)
        assert other.recv(timeout=AT_ONCE) == told
        assert f'id="slot-{slot}" aria-disabled="true"' in told
        # Who comes now is shown the same.
        with look(visitor) as late:
            assert late.recv(timeout=5) == told


def test_a_page_of_somebody_elses_hears_nothing(visitor):
    for origin in (None, "http://evil.example", visitor.server.address + ".evil.example"):
        with pytest.raises(InvalidStatus), look(visitor, origin=origin):
            pass


def test_ten_megabytes_are_refused_before_they_are_read(visitor):
    with look(visitor) as hostile, look(visitor) as other:
        hostile.recv(timeout=5)
        slot = free_slot(other.recv(timeout=5))
        began = time.monotonic()
        with pytest.raises((ConnectionClosed, OSError)):
            say_and_listen(hostile, "x" * 10 * 1024 * 1024)
        assert time.monotonic() - began < AT_ONCE
        assert hostile.protocol.close_code in {1009, 1006}
        visitor.press(slot)
        assert f'id="slot-{slot}" aria-disabled="true"' in other.recv(timeout=AT_ONCE)


def test_a_thousand_messages_end_the_socket_and_harm_nobody(visitor):
    with look(visitor) as hostile, look(visitor) as other:
        slot = free_slot(other.recv(timeout=5))
        with pytest.raises((ConnectionClosed, OSError)):
            chatter(hostile)
        assert hostile.protocol.close_code in {4429, 1006}
        visitor.press(slot)
        assert f'id="slot-{slot}" aria-disabled="true"' in other.recv(timeout=AT_ONCE)


def say_and_listen(socket, words):
    socket.send(words)
    while True:
        socket.recv(timeout=5)


def chatter(socket):
    for _turn in range(1000):
        socket.send("hello")
    while True:
        socket.recv(timeout=5)

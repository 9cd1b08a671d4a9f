"""What stands at the door of every socket."""

from __future__ import annotations

import pytest

from accounts.live.guards import OpenSockets, Pace, address_of, is_ours, is_welcome


def handshake(origin=None, host="127.0.0.1:8000", **headers):
    sent = {b"host": host.encode(), **{name.encode(): value.encode() for name, value in headers.items()}}
    if origin is not None:
        sent[b"origin"] = origin.encode("latin-1")
    return {"type": "websocket", "headers": list(sent.items()), "client": ["203.0.113.9", 1234]}


@pytest.fixture(autouse=True)
def site(settings):
    settings.BASE_URL = "http://127.0.0.1:8000"
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "clinic.example"]
    settings.CORS_ALLOWED_ORIGINS = ["https://partner.example"]
    settings.BEHIND_HTTPS = False


class Clock:
    """Shows the seconds it is set to."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("HTTP://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://127.0.0.1:8000", "live.internal:9000"),  # a proxy that names the host differently
        ("http://localhost:8000", "localhost:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://clinic.example", "clinic.example"),
        ("http://clinic.example:80", "clinic.example"),
    ],
)
def test_our_own_pages_may_open_sockets(origin, host):
    assert is_ours(handshake(origin, host))
    assert is_welcome(handshake(origin, host))


FOREIGN = [
    "null",
    "http://evil.example",
    "https://127.0.0.1:8000",
    "ws://127.0.0.1:8000",
    "file://",
    "http://127.0.0.1",
    "http://127.0.0.1:8001",
    "http://127.0.0.1:80000",
    "http://127.0.0.1:8000.evil.example",
    "http://127.0.0.1.evil.example:8000",
    "http://evil.example#127.0.0.1:8000",
    "http://evil.example?http://127.0.0.1:8000",
    "http://evil.example/127.0.0.1:8000",
    "http://127.0.0.1:8000@evil.example",
    "http://evil.example@127.0.0.1:8000",
    "http://127.0.0.1:8000/",
    "http://127.0.0.1:8000 http://evil.example",
    "http://127.0.0.1:8000, http://evil.example",
    "http://localhost:8000",
    "http://[127.0.0.1:8000",
    "http://[::1",
    "http://",
    "http://:8000",
    "\xff",
]


@pytest.mark.parametrize("origin", FOREIGN)
def test_pages_of_others_may_not(origin):
    assert not is_ours(handshake(origin))
    assert not is_welcome(handshake(origin))


@pytest.mark.parametrize("origin", [None, ""])
def test_a_missing_origin_is_no_page_of_ours_but_may_be_a_program(origin):
    assert not is_ours(handshake(origin))
    assert is_welcome(handshake(origin))


def test_a_host_that_is_not_ours_vouches_for_nobody():
    assert not is_ours(handshake("http://evil.example", host="evil.example"))
    assert not is_ours(handshake("http://evil.example:8000", host="evil.example:8000"))


def test_a_page_that_cors_lets_in_may_bring_a_token_but_no_cookie():
    assert is_welcome(handshake("https://partner.example"))
    assert not is_ours(handshake("https://partner.example"))
    assert not is_welcome(handshake("https://partner.example.evil.example"))


def test_behind_https_an_unencrypted_page_is_not_ours(settings):
    settings.BEHIND_HTTPS = True
    settings.BASE_URL = "https://clinic.example"
    assert is_ours(handshake("https://clinic.example", host="clinic.example"))
    assert not is_ours(handshake("http://clinic.example", host="clinic.example"))


def test_the_address_is_the_one_our_proxies_tell(settings):
    sent = {"x-forwarded-for": "198.51.100.7, 192.0.2.1"}
    assert address_of(handshake(**sent)) == "203.0.113.9"
    settings.TRUSTED_PROXY_COUNT = 1
    assert address_of(handshake(**sent)) == "192.0.2.1"
    assert address_of(handshake()) == "203.0.113.9"
    in_two_lines = handshake()
    in_two_lines["headers"] += [(b"x-forwarded-for", line) for line in (b"198.51.100.7", b"192.0.2.1")]
    assert address_of(in_two_lines) == "192.0.2.1"


def test_of_two_origins_none_is_ours():
    twice = handshake("http://127.0.0.1:8000")
    twice["headers"].append((b"origin", b"https://evil.example"))
    assert not is_ours(twice)


def test_a_socket_without_an_address_is_counted_too():
    assert address_of({"headers": [], "client": None}) == ""


def test_a_pace_lets_some_through_at_once_and_then_only_so_many_a_second():
    clock = Clock()
    pace = Pace(at_once=3, per_second=2, clock=clock)
    assert [pace.allows() for _ in range(4)] == [True, True, True, False]
    clock.seconds += 1
    assert [pace.allows() for _ in range(3)] == [True, True, False]
    clock.seconds += 3600
    assert [pace.allows() for _ in range(4)] == [True, True, True, False]


def test_a_flood_is_stopped_within_a_blink():
    clock = Clock()
    flood = Pace(clock=clock)
    while flood.allows():
        clock.seconds += 0.001
    assert clock.seconds < 0.1


def test_a_page_that_joins_many_rooms_at_once_is_not_stopped():
    pace = Pace(clock=Clock())
    assert all(pace.allows() for _ in range(50))


def test_nobody_has_more_sockets_than_allowed():
    sockets = OpenSockets(lambda: 3)
    assert [sockets.enter("ann") for _ in range(4)] == [True, True, True, False]
    assert sockets.enter("bob")


def test_who_leaves_makes_room_but_not_for_a_storm():
    clock = Clock()
    sockets = OpenSockets(lambda: 3, clock)
    for _ in range(3):
        assert sockets.enter("ann")
        sockets.leave("ann")
    assert not sockets.enter("ann")
    clock.seconds += 21
    assert sockets.enter("ann")
    assert not sockets.enter("ann")


def test_zero_does_not_count():
    sockets = OpenSockets(lambda: 0)
    assert all(sockets.enter("ann") for _ in range(1000))
    sockets.leave("ann")
    assert not sockets.open


def test_the_book_of_visitors_does_not_grow_for_ever():
    clock = Clock()
    sockets = OpenSockets(lambda: 3, clock)
    assert sockets.enter("resident")
    for visitor in range(3000):
        assert sockets.enter(visitor)
        sockets.leave(visitor)
        clock.seconds += 1
    assert len(sockets.paces) <= 1000
    assert sockets.open == {"resident": 1}

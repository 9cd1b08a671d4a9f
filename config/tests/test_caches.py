"""Redis is expendable: while it is away the cache is empty, and pages go on."""

from __future__ import annotations

import signal
import time

import pytest
from django.core.cache import cache

from testing.redis_server import RedisServer

pytestmark = pytest.mark.once("it is Redis that comes and goes")


@pytest.fixture
def server(settings):
    running = RedisServer().start()
    settings.CACHES = {"default": {"BACKEND": "config.caches.ExpendableRedisCache", "LOCATION": running.url}}
    yield running
    running.remove()


def test_the_cache_remembers_while_redis_is_there(server):
    cache.set("name", "Ann", 60)
    assert cache.get("name") == "Ann"
    assert cache.add("name", "Bob") is False
    cache.set("count", 1)
    assert cache.incr("count") == 2
    assert cache.get_many(["name", "count"]) == {"name": "Ann", "count": 2}
    assert cache.delete("name") is True


def test_the_cache_is_empty_while_redis_is_away_and_works_again_afterwards(server):
    cache.set("name", "Ann", 60)
    server.stop()
    cache.set("name", "Ann", 60)
    assert cache.get("name") is None
    assert cache.get("name", "nobody") == "nobody"
    assert cache.get_or_set("name", lambda: "Bob") == "Bob"
    assert cache.get_many(["name"]) == {}
    assert cache.add("lock", 1) is True
    assert cache.incr("count") == 1
    assert cache.delete("name") is False
    assert "name" not in cache
    cache.set_many({"a": 1})
    cache.delete_many(["a"])
    cache.clear()
    server.start()
    _until_it_remembers()


def test_nobody_waits_again_and_again_for_a_redis_that_hangs(server, settings, caplog):
    caplog.set_level("WARNING", "frontdesk.cache")
    options = {"OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}}
    settings.CACHES = {"default": {**settings.CACHES["default"], **options}}
    cache.set("name", "Ann", 60)
    server.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    assert [cache.get("name") for _request in range(50)] == [None] * 50
    assert time.monotonic() - began < 2
    assert caplog.text.count("the cache is away") == 1
    server.process.send_signal(signal.SIGCONT)
    _until_it_remembers()


def _until_it_remembers():
    deadline = time.monotonic() + 5
    while cache.get("name") != "Ann":
        assert time.monotonic() < deadline
        time.sleep(0.1)
        cache.set("name", "Ann", 60)


@pytest.mark.django_db
def test_people_sign_in_while_redis_is_away(server, client):
    server.stop()
    assert client.get("/accounts/login/").status_code == 200
    answer = client.post("/accounts/login/", {"login": "nobody@clinic.example", "password": "not this one"})
    assert answer.status_code == 200

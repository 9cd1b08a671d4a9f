"""Redis is expendable: while it is away the cache is empty, and pages go on."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from testing.redis_server import RedisServer


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
    cache.set("name", "Ann", 60)
    assert cache.get("name") == "Ann"


@pytest.mark.django_db
def test_people_sign_in_while_redis_is_away(server, client):
    server.stop()
    assert client.get("/accounts/login/").status_code == 200
    answer = client.post("/accounts/login/", {"login": "nobody@clinic.example", "password": "not this one"})
    assert answer.status_code == 200

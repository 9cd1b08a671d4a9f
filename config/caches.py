"""The shared cache, which nothing may depend on: without Redis every question is answered "not there"."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger("frontdesk.cache")

AWAY_FOR = 2.0
"""Seconds after a failure in which nobody asks Redis: every request would, and wait for a Redis that hangs."""


class _Absence:
    """Whether a Redis was away a moment ago. All threads of the process share it."""

    def __init__(self) -> None:
        self.until = 0.0
        self.is_away = False

    def is_over(self) -> bool:
        """Whether it is worth asking. While Redis is away, of all who come one asks, and the others go on."""
        now = time.monotonic()
        if now < self.until:
            return False
        if self.is_away:
            self.until = now + AWAY_FOR
        return True

    def begin(self, error: Exception) -> None:
        """It did not answer."""
        self.until = time.monotonic() + AWAY_FOR
        if not self.is_away:
            self.is_away = True
            logger.warning("the cache is away: %s", type(error).__name__)

    def end(self) -> None:
        """It answered."""
        if self.is_away:
            self.is_away = False
            self.until = 0.0
            logger.warning("the cache is back")


_absences: defaultdict[str, _Absence] = defaultdict(_Absence)


def _or_else(fallback: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
    """`method`, answering with `fallback` of its own arguments while Redis is away."""

    @wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        absence = _absences[self._servers[0]]
        if not absence.is_over():
            return fallback(*args, **kwargs)
        try:
            answer = method(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            absence.begin(error)
            return fallback(*args, **kwargs)
        absence.end()
        return answer

    return guarded


class ExpendableRedisCache(RedisCache):
    """Django's Redis cache, as if empty while Redis is away; what is set meanwhile is lost."""

    get = _or_else(lambda key, default=None, version=None: default, RedisCache.get)
    get_many = _or_else(lambda keys, version=None: {}, RedisCache.get_many)
    set = _or_else(lambda *args, **kwargs: None, RedisCache.set)
    set_many = _or_else(lambda data, *args, **kwargs: list(data), RedisCache.set_many)
    add = _or_else(lambda *args, **kwargs: True, RedisCache.add)
    incr = _or_else(lambda key, delta=1, version=None: delta, RedisCache.incr)
    touch = _or_else(lambda *args, **kwargs: False, RedisCache.touch)
    delete = _or_else(lambda *args, **kwargs: False, RedisCache.delete)
    delete_many = _or_else(lambda *args, **kwargs: None, RedisCache.delete_many)
    has_key = _or_else(lambda *args, **kwargs: False, RedisCache.has_key)
    clear = _or_else(lambda: False, RedisCache.clear)

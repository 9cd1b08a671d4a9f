"""The shared cache, which nothing may depend on: without Redis every question is answered "not there"."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger("frontdesk.cache")


def _or_else(fallback: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
    """`method`, answering with `fallback` of its own arguments while Redis is away."""

    @wraps(method)
    def guarded(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            logger.warning("the cache is away: %s", type(error).__name__)
            return fallback(*args, **kwargs)

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

"""How often a person or a network address may ask. A first hurdle, counted in the cache, a window of a minute.

What must hold exactly (guesses at passwords, seats held) is counted in the database (`services/throttling.py`).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class _PerMinute(SimpleRateThrottle):
    """So many requests in any minute as a setting says; 0 does not count."""

    setting = ""

    def get_rate(self) -> str | None:
        """The setting, as the library reads it."""
        limit = getattr(settings, self.setting)
        return f"{limit}/minute" if limit else None


class PerPerson(_PerMinute):
    """Counts those who have signed in, wherever they are."""

    scope = "api-person"
    setting = "API_REQUESTS_PER_MINUTE"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """One window a person."""
        if not request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}


class PerAddress(_PerMinute):
    """Counts those who have not, by network address."""

    scope = "api-address"
    setting = "API_ANONYMOUS_REQUESTS_PER_MINUTE"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """One window an address; `TrustedProxies` has put it where everybody reads it."""
        if request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.META.get("REMOTE_ADDR", "")}

"""What monitoring asks: are the parts there, and is the work being done? No personal data in it."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import SweepRun
from accounts.permissions import public
from accounts.selectors.sweeps import FAILING_AFTER, is_late, last_sign_of_work
from config.sweeps import SWEEPS
from config.work.pace import pace_of_settings
from notifications.selectors.standing import count_overdue, failing_channels
from payments.selectors.asking import (
    count_events_not_applied,
    count_events_refused,
    count_payments_not_asked,
    count_refunds_stuck,
)

logger = logging.getLogger("frontdesk.health")

Part = dict[str, Any]


@public
@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Whether this process answers at all; a supervisor restarts it when not."""
    return JsonResponse({"status": "ok"})


@public
@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Every part and its state: 200 when all are well, 503 when one is not."""
    parts = {name: _examined(name, look) for name, look in _parts().items()}
    well = all(part["ok"] for part in parts.values())
    answer = JsonResponse({"status": "ok" if well else "failing", "parts": parts}, status=200 if well else 503)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # what is not well has been logged by its part
    return answer


def _parts() -> dict[str, Callable[[], Part]]:
    """What there is to look at. The embedded server runs the sweeps itself, without a worker."""
    ours = {
        "database": _database,
        "migrations": _migrations,
        "cache": _cache,
        "sweeps": _sweeps,
        "messages": _messages,
        "gateways": _gateways,
        "webhooks": _webhooks,
        "payments": _payments,
        "refunds": _refunds,
    }
    return ours if settings.EMBEDDED else {**ours, "worker": _worker}


def _examined(name: str, look: Callable[[], Part]) -> Part:
    """What a look at a part found; whatever it raises means the part is not well."""
    began = time.monotonic()
    try:
        part = look()
    except Exception:
        logger.exception("%s is not well", name)
        part = {"ok": False}
    return {**part, "ms": round((time.monotonic() - began) * 1000, 1)}


def _database() -> Part:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return {"ok": cursor.fetchone() == (1,), "kind": connection.vendor}


def _migrations() -> Part:
    waiting = _migrations_of_the_code() - set(MigrationRecorder(connection).applied_migrations())
    return {"ok": not waiting, "waiting": len(waiting)}


@cache
def _migrations_of_the_code() -> frozenset[tuple[str, str]]:
    """Reading them takes a tenth of a second, and they do not change while the process lives."""
    return frozenset(MigrationLoader(None).graph.nodes)


def _cache() -> Part:
    name, value = f"health:{uuid.uuid4()}", "well"
    shared_cache.set(name, value, 10)
    found = shared_cache.get(name)
    shared_cache.delete(name)
    return {"ok": found == value}


def _sweeps() -> Part:
    """A sweep is late a minute after it was due and nobody runs it; two failures in a row make it failing.

    `backlog` tells how many rows were still due after the last run, of those sweeps that had not done with all.
    """
    now = timezone.now()
    books = {run.name: run for run in SweepRun.objects.all()}
    late = [sweep.name for sweep in SWEEPS if sweep.name not in books or is_late(books[sweep.name], now=now)]
    runs = [books[sweep.name] for sweep in SWEEPS if sweep.name in books]
    failing = [run.name for run in runs if run.failures >= FAILING_AFTER and run.name not in late]
    backlog = {run.name: run.backlog for run in runs if run.backlog}
    return {"ok": not late and not failing, "late": late, "failing": failing, "backlog": backlog}


def _worker() -> Part:
    """A worker gives a sign of work every few seconds; without one for a while, none is at work."""
    at = last_sign_of_work()
    seconds = None if at is None else round((timezone.now() - at).total_seconds(), 1)
    return {"ok": seconds is not None and seconds <= pace_of_settings().silent, "seconds_since_sign_of_work": seconds}


def _messages() -> Part:
    """Messages that should have gone out by now."""
    overdue = count_overdue()
    return {"ok": not overdue, "overdue": overdue}


def _gateways() -> Part:
    """Channels by which nothing goes out, though it is tried."""
    failing = failing_channels()
    return {"ok": not failing, "failing": failing}


def _webhooks() -> Part:
    """What providers told us and was not applied, for a fault of ours; `refused` made no sense to us, for the desk."""
    waiting = count_events_not_applied()
    return {"ok": not waiting, "waiting": waiting, "refused": count_events_refused()}


def _payments() -> Part:
    """Payments that providers should have been asked about by now."""
    overdue = count_payments_not_asked()
    return {"ok": not overdue, "overdue": overdue}


def _refunds() -> Part:
    """Refunds that should have gone back by now, or do not although they are tried again and again."""
    stuck = count_refunds_stuck()
    return {"ok": not stuck, "stuck": stuck}

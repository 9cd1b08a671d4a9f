"""Seals over the audit trail, so that whoever gets past the database's guard is found out.

A seal's digest covers every entry after the last one of the seal before it, and that seal's digest. Entries are
sealed by a sweep, not in the writing transaction, where every writer would queue behind every other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.models import AuditEntry, AuditSeal

BATCH = 500
SETTLING = timedelta(minutes=1)
"""Younger entries are left for the next sweep: one with a lower number may still be on its way."""

_SEALING_LOCK = 7_215_301_004  # one sealer at a time (PostgreSQL's advisory lock); SQLite has one writer anyway


def seal_entries(*, actor: Actor, dry_run: bool = False) -> int:
    """Seal every settled entry; returns how many entries that is. Safe to repeat and at once.

    Every batch is a transaction of its own: on SQLite nobody else writes while one is open.
    """
    if dry_run:
        return count_unsealed()
    sealed = 0
    while batch := _seal_batch(actor=actor):
        sealed += batch
    return sealed


def count_unsealed() -> int:
    """How many entries have settled and bear no seal yet."""
    newest = _newest_seal()
    after = newest.last_id if newest else 0
    return AuditEntry.objects.filter(pk__gt=after, pk__lt=_settled_until(after=after)).count()


def _seal_batch(*, actor: Actor) -> int:
    with recorded(actor, "audit.seal"):
        _take_turn()
        newest = _newest_seal()
        after = newest.last_id if newest else 0
        entries = _next_batch(after=after, until=_settled_until(after=after))
        if entries:
            _seal_over(entries, newest).save()
    return len(entries)


def _newest_seal() -> AuditSeal | None:
    return AuditSeal.objects.order_by("-last_id").first()


def digest_of(entries: Iterable[AuditEntry], previous_digest: str) -> str:
    """The hash over `entries` in order and the seal before them."""
    digest = hashlib.sha256(previous_digest.encode())
    for entry in entries:
        digest.update(b"\n" + _canonical(entry))
    return digest.hexdigest()


def _canonical(entry: AuditEntry) -> bytes:
    """The entry in the one way it is always written, whatever database it comes from."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    row = [entry.pk, at, entry.actor, entry.verb, entry.address, entry.action, entry.object_type, entry.object_id]
    return json.dumps([*row, entry.changes], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _take_turn() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEALING_LOCK])


def _settled_until(*, after: int) -> int:
    """The number below which no entry can still turn up.

    PostgreSQL hands out numbers before it commits, so a long transaction may bring in a low one late. Its entries
    are no older than the transaction: what was written before the oldest running transaction is settled.
    """
    horizon = min(timezone.now() - SETTLING, _oldest_transaction() - timedelta(seconds=1))
    unsettled = AuditEntry.objects.filter(pk__gt=after, at__gte=horizon).order_by("pk").values_list("pk", flat=True)
    first_unsettled = unsettled.first()
    if first_unsettled is not None:
        return first_unsettled
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
    return (newest or 0) + 1


def _oldest_transaction() -> datetime:
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
        )
        return cursor.fetchone()[0] or timezone.now()


def _next_batch(*, after: int, until: int) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(pk__gt=after, pk__lt=until).order_by("pk")[:BATCH])


def _seal_over(entries: list[AuditEntry], previous: AuditSeal | None) -> AuditSeal:
    previous_digest = previous.digest if previous else ""
    return AuditSeal(
        first_id=entries[0].pk,
        last_id=entries[-1].pk,
        entries=len(entries),
        digest=digest_of(entries, previous_digest),
        previous_digest=previous_digest,
    )

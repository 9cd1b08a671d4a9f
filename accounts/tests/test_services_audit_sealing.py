"""Whoever gets past the database's guard and edits the trail is found out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from accounts import audit_triggers
from accounts.actors import Actor, system
from accounts.audit_verification import verify_trail
from accounts.models import AuditEntry, AuditSeal, User
from accounts.services import audit_sealing
from accounts.services.audit_sealing import seal_entries
from accounts.services.audit_trail import record_export, record_view
from testing.threads import run_together

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Twelve settled entries under four seals; their numbers, with gaps as rolled-back transactions leave them."""
    monkeypatch.setattr(audit_sealing, "BATCH", 3)
    first = (AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    an_hour_ago = timezone.now() - timedelta(hours=1)
    AuditEntry.objects.bulk_create(
        AuditEntry(
            pk=first + 2 * number,
            at=an_hour_ago,
            actor="user:1",
            verb="test.write",
            action="update",
            object_type="test",
            object_id=str(number),
            changes={"a": [number, "ü"]},
        )
        for number in range(12)
    )
    assert seal_entries(actor=system("seal_audit")) >= 12
    return [first + 2 * number for number in range(12)]


def _tamper(change: Callable[[], object]) -> list[str]:
    """What the verification finds after `change` was made behind the guard's back."""
    audit_triggers.uninstall(connection)
    change()
    audit_triggers.install(connection)
    return verify_trail().findings


def test_an_untouched_trail_is_whole(trail: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit")
    assert "The trail is whole." in capsys.readouterr().out


def test_a_changed_entry_is_found(trail: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    (finding,) = _tamper(lambda: AuditEntry.objects.filter(pk=trail[4]).update(actor="user:2"))
    assert f"{trail[3]}-{trail[5]}" in finding
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit")
    assert stopped.value.code == 1
    assert "changed" in capsys.readouterr().err


def test_a_removed_entry_is_found(trail: list[int]) -> None:
    (finding,) = _tamper(lambda: AuditEntry.objects.filter(pk=trail[0]).delete())
    assert "1 of 3 are missing" in finding


def test_an_entry_slipped_in_later_is_found(trail: list[int]) -> None:
    (finding,) = _tamper(
        lambda: AuditEntry.objects.create(pk=trail[0] + 1, at=timezone.now(), actor="x", verb="x.y", action="insert")
    )
    assert "turned up" in finding


def test_a_removed_seal_is_found(trail: list[int]) -> None:
    findings = _tamper(lambda: AuditSeal.objects.filter(last_id=trail[5]).delete())
    assert any("does not follow" in finding for finding in findings)


def test_a_forged_seal_breaks_the_next_one(trail: list[int]) -> None:
    def forge() -> None:
        AuditEntry.objects.filter(pk=trail[4]).update(actor="user:2")
        seal = AuditSeal.objects.get(last_id=trail[5])
        entries = AuditEntry.objects.filter(pk__in=trail[3:6]).order_by("pk")
        AuditSeal.objects.filter(pk=seal.pk).update(digest=audit_sealing.digest_of(entries, seal.previous_digest))

    assert any("does not follow" in finding for finding in _tamper(forge))


def test_a_trail_cut_off_at_its_end_is_found_by_a_head_noted_elsewhere(trail: list[int]) -> None:
    head = verify_trail().head

    def cut() -> None:
        AuditSeal.objects.filter(last_id=trail[11]).delete()
        AuditEntry.objects.filter(pk__gte=trail[9]).delete()

    _tamper(cut)
    assert verify_trail().findings == []
    assert "seals were removed" in verify_trail(known_head=head).findings[0]


def test_young_entries_wait_and_a_dry_run_seals_nothing() -> None:
    User.objects.create_user(email="ann@example.org")
    before = AuditSeal.objects.count()
    assert seal_entries(actor=system("seal_audit"), dry_run=True) == 0
    call_command("seal_audit", "--dry-run")
    assert AuditSeal.objects.count() == before


def test_missing_triggers_are_a_finding() -> None:
    audit_triggers.uninstall(connection)
    assert verify_trail().findings


def test_looking_and_exporting_leave_entries() -> None:
    user = User.objects.create_user(email="ann@example.org")
    actor = Actor(label="user:9", address="203.0.113.9")
    record_view(actor=actor, obj=user)
    record_export(actor=actor, objects=[user], what="patients.csv")
    view, export = AuditEntry.objects.filter(actor="user:9").order_by("pk")
    assert (view.verb, view.object_id, view.address) == ("user.view", str(user.pk), "203.0.113.9")
    assert (export.action, export.changes) == ("export", {"what": "patients.csv"})


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_entry_that_is_committed_late_is_waited_for() -> None:
    """A long transaction holds a low number; entries above it are not sealed over its head."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO accounts_auditentry (at, actor, verb, address, action, object_type, object_id, changes) "
                "VALUES (clock_timestamp(), 'user:1', 'slow.write', '', 'update', 'test', '1', '{}')"
            )
            User.objects.create_user(email="ann@example.org")
            with time_machine.travel(timezone.now() + timedelta(hours=1)):
                assert seal_entries(actor=system("seal_audit")) == 0
            cursor.execute("COMMIT")
        with time_machine.travel(timezone.now() + timedelta(hours=1)):
            assert seal_entries(actor=system("seal_audit")) == AuditEntry.objects.count() > 1
        assert verify_trail().findings == []
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_sealers_at_once_make_one_chain(trail: list[int]) -> None:
    audit_triggers.uninstall(connection)
    AuditSeal.objects.all().delete()
    audit_triggers.install(connection)
    outcomes = run_together([lambda: seal_entries(actor=system("seal_audit")) for _sealer in range(4)])
    assert [outcome.error for outcome in outcomes] == [None] * 4
    assert sum(outcome.answer or 0 for outcome in outcomes) == 12
    assert verify_trail().findings == []

"""The database itself writes the audit trail, whoever changes a row and however."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts import audit, audit_triggers
from accounts.actors import Actor, system
from accounts.audit_tables import MARKER
from accounts.models import AuditEntry, AuditSeal, User

pytestmark = pytest.mark.django_db


def _entries_of(user: User) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(object_type="accounts_user", object_id=str(user.pk)).order_by("id"))


def test_insert_update_and_delete_write_one_entry_each() -> None:
    user = User.objects.create_user(email="ann@example.org", language="en")
    User.objects.filter(pk=user.pk).update(language="de", is_staff=True)
    User.objects.filter(pk=user.pk).delete()

    made, changed, removed = _entries_of(user)
    assert [made.action, changed.action, removed.action] == ["insert", "update", "delete"]
    assert changed.changes.keys() == {"language", "is_staff"}
    assert changed.changes["language"] == ["en", "de"]
    assert removed.changes["language"] == ["de", None]


def test_raw_sql_and_bulk_updates_do_not_slip_past() -> None:
    users = [User.objects.create_user(email=f"u{number}@example.org") for number in range(3)]
    before = AuditEntry.objects.count()
    User.objects.bulk_update([_with_language(user, "fr") for user in users], ["language"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET language = 'it'")
    assert AuditEntry.objects.count() == before + 6


def _with_language(user: User, language: str) -> User:
    user.language = language
    return user


def test_an_update_that_changes_nothing_followed_writes_nothing() -> None:
    user = User.objects.create_user(email="ann@example.org")
    before = AuditEntry.objects.count()
    user.save()
    User.objects.filter(pk=user.pk).update(last_login="2026-01-01T00:00:00Z")
    assert AuditEntry.objects.count() == before


def test_personal_values_never_reach_the_trail() -> None:
    user = User.objects.create_user(email="ann@example.org", phone="+447700900123", full_name="Ann Smith")
    user.full_name = "Ann Jones"
    user.set_password("a very long secret")
    user.save()
    user.delete()
    stored = str(list(AuditEntry.objects.values_list("changes", flat=True)))
    for personal in ("ann@", "447700900123", "Smith", "Jones", "md5$"):
        assert personal not in stored
    changed = AuditEntry.objects.get(object_type="accounts_user", action="update")
    assert changed.changes == {"full_name": [MARKER, MARKER], "password": [MARKER, MARKER]}


def test_joining_a_group_is_followed() -> None:
    user = User.objects.create_user(email="ann@example.org")
    group = Group.objects.create(name="night watch")
    user.groups.add(group)
    entry = AuditEntry.objects.get(object_type="accounts_user_groups", action="insert")
    assert entry.changes["user_id"] == [None, user.pk]
    assert entry.changes["group_id"] == [None, group.pk]


def test_entries_name_the_actor_the_verb_and_the_address() -> None:
    actor = Actor(label="user:7", address="203.0.113.9")
    with audit.recorded(actor, "user.register"):
        user = User.objects.create_user(email="ann@example.org")
    (entry,) = _entries_of(user)
    assert (entry.actor, entry.verb, entry.address) == ("user:7", "user.register", "203.0.113.9")


def test_the_outermost_ascription_wins() -> None:
    with audit.recorded(system("outer"), "outer.job"), audit.recorded(system("inner"), "inner.job"):
        user = User.objects.create_user(email="ann@example.org")
    assert _entries_of(user)[0].verb == "outer.job"


def test_what_is_ascribed_without_a_transaction_gives_way_to_what_is_recorded() -> None:
    with audit.ascribed(Actor(label="visitor"), "account.signup"):
        first = User.objects.create_user(email="ann@example.org")
        with audit.recorded(system("demo"), "demo.load"):
            second = User.objects.create_user(email="ben@example.org")
    assert _entries_of(first)[0].verb == "account.signup"
    assert _entries_of(second)[0].verb == "demo.load"


def test_a_write_by_nobody_known_says_database() -> None:
    user = User.objects.create_user(email="ann@example.org")
    assert _entries_of(user)[0].actor.startswith("database")


def test_a_rolled_back_change_leaves_no_entry() -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(RuntimeError):
        _fail_halfway()
    assert AuditEntry.objects.count() == before


def _fail_halfway() -> None:
    with audit.recorded(system("test"), "test.fail"):
        User.objects.create_user(email="ann@example.org")
        raise RuntimeError


@pytest.mark.parametrize("table", ["accounts_auditentry", "accounts_auditseal"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET id = id",
        "DELETE FROM {}",
        pytest.param("INSERT OR REPLACE INTO {0} SELECT * FROM {0}", marks=pytest.mark.sqlite_only),
        pytest.param("TRUNCATE {}", marks=pytest.mark.postgres),
    ],
)
def test_the_database_refuses_to_change_the_trail(table: str, statement: str) -> None:
    User.objects.create_user(email="ann@example.org")
    AuditSeal.objects.create(first_id=1, last_id=1, entries=1, digest="d" * 64)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_installing_again_changes_nothing() -> None:
    assert audit_triggers.install(connection) == 0
    assert audit_triggers.missing(connection) == []


def test_a_system_check_notices_missing_triggers_and_migrate_puts_them_back(capsys) -> None:
    audit_triggers.uninstall(connection)
    call_command("check", databases=["default"])
    assert "accounts.W001" in capsys.readouterr().err
    assert audit_triggers.install(connection) > 0
    assert audit_triggers.missing(connection) == []


@pytest.mark.postgres
def test_a_disabled_trigger_counts_as_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user DISABLE TRIGGER audit_change_accounts_user")
    assert audit_triggers.missing(connection) == ["audit_change_accounts_user"]


@pytest.mark.sqlite_only
def test_triggers_make_way_for_migrations_that_remake_tables() -> None:
    audit_triggers.make_way_for_migrations(using="default", plan=[])
    assert audit_triggers.missing(connection) == []
    audit_triggers.make_way_for_migrations(using="default", plan=["a migration"])
    assert "audit_insert_accounts_user" in audit_triggers.missing(connection)
    audit_triggers.install_after_migrate(using="default")
    assert audit_triggers.missing(connection) == []

"""The audit trail's triggers in PostgreSQL's words: one function for every table."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.audit_tables import MARKER, AuditedTable

LOG = "accounts_auditentry"
SEALS = "accounts_auditseal"

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION frontdesk_audit_value(value jsonb, personal boolean) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN personal AND value IS NOT NULL AND value <> '""'::jsonb THEN '"{MARKER}"'::jsonb ELSE value END
$$;

CREATE OR REPLACE FUNCTION frontdesk_audit() RETURNS trigger LANGUAGE plpgsql AS $$
-- Arguments: the primary key, then the followed and the personal columns, each as an array.
DECLARE
    old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{{}}'::jsonb ELSE to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{{}}'::jsonb ELSE to_jsonb(NEW) END;
    personal text[] := TG_ARGV[2]::text[];
    difference jsonb;
BEGIN
    SELECT jsonb_object_agg(name, jsonb_build_array(
               frontdesk_audit_value(before, name = ANY(personal)), frontdesk_audit_value(after, name = ANY(personal))))
      INTO difference
      FROM (SELECT name, NULLIF(old_row -> name, 'null') AS before, NULLIF(new_row -> name, 'null') AS after
              FROM unnest(TG_ARGV[1]::text[]) AS name) AS pairs
     WHERE before IS DISTINCT FROM after;
    IF difference IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO {LOG} (at, actor, verb, address, action, object_type, object_id, changes)
    VALUES (clock_timestamp(),
            COALESCE(NULLIF(current_setting('frontdesk.actor', true), ''), 'database:' || current_user),
            COALESCE(NULLIF(current_setting('frontdesk.verb', true), ''), 'database.' || lower(TG_OP)),
            COALESCE(current_setting('frontdesk.address', true), ''),
            lower(TG_OP), TG_TABLE_NAME, COALESCE(new_row, '{{}}') || old_row ->> TG_ARGV[0], difference);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION frontdesk_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only.' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
"""  # noqa: S608 - nothing in it comes from outside


def triggers(table: AuditedTable) -> dict[str, str]:
    """The triggers of one audited table, by name."""
    made = {f"audit_change_{table.table}": _trigger(table, "change", " OR ".join(_events(table)), table.columns)}
    if table.narrowed:
        # UPDATE OF spares the function call for every other column; only a table that asks for it gets it, because
        # PostgreSQL refuses to change the type of a column that a trigger names.
        columns = ", ".join(f'"{column}"' for column in table.updates)
        made[f"audit_update_{table.table}"] = _trigger(table, "update", f"UPDATE OF {columns}", table.updates)
    return made


def guards() -> dict[str, str]:
    """The triggers that keep the trail and its seals append-only, by name."""
    made = {}
    for table in (LOG, SEALS):
        made[f"audit_guard_{table}"] = (
            f'CREATE TRIGGER "audit_guard_{table}" BEFORE UPDATE OR DELETE ON "{table}" '
            "FOR EACH ROW EXECUTE FUNCTION frontdesk_audit_guard()"
        )
        made[f"audit_guard_truncate_{table}"] = (
            f'CREATE TRIGGER "audit_guard_truncate_{table}" BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION frontdesk_audit_guard()"
        )
    return made


def existing(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The audit triggers that are in the database, with the text they were made from (kept as their comment).

    A trigger that somebody disabled counts as missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, COALESCE(obj_description(pg_trigger.oid, 'pg_trigger'), '') FROM pg_trigger "
            "JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND relnamespace = current_schema()::regnamespace "
            r"AND tgname LIKE 'audit\_%'"
        )
        return dict(cursor.fetchall())


def _events(table: AuditedTable) -> list[str]:
    events = ["DELETE"]
    if table.inserts:
        events.append("INSERT")
    if not table.narrowed:
        events.append("UPDATE")
    return events


def _trigger(table: AuditedTable, kind: str, events: str, columns: tuple[str, ...]) -> str:
    return (
        f'CREATE TRIGGER "audit_{kind}_{table.table}" AFTER {events} ON "{table.table}" FOR EACH ROW '
        f"EXECUTE FUNCTION frontdesk_audit('{table.primary_key}', '{_array(columns)}', "
        f"'{_array(sorted(table.personal))}')"
    )


def _array(names: tuple[str, ...] | list[str]) -> str:
    return "{" + ",".join(names) + "}"

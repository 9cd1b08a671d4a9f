"""What happened to one record, in words, from the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import AuditEntry, User

NEWEST_STEPS = 50
SILENT = {"changed_at", "secret", "secret_expires_at", "calendar_sequence", "calendar_uid", "taken", "password"}
"""Columns whose changes tell a reader nothing, or are nobody's business."""


@dataclass(frozen=True)
class HistoryStep:
    """One entry of the audit trail as a person reads it."""

    at: datetime
    who: str
    what: str
    details: list[str]


def steps_of(record: Model) -> list[HistoryStep]:
    """The newest steps in the life of a record, latest first; two queries."""
    entries = list(
        AuditEntry.objects.filter(object_type=record._meta.db_table, object_id=str(record.pk)).order_by("-pk")[
            :NEWEST_STEPS
        ]
    )
    names = _names(entries)
    return [
        HistoryStep(
            at=entry.at,
            who=names.get(entry.actor, _who(entry.actor)),
            what=_what(entry),
            details=_details(record, entry),
        )
        for entry in entries
    ]


def _names(entries: list[AuditEntry]) -> dict[str, str]:
    keys = {entry.actor.removeprefix("user:") for entry in entries if entry.actor.startswith("user:")}
    return {f"user:{user.pk}": str(user) for user in User.objects.filter(pk__in=keys)} if keys else {}


def _who(actor: str) -> str:
    kind, _colon, rest = actor.partition(":")
    words = {
        "system": _("The clinic's own job %(rest)s"),
        "link": _("The holder of the appointment's link"),
        "kiosk": _("Somebody at the kiosk of %(rest)s"),
    }
    return (words.get(kind) or (_("Somebody on the website") if kind == "visitor" else actor)) % {"rest": rest}


def _what(entry: AuditEntry) -> str:
    noun, _dot, verb = entry.verb.partition(".")
    return {
        "appointment.book": _("Booked"),
        "appointment.walk_in": _("Registered as a walk-in"),
        "appointment.confirm": _("Confirmed"),
        "appointment.confirm_attendance": _("Said they will come"),
        "appointment.cancel": _("Cancelled"),
        "appointment.reschedule": _("Moved"),
        "appointment.check_in": _("Checked in"),
        "appointment.start": _("Started"),
        "appointment.complete": _("Completed"),
        "appointment.no_show": _("Did not come"),
        "appointment.expire": _("Expired"),
        "appointment.renew_link": _("Sent a fresh link"),
        "patient.register": _("Registered"),
        "patient.update": _("Changed"),
        "patient.view": _("Looked at"),
        "patient.export": _("Taken out as a file"),
        "patient.import": _("Imported from a file"),
        "appointment.view": _("Looked at"),
        "appointment.export": _("Taken out as a file"),
        "availability.save": _("Changed with the doctor's hours"),
        "availability.retire": _("Changed with the doctor's hours"),
        "time_off.add": _("Changed with time off"),
        "demo.load": _("Made for the demo"),
    }.get(entry.verb) or (verb or noun).replace("_", " ").replace(".", " ")


def _details(record: Model, entry: AuditEntry) -> list[str]:
    """The fields that changed, before and after; nothing for a new record."""
    if entry.action != "update" or not isinstance(entry.changes, dict):
        return []
    fields = {field.column: field for field in record._meta.concrete_fields}
    lines = []
    for column, change in entry.changes.items():
        if column in fields and column not in SILENT and isinstance(change, list | tuple) and len(change) == 2:
            field = fields[column]
            lines.append(f"{field.verbose_name}: {_value(field, change[0])} → {_value(field, change[1])}")
    return lines


def _value(field: Any, value: Any) -> str:
    """In the words of the field's choices, where it has any."""
    if value in (None, ""):
        return "-"
    return str(dict(field.flatchoices).get(value, value))

"""Looks at records that the trail has to know of, though they change nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import AuditEntry


def record_view(*, actor: Actor, obj: models.Model) -> None:
    """Note that `actor` looked at the record `obj`."""
    _note(actor=actor, objects=[obj], action="view", changes={})


def record_export(*, actor: Actor, objects: Iterable[models.Model], what: str = "") -> None:
    """Note that `actor` took the records `objects` out of the house; `what` names the list or the file."""
    _note(actor=actor, objects=objects, action="export", changes={"what": what} if what else {})


def record_sign_in(*, actor: Actor, user: models.Model, action: str) -> None:
    """Note a `sign_in` or a `sign_out` of `user`."""
    _note(actor=actor, objects=[user], action=action, changes={})


def _note(*, actor: Actor, objects: Iterable[models.Model], action: str, changes: dict[str, Any]) -> None:
    now = timezone.now()
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                at=now,
                actor=actor.label,
                verb=f"{obj._meta.model_name}.{action}",
                address=actor.address,
                action=action,
                object_type=obj._meta.db_table,
                object_id=str(obj.pk),
                changes=changes,
            )
            for obj in objects
        ],
        batch_size=500,
    )

"""What the audit trail follows of messages."""

from __future__ import annotations

from accounts.audit_triggers import audited


def declare() -> None:
    """What staff set, and addresses that are stopped. The outbox is not followed: it is a history itself."""
    from notifications import models

    audited(models.MessageRule)
    audited(models.MessagePolicy)
    audited(models.MessageText)
    audited(models.Suppression, personal=("address",))

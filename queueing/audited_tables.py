"""What the audit trail follows in this wing."""

from __future__ import annotations

from accounts.audit_triggers import audited


def declare() -> None:
    """Every table that staff or patients change. Steps are not followed: they are a history themselves."""
    from queueing import models

    audited(models.QueuePolicy)
    audited(models.Queue, ignored=("last_number",))
    audited(models.Token, personal=("secret", "extra_reason"), ignored=("version",))
    audited(models.EmergencyRequest, personal=("message",))
    audited(models.Feedback, personal=("comment",))

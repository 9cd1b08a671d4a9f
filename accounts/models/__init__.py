"""Users and the audit trail."""

from accounts.models.audit import AuditEntry, AuditSeal
from accounts.models.sweeps import SweepRun
from accounts.models.throttling import AttemptCounter
from accounts.models.users import User

__all__ = ["AttemptCounter", "AuditEntry", "AuditSeal", "SweepRun", "User"]

"""Users and the audit trail."""

from accounts.models.audit import AuditEntry, AuditSeal
from accounts.models.contact_claims import ContactClaim
from accounts.models.idempotency import IdempotentRequest
from accounts.models.sign_ins import SignIn
from accounts.models.sweeps import SweepRun, Worker
from accounts.models.throttling import AttemptCounter
from accounts.models.users import User

__all__ = [
    "AttemptCounter",
    "AuditEntry",
    "AuditSeal",
    "ContactClaim",
    "IdempotentRequest",
    "SignIn",
    "SweepRun",
    "User",
    "Worker",
]

"""What the audit trail follows of money."""

from __future__ import annotations

from accounts.audit_triggers import audited


def declare() -> None:
    """Whatever moves money, and the rules by which it does. The ledger and receipts are histories themselves."""
    from payments import models

    audited(models.PaymentPolicy)
    audited(models.DoctorTerms)
    audited(
        models.Payment,
        personal=("proof", "page", "form", "key", "request_key"),
        ignored=("changed_at", "asked", "asked_at", "ask_at"),
    )
    audited(
        models.Refund, personal=("words", "proof", "key", "request_key"), ignored=("claim", "claimed_until", "try_at")
    )
    audited(models.StatementImport, personal=("file_name",))
    audited(models.StatementLine, personal=("payer", "words", "bank_reference"))

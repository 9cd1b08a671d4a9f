"""The data of money, by subject."""

from payments.models.events import WebhookEvent
from payments.models.ledger import LedgerEntry, Receipt, ReceiptCounter
from payments.models.payments import Payment, Refund
from payments.models.policies import DoctorTerms, PaymentPolicy
from payments.models.sandbox import SandboxSession
from payments.models.statements import StatementImport, StatementLine

__all__ = [
    "DoctorTerms",
    "LedgerEntry",
    "Payment",
    "PaymentPolicy",
    "Receipt",
    "ReceiptCounter",
    "Refund",
    "SandboxSession",
    "StatementImport",
    "StatementLine",
    "WebhookEvent",
]

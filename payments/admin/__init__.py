"""The back office of money, by subject."""

from payments.admin import books, events, payments, policies, refunds, sandbox, statements

__all__ = ["books", "events", "payments", "policies", "refunds", "sandbox", "statements"]

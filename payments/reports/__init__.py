"""What staff read of many days of money: what came, what went back and why, who owes what. Pure reads.

Whoever asks sees what `payments.rules.money_scope` shows them. Days are those of each location's wall calendar, and
money counts on the day it was written into the ledger. Amounts of different currencies are never added up.
"""

from .asked import Asked, asked_about
from .outstanding import Debt, Debts, debts_of
from .revenue import ByReason, Line, RevenueReport, Sum, revenue_report

__all__ = [
    "Asked",
    "ByReason",
    "Debt",
    "Debts",
    "Line",
    "RevenueReport",
    "Sum",
    "asked_about",
    "debts_of",
    "revenue_report",
]

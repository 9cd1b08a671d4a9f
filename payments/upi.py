"""Paying by UPI to the clinic's own address: a link that opens the payer's app, with everything filled in. Pure."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote, urlencode

from payments.money import decimals_of

LONGEST_WORDS = 80


def upi_link(*, address: str, name: str, amount: Decimal, currency: str, reference: str, words: str) -> str:
    """The intent by NPCI's specification: payee, amount and reference; apps and QR codes carry the same one."""
    said = {
        "pa": address,
        "pn": name[:LONGEST_WORDS],
        "am": f"{amount:.{decimals_of(currency)}f}",
        "cu": currency,
        "tr": reference,
        "tn": words[:LONGEST_WORDS],
    }
    return f"upi://pay?{urlencode(said, quote_via=quote, safe='@')}"

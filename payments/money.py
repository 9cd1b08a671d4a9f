"""Amounts: decimals of a currency, and whole numbers of its smallest unit for providers. Pure."""

from __future__ import annotations

from decimal import Decimal

_DECIMALS_OF = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Currencies that do not have two decimals (ISO 4217, table A.1)."""

ZERO = Decimal(0)


def decimals_of(currency: str) -> int:
    """How many decimals amounts of a currency have."""
    return _DECIMALS_OF.get(currency.upper(), 2)


def smallest_unit(currency: str) -> Decimal:
    """The smallest amount of a currency above zero."""
    return Decimal(1).scaleb(-decimals_of(currency))


def is_amount(amount: Decimal, currency: str) -> bool:
    """Whether this is an amount above zero that has no more decimals than its currency."""
    return amount.is_finite() and amount > 0 and amount == amount.quantize(smallest_unit(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount as providers write it: £12.50 is 1250, ¥1200 is 1200. Raises ValueError for what is no such amount."""
    minor = amount.scaleb(decimals_of(currency))
    if not minor.is_finite() or minor != minor.to_integral_value():
        raise ValueError(f"no amount of {currency}")
    return int(minor)


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount that providers write as a whole number."""
    return Decimal(minor).scaleb(-decimals_of(currency))

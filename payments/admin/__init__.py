"""The back office of money, by subject."""

from payments.admin import statements

__all__ = ["statements"]

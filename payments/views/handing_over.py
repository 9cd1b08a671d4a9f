"""Handing a payer over to the page where they pay, and knowing which addresses are our own."""

from __future__ import annotations

from django.conf import settings


def own_path(address: str) -> str:
    """An address of ours without our name: whoever came by another name of this machine stays there."""
    return address.removeprefix(settings.BASE_URL) or "/"

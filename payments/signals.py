"""The events of money. Sent inside the transaction that caused them."""

from django.dispatch import Signal

payment_changed = Signal()
"""A payment was begun or changed its state, or a refund of it was decided or did.
Arguments: payment (Payment), previous (PaymentStatus or None), refund (Refund or None: it is the refund that changed),
actor (Actor)."""

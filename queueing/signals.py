"""The events of the queue. Sent inside the transaction that caused them."""

from django.dispatch import Signal

queue_changed = Signal()
"""Somebody joined a queue, a token changed, or the doctor's status did.
Arguments: queue (Queue), token (Token or None), what (a `Step`, or `status`, `room`, `undone`, `closed`), actor
(Actor)."""

emergency_changed = Signal()
"""An emergency was raised or acknowledged. Arguments: emergency (EmergencyRequest), actor (Actor)."""

"""The events of messages."""

from django.dispatch import Signal

messages_due = Signal()
"""Messages are due now, so whoever sends them need not wait for the next turn of the sweep. Sent after the commit, and
possibly more often than there is something to send; nobody may rely on it: the sweep finds what is due by itself."""

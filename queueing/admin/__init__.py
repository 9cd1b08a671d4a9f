"""The back office of the queue, by subject."""

from queueing.admin import emergencies, feedback, policies, queues, tokens

__all__ = ["emergencies", "feedback", "policies", "queues", "tokens"]

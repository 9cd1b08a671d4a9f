"""The data of the queue."""

from queueing.models.emergencies import EmergencyRequest
from queueing.models.feedback import Feedback
from queueing.models.policies import QueuePolicy
from queueing.models.queues import Queue
from queueing.models.tokens import Token, TokenStep

__all__ = ["EmergencyRequest", "Feedback", "Queue", "QueuePolicy", "Token", "TokenStep"]

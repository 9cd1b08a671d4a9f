"""The data of messages."""

from notifications.models.messages import Message
from notifications.models.rules import MessagePolicy, MessageRule
from notifications.models.subscriptions import PushSubscription
from notifications.models.suppressions import Suppression
from notifications.models.texts import MessageText

__all__ = ["Message", "MessagePolicy", "MessageRule", "MessageText", "PushSubscription", "Suppression"]

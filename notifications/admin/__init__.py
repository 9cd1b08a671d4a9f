"""The back office of messages, by subject."""

from notifications.admin import messages, rules, suppressions

__all__ = ["messages", "rules", "suppressions"]

"""The back office of messages, by subject."""

from notifications.admin import messages, rules, suppressions, texts

__all__ = ["messages", "rules", "suppressions", "texts"]

"""How messages travel: one small interface, and the channel behind each name."""

from notifications.channels.contract import Attachment, Channel, Parcel, PermanentRefusal, Receipt, TryLater, Unclear

__all__ = ["Attachment", "Channel", "Parcel", "PermanentRefusal", "Receipt", "TryLater", "Unclear"]

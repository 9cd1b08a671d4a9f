"""What messages say: the words that Frontdesk brings, those of the clinic in their place, and putting both together."""

from notifications.errors import TextBroken
from notifications.texts.checking import check_text
from notifications.texts.composing import Composed, compose

__all__ = ["Composed", "TextBroken", "check_text", "compose"]

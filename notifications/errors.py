"""What can go wrong with messages, each with a stable code and a sentence for the person."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.errors import DomainError
from notifications.states import MessageStatus


class MessageUnknown(DomainError):
    """No message has that number or code, or not for whoever asks."""

    code = "message_unknown"
    sentence = _("We do not know that message.")
    status = 404


class WrongMessageState(DomainError):
    """The message is not in a state that allows this."""

    code = "wrong_message_state"
    sentence = _("That is not possible with the message as it is now.")

    def __init__(self, sentence: str | Promise | None = None, *, status_now: str = "") -> None:
        if sentence is None and status_now:
            named = {"state": MessageStatus(status_now).label}
            sentence = _("That is not possible: the state of the message is now “%(state)s”.") % named
        super().__init__(sentence)
        self.status_now = status_now
        self.members = {"status_now": str(status_now)} if status_now else {}


class MessageTooOld(DomainError):
    """Whoever got it now would be misled."""

    code = "message_too_old"
    sentence = _("It is too late for this message: it would no longer make sense.")


class TextBroken(DomainError):
    """The words of a message cannot be put together: a placeholder is unknown, or what it stands for is missing."""

    code = "text_broken"
    sentence = _("The text of this message cannot be put together. Please check its placeholders.")
    status = 400


class InvalidSubscription(DomainError):
    """What a browser says about its push service cannot be used."""

    code = "invalid_subscription"
    sentence = _("Messages cannot be sent to this device: its browser named no address that we can use.")
    status = 400


class PushNotConfigured(DomainError):
    """The clinic has no keys for push messages."""

    code = "push_not_configured"
    sentence = _("This clinic does not send messages to browsers.")
    status = 409

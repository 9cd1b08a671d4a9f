"""Where the link of a message leads."""

from __future__ import annotations

from django.utils import timezone

from notifications.models import Message
from notifications.models.messages import CODE_LENGTH
from notifications.states import Kind
from scheduling.selectors.self_service import link_has_expired
from scheduling.services.booking import LINK_OUTLIVES_VISIT


def message_of_link(code: str) -> Message | None:
    """The message with that code, with what its link needs."""
    if len(code) != CODE_LENGTH or not (code.isascii() and code.isalnum()):
        return None
    return Message.objects.select_related("appointment", "waitlist_entry", "token").filter(code=code).first()


def is_replaced(message: Message) -> bool:
    """Whether the link to the appointment was made new since, because the one that this message had was too old.

    The message must not open what its own link no longer opens. (While nobody asked for a fresh link, the page of the
    old one offers it.)
    """
    visit = message.appointment
    if visit is None or visit.ends_at is None or link_has_expired(visit):
        return False
    return timezone.now() >= visit.ends_at + LINK_OUTLIVES_VISIT


def page_of(message: Message) -> tuple[str, str]:
    """The page that a message speaks of: its name, and the secret that opens it."""
    if message.kind == Kind.FEEDBACK and message.appointment is not None:
        return "queueing:visit_feedback", message.appointment.secret
    if message.token is not None:
        return "queueing:token", message.token.secret
    if message.waitlist_entry is not None:
        return "scheduling:waitlist_entry", message.waitlist_entry.secret
    assert message.appointment is not None  # the table's own rule: a message is about something
    return "scheduling:appointment", message.appointment.secret

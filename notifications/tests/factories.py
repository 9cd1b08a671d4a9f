"""Test data of messages."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from notifications.models import Message
from notifications.states import ChannelName, Kind
from queueing.models import Token
from scheduling.models import Appointment, WaitlistEntry
from scheduling.tests.factories import SlotFactory, book, in_hours


def message(
    kind: Kind = Kind.CONFIRMATION,
    channel: ChannelName = ChannelName.EMAIL,
    *,
    appointment: Appointment | None = None,
    waitlist_entry: WaitlistEntry | None = None,
    token: Token | None = None,
    **fields: Any,
) -> Message:
    """A bare row of the outbox that is due now; about a new appointment in two days, unless told otherwise.

    Booking writes messages of its own besides.
    """
    if appointment is None and token is not None:
        appointment = token.appointment
    if appointment is None and waitlist_entry is None:
        appointment = book(SlotFactory(starts_at=in_hours(48)))
    about = appointment or waitlist_entry
    assert about is not None
    offset = fields.pop("offset_minutes", 24 * 60 if kind == Kind.REMINDER else 0)
    due_at = fields.pop("due_at", timezone.now() - timedelta(seconds=1))
    values: dict[str, Any] = {
        "dedupe_key": f"test:{secrets.token_hex(8)}",
        "patient": about.patient,
        "location": about.location,
        "starts_at": appointment.starts_at if appointment else None,
        "due_at": due_at,
        "try_at": due_at,
    }
    return Message.objects.create(
        kind=kind,
        channel=channel,
        offset_minutes=offset,
        appointment=appointment,
        waitlist_entry=waitlist_entry,
        token=token,
        **{**values, **fields},
    )

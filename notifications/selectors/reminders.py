"""Visits to come that lack a reminder which the rules want."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from notifications.models import Message
from notifications.selectors.rules import Setup, setups_of
from notifications.states import Kind, MessageStatus
from scheduling.models import Appointment, Location
from scheduling.states import AppointmentStatus

A_DAY = timedelta(days=1)


def without_reminders(*, now: datetime) -> Iterator[tuple[Appointment, Setup, set[tuple[str, int]]]]:
    """Confirmed visits near enough for a reminder that lack one, with those they have.

    What was taken back does not count: it gave its key up.
    """
    for location_id, setup in setups_of(Location.objects.filter(is_active=True).values_list("pk", flat=True)).items():
        wanted = {(str(rule.channel), rule.offset_minutes) for rule in setup.rules_for(Kind.REMINDER)}
        if not wanted:
            continue
        # A day more: what falls into the quiet hours comes earlier.
        furthest = now + timedelta(minutes=max(minutes for _channel, minutes in wanted)) + A_DAY
        visits = Appointment.objects.filter(
            location=location_id, status=AppointmentStatus.CONFIRMED, starts_at__gt=now, starts_at__lte=furthest
        )
        there: dict[int | None, set[tuple[str, int]]] = defaultdict(set)
        rows = Message.objects.filter(appointment__in=visits, kind=Kind.REMINDER).order_by()
        rows = rows.exclude(status=MessageStatus.CANCELLED)
        for visit_id, channel, offset in rows.values_list("appointment_id", "channel", "offset_minutes"):
            there[visit_id].add((channel, offset))
        for visit in visits.select_related("location").order_by("starts_at", "pk"):
            if wanted - there[visit.pk]:
                yield visit, setup, there[visit.pk]

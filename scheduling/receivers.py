"""What the ground floor does on its own events: it tells sockets, after commit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from scheduling import live, live_events
from scheduling.models import Appointment, Doctor, Location, Slot
from scheduling.signals import appointment_changed, slot_changed


def connect() -> None:
    """Hang the receivers on their events."""
    slot_changed.connect(tell_of_slots)
    slot_changed.connect(tell_programs_of_slots)
    appointment_changed.connect(tell_programs_of_visit)
    # Whether a doctor or a location is on offer is set by forms of the back office, by the import and by hand. Nothing
    # follows from it but that open pages look again, so this is no effect in the domain that a signal would hide.
    post_save.connect(tell_of_doctor, sender=Doctor)
    post_save.connect(tell_of_location, sender=Location)


def tell_of_slots(
    sender: object, *, doctor_id: int, slot_ids: Sequence[int], gone: Sequence[Slot] = (), **kwargs: Any
) -> None:
    """Pages that show the times of these days."""
    transaction.on_commit(partial(live.tell_of_slots, doctor_id, slot_ids, gone), robust=True)


def tell_programs_of_slots(
    sender: object, *, slot_ids: Sequence[int], what: str, gone: Sequence[Slot] = (), **kwargs: Any
) -> None:
    """Programs and pages of staff that follow these slots."""
    transaction.on_commit(partial(live_events.tell_of_slots, slot_ids, what, gone), robust=True)


def tell_programs_of_visit(sender: object, *, appointment: Appointment, previous: str | None, **kwargs: Any) -> None:
    """Programs and pages of staff that follow the visit, and whoever it belongs to."""
    transaction.on_commit(partial(live_events.tell_of_visit, appointment.pk, previous), robust=True)


def tell_of_doctor(sender: object, *, instance: Doctor, **kwargs: Any) -> None:
    """Pages that show the times of the doctor."""
    transaction.on_commit(partial(live.tell_of_doctor, instance.pk), robust=True)


def tell_of_location(sender: object, *, instance: Location, **kwargs: Any) -> None:
    """Pages that show times at the location."""
    transaction.on_commit(partial(live.tell_of_location, instance.pk), robust=True)

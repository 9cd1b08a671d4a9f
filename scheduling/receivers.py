"""What the ground floor does on its own events: it tells sockets, after commit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from scheduling import live
from scheduling.models import Doctor, Location, Slot
from scheduling.signals import slot_changed


def connect() -> None:
    """Hang the receivers on their events."""
    slot_changed.connect(tell_of_slots)
    # Whether a doctor or a location is on offer is set by forms of the back office, by the import and by hand. Nothing
    # follows from it but that open pages look again, so this is no effect in the domain that a signal would hide.
    post_save.connect(tell_of_doctor, sender=Doctor)
    post_save.connect(tell_of_location, sender=Location)


def tell_of_slots(
    sender: object, *, doctor_id: int, slot_ids: Sequence[int], gone: Sequence[Slot] = (), **kwargs: Any
) -> None:
    """Pages that show the times of these days."""
    transaction.on_commit(partial(live.tell_of_slots, doctor_id, slot_ids, gone), robust=True)


def tell_of_doctor(sender: object, *, instance: Doctor, **kwargs: Any) -> None:
    """Pages that show the times of the doctor."""
    transaction.on_commit(partial(live.tell_of_doctor, instance.pk), robust=True)


def tell_of_location(sender: object, *, instance: Location, **kwargs: Any) -> None:
    """Pages that show times at the location."""
    transaction.on_commit(partial(live.tell_of_location, instance.pk), robust=True)

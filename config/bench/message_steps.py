"""What `bench messages` does inside the product: rows that are due, and the sweep that sends them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.actors import system
from accounts.audit import recorded
from notifications.models import Message, MessagePolicy
from notifications.services import lanes
from notifications.services.outbox import send_due
from notifications.states import ChannelName, Kind, MessageStatus
from scheduling.models import Appointment, Doctor, Location, Patient, Specialty
from scheduling.states import AppointmentStatus

VISITS = 2_000
INSERTED_AT_ONCE = 1_000
LOOKS_A_SECOND = 4.0


def prepare_messages(name: str, channels: list[str], count: int) -> None:
    """So many messages that are due now, by each channel in turn, about visits of as many patients as there are."""
    visits = list(Appointment.objects.filter(source="api").order_by("pk")) or _prepare_visits()
    due_at = timezone.now() - timedelta(minutes=1)
    rows = (
        Message(
            dedupe_key=f"bench:{name}:{number}",
            kind=Kind.RESCHEDULED,
            channel=channels[number % len(channels)],
            appointment=visits[number % len(visits)],
            patient_id=visits[number % len(visits)].patient_id,
            location_id=visits[number % len(visits)].location_id,
            starts_at=visits[number % len(visits)].starts_at,
            due_at=due_at,
            try_at=due_at,
        )
        for number in range(count)
    )
    Message.objects.bulk_create(rows, batch_size=INSERTED_AT_ONCE)


def _prepare_visits() -> list[Appointment]:
    with recorded(system("bench"), "bench.prepare"):
        location = Location.objects.create(name="Bench", slug="bench", phone="+442079460018")
        MessagePolicy.objects.create(location=location, quiet_from="00:00", quiet_until="00:00")
        doctor = Doctor.objects.create(
            name="Dr Bench", email="doctor@demo.example", license_number="BENCH", specialty=Specialty.objects.create()
        )
        patients = Patient.objects.bulk_create(
            (
                Patient(
                    first_name="Robin",
                    last_name=f"Bench{number}",
                    date_of_birth=date(1987, 3, 27),
                    email=f"bench-{number}@demo.example",
                    phone=f"+4420794{number:05}",
                )
                for number in range(VISITS)
            ),
            batch_size=INSERTED_AT_ONCE,
        )
        first = (timezone.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
        starts = [first + timedelta(minutes=20 * number) for number in range(VISITS)]
        return Appointment.objects.bulk_create(
            (
                Appointment(
                    patient=patient,
                    doctor=doctor,
                    location=location,
                    starts_at=start,
                    ends_at=start + timedelta(minutes=20),
                    status=AppointmentStatus.CONFIRMED,
                    source="api",
                )
                for patient, start in zip(patients, starts, strict=True)
            ),
            batch_size=INSERTED_AT_ONCE,
        )


def send_messages(name: str, at_once: int = 0) -> dict[str, Any]:
    """Run the sweep again and again until nothing is due; how long it took, each message, and how memory went.

    `at_once`: so many text messages under way at a time, other than in life.
    """
    usual = dict(lanes.AT_ONCE)
    if at_once:
        lanes.AT_ONCE[ChannelName.SMS] = at_once
    runs, began, spent = 0, time.perf_counter(), time.process_time()
    with _watched() as memory:
        while send_due(actor=system("send_due")):
            runs += 1
    seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    lanes.AT_ONCE.update(usual)
    sent = Message.objects.filter(dedupe_key__startswith=f"bench:{name}:", status=MessageStatus.SENT)
    took: dict[str, list[float]] = {}
    for channel, attempted_at, sent_at in sent.values_list("channel", "attempted_at", "sent_at").iterator():
        if sent_at is not None and attempted_at is not None:
            took.setdefault(channel, []).append((sent_at - attempted_at).total_seconds())
    return {"seconds": seconds, "cpu": cpu, "runs": runs, "took": took, "memory": memory}


@contextmanager
def _watched() -> Iterator[list[int]]:
    """What this process occupies, looked at now and then; nothing where /proc does not tell."""
    seen: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(1 / LOOKS_A_SECOND):
            if (memory := _resident()) is not None:
                seen.append(memory)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _resident() -> int | None:
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmRSS:"))


def count_open() -> int:
    """How many messages are still to be sent."""
    return Message.objects.filter(status__in=[MessageStatus.PENDING, MessageStatus.SENDING]).count()


def count_states(name: str) -> dict[str, int]:
    """How many messages of a measurement are in which state."""
    states = list(Message.objects.filter(dedupe_key__startswith=f"bench:{name}:").values_list("status", flat=True))
    return {state: states.count(state) for state in sorted(set(states))}

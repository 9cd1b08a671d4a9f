"""Days of a doctor that are over, written as rows: many at once, without taking every step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from queueing.models import Queue, Token
from queueing.states import Arrival, TokenStatus
from scheduling.models import Appointment, Doctor, Location, Patient
from scheduling.states import AppointmentStatus, AppointmentType


def patients(count: int) -> list[Patient]:
    """So many people nobody knows more of."""
    first = Patient.objects.count() + 1
    said = {"last_name": "Waiting", "date_of_birth": date(1980, 1, 1), "phone": "+442079460123"}
    return Patient.objects.bulk_create(Patient(first_name=f"P{first + nth}", **said) for nth in range(count))


def a_queue(doctor: Doctor, location: Location, day: date, **said: object) -> Queue:
    """The queue of a day."""
    letter = said.pop("letter", None) or chr(ord("A") + Queue.objects.filter(location=location, day=day).count())
    return Queue.objects.create(doctor=doctor, location=location, day=day, letter=letter, **said)


def a_past_day(
    doctor: Doctor,
    location: Location,
    day: date,
    *,
    minutes: float = 10,
    count: int = 10,
    people: Sequence[Patient] = (),
    told: tuple[int, int, int] | None = None,
    opens: datetime | None = None,
) -> Queue:
    """A day on which so many were seen, one every so many minutes from nine on; all were there from the beginning."""
    queue = a_queue(doctor, location, day, last_number=count)
    opens = opens or datetime(day.year, day.month, day.day, 9, tzinfo=location.zone).astimezone(UTC)
    line = people or patients(count)
    visits = visits_for(doctor, location, line[:count], status=AppointmentStatus.COMPLETED)
    Token.objects.bulk_create(
        token_row(
            queue,
            visit,
            number,
            checked_in_at=opens,
            called_at=opens + timedelta(minutes=minutes * (number - 1)),
            started_at=opens + timedelta(minutes=minutes * (number - 1)),
            ended_at=opens + timedelta(minutes=minutes * number - minutes / 10),
            status=TokenStatus.COMPLETED,
            told=told,
        )
        for number, visit in enumerate(visits, start=1)
    )
    return queue


def visits_for(
    doctor: Doctor, location: Location, people: Sequence[Patient], *, status: str, type: str = AppointmentType.WALK_IN
) -> list[Appointment]:
    """A visit without a slot for each of them."""
    return Appointment.objects.bulk_create(
        Appointment(doctor=doctor, location=location, patient=person, status=status, type=type) for person in people
    )


def token_row(
    queue: Queue,
    visit: Appointment,
    number: int,
    *,
    checked_in_at: datetime,
    told: tuple[int, int, int] | None = None,
    **said: object,
) -> Token:
    """A place in the queue, not saved yet."""
    low, middle, high = told or (None, None, None)
    return Token(
        queue=queue,
        location_id=queue.location_id,
        day=queue.day,
        number=number,
        code=f"{queue.letter}{number:03d}",
        patient_id=visit.patient_id,
        appointment=visit,
        arrival=said.pop("arrival", Arrival.WALK_IN),
        checked_in_at=checked_in_at,
        told_low=low,
        told_middle=middle,
        told_high=high,
        **said,
    )


def a_line(
    queue: Queue, count: int, *, now: datetime, people: Sequence[Patient] = (), first: int = 1, minutes: float = 30
) -> list[Token]:
    """So many who wait, the first of them for so many minutes, the others for a little less each."""
    line = people or patients(count)
    visits = visits_for(queue.doctor, queue.location, line[:count], status=AppointmentStatus.CHECKED_IN)
    return Token.objects.bulk_create(
        token_row(queue, visit, number, checked_in_at=now - timedelta(minutes=minutes) + timedelta(seconds=number))
        for number, visit in enumerate(visits, start=first)
    )

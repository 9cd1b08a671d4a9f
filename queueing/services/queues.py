"""Opening a queue, and saying how the doctor's day goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import product
from string import ascii_uppercase

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.errors import DayOver, InvalidDoctorStatus, QueueUnknown
from queueing.models import Queue
from queueing.selectors.day_end import day_is_over_at, is_over
from queueing.selectors.queues import policy_of, with_places
from queueing.signals import queue_changed
from queueing.states import DoctorStatus
from scheduling.clock import local_date
from scheduling.models import Doctor, Location

LETTERS = tuple(letter for letter in ascii_uppercase if letter not in "IOQ")
"""I, O and Q are taken for 1 and 0, on a screen as on paper."""

MOST_MINUTES_LATE = 480
LONGEST_BREAK = timedelta(hours=12)


def open_queue(*, doctor: Doctor, location: Location, day: date) -> Queue:
    """The queue of a doctor, a location and a day; made when somebody first asks for it. Call inside a transaction."""
    while True:
        found = with_places(Queue.objects.filter(doctor=doctor, location=location, day=day)).first()
        if found is not None:
            return found
        letter = next(_letters(doctor, location, day))
        try:
            with transaction.atomic():
                return Queue.objects.create(doctor=doctor, location=location, day=day, letter=letter)
        except IntegrityError:  # somebody opened it, or took the letter, a moment ago
            continue


def _letters(doctor: Doctor, location: Location, day: date) -> Iterator[str]:
    """The letters that are free, first the one the doctor had last."""
    days = [day]
    if timezone.now() < day_is_over_at(day - timedelta(days=1), location):  # it runs on, on the same screens
        days.append(day - timedelta(days=1))
    taken = set(Queue.objects.filter(location=location, day__in=days).values_list("letter", flat=True))
    before = Queue.objects.filter(doctor=doctor, location=location).order_by("-day").values_list("letter", flat=True)
    every: Iterable[str] = (*before[:1], *LETTERS, *("".join(pair) for pair in product(LETTERS, repeat=2)))
    return (letter for letter in every if letter not in taken)


def lock_queues(queue_ids: Iterable[int]) -> None:
    """Lock queues in the order of their ids, so that nobody waits for each other in a circle.

    The lock leaves their keys free: whoever only refers to a queue need not wait.
    """
    wanted = sorted(set(queue_ids))
    list(Queue.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk"))


def lock_queue(queue_id: int) -> Queue:
    """The queue as it is from then on, for nobody else until the transaction ends. Raises QueueUnknown."""
    lock_queues([queue_id])
    queue = with_places(Queue.objects.filter(pk=queue_id)).first()
    if queue is None:
        raise QueueUnknown
    return queue


def require_today(queue: Queue, now: datetime) -> None:
    """Refuse what is done to a queue of another day. One that runs past midnight is open until it is closed."""
    if queue.closed_at is not None or queue.day > local_date(now, queue.location.zone) or is_over(queue, now):
        raise DayOver


def set_doctor_status(
    *,
    queue_id: int,
    status: str,
    actor: Actor,
    minutes: int | None = None,
    back_at: datetime | None = None,
) -> Queue:
    """Say how the doctor's day goes, to everybody who waits.

    `minutes` goes with running late (in all; without it, what the location's rules say, and as much more each time)
    and with a break (from now). Raises InvalidDoctorStatus, QueueUnknown, DayOver.
    """
    now = timezone.now()
    with recorded(actor, "queue.status"):
        queue = lock_queue(queue_id)
        require_today(queue, now)
        _apply_status(queue, _read_status(status), minutes, back_at, now)
        queue.save(update_fields=["status", "late_minutes", "back_at", "status_at"])
        queue_changed.send(sender=Queue, queue=queue, token=None, what="status", actor=actor)
    return queue


def _read_status(status: str) -> DoctorStatus:
    try:
        return DoctorStatus(status)
    except ValueError:
        raise InvalidDoctorStatus(field="status") from None


def _apply_status(
    queue: Queue, status: DoctorStatus, minutes: int | None, back_at: datetime | None, now: datetime
) -> None:
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES_LATE:
        raise InvalidDoctorStatus(_("Enter minutes between 0 and 480."), field="minutes")
    if back_at is not None and not now < back_at <= now + LONGEST_BREAK:
        raise InvalidDoctorStatus(_("A break ends later today."), field="back_at")
    was_late = queue.late_minutes if queue.status == DoctorStatus.RUNNING_LATE else 0
    queue.late_minutes = 0
    queue.back_at = None
    if status == DoctorStatus.RUNNING_LATE:
        more = policy_of(queue.location_id).running_late_minutes
        queue.late_minutes = min(was_late + more if minutes is None else minutes, MOST_MINUTES_LATE)
    if status == DoctorStatus.ON_BREAK:
        queue.back_at = back_at or (now + timedelta(minutes=minutes) if minutes else None)
    queue.status = status
    queue.status_at = now


def set_room(*, queue_id: int, room: str, actor: Actor) -> Queue:
    """Say in which room the doctor sees patients today; empty for the usual one."""
    room = " ".join(room.replace("\x00", "").split())[:50]
    with recorded(actor, "queue.room"):
        queue = lock_queue(queue_id)
        require_today(queue, timezone.now())
        queue.room = room
        queue.save(update_fields=["room"])
        queue_changed.send(sender=Queue, queue=queue, token=None, what="room", actor=actor)
    return queue

"""The demo's queues: the days that were, so that waits can be learned from them, and today in full swing.

Everything is written as rows at once, as it would be had people pressed the buttons: with its steps, so that the last
of them can be taken back, and with visits that agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import cycle, islice, product
from random import Random
from typing import Any

from django.db.models import F

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.models import Feedback, Queue, QueuePolicy, Token, TokenStep
from queueing.selectors.day_end import day_is_over_at
from queueing.services.check_in import arrival_of, day_of
from queueing.services.queues import LETTERS
from queueing.services.steps import snapshot
from queueing.states import DoctorStatus, Step, TokenStatus
from scheduling.clock import boundary, day_bounds, local_date
from scheduling.demo.visit_details import walk_in
from scheduling.models import Appointment, Doctor, Location, Patient
from scheduling.states import AppointmentStatus

BUSY = 4
"""So many doctors of each location have a full waiting room, and a past to learn from."""

PAST_DAYS = range(8, 29)
"""The days before today for which consultations are made up; those of the last week were booked."""

A_DAY = 8
"""Consultations of such a day."""

COMMENTS = ("", "", "", "Everybody was very kind.", "A long wait, but worth it.", "The doctor took time to explain.")
MINUTE = timedelta(minutes=1)
POLICY = QueuePolicy()
HERE = (AppointmentStatus.CHECKED_IN, AppointmentStatus.IN_PROGRESS)


@dataclass(slots=True)
class Queues:
    """What was made."""

    queues: int = 0
    tokens: int = 0
    token_to_show: Token | None = None


def build_queues(
    *, locations: Sequence[Location], doctors: Sequence[Doctor], seed: int, actor: Actor, now: datetime
) -> Queues:
    """Make the queues of a demo clinic whose calendar is full already."""
    with recorded(actor, "demo.load"):
        return _Builder(list(locations), list(doctors), Random(f"{seed}:queues"), now).build()  # noqa: S311


@dataclass(slots=True)
class _Builder:
    locations: list[Location]
    doctors: list[Doctor]
    chance: Random
    now: datetime
    queues: dict[tuple[int, int, date], Queue] = field(default_factory=dict)
    letters: dict[tuple[int, int], str] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    here: set[tuple[int, int, date]] = field(default_factory=set)

    def build(self) -> Queues:
        """First what was, then what is."""
        self._give_letters()
        busy = [(doctor, location) for location in self.locations[:2] for doctor in self._busy_at(location)]
        strangers = list(self._strangers())
        if strangers:
            self._make_up_the_past(busy, strangers)
            self._fill_waiting_rooms(busy, strangers)
        for (doctor_id, location_id, day), visits in self._visits().items():
            self._play(doctor_id, location_id, day, visits)
        self._say_how_it_goes(busy)
        self._save()
        self._ask_how_it_was()
        waits = [token for token in self.tokens if token.status == TokenStatus.WAITING]
        return Queues(len(self.queues), len(self.tokens), waits[len(waits) // 2] if waits else None)

    def _busy_at(self, location: Location) -> list[Doctor]:
        """Doctors who see patients there, first those who do now."""
        seeing = set(Appointment.objects.filter(location=location, status__in=HERE).values_list("doctor_id", flat=True))
        there = [doctor for doctor in self.doctors if self._works_at(doctor, location)]
        return sorted(there, key=lambda doctor: doctor.pk not in seeing)[:BUSY]

    def _works_at(self, doctor: Doctor, location: Location) -> bool:
        return (doctor.pk, location.pk) in self.letters

    def _give_letters(self) -> None:
        """Each doctor the same letter on all days of a location, and none that somebody else has there."""
        works = Doctor.locations.through.objects.filter(doctor__in=self.doctors).order_by("doctor_id", "location_id")
        of_location: dict[int, Iterator[str]] = {}
        for location in self.locations:
            taken = set(Queue.objects.filter(location=location).values_list("letter", flat=True))
            every = (*LETTERS, *("".join(pair) for pair in product(LETTERS, repeat=2)))
            of_location[location.pk] = iter([letter for letter in every if letter not in taken])
        for work in works:
            if work.location_id in of_location:
                self.letters[work.doctor_id, work.location_id] = next(of_location[work.location_id])

    def _strangers(self) -> Iterable[Patient]:
        """Patients that nobody signs in for, and who have nothing to do today."""
        today = (self.now - timedelta(days=1), self.now + timedelta(days=1))
        busy = Appointment.objects.filter(starts_at__range=today) | Appointment.objects.filter(status__in=HERE)
        free = Patient.objects.filter(user=None).exclude(pk__in=busy.values("patient"))
        return free.order_by("pk")[:200]

    # --- Visits -------------------------------------------------------------------------------------------------

    def _make_up_the_past(self, busy: Sequence[tuple[Doctor, Location]], strangers: Sequence[Patient]) -> None:
        """Some weeks of consultations; who had them is of no interest."""
        people = cycle(strangers)
        made = []
        for doctor, location in busy:
            today = local_date(self.now, location.zone)
            for day in (today - timedelta(days=ago) for ago in PAST_DAYS):
                if day.weekday() < 5:
                    opens = boundary(datetime.combine(day, time(9)), location.zone)
                    starts = [opens + 20 * number * MINUTE for number in range(A_DAY)]
                    made += [
                        self._past_visit(doctor, location, patient, at)
                        for patient, at in zip(islice(people, A_DAY), starts, strict=True)
                    ]
        Appointment.objects.bulk_create(made, batch_size=500)
        pks = [visit.pk for visit in made]
        for start in range(0, len(pks), 500):
            rows = Appointment.objects.filter(pk__in=pks[start : start + 500])
            rows.update(created_at=F("starts_at") - timedelta(days=3))

    def _past_visit(self, doctor: Doctor, location: Location, patient: Patient, at: datetime) -> Appointment:
        visit = walk_in(doctor=doctor, patient=patient, location=location, chance=self.chance)
        visit.type, visit.starts_at, visit.ends_at = "online", at, at + 20 * MINUTE
        visit.status = AppointmentStatus.NO_SHOW if self.chance.random() < 0.06 else AppointmentStatus.COMPLETED
        return visit

    def _fill_waiting_rooms(self, busy: Sequence[tuple[Doctor, Location]], strangers: Sequence[Patient]) -> None:
        """People without an appointment, so that there is something to see at any hour: seen, inside, waiting."""
        wanted = (
            [AppointmentStatus.COMPLETED] * 2 + [AppointmentStatus.IN_PROGRESS] + [AppointmentStatus.CHECKED_IN] * 3
        )
        people = iter(strangers)
        inside = set(
            Appointment.objects.filter(status=AppointmentStatus.IN_PROGRESS).values_list("doctor_id", flat=True)
        )
        made = []
        for number, (doctor, location) in enumerate(busy):
            for status, patient in zip(wanted, islice(people, len(wanted)), strict=False):
                if status == AppointmentStatus.IN_PROGRESS and (doctor.pk in inside or _is_on_break(number)):
                    continue
                visit = walk_in(doctor=doctor, patient=patient, location=location, chance=self.chance)
                visit.status = status
                made.append(visit)
                if status == AppointmentStatus.IN_PROGRESS:
                    inside.add(doctor.pk)
        Appointment.objects.bulk_create(made)

    def _visits(self) -> dict[tuple[int, int, date], list[Appointment]]:
        """What belongs into queues, by doctor, location and day."""
        wanted = [*HERE, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW]
        visits = Appointment.objects.filter(doctor__in=self.doctors, status__in=wanted, tokens=None)
        found: dict[tuple[int, int, date], list[Appointment]] = defaultdict(list)
        zones = {location.pk: location for location in self.locations}
        for visit in visits.select_related("patient", "doctor").order_by("starts_at", "pk"):
            if visit.location_id in zones:
                visit.location = zones[visit.location_id]
                found[visit.doctor_id, visit.location_id, day_of(visit, self.now)].append(visit)
        return found

    # --- Tokens -------------------------------------------------------------------------------------------------

    def _play(self, doctor_id: int, location_id: int, day: date, visits: Sequence[Appointment]) -> None:
        """One day of a doctor: those who were seen, one after the other; then who is inside, called, and waits."""
        queue = self._queue(doctor_id, location_id, visits[0], day)
        over = [visit for visit in visits if visit.status not in HERE]
        inside = [visit for visit in visits if visit.status == AppointmentStatus.IN_PROGRESS]
        waiting = [visit for visit in visits if visit.status == AppointmentStatus.CHECKED_IN]
        closes = min(self.now - 8 * MINUTE, day_bounds(day, visits[0].location.zone)[1])
        rows = [*self._seen(queue, over, closes), *self._inside(queue, inside), *self._waiting(queue, waiting)]
        for number, token in enumerate(sorted(rows, key=lambda token: token.checked_in_at), start=1):
            token.number, token.code = number, f"{queue.letter}{number:03d}"
        queue.last_number = len(rows)
        self.tokens += rows

    def _queue(self, doctor_id: int, location_id: int, visit: Appointment, day: date) -> Queue:
        queue = Queue(
            doctor=visit.doctor, location=visit.location, day=day, letter=self.letters[doctor_id, location_id]
        )
        queue.status = DoctorStatus.ON_TIME
        closes = day_is_over_at(day, visit.location)
        if closes <= self.now:
            queue.status, queue.closed_at = DoctorStatus.FINISHED, closes
        queue.status_at = min(closes, self.now)
        self.queues[doctor_id, location_id, day] = queue
        return queue

    def _seen(self, queue: Queue, visits: Sequence[Appointment], closes: datetime) -> Iterator[Token]:
        """Each goes in when the one before is out, and the booked time has come."""
        latest = min(closes, self.now - 8 * MINUTE)
        walked_in = [visit for visit in visits if visit.starts_at is None]
        free = min([visit.starts_at for visit in visits if visit.starts_at], default=latest - 60 * MINUTE)
        for visit in visits:
            due = visit.starts_at or latest - 20 * MINUTE * len(walked_in)
            started = min(max(free, due) + self.chance.uniform(0, 3) * MINUTE, latest)
            ended = min(started + max(3.0, self.chance.gauss(11, 4)) * MINUTE, latest)
            came = min(due, started) - self.chance.uniform(4, 25) * MINUTE
            free = max(free, ended)
            token = self._token(queue, visit, came, called_at=started - 0.5 * MINUTE)
            if visit.status == AppointmentStatus.NO_SHOW:
                token.status, token.ended_at, free = TokenStatus.NO_SHOW, started + 2 * MINUTE, started + 2 * MINUTE
            else:
                token.status, token.started_at, token.ended_at = TokenStatus.COMPLETED, started, ended
                self._remember_what_was_told(token, started - came)
            yield token

    def _inside(self, queue: Queue, visits: Sequence[Appointment]) -> Iterator[Token]:
        for visit in visits:
            started = self.now - 6 * MINUTE
            came = min(visit.starts_at or started, started) - self.chance.uniform(5, 20) * MINUTE
            token = self._token(queue, visit, came, called_at=started - 0.5 * MINUTE)
            token.status, token.started_at = TokenStatus.IN_CONSULTATION, started
            self._remember_what_was_told(token, started - came)
            if self._has_no_place_yet(token):
                yield token

    def _waiting(self, queue: Queue, visits: Sequence[Appointment]) -> Iterator[Token]:
        for visit in visits:
            came = min(visit.starts_at or self.now, self.now) - self.chance.uniform(3, 35) * MINUTE
            token = self._token(queue, visit, came)
            self._remember_what_was_told(token, self.chance.uniform(10, 40) * MINUTE)
            if self._has_no_place_yet(token):
                yield token

    def _has_no_place_yet(self, token: Token) -> bool:
        """Nobody is in two queues of a place."""
        place = (token.patient_id, token.location_id, token.day)
        is_first = place not in self.here
        self.here.add(place)
        return is_first

    def _token(self, queue: Queue, visit: Appointment, came: datetime, called_at: datetime | None = None) -> Token:
        return Token(
            queue=queue,
            location=queue.location,
            day=queue.day,
            patient=visit.patient,
            appointment=visit,
            arrival=arrival_of(visit, POLICY, now=came),
            booked_for=visit.starts_at,
            urgency=visit.urgency,
            has_special_requirements=bool(visit.special_requirements),
            checked_in_at=came,
            called_at=called_at,
            calls=0 if called_at is None else 1,
            room="" if called_at is None else queue.place,
        )

    def _remember_what_was_told(self, token: Token, wait: timedelta) -> None:
        """Four in five find it true, as at a real clinic."""
        middle = max(0.0, wait.total_seconds() * self.chance.lognormvariate(0, 0.36))
        token.told_low, token.told_middle, token.told_high = round(middle * 0.6), round(middle), round(middle * 1.5)

    def _say_how_it_goes(self, busy: Sequence[tuple[Doctor, Location]]) -> None:
        """Today one runs late, one has a break, the others have just called somebody."""
        for number, (doctor, location) in enumerate(busy):
            queue = self.queues.get((doctor.pk, location.pk, local_date(self.now, location.zone)))
            if queue is None:
                continue
            if _is_on_break(number):
                queue.status, queue.back_at = DoctorStatus.ON_BREAK, self.now + 12 * MINUTE
                continue
            if number % BUSY == 1:
                queue.status, queue.late_minutes = DoctorStatus.RUNNING_LATE, 15
            waits = [token for token in self.tokens if token.queue is queue and token.status == TokenStatus.WAITING]
            for token in sorted(waits, key=lambda token: token.checked_in_at)[:1]:
                token.status, token.called_at = TokenStatus.CALLED, self.now - MINUTE
                token.room, token.calls = queue.place, 1

    # --- Rows ---------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        Queue.objects.bulk_create(self.queues.values(), batch_size=500)
        Token.objects.bulk_create(self.tokens, batch_size=500)
        today = [token for token in self.tokens if token.queue.closed_at is None]
        steps = sorted((step for token in today for step in _steps_of(token)), key=lambda step: step.at)
        TokenStep.objects.bulk_create(steps, batch_size=500)

    def _ask_how_it_was(self) -> None:
        """Every third says something."""
        seen = [token for token in self.tokens if token.status == TokenStatus.COMPLETED and token.ended_at is not None]
        Feedback.objects.bulk_create(
            Feedback(
                appointment=token.appointment,
                score=self.chance.choices([1, 2, 3, 4, 5], weights=[2, 4, 12, 37, 45])[0],
                comment=self.chance.choice(COMMENTS),
                given_at=min(token.ended_at + 30 * MINUTE, self.now),
            )
            for token in seen[::3]
            if token.ended_at is not None
        )


def _is_on_break(number: int) -> bool:
    """Of the busy doctors of a place, the third."""
    return number % BUSY == 2


def _steps_of(token: Token) -> Iterator[TokenStep]:
    """The history that leads to a token as it is, each step with what was before it."""
    yield _step(token, Step.JOINED, token.checked_in_at, {})
    was: dict[str, Any] = {"status": TokenStatus.WAITING}
    if token.called_at is not None:
        yield _step(token, Step.CALLED, token.called_at, {**was, "called_at": None, "room": "", "calls": 0})
        was = {"status": TokenStatus.CALLED}
    if token.started_at is not None:
        kept = snapshot(token, ["called_at", "room"])
        yield _step(token, Step.STARTED, token.started_at, {**was, "started_at": None, **kept})
        was = {"status": TokenStatus.IN_CONSULTATION}
    if token.ended_at is not None:
        what = Step.NO_SHOW if token.status == TokenStatus.NO_SHOW else Step.FINISHED
        yield _step(token, what, token.ended_at, {**was, "ended_at": None})


def _step(token: Token, what: Step, at: datetime, before: dict[str, Any]) -> TokenStep:
    return TokenStep(token=token, queue=token.queue, what=what, at=at, room=token.room, before=before)

"""What the desk shows: for each doctor of a place the queue of the day, opened or not, and what can be undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from queueing import rules
from queueing.models import EmergencyRequest, Queue, QueuePolicy, Token, TokenStep
from queueing.selectors.lines import Line, lines_of
from queueing.selectors.queues import joined_by_mistake, policies_of, queues_of_today
from queueing.states import LIVE, UNDO_WITHIN, Step, TokenStatus
from scheduling.clock import day_bounds, local_date
from scheduling.models import Appointment, Doctor, Location, Patient, Slot
from scheduling.rules import appointments_visible_to, patients_visible_to
from scheduling.selectors.search import patients_like, visits_like
from scheduling.states import AppointmentStatus

MOST_FINISHED = 60
MOST_EXPECTED = 100
MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Column:
    """One doctor's queue on the desk. Before anybody opened it, `line.queue` has no key and nobody is in it."""

    doctor: Doctor
    line: Line
    undo: TokenStep | None
    finished: tuple[Token, ...]
    expected: int

    @property
    def waits_since(self) -> datetime | None:
        """When whoever has waited longest checked in."""
        return min((place.token.checked_in_at for place in self.line.waiting), default=None)

    @property
    def missed(self) -> tuple[Token, ...]:
        """Who did not come when called, and may come after all."""
        return tuple(token for token in self.finished if token.status == TokenStatus.NO_SHOW)


def doctors_today(user: User, location: Location, *, now: datetime | None = None) -> QuerySet[Doctor]:
    """The doctors whose queues somebody works at a place, each with `is_in`: whether they see patients there today."""
    doctors = rules.doctors_on_desk(user, location).select_related("specialty")
    return _with_whether_in(doctors, location, now or timezone.now()).order_by("name", "pk")


def _with_whether_in(doctors: QuerySet[Doctor], location: Location, now: datetime) -> QuerySet[Doctor]:
    start, end = day_bounds(local_date(now, location.zone), location.zone)
    slots = Slot.objects.filter(doctor=OuterRef("pk"), location=location, starts_at__gte=start, starts_at__lt=end)
    queues = queues_of_today(location, now).filter(doctor=OuterRef("pk"))
    return doctors.annotate(is_in=Exists(slots) | Exists(queues))


def queue_on_desk(location: Location, doctor: Doctor, now: datetime) -> Queue | None:
    """The queue of a doctor that is worked now, if anybody opened it: that of last night until nobody is left in it, as
    whoever came before midnight was first; then today's."""
    return _on_desk(location, [doctor], now).get(doctor.pk)


def _on_desk(location: Location, doctors: Sequence[Doctor], now: datetime) -> dict[int, Queue]:
    """The same of several, by doctor; one query."""
    found: dict[int, Queue] = {}
    for queue in queues_of_today(location, now).filter(doctor__in=doctors):
        found.setdefault(queue.doctor_id, queue)
    return found


def columns_of(location: Location, doctors: Sequence[Doctor], *, now: datetime | None = None) -> list[Column]:
    """The queues of these doctors today; the same number of queries for one patient and a hundred."""
    now = now or timezone.now()
    found = _on_desk(location, doctors, now)
    policy = policies_of([location.pk])[location.pk]
    day = local_date(now, location.zone)
    lines = {line.queue.doctor_id: line for line in lines_of(found.values(), now=now)} if found else {}
    undos = last_steps(found.values(), now)
    finished = _finished(found.values(), now)
    expected = _expected_by_doctor(location, day)
    return [
        Column(
            doctor=doctor,
            line=lines.get(doctor.pk) or _unopened(doctor, location, day, policy, now),
            undo=undos.get(doctor.pk),
            finished=tuple(finished[doctor.pk][:MOST_FINISHED]),
            expected=expected[doctor.pk],
        )
        for doctor in doctors
    ]


def _unopened(doctor: Doctor, location: Location, day: date, policy: QueuePolicy, now: datetime) -> Line:
    queue = Queue(doctor=doctor, location=location, day=day)
    return Line(queue=queue, policy=policy, now=now, called=(), running=(), waiting=())


def last_steps(queues: Iterable[Queue], now: datetime) -> dict[int, TokenStep]:
    """By doctor, the last step in each queue that can be taken back, if there is one."""
    steps = TokenStep.objects.filter(queue=OuterRef("pk"), undone_at=None, at__gte=now - UNDO_WITHIN)
    # Of a transfer, the step that is undone is the first doctor's.
    steps = steps.exclude(Q(what=Step.JOINED) & Q(token__predecessor__isnull=False))
    # Whoever left by their own hand, or gave a seat away, is brought back by name (`_left`), not by a key in a hurry.
    steps = steps.filter(~Q(what=Step.LEFT) | Q(by__is_staff=True, token__appointment__slot__isnull=True))
    # What came before such a step cannot be taken back either.
    steps = steps.exclude(
        Exists(TokenStep.objects.filter(token=OuterRef("token"), undone_at=None, pk__gt=OuterRef("pk")))
    )
    newest = Queue.objects.filter(pk__in=[queue.pk for queue in queues]).annotate(
        newest=Subquery(steps.order_by("-pk").values("pk")[:1])
    )
    found = TokenStep.objects.filter(pk__in=newest.values("newest")).select_related("token", "queue")
    return {step.queue.doctor_id: step for step in found}


def _finished(queues: Iterable[Queue], now: datetime) -> dict[int, list[Token]]:
    """Each with `left_by`: the step by which they left, while it can be taken back."""
    over = Token.objects.filter(~joined_by_mistake(), queue__in=list(queues)).exclude(status__in=sorted(LIVE))
    over = over.annotate(left_by=Subquery(_left(now).values("pk")[:1]))
    by_doctor: dict[int, list[Token]] = defaultdict(list)
    for token in over.select_related("patient", "queue", "successor").order_by("-ended_at", "-pk"):
        by_doctor[token.queue.doctor_id].append(token)
    return by_doctor


def _left(now: datetime) -> QuerySet[TokenStep]:
    """The step by which somebody left a short while ago; none comes after it."""
    return TokenStep.objects.filter(
        token=OuterRef("pk"), undone_at=None, what=Step.LEFT, at__gte=now - UNDO_WITHIN
    ).order_by("-pk")


def _expected_by_doctor(location: Location, day: date) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for doctor_id in _booked(location, day).values_list("doctor_id", flat=True):
        counts[doctor_id] += 1
    return counts


def _booked(location: Location, day: date) -> QuerySet[Appointment]:
    """Visits of a day whose patients have not arrived."""
    start, end = day_bounds(day, location.zone)
    return Appointment.objects.filter(
        location=location, status=AppointmentStatus.CONFIRMED, starts_at__gte=start, starts_at__lt=end
    )


def expected_at(location: Location, user: User, *, term: str = "", now: datetime | None = None) -> list[Appointment]:
    """Today's visits that have not arrived, the next ones first; of many, as many as a person reads."""
    day = local_date(now or timezone.now(), location.zone)
    visible = appointments_visible_to(user).values("pk")
    visits = _booked(location, day).filter(pk__in=visible).select_related("patient", "doctor", "location", "slot")
    if term:
        visits = visits.filter(visits_like(term))
    return list(visits.order_by("starts_at", "pk")[:MOST_EXPECTED])


def patients_found(user: User, term: str) -> list[Patient]:
    """Patients on record whom `term` names, of those somebody may see."""
    return list(patients_visible_to(user).filter(patients_like(term)).order_by("last_name", "first_name")[:MOST_FOUND])


def open_emergencies(user: User, location: Location) -> QuerySet[EmergencyRequest]:
    """What nobody has seen to yet at a place, the newest first."""
    here = rules.emergencies_visible_to(user).filter(location=location, acknowledged_at=None)
    return here.select_related("token").order_by("-raised_at", "-pk")


def others_at(location: Location, doctor: Doctor) -> QuerySet[Doctor]:
    """To whom a patient of this doctor can be transferred, with `is_in` as above."""
    others = Doctor.objects.filter(locations=location, is_active=True).exclude(pk=doctor.pk)
    return _with_whether_in(others, location, timezone.now())

"""What a kiosk may know: who has a visit here today, and which doctors take somebody without an appointment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Q, QuerySet

from queueing.estimation import Wait
from queueing.models import Queue, QueuePolicy, Token
from queueing.selectors.lines import Line, lines_of
from queueing.selectors.queues import policy_of, queues_of_today, token_by_secret
from queueing.selectors.waits import waits_for
from queueing.states import DoctorStatus, TokenStatus
from scheduling.clock import day_bounds, local_date
from scheduling.models import Appointment, Doctor, Location, Slot, Specialty
from scheduling.selectors.appointments import by_secret, of_number, with_everything
from scheduling.selectors.self_service import link_has_expired
from scheduling.states import AppointmentStatus, AppointmentType

EXPECTED = (AppointmentStatus.CONFIRMED, AppointmentStatus.CHECKED_IN)
"""Who is awaited, or here: whoever checks in twice gets the same ticket."""

_REFERENCE = re.compile(r"(?:APT)?(\d{4})(\d{1,12})", re.IGNORECASE)
_LINK = re.compile(r"/(a|t)/([\w-]{16,64})(?:/|$)", re.ASCII)


def kiosk_location(slug: str) -> Location | None:
    """The place where a kiosk stands, if patients are seen there."""
    return Location.objects.filter(slug=slug, is_active=True).first()


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says to be found by: a scanned link, else a reference or a phone (E.164), and a birthday."""

    link: str = ""
    reference: str = ""
    phone: str = ""
    date_of_birth: date | None = None


def reference_in(typed: str) -> str:
    """A reference in the one spelling of `APT-2026-123`, whatever is between its parts; empty for what is none."""
    found = _REFERENCE.fullmatch(re.sub(r"[\W_]", "", typed))
    return f"APT-{int(found[1])}-{int(found[2])}" if found else ""


def expected_visits(claim: Claim, location: Location, *, now: datetime) -> list[Appointment]:
    """The visits of today, here, of whom the claim describes; the earliest first.

    What does not fit costs the same queries whichever part of it is wrong.
    """
    if claim.link:
        return _behind_link(claim.link, location, now)
    return list(_today(location, now).filter(_described(claim)).order_by("starts_at", "pk"))


def _described(claim: Claim) -> Q:
    born = Q(patient__date_of_birth=claim.date_of_birth)
    if claim.reference:
        return born & of_number(claim.reference)
    return born & Q(patient__phone=claim.phone) & ~Q(patient__phone="")


def _today(location: Location, now: datetime) -> QuerySet[Appointment]:
    """Visits of the day; and, around midnight, those of the other day that can be checked in already, or still."""
    policy = policy_of(location.pk)
    first, last = day_bounds(local_date(now, location.zone), location.zone)
    first = min(first, now - timedelta(minutes=policy.latest_minutes))
    last = max(last, now + timedelta(minutes=policy.early_minutes))
    booked = Q(starts_at__gte=first, starts_at__lt=last)
    came_without = Q(starts_at__isnull=True, created_at__gte=first, created_at__lt=last)
    return with_everything().filter(booked | came_without, location=location, status__in=EXPECTED)


def _behind_link(scanned: str, location: Location, now: datetime) -> list[Appointment]:
    """The visit that a scanned address leads to; one that was moved leads to the one it became."""
    found = _LINK.search(_path_of(scanned))
    if found is None:
        return []
    visit = by_secret(found[2]) if found[1] == "a" else _of_token(found[2])
    while visit is not None and visit.successor_id is not None:
        visit = with_everything().get(pk=visit.successor_id)
    if visit is None or link_has_expired(visit):
        return []
    return list(_today(location, now).filter(pk=visit.pk))


def _path_of(scanned: str) -> str:
    """The path of a whole address, or of one without the rest; empty for what only looks like an address."""
    try:
        return urlsplit(scanned).path if "://" in scanned else scanned
    except ValueError:
        return ""


def _of_token(secret: str) -> Appointment | None:
    token = token_by_secret(secret)
    return None if token is None else with_everything().get(pk=token.appointment_id)


@dataclass(frozen=True, slots=True)
class DoctorOfToday:
    """Somebody whom a walk-in can see: how their day goes, and what whoever joins now is told to wait."""

    doctor: Doctor
    status: DoctorStatus
    waiting: int
    going_in: int
    wait: Wait

    @property
    def soonest_first(self) -> tuple[float, int, str]:
        """By whom somebody new is probably seen first."""
        return self.wait.middle, self.waiting + self.going_in, self.doctor.name


def doctors_of_today(location: Location, *, now: datetime) -> list[DoctorOfToday]:
    """Who sees patients here now or later today, by name; a fixed number of queries."""
    lines = {line.queue.doctor_id: line for line in lines_of(_queues_open(location, now), now=now)}
    policy = policy_of(location.pk)
    for doctor in _doctors_working(location, now):
        lines.setdefault(doctor.pk, _empty_line(doctor, location, policy, now))
    waits = _waits_of_newcomers(list(lines.values()), now)
    found = [
        DoctorOfToday(
            doctor=line.queue.doctor,
            status=DoctorStatus(line.queue.status),
            waiting=len(line.waiting),
            going_in=len(line.called) + len(line.running),
            wait=waits[line.queue.pk],
        )
        for line in lines.values()
        if line.queue.doctor.is_active
    ]
    return sorted(found, key=lambda one: one.doctor.name)


def specialties_of(doctors: Iterable[DoctorOfToday]) -> list[tuple[Specialty, int]]:
    """What these doctors are, by name, and how many there are of each."""
    counts = Counter(found.doctor.specialty for found in doctors)
    return sorted(counts.items(), key=lambda counted: counted[0].name)


def _queues_open(location: Location, now: datetime) -> QuerySet[Queue]:
    queues = queues_of_today(location, now).exclude(status=DoctorStatus.FINISHED)
    return queues.filter(doctor__locations=location)


def _doctors_working(location: Location, now: datetime) -> QuerySet[Doctor]:
    """Those with slots to come for whom nobody has come yet."""
    today = local_date(now, location.zone)
    with_queue = Queue.objects.filter(location=location, day=today)
    _first, midnight = day_bounds(today, location.zone)
    working = Doctor.objects.filter(
        locations=location,
        is_active=True,
        pk__in=Slot.objects.filter(location=location, is_open=True, ends_at__gt=now, starts_at__lt=midnight).values(
            "doctor"
        ),
    )
    return working.exclude(pk__in=with_queue.values("doctor")).select_related("specialty")


def _empty_line(doctor: Doctor, location: Location, policy: QueuePolicy, now: datetime) -> Line:
    """How the queue stands that somebody would open by joining; its key is nobody's."""
    queue = Queue(pk=-doctor.pk, doctor=doctor, location=location, day=local_date(now, location.zone))
    return Line(queue=queue, policy=policy, now=now, called=(), running=(), waiting=())


def _waits_of_newcomers(lines: Sequence[Line], now: datetime) -> dict[int, Wait]:
    """What the last of each line would be told, were it one longer."""
    newcomer = Token(status=TokenStatus.WAITING, appointment=Appointment(type=AppointmentType.KIOSK))
    newcomer.was_here = False  # type: ignore[attr-defined]  # as `lines_of` marks whom it reads
    waiting = {line.queue.pk: [*(place.token for place in line.waiting), newcomer] for line in lines}
    here = {line.queue.pk: [*line.called, *line.running, *waiting[line.queue.pk]] for line in lines}
    policies = {line.queue.location_id: line.policy for line in lines}
    found = waits_for([line.queue for line in lines], waiting, here, policies, now)
    return {pk: waits[-1] for pk, waits in found.items()}

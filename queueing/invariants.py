"""Recounting what must always be true of the queues (invariants 5 and 7 of the domain)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.db.models import Count, Exists, F, Max, OuterRef, Q

from accounts.models import AuditEntry
from queueing.models import Queue, Token
from queueing.services.undoing import VISIT_OF
from queueing.states import LIVE, TOKEN_TRANSITIONS, TokenStatus
from scheduling.invariants import Drift
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus

HERE = frozenset({AppointmentStatus.CHECKED_IN, AppointmentStatus.IN_PROGRESS})
"""States of a visit whose patient is here."""


def check() -> Iterator[Drift]:
    """Everything that drifted; nothing, if all is well. Reads only."""
    yield from _misnumbered_queues()
    yield from _tokens_of_another_place()
    yield from _patients_in_two_queues()
    yield from _doctors_with_too_many()
    yield from _tokens_at_odds_with_their_times()
    yield from _tokens_at_odds_with_their_visits()
    yield from _visits_without_a_place()
    yield from _changes_without_exactly_one_audit_entry()


def _misnumbered_queues() -> Iterator[Drift]:
    """Numbers have neither gaps nor doubles: as many tokens as the highest number, and the queue counted that far."""
    queues = Queue.objects.annotate(tokens_found=Count("tokens"), highest=Max("tokens__number", default=0))
    odd = queues.exclude(last_number=F("tokens_found"), highest=F("tokens_found"))
    for queue in odd.iterator():
        yield Drift(
            "queue_misnumbered",
            f"queue {queue.pk}",
            f"{queue.tokens_found} tokens, the highest number {queue.highest}, {queue.last_number} given out",
        )


def _tokens_of_another_place() -> Iterator[Drift]:
    """A token repeats the day and the location of its queue; one that was transferred is over."""
    odd = Token.objects.exclude(day=F("queue__day"), location=F("queue__location"))
    for token in odd.iterator():
        yield Drift("token_elsewhere", f"token {token.pk}", "is of another day or location than its queue")
    for token in Token.objects.filter(successor__isnull=False).exclude(status=TokenStatus.CANCELLED).iterator():
        yield Drift("token_twice", f"token {token.pk}", f"was transferred, and is {token.status} all the same")


def _patients_in_two_queues() -> Iterator[Drift]:
    """Somebody is in one queue of a place at a time."""
    live = Token.objects.filter(status__in=sorted(LIVE)).order_by()
    places = live.values("patient", "location", "day").annotate(places=Count("pk")).filter(places__gt=1)
    for place in places.iterator():
        yield Drift(
            "patient_in_two_queues",
            f"patient {place['patient']}",
            f"has {place['places']} places at location {place['location']} on {place['day']}",
        )


def _doctors_with_too_many() -> Iterator[Drift]:
    """One consultation per doctor at a time, unless one of the doctor's queues says otherwise."""
    running = Token.objects.filter(status=TokenStatus.IN_CONSULTATION).order_by()
    by_doctor = running.values("queue__doctor", "day").annotate(
        running=Count("pk"), allowed=Max("queue__consultations_at_once")
    )
    for busy in by_doctor.filter(running__gt=F("allowed")).iterator():
        yield Drift(
            "doctor_overrun",
            f"doctor {busy['queue__doctor']}",
            f"sees {busy['running']} patients at once on {busy['day']}, {busy['allowed']} allowed",
        )


def _tokens_at_odds_with_their_times() -> Iterator[Drift]:
    """Times are in order, and say what the state says."""
    backwards = (
        Q(called_at__lt=F("checked_in_at")) | Q(started_at__lt=F("called_at")) | Q(ended_at__lt=F("checked_in_at"))
    ) | Q(ended_at__lt=F("started_at"))
    for token in Token.objects.filter(backwards).iterator():
        yield Drift("token_times_backwards", f"token {token.pk}", "has times that are not in order")
    waiting, seen = Q(status=TokenStatus.WAITING), Q(status__in=[TokenStatus.IN_CONSULTATION, TokenStatus.COMPLETED])
    odd = (
        (waiting & Q(called_at__isnull=False))
        | (Q(status=TokenStatus.CALLED) & (Q(called_at=None) | Q(started_at__isnull=False)))
        | (seen & Q(started_at=None))
        | (Q(status__in=sorted(LIVE)) & Q(ended_at__isnull=False))
        | (~Q(status__in=sorted(LIVE)) & Q(ended_at=None))
    )
    for token in Token.objects.filter(odd).iterator():
        yield Drift("token_times_at_odds", f"token {token.pk}", f"is {token.status}, and its times say otherwise")


def _tokens_at_odds_with_their_visits() -> Iterator[Drift]:
    """While somebody has a place, was seen or did not come, the visit says the same."""
    for status, visit_status in VISIT_OF.items():
        if status == TokenStatus.CANCELLED:  # transferred, or taken back: the visit goes on
            continue
        odd = Token.objects.filter(status=status).exclude(appointment__status=visit_status)
        for token in odd.select_related("appointment").iterator():
            yield Drift(
                "token_at_odds_with_visit",
                f"token {token.pk}",
                f"is {token.status}, its visit {token.appointment.number} is {token.appointment.status}",
            )


def _visits_without_a_place() -> Iterator[Drift]:
    """Whoever was given a place and is still here, has one."""
    tokens = Token.objects.filter(appointment=OuterRef("pk"))
    lost = Appointment.objects.filter(
        Exists(tokens), ~Exists(tokens.filter(status__in=sorted(LIVE))), status__in=sorted(HERE)
    )
    for visit in lost.iterator():
        yield Drift("visit_without_place", visit.number, f"is {visit.status}, and has no place in a queue any more")


def _changes_without_exactly_one_audit_entry() -> Iterator[Drift]:
    """Invariant 7: the trail of each token leads from its making, step by allowed step, to its state."""
    states = dict(Token.objects.order_by().values_list("pk", "status").iterator())
    trail = AuditEntry.objects.filter(object_type=Token._meta.db_table, changes__has_key="status")
    rows = trail.order_by("object_id", "id").values_list("object_id", "changes__status", "verb").iterator()
    for object_id, entries in groupby(rows, key=lambda row: row[0]):
        status = states.pop(int(object_id), None)
        fault = _fault_of_trail([(*change, verb) for _object_id, change, verb in entries], status)
        if fault:
            yield Drift("trail_at_odds", f"token {object_id}", fault)
    for pk in states:
        yield Drift("trail_missing", f"token {pk}", "has no audit entry at all")


def _fault_of_trail(steps: list[tuple[str | None, str | None, str]], status: str | None) -> str:
    """What is wrong with a trail of (before, after, verb) that should end in `status` (None: the row is gone)."""
    now: str | None = None
    for before, after, verb in steps:
        if before != now:
            return f"a step from {before} follows {now}"
        if before is not None and after is not None and not _is_allowed(before, after, verb):
            return f"a step from {before} to {after} is not allowed"
        now = after
    return "" if now == status else f"ends in {now}, the row says {status}"


def _is_allowed(before: str, after: str, verb: str) -> bool:
    """A step of the table; or one of them backwards, where somebody took it back."""
    if TokenStatus(after) in TOKEN_TRANSITIONS[TokenStatus(before)]:
        return True
    return verb == "token.undo" and TokenStatus(before) in TOKEN_TRANSITIONS[TokenStatus(after)]

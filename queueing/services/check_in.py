"""Coming to the clinic: with an appointment, or without."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from queueing import rules
from queueing.errors import CheckInRefused, CheckInTooEarly, CheckInTooLate, WalkInsRefused
from queueing.models import QueuePolicy, Token
from queueing.selectors.day_end import day_is_over_at
from queueing.selectors.queues import live_token_of, policy_of
from queueing.services.issuing import issue_token
from queueing.services.operations import token_once
from queueing.services.queues import open_queue
from queueing.states import Arrival
from scheduling.clock import local_date
from scheduling.clock_words import spoken_clock
from scheduling.models import Appointment, Patient
from scheduling.services.booking import VisitDetails, register_walk_in
from scheduling.services.lifecycle import check_in_appointment
from scheduling.services.locking import lock_visit
from scheduling.services.patients import PatientDetails
from scheduling.states import AppointmentStatus


def check_in(*, appointment_id: int, actor: Actor, operation: str = "") -> Token:
    """The patient is here: a place in the doctor's queue of the day. Whoever has one keeps it.

    Patients check in within the location's limits, its own desk on the whole day. Raises CheckInTooEarly,
    CheckInTooLate, CheckInRefused, AlreadyWaiting, QueueClosed.
    """

    def make() -> Token:
        now = timezone.now()
        with recorded(actor, "token.check_in"):
            visit = lock_visit(appointment_id=appointment_id)
            token = live_token_of(visit.pk)
            if token is not None:
                return token
            policy = policy_of(visit.location_id)
            require_may_check_in(visit, policy, actor=actor, now=now)
            token = join_queue(visit, policy=policy, actor=actor, now=now)
            check_in_appointment(appointment_id=visit.pk, actor=actor)
            return token

    return token_once(operation=operation, scope="check-in", asked=str(appointment_id), make=make)


def join_queue(visit: Appointment, *, policy: QueuePolicy, actor: Actor, now: datetime) -> Token:
    """A place in the queue for a visit that is, or is about to be, checked in. Call it with the visit's lock."""
    queue = open_queue(doctor=visit.doctor, location=visit.location, day=day_of(visit, now))
    arrival = arrival_of(visit, policy, now=now)
    return issue_token(queue=queue, appointment=visit, arrival=arrival, now=now, actor=actor)


def day_of(visit: Appointment, now: datetime) -> date:
    """The day in whose queue a visit belongs that is checked in now: its own, or today for whoever comes before it."""
    return min(local_date(moment, visit.location.zone) for moment in (visit.starts_at or now, now))


def is_past(visit: Appointment, now: datetime) -> bool:
    """Whether the day of a visit is over, and its queue with it."""
    return now >= day_is_over_at(day_of(visit, now), visit.location)


def arrival_of(visit: Appointment, policy: QueuePolicy, *, now: datetime) -> Arrival:
    """How somebody comes who comes now."""
    if visit.starts_at is None:
        return Arrival.WALK_IN
    if now < visit.starts_at - timedelta(minutes=policy.early_minutes):
        return Arrival.EARLY
    return Arrival.ON_TIME if now <= visit.starts_at + timedelta(minutes=policy.late_minutes) else Arrival.LATE


def require_may_check_in(visit: Appointment, policy: QueuePolicy, *, actor: Actor, now: datetime) -> None:
    """Refuse a visit that is not for now. Raises CheckInTooEarly, CheckInTooLate, CheckInRefused."""
    if visit.status not in (AppointmentStatus.CONFIRMED, AppointmentStatus.CHECKED_IN):
        raise CheckInRefused
    if visit.starts_at is None:
        return
    if is_past(visit, now):
        raise CheckInTooLate(_("This appointment was on another day. Please ask at the desk for a new one."))
    opens = visit.starts_at - timedelta(minutes=policy.early_minutes)
    if local_date(visit.starts_at, visit.location.zone) != local_date(now, visit.location.zone) and now < opens:
        raise CheckInTooEarly(_("This appointment is on another day. Please check in on that day."))
    closes = visit.starts_at + timedelta(minutes=policy.latest_minutes)
    if opens <= now <= closes or _is_of_the_desk(actor, visit.location_id):
        return
    if now < opens:
        at = spoken_clock(opens.astimezone(visit.location.zone).time())
        raise CheckInTooEarly(_("It is too early to check in. You can from %(time)s on.") % {"time": at})
    raise CheckInTooLate


def _is_of_the_desk(actor: Actor, location_id: int) -> bool:
    """Whether it is the desk of this place that acts, or a job of the clinic; staff elsewhere come as patients do."""
    if actor.user is None or not actor.is_staff:
        return actor.is_staff
    return rules.registers_walk_ins_at(actor.user).filter(pk=location_id).exists()


def register_and_join(
    *,
    doctor_id: int,
    location_id: int,
    patient: Patient | PatientDetails,
    visit: VisitDetails,
    actor: Actor,
    operation: str,
) -> Token:
    """Somebody without an appointment: a visit for them, and a place in the doctor's queue.

    `operation` is the name that the screen or device gave this; the same again finds the same place. Raises
    WalkInsRefused, AlreadyWaiting, QueueClosed, InvalidPatient, InvalidVisit, SlotClosed.
    """

    def make() -> Token:
        now = timezone.now()
        policy = policy_of(location_id)
        if not (actor.is_staff or policy.takes_walk_ins):
            raise WalkInsRefused
        with recorded(actor, "token.walk_in"):
            made = register_walk_in(
                doctor_id=doctor_id, location_id=location_id, patient=patient, visit=visit, actor=actor
            )
            appointment = lock_visit(appointment_id=made.pk)
            token = join_queue(appointment, policy=policy, actor=actor, now=now)
            check_in_appointment(appointment_id=appointment.pk, actor=actor)
            return token

    asked = f"{doctor_id} {location_id} {patient.pk if isinstance(patient, Patient) else patient} {visit}"
    return token_once(operation=operation, scope="walk-in", asked=asked, make=make)

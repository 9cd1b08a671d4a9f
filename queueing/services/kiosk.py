"""What a kiosk asks for, each an operation with a name that the device made: asked again, it has been done once.

A kiosk is open to whoever stands before it, and its page to the whole internet. What it must not become is a way to ask
who is ill. So whatever does not fit together is refused in one sentence, at one cost, and misses are counted:

- by reference or phone, `MISSES_PER_NAME` a day: a birthday is one of some 30,000, so a day's guesses at somebody's
  succeed once in thousands of days, whoever shares the guessing. Their code still checks them in, and so does the desk.
- by network address, `MISSES_PER_ADDRESS` in a quarter of an hour, against trying one birthday on all references.

Only misses count. A lobby is one address with a hundred honest people, most of whom find their visit at once; what they
try is given back to it. At one mistype in ten, an address may check in three hundred people in that quarter of an hour.
Scanned links are not counted: nobody guesses 190 bits, and so the code on paper works at a kiosk that was played with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import TooManyAttempts
from accounts.phone_numbers import read_phone
from accounts.services.idempotency import AskedBefore, once
from accounts.services.throttling import count_attempt, give_back_attempt
from queueing.errors import (
    AlreadyWaiting,
    InvalidOperation,
    NoPlaceFromHere,
    OperationReused,
    QueueClosed,
    VisitNotFound,
    WalkInsRefused,
)
from queueing.models import EmergencyRequest, Token
from queueing.selectors.kiosk import (
    Claim,
    DoctorOfToday,
    doctors_of_today,
    expected_visits,
    reference_in,
    specialties_of,
)
from queueing.selectors.queues import policy_of
from queueing.services.check_in import check_in, register_and_join
from queueing.services.emergencies import raise_emergency
from queueing.services.operations import token_once
from queueing.states import EmergencySource
from scheduling.errors import PatientBusy
from scheduling.models import Appointment, Location
from scheduling.services.booking import VisitDetails
from scheduling.services.patients import PatientDetails
from scheduling.states import AppointmentType, Source, Urgency

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
MISSES_PER_ADDRESS = 30
MISSES_PER_NAME = 8
WALK_INS_PER_ADDRESS = 60
CALLS_PER_ADDRESS = 12
"""The last two in a quarter of an hour: more than people stand before a screen, less than a program needs to flood."""

URGENCIES = (Urgency.LOW, Urgency.MEDIUM)
"""What somebody may say of themselves where nobody looks on: more would be a way past all others."""

LONGEST_REASON = 120

OF_SPECIALTY = "specialty."
"""With the key of a specialty: the wish for whoever of it is free first."""


class Kind(StrEnum):
    """What can be asked for."""

    CHECK_IN = "check_in"
    WALK_IN = "walk_in"
    HELP = "help"


class Matter(StrEnum):
    """Why somebody calls for help: words of ours, so that a public screen writes none on those of the staff."""

    UNWELL = "unwell"
    SCREEN = "screen"
    ASSISTANCE = "assistance"
    OTHER = "other"


def words_for(matter: Matter) -> str:
    """What staff read, in the clinic's language, whichever was chosen at the kiosk."""
    with override(settings.LANGUAGE_CODE):
        return {
            Matter.UNWELL: _("Kiosk: somebody feels very unwell"),
            Matter.SCREEN: _("Kiosk: somebody needs help with the screen"),
            Matter.ASSISTANCE: _("Kiosk: somebody needs help to move, see or hear"),
            Matter.OTHER: _("Kiosk: somebody asks for a member of staff"),
        }[matter]


def apply_operation(
    *, kind: str, data: Mapping[str, str], operation: str, location: Location, actor: Actor
) -> Token | EmergencyRequest:
    """Do what a device asks for, once: `operation`, a UUID, is its name for this, and finds what came of it.

    Everything it takes is in `data`, so that a device may keep it and send it later. Raises InvalidOperation,
    OperationReused, TooManyAttempts, and what the three below raise.
    """
    name = read_operation(operation)
    if kind == Kind.CHECK_IN:
        return check_in_found(data=data, operation=name, location=location, actor=actor)
    if kind == Kind.WALK_IN:
        return join_without_appointment(data=data, operation=name, location=location, actor=actor)
    if kind == Kind.HELP:
        return call_for_help(data=data, operation=name, location=location, actor=actor)
    raise InvalidOperation(field="kind")


def read_operation(operation: str) -> str:
    """A name in one spelling. Raises InvalidOperation."""
    try:
        return str(UUID(operation))
    except ValueError:
        raise InvalidOperation(field="operation") from None


# --- With an appointment ------------------------------------------------------------------------------------------


def find_visits(*, data: Mapping[str, str], location: Location, actor: Actor) -> list[Appointment]:
    """The visits of today, here, of whom `data` describes: `link`, or `reference` or `phone` with `date_of_birth`.

    Raises VisitNotFound whatever is wrong, TooManyAttempts, InvalidOperation.
    """
    claim = read_claim(data)
    with only_misses_count(claim, actor):
        return _expected(claim, location)


def check_in_found(*, data: Mapping[str, str], operation: str, location: Location, actor: Actor) -> Token:
    """Check in whom `data` describes; of several visits the one whose key is `visit`. Who is here keeps their place.

    Raises VisitNotFound, TooManyAttempts, InvalidOperation, CheckInTooEarly, CheckInTooLate, AlreadyWaiting,
    QueueClosed.
    """
    claim = read_claim(data)
    chosen = data.get("visit", "")

    def make() -> Token:
        visits = _expected(claim, location)
        visit = visits[0] if len(visits) == 1 else next((one for one in visits if str(one.pk) == chosen), None)
        if visit is None or chosen not in ("", str(visit.pk)):
            raise VisitNotFound
        return check_in(appointment_id=visit.pk, actor=actor)

    with only_misses_count(claim, actor):
        return token_once(
            operation=operation, scope=f"kiosk.{location.pk}.check-in", asked=f"{claim} {chosen}", make=make
        )


def read_claim(data: Mapping[str, str]) -> Claim:
    """What somebody says to be found by. Raises InvalidOperation for what says nothing at all."""
    if link := data.get("link", "").strip():
        return Claim(link=link)
    claim = Claim(date_of_birth=_read_date(data.get("date_of_birth", "")))
    if typed := data.get("reference", "").strip():
        return replace(claim, reference=reference_in(typed) or typed)
    if phone := read_phone(data.get("phone", "")):
        return replace(claim, phone=phone)
    raise InvalidOperation


def _read_date(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InvalidOperation(field="date_of_birth") from None


def _expected(claim: Claim, location: Location) -> list[Appointment]:
    visits = expected_visits(claim, location, now=timezone.now())
    if not visits:
        raise VisitNotFound
    return visits


@contextmanager
def only_misses_count(claim: Claim, actor: Actor) -> Iterator[None]:
    """Count a try before it is made, and give it back unless it was a miss. Raises TooManyAttempts.

    Outside of any transaction: one that a refusal rolls back would take the count with it.
    """
    if claim.link:
        yield
        return
    counters = (
        (f"kiosk-address:{actor.address}", MISSES_PER_ADDRESS, QUARTER),
        (f"kiosk-name:{claim.reference or claim.phone}", MISSES_PER_NAME, DAY),
    )
    for subject, limit, window in counters:
        _count(subject, limit, window)
    try:
        yield
    except VisitNotFound:
        raise
    except BaseException:
        _give_back(counters)
        raise
    _give_back(counters)


def _give_back(counters: tuple[tuple[str, int, timedelta], ...]) -> None:
    for subject, _limit, window in counters:
        give_back_attempt(subject=subject, window=window)


def _count(subject: str, limit: int, window: timedelta) -> None:
    """One more try. The sentence sends people to the desk: waiting before a kiosk helps nobody."""
    try:
        count_attempt(subject=subject, limit=limit, window=window)
    except TooManyAttempts as error:
        raise TooManyAttempts(_("There were too many tries. Please ask at the desk."), wait=error.wait) from None


# --- Without an appointment ---------------------------------------------------------------------------------------


def join_without_appointment(*, data: Mapping[str, str], operation: str, location: Location, actor: Actor) -> Token:
    """Register whoever stands there and give them a place: with `doctor`, or whoever is free first.

    `doctor` is the key of one, `specialty.` and the key of a specialty, or empty where all are of one specialty.
    Whether somebody is known is not told. Raises WalkInsRefused, QueueClosed, NoPlaceFromHere, InvalidPatient,
    InvalidVisit, InvalidOperation, TooManyAttempts, SlotClosed.
    """
    patient, visit = read_patient(data), read_visit(data)
    _count(f"kiosk-walk-in:{actor.address}", WALK_INS_PER_ADDRESS, QUARTER)

    def make() -> Token:
        if not policy_of(location.pk).takes_walk_ins:
            raise WalkInsRefused
        return register_and_join(
            doctor_id=choose_doctor(data.get("doctor", ""), location),
            location_id=location.pk,
            patient=patient,
            visit=visit,
            actor=actor,
            operation="",
        )

    asked = f"{data.get('doctor', '')} {patient} {visit}"
    try:
        return token_once(operation=operation, scope=f"kiosk.{location.pk}.walk-in", asked=asked, make=make)
    except (AlreadyWaiting, PatientBusy):  # either says that somebody is here today
        raise NoPlaceFromHere from None


def choose_doctor(wish: str, location: Location) -> int:
    """The key of the doctor who was wished for, or of whoever is probably free first: of the specialty that was wished
    for, or of all where they are of one. Raises QueueClosed, InvalidOperation."""
    here = doctors_of_today(location, now=timezone.now())
    if not wish and len(specialties_of(here)) > 1:
        raise InvalidOperation(_("Choose a doctor, or what kind of doctor you need."), field="doctor")
    wanted = [found for found in here if meets(wish, found)]
    if not wanted:
        raise QueueClosed(_("No doctor here takes anybody without an appointment now. Please ask at the desk."))
    return min(wanted, key=lambda found: found.soonest_first).doctor.pk


def meets(wish: str, found: DoctorOfToday) -> bool:
    """Whether somebody may be sent to this doctor."""
    return wish in ("", str(found.doctor.pk), f"{OF_SPECIALTY}{found.doctor.specialty_id}")


def read_patient(data: Mapping[str, str]) -> PatientDetails:
    """Who it is. Raises InvalidOperation; what makes no sense of a name or a number, the service refuses."""
    return PatientDetails(
        first_name=data.get("first_name", ""),
        last_name=data.get("last_name", ""),
        date_of_birth=_read_date(data.get("date_of_birth", "")),
        phone=data.get("phone", ""),
        email=data.get("email", ""),
        language=get_language() or "en",
    )


def read_visit(data: Mapping[str, str]) -> VisitDetails:
    """What it is about. Raises InvalidOperation."""
    reason, urgency = data.get("reason", "").strip(), data.get("urgency", Urgency.LOW)
    if len(reason) > LONGEST_REASON:
        raise InvalidOperation(field="reason")
    if urgency not in URGENCIES:
        raise InvalidOperation(field="urgency")
    return VisitDetails(reason=reason, urgency=urgency, type=AppointmentType.KIOSK, source=Source.KIOSK)


# --- Help ---------------------------------------------------------------------------------------------------------


def call_for_help(*, data: Mapping[str, str], operation: str, location: Location, actor: Actor) -> EmergencyRequest:
    """Alert the staff of the place. While the same call is open, calling again leaves it at one.

    Raises InvalidOperation, TooManyAttempts.
    """
    try:
        matter = Matter(data.get("matter", ""))
    except ValueError:
        raise InvalidOperation(field="matter") from None
    _count(f"kiosk-help:{actor.address}", CALLS_PER_ADDRESS, QUARTER)
    try:
        return once(
            scope=f"queueing.kiosk.{location.pk}.help",
            key=operation,
            body=matter,
            make=lambda: _raise_once(words_for(matter), location, actor),
            remember=lambda emergency: emergency.pk,
            refusal=OperationReused,
        )
    except AskedBefore as before:
        return EmergencyRequest.objects.select_related("location").get(pk=before.made)


def _raise_once(message: str, location: Location, actor: Actor) -> EmergencyRequest:
    with recorded(actor, "emergency.raise"):
        # Two who press at once wait for each other here, so that the desk hears of one call.
        Location.objects.select_for_update(no_key=True).filter(pk=location.pk).values_list("pk").first()
        calls = EmergencyRequest.objects.filter(
            location=location, source=EmergencySource.KIOSK, message=message, acknowledged_at=None
        )
        return calls.first() or raise_emergency(
            location=location, source=EmergencySource.KIOSK, actor=actor, message=message
        )

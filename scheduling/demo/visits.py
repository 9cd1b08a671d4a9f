"""Appointments of the last week, of today in full swing and of the days to come."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from django.db.models import F

from scheduling.demo import visit_details
from scheduling.models import Appointment, Doctor, Patient, Slot
from scheduling.states import ACTIVE, SEATED, UPCOMING, AppointmentStatus

CHILD_UNTIL = 16
UPCOMING_EACH = 3  # nobody has more visits to come than that
VISITS_EACH = 8
GIVE_UP_AFTER = 60  # slots in a row for which nobody had time: then everybody's calendar is full


def make_visits(
    *, doctors: Sequence[Doctor], patients: Sequence[Patient], chance: Random, now: datetime
) -> list[Appointment]:
    """Book a believable share of the slots of `doctors`, in every state an appointment can be in."""
    slots = _some_slots(doctors, most=len(patients) * VISITS_EACH * 4, chance=chance)
    book = _Book(patients=patients, chance=chance, now=now, busy_doctor=busiest(doctors))
    book.seat_family(patients[:3], sorted(slots, key=lambda slot: (slot.starts_at, slot.doctor_id)))
    book.fill(slots)
    book.walk_ins(doctors)
    return book.save()


def one_to_show(booked: Sequence[Appointment], *, patient: Patient, now: datetime) -> Appointment | None:
    """A coming appointment whose page is worth a look."""
    coming = [
        visit
        for visit in booked
        if visit.patient_id == patient.pk and visit.status == AppointmentStatus.CONFIRMED and _start(visit) > now
    ]
    return min(coming, key=_start, default=None)


def _some_slots(doctors: Sequence[Doctor], *, most: int, chance: Random) -> list[Slot]:
    """Untaken slots in the order of chance: all of them, or as many as the patients could ever fill."""
    free = Slot.objects.filter(doctor__in=doctors, taken=0)
    numbers = list(free.order_by("starts_at", "doctor_id").values_list("pk", flat=True))
    chance.shuffle(numbers)
    slots = Slot.objects.select_related("doctor__specialty", "location").in_bulk(numbers[:most])
    return [slots[number] for number in numbers[:most]]


def busiest(doctors: Sequence[Doctor]) -> Doctor:
    """The doctor with a full week ahead, to show what a full calendar offers."""
    return next((doctor for doctor in doctors if doctor.specialty.name == "Mental health"), doctors[-1])


def _start(visit: Appointment) -> datetime:
    """When a visit begins; a walk-in begins when it comes."""
    return visit.starts_at or visit.created_at


@dataclass(slots=True)
class _Book:
    """Gives slots to patients, so that nobody is in two places on one day."""

    patients: Sequence[Patient]
    chance: Random
    now: datetime
    busy_doctor: Doctor
    visits: list[Appointment] = field(default_factory=list)
    taken: Counter[int] = field(default_factory=Counter)
    days_of: dict[int, set[date]] = field(default_factory=lambda: defaultdict(set))
    coming_of: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    consulting: set[int] = field(default_factory=set)
    children: deque[Patient] = field(default_factory=deque)
    adults: deque[Patient] = field(default_factory=deque)

    def __post_init__(self) -> None:
        youngest_adult = self.now.date() - timedelta(days=CHILD_UNTIL * 365)
        for patient in self.patients[3:]:
            (self.children if patient.date_of_birth > youngest_adult else self.adults).append(patient)

    def seat_family(self, family: Sequence[Patient], slots: Sequence[Slot]) -> None:
        """The family behind the patient's sign-in has something to look at: a past and three coming visits."""
        wishes = [("General practice", -4), ("General practice", 3), ("Paediatrics", 2), ("Paediatrics", 6)]
        for patient, (specialty, days) in zip([*family[:1], *family], wishes, strict=False):
            earliest = self.now + timedelta(days=days)
            for slot in slots:
                if slot.doctor.specialty.name == specialty and slot.starts_at >= earliest:
                    status = AppointmentStatus.COMPLETED if days < 0 else AppointmentStatus.CONFIRMED
                    self._give(slot, patient, status)
                    break

    def fill(self, slots: Sequence[Slot]) -> None:
        """Walk through the slots and give away the share that is usual for their day."""
        for slot in slots:
            if self.refused >= GIVE_UP_AFTER:
                return
            for _seat in range(slot.capacity):
                if self.taken[slot.pk] < slot.capacity and self.chance.random() < self._usual_share(slot):
                    self._book(slot)

    def _usual_share(self, slot: Slot) -> float:
        """How full a day of this doctor usually is, seen from today."""
        ahead = (slot.starts_at.date() - self.now.date()).days
        if slot.doctor_id == self.busy_doctor.pk and 0 <= ahead <= 8:
            return 1.0
        if ahead < 0:
            return 0.35
        return 0.6 if ahead == 0 else max(0.08, 0.5 * 0.85**ahead)

    def _book(self, slot: Slot) -> None:
        status = self._status(slot)
        patient = self._somebody(slot, coming=status in UPCOMING)
        if patient is None:
            self.refused += 1
            return
        self.refused = 0
        self._give(slot, patient, status)

    def _somebody(self, slot: Slot, *, coming: bool) -> Patient | None:
        """The next person in turn who is free on that day."""
        queue = self.children if slot.doctor.specialty.name == "Paediatrics" else self.adults
        day = slot.starts_at.date()
        for _turn in range(len(queue)):
            patient = queue[0]
            queue.rotate(-1)
            if day not in self.days_of[patient.pk] and not (coming and self.coming_of[patient.pk] >= UPCOMING_EACH):
                return patient
        return None

    def _status(self, slot: Slot) -> AppointmentStatus:
        """What has become of a booking of this slot by now."""
        draw = self.chance.random()
        if slot.ends_at <= self.now:
            return visit_details.past_status(draw)
        if slot.starts_at <= self.now:
            return self._status_now(slot)
        if slot.starts_at <= self.now + timedelta(minutes=40):
            return AppointmentStatus.CHECKED_IN if draw < 0.5 else AppointmentStatus.CONFIRMED
        if slot.doctor_id == self.busy_doctor.pk:
            return AppointmentStatus.CONFIRMED
        return visit_details.coming_status(draw, needs_confirmation=slot.location.needs_confirmation)

    def _status_now(self, slot: Slot) -> AppointmentStatus:
        """One patient is with the doctor, the others wait."""
        if slot.doctor_id in self.consulting:
            return AppointmentStatus.CHECKED_IN
        self.consulting.add(slot.doctor_id)
        return AppointmentStatus.IN_PROGRESS

    def _give(self, slot: Slot, patient: Patient, status: AppointmentStatus) -> None:
        visit = visit_details.visit_for(slot=slot, patient=patient, status=status, chance=self.chance, now=self.now)
        self.visits.append(visit)
        self.days_of[patient.pk].add(slot.starts_at.date())
        self.taken[slot.pk] += status in SEATED
        self.coming_of[patient.pk] += status in UPCOMING

    def walk_ins(self, doctors: Sequence[Doctor]) -> None:
        """A few people who came without an appointment today."""
        today = self.now.date()
        at_home = [patient for patient in self.adults if today not in self.days_of[patient.pk]]
        for doctor, patient in zip(doctors, at_home[:4], strict=False):
            self.visits.append(visit_details.walk_in(doctor=doctor, patient=patient, chance=self.chance))

    def save(self) -> list[Appointment]:
        """Write the book: past visits first, because coming ones may follow them."""
        ordered = sorted(self.visits, key=lambda visit: (visit.starts_at or self.now, visit.doctor_id))
        past = [visit for visit in ordered if visit.status not in ACTIVE]
        coming = [visit for visit in ordered if visit.status in ACTIVE]
        moved = _pair_moved(past, coming)
        Appointment.objects.bulk_create(past, batch_size=500)
        visit_details.follow_up(past, coming)
        Appointment.objects.bulk_create(coming, batch_size=500)
        for visit, successor in moved:
            visit.successor = successor
        Appointment.objects.bulk_update([visit for visit, _successor in moved], ["successor"])
        self._take_seats()
        Appointment.objects.filter(pk__in=[visit.pk for visit in past], starts_at__lt=self.now).update(
            created_at=F("starts_at") - timedelta(days=3)
        )
        return past + coming

    def _take_seats(self) -> None:
        """Count the seats into the slots, a number of seats at a time."""
        by_seats: dict[int, list[int]] = defaultdict(list)
        for slot_id, seats in self.taken.items():
            by_seats[seats].append(slot_id)
        for seats, slot_ids in by_seats.items():
            if seats:
                Slot.objects.filter(pk__in=slot_ids).update(taken=seats)


def _pair_moved(past: Sequence[Appointment], coming: Sequence[Appointment]) -> list[tuple[Appointment, Appointment]]:
    """Find each moved visit a coming visit of the same patient to point at; without one it was cancelled."""
    successors: dict[int, Appointment] = {}
    for visit in coming:
        if visit.status == AppointmentStatus.CONFIRMED and visit.slot_id and visit.patient_id not in successors:
            successors[visit.patient_id] = visit
    moved = []
    for visit in past:
        if visit.status != AppointmentStatus.RESCHEDULED:
            continue
        successor = successors.pop(visit.patient_id, None)
        if successor is None:
            visit.status = AppointmentStatus.CANCELLED
            continue
        successor.calendar_uid, successor.calendar_sequence = visit.calendar_uid, 1
        moved.append((visit, successor))
    return moved

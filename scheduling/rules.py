"""Who may see and do what on the ground floor. Pages, API and admin ask these same functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.roles import STAFF_ROLES, Role
from scheduling.models import Appointment, Doctor, Location, Patient, StaffAssignment
from scheduling.selectors.people import belongs_to, visits_of
from scheduling.states import AppointmentStatus

Visitor = User | AnonymousUser


def sees_all_locations(user: Visitor) -> bool:
    """Managers and superusers see the whole clinic."""
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_superuser or (user.is_staff and user.groups.filter(name=Role.MANAGER).exists())


def locations_of(user: Visitor) -> QuerySet[Location]:
    """The locations whose business a member of staff may see; none for patients and visitors."""
    if not user.is_authenticated or not user.is_active or not user.is_staff:
        return Location.objects.none()
    if sees_all_locations(user):
        return Location.objects.all()
    own = Q(assignments__user=user) | Q(doctors__user=user)
    return Location.objects.filter(own).distinct()


def appointment_scope(user: Visitor) -> Q:
    """Which visits somebody may see: a patient's own and their family's; a doctor's own patients'; reception their
    locations'; a manager all. Written without joins, so that a list of a hundred thousand keeps to its indexes."""
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    if sees_all_locations(user):
        return Q()
    visible = Q(patient__in=Patient.objects.filter(user=user).values("pk"))
    if user.is_staff:
        if user.groups.filter(name=Role.RECEPTION).exists():
            visible |= Q(location__in=locations_of(user).values("pk"))
        visible |= Q(doctor__in=Doctor.objects.filter(user=user).values("pk"))
    return visible


def appointments_visible_to(user: Visitor) -> QuerySet[Appointment]:
    """The visits of `appointment_scope`."""
    return Appointment.objects.filter(appointment_scope(user))


def visits_open_to(user: Visitor) -> QuerySet[Appointment]:
    """What somebody finds when they ask for visits: staff those of `appointment_scope`, everybody else their own and
    their family's, those they booked for others among them."""
    if user.is_authenticated and not user.is_staff:
        return visits_of(user)
    return appointments_visible_to(user)


def patient_scope(user: Visitor) -> Q:
    """Which records somebody may see: patients one looks after; for doctors those they see or saw; for reception those
    of their locations or of none yet; for managers all."""
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    if sees_all_locations(user):
        return Q()
    visible = Q(user=user)
    if user.is_staff:
        visits = Appointment.objects.filter(patient=OuterRef("pk"))
        if user.groups.filter(name=Role.RECEPTION).exists():
            here = visits.filter(location__in=locations_of(user).values("pk"))
            visible |= Q(Exists(here)) | Q(~Exists(visits))
        visible |= Q(Exists(visits.filter(doctor__in=Doctor.objects.filter(user=user).values("pk"))))
    return visible


def patients_visible_to(user: Visitor) -> QuerySet[Patient]:
    """The records of `patient_scope`."""
    return Patient.objects.filter(patient_scope(user))


def doctors_visible_to(user: Visitor) -> QuerySet[Doctor]:
    """The doctors of the locations a member of staff works at."""
    if sees_all_locations(user):
        return Doctor.objects.all()
    if not user.is_authenticated:
        return Doctor.objects.none()
    return Doctor.objects.filter(Q(locations__in=locations_of(user)) | Q(user=user)).distinct()


def time_off_scope(user: Visitor) -> Q:
    """The leave and closures that concern a member of staff: at their locations, and of the doctors who work there."""
    if sees_all_locations(user):
        return Q()
    return Q(location__in=locations_of(user)) | Q(doctor__in=doctors_visible_to(user))


def time_off_kept_by(user: Visitor) -> Q:
    """Of `time_off_scope`, what whoever keeps calendars may change: not a doctor's leave at a place that is not theirs,
    whose slots and visits would go or come back with it."""
    if sees_all_locations(user):
        return Q()
    return Q(location__in=locations_of(user)) | Q(location=None, doctor__in=doctors_visible_to(user))


def waitlist_scope(user: Visitor) -> Q:
    """Whose waiting somebody may see: everybody that of the people they look after; reception that at its locations;
    doctors, of that, whoever waits for them or is their patient; managers all."""
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    if sees_all_locations(user):
        return Q()
    own = Q(patient__in=Patient.objects.filter(user=user).values("pk"))
    if not user.is_staff:
        return own
    doctors = doctors_visible_to(user)
    anywhere = Q(location=None) & (Q(doctor=None) | Q(doctor__in=doctors))
    here = Q(location__in=locations_of(user)) | anywhere
    if user.groups.filter(name=Role.RECEPTION).exists():
        return own | here
    return own | (here & (Q(doctor__user=user) | Q(patient__in=patients_visible_to(user))))


def works_the_desk(user: Visitor) -> bool:
    """Whether somebody books, confirms, moves and cancels for patients: reception and managers."""
    return has_role(user, Role.RECEPTION, Role.MANAGER)


STEPS_OF_EVERYBODY = frozenset({AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED})
"""What every member of staff may say of a visit they see; the rest is the desk's."""


def may_take_step(user: Visitor, to: AppointmentStatus) -> bool:
    """Whether a member of staff may bring visits that they see into the state `to`."""
    if to in STEPS_OF_EVERYBODY:
        return has_role(user, *STAFF_ROLES)
    return works_the_desk(user)


def has_role(user: Visitor, *roles: Role) -> bool:
    """Whether an active member of staff has one of the roles; superusers have all."""
    if not user.is_authenticated or not user.is_active or not user.is_staff:
        return False
    return user.is_superuser or user.groups.filter(name__in=roles).exists()


# --- Who may hear what, live ------------------------------------------------------------------------------------
#
# Somebody asks for a room by its name (`doctor:5`). What they hear there depends on who they are: reception of one
# location must not learn what the same doctor does at another. So each event is told in narrow rooms
# (`visits.5.2` is doctor 5 at location 2), and a name opens those of them that the person may hear.


@dataclass(frozen=True, slots=True)
class Hearing:
    """The facts from which follows what somebody may hear. The rules above, for many people at once."""

    user_id: int
    everything: bool = False
    locations: frozenset[int] = frozenset()
    is_reception: bool = False
    doctor_id: int | None = None

    @property
    def is_visitor(self) -> bool:
        """Whether they work at no location: they hear of free times what the pages show everybody."""
        return not self.everything and not self.locations and self.doctor_id is None


def hearings_of(users: Iterable[User]) -> dict[int, Hearing]:
    """What each of these people may hear, by user id; three queries, however many they are."""
    people = [user for user in users if user.is_active]
    staff = [user.pk for user in people if user.is_staff]
    roles, places, doctors = _roles(staff), _assigned(staff), _doctors(staff)
    hearings = {user.pk: Hearing(user.pk, everything=user.is_superuser) for user in people}
    for user_id in staff:
        doctor_id, practices = doctors.get(user_id, (None, frozenset()))
        hearings[user_id] = Hearing(
            user_id,
            everything=hearings[user_id].everything or Role.MANAGER in roles[user_id],
            locations=frozenset(places[user_id] | practices),
            is_reception=Role.RECEPTION in roles[user_id],
            doctor_id=doctor_id,
        )
    return hearings


def _roles(user_ids: list[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = User.groups.through.objects.filter(user_id__in=user_ids)
    for user_id, name in rows.values_list("user_id", "group__name"):
        found[user_id].add(name)
    return found


def _assigned(user_ids: list[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    rows = StaffAssignment.objects.filter(user_id__in=user_ids, locations__isnull=False)
    for user_id, location_id in rows.values_list("user_id", "locations"):
        found[user_id].add(location_id)
    return found


def _doctors(user_ids: list[int]) -> dict[int, tuple[int, frozenset[int]]]:
    found: dict[int, tuple[int, frozenset[int]]] = {}
    for user_id, doctor_id, location_id in Doctor.objects.filter(user_id__in=user_ids).values_list(
        "user_id", "pk", "locations"
    ):
        _doctor, known = found.get(user_id, (doctor_id, frozenset()))
        found[user_id] = doctor_id, known | ({location_id} if location_id is not None else set())
    return found


def rooms_of(hearing: Hearing, kind: str, key: int) -> frozenset[str]:
    """The narrow rooms behind `user:7`, `doctor:5`, `location:2` or `admin`; none if they are not theirs to hear."""
    if kind == "user":
        return frozenset({f"user.{key}"} if key == hearing.user_id else ())
    if kind == "admin":
        return frozenset({"slots", "visits", "places"} if hearing.everything else ())
    if kind == "location":
        return _rooms_of_location(hearing, key)
    return _rooms_of_doctor(hearing, key) if kind == "doctor" else frozenset()


def _rooms_of_location(hearing: Hearing, location_id: int) -> frozenset[str]:
    rooms = {f"slots.at.{location_id}", f"visits.at.{location_id}", f"places.{location_id}"}
    if hearing.everything:
        return frozenset(rooms)
    if location_id not in hearing.locations:
        return frozenset()
    if not hearing.is_reception:
        rooms.remove(f"visits.at.{location_id}")
    if hearing.doctor_id is not None:
        rooms.add(f"visits.{hearing.doctor_id}.{location_id}")
    return frozenset(rooms)


def _rooms_of_doctor(hearing: Hearing, doctor_id: int) -> frozenset[str]:
    if hearing.everything:
        return frozenset({f"slots.of.{doctor_id}", f"visits.of.{doctor_id}"})
    if hearing.is_visitor:
        return frozenset({offered_room(doctor_id)})
    rooms = {f"slots.{doctor_id}.{location_id}" for location_id in hearing.locations}
    if hearing.is_reception:
        rooms |= {f"visits.{doctor_id}.{location_id}" for location_id in hearing.locations}
    if doctor_id == hearing.doctor_id:
        rooms |= {f"visits.of.{doctor_id}", *(f"places.{location_id}" for location_id in hearing.locations)}
    return frozenset(rooms)


def is_there(hearing: Hearing, kind: str, key: int) -> bool:
    """Whether the doctor or the location of a room exists, and is one of theirs: nobody learns of others by asking."""
    if kind == "doctor" and hearing.is_visitor:
        return Doctor.objects.filter(pk=key, is_active=True, locations__is_active=True).exists()
    if kind == "doctor" and not hearing.everything:
        own = Q(locations__in=hearing.locations) | Q(pk=hearing.doctor_id)
        return Doctor.objects.filter(own, pk=key).exists()
    if kind == "doctor":
        return Doctor.objects.filter(pk=key).exists()
    return kind != "location" or Location.objects.filter(pk=key).exists()


def offered_room(doctor_id: int) -> str:
    """The narrow room in which is told which times of a doctor can be booked: no secret, the pages show it."""
    return f"offered.of.{doctor_id}"


def rooms_of_slots(*, doctor_id: int, location_id: int) -> list[str]:
    """Every narrow room in which staff are told what happens to slots of a doctor at a location."""
    return ["slots", f"slots.of.{doctor_id}", f"slots.at.{location_id}", f"slots.{doctor_id}.{location_id}"]


def rooms_of_visit(appointment: Appointment) -> list[str]:
    """Every narrow room in which is told what happens to a visit: where it takes place, and those it belongs to."""
    places = rooms_of_visits_at(doctor_id=appointment.doctor_id, location_id=appointment.location_id)
    return places + rooms_of_people(appointment)


def rooms_of_visits_at(*, doctor_id: int, location_id: int) -> list[str]:
    """Every narrow room of staff who may hear of the visits of a doctor at a location."""
    return ["visits", f"visits.of.{doctor_id}", f"visits.at.{location_id}", f"visits.{doctor_id}.{location_id}"]


def rooms_of_people(appointment: Appointment) -> list[str]:
    """The rooms of those to whom a visit belongs: nobody hears of it there who works at the clinic only."""
    people = (appointment.patient.user, appointment.booked_by)
    return sorted({f"user.{user.pk}" for user in people if user and belongs_to(appointment, user)})


def rooms_of_place(location_id: int) -> list[str]:
    """Every narrow room of those who work at a location, whatever they do there, and of the managers."""
    return ["places", f"places.{location_id}"]

"""Who may see and do what on the ground floor. Pages, API and admin ask these same functions."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.roles import Role
from scheduling.models import Appointment, Doctor, Location, Patient

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

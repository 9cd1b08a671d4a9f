"""Who may see and do what on the ground floor. Pages, API and admin ask these same functions."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

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


def appointments_visible_to(user: Visitor) -> QuerySet[Appointment]:
    """A patient's and their family's own; a doctor's own visits; reception those of their locations; a manager all."""
    if not user.is_authenticated or not user.is_active:
        return Appointment.objects.none()
    if sees_all_locations(user):
        return Appointment.objects.all()
    visible = Q(patient__user=user)
    if user.is_staff:
        if user.groups.filter(name=Role.RECEPTION).exists():
            visible |= Q(location__in=locations_of(user))
        visible |= Q(doctor__user=user)
    return Appointment.objects.filter(visible)


def patients_visible_to(user: Visitor) -> QuerySet[Patient]:
    """Patients one looks after; for doctors those they see or saw; for reception those of their locations or of none
    yet; for managers all."""
    if not user.is_authenticated or not user.is_active:
        return Patient.objects.none()
    if sees_all_locations(user):
        return Patient.objects.all()
    visible = Q(user=user)
    if user.is_staff:
        if user.groups.filter(name=Role.RECEPTION).exists():
            here = Appointment.objects.filter(location__in=locations_of(user)).values("patient")
            visible |= Q(pk__in=here) | Q(appointments__isnull=True)
        mine = Appointment.objects.filter(doctor__user=user).values("patient")
        visible |= Q(pk__in=mine)
    return Patient.objects.filter(visible).distinct()


def may_see_patient(user: Visitor, patient: Patient) -> bool:
    """Whether somebody may look at a record."""
    return patients_visible_to(user).filter(pk=patient.pk).exists()


def may_see_appointment(user: Visitor, appointment: Appointment) -> bool:
    """Whether somebody may look at a visit (holders of its secret link may, too; that is not asked here)."""
    return appointments_visible_to(user).filter(pk=appointment.pk).exists()


def doctors_visible_to(user: Visitor) -> QuerySet[Doctor]:
    """The doctors of the locations a member of staff works at."""
    if sees_all_locations(user):
        return Doctor.objects.all()
    if not user.is_authenticated:
        return Doctor.objects.none()
    return Doctor.objects.filter(Q(locations__in=locations_of(user)) | Q(user=user)).distinct()

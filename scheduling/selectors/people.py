"""What belongs to one signed-in person: visits, family, waitlist."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from scheduling.models import Appointment, Patient, WaitlistEntry
from scheduling.states import ACTIVE, AppointmentStatus, Source, WaitlistStatus


def family_of(user: User) -> list[Patient]:
    """The patients that a user looks after."""
    return list(Patient.objects.filter(user=user).order_by("date_of_birth", "pk"))


def visits_of(user: User) -> QuerySet[Appointment]:
    """Appointments of the user's patients, and those the user booked or took into the account by their link.

    What staff book at the desk is their work, not theirs.
    """
    booked = Q(booked_by=user, source=Source.WEB) if user.is_staff else Q(booked_by=user)
    return Appointment.objects.select_related("patient", "doctor__specialty", "location").filter(
        Q(patient__user=user) | booked
    )


def belongs_to(appointment: Appointment, user: User | AnonymousUser) -> bool:
    """Whether an appointment is among those of somebody signed in, as `visits_of` has it."""
    if not user.is_authenticated:
        return False
    booked = appointment.booked_by_id == user.pk and (not user.is_staff or appointment.source == Source.WEB)
    return booked or appointment.patient.user_id == user.pk


def upcoming_visits_of(user: User) -> list[Appointment]:
    """What is still ahead or under way, soonest first."""
    return list(ahead(visits_of(user)).order_by("starts_at", "pk"))


def past_visits_of(user: User) -> QuerySet[Appointment]:
    """What is over or was called off, latest first. A moved appointment is left out: its successor is there."""
    coming = ahead(visits_of(user)).order_by().values("pk")
    moved = AppointmentStatus.RESCHEDULED
    return visits_of(user).exclude(pk__in=coming).exclude(status=moved).order_by("-starts_at", "-pk")


def waitlist_of(user: User) -> list[WaitlistEntry]:
    """Where the user's patients wait for a seat."""
    live = (WaitlistStatus.WAITING, WaitlistStatus.OFFERED)
    return list(
        WaitlistEntry.objects.select_related("patient", "doctor", "specialty", "location", "offered_slot")
        .filter(patient__user=user, status__in=live)
        .order_by("created_at", "pk")
    )


def ahead(visits: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """Those still to come: not over by the clock, and not a pending one that ran out."""
    now = timezone.now()
    lapsed = Q(status=AppointmentStatus.PENDING, expires_at__lte=now)
    return visits.filter(status__in=ACTIVE).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now)).exclude(lapsed)

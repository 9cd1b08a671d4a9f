"""Who can be booked, and where: what the wizard's first questions offer."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from scheduling.models import Doctor, Location, Slot, Specialty

_SEES_PATIENTS = Q(doctors__is_active=True, doctors__locations__is_active=True)


def specialties_on_offer() -> QuerySet[Specialty]:
    """Active specialties that somebody practises here, each with `.doctor_count`."""
    counted = Count("doctors", filter=_SEES_PATIENTS, distinct=True)
    return Specialty.objects.filter(is_active=True).annotate(doctor_count=counted).filter(doctor_count__gt=0)


def locations_offering(specialty: Specialty) -> QuerySet[Location]:
    """Active locations where a doctor of the specialty works."""
    practising = Doctor.objects.filter(is_active=True, specialty=specialty)
    return Location.objects.filter(is_active=True, doctors__in=practising).distinct()


def doctors_offering(specialty: Specialty, location: Location) -> QuerySet[Doctor]:
    """Active doctors of the specialty at the location, in the order of their names."""
    return Doctor.objects.filter(is_active=True, specialty=specialty, locations=location).select_related("specialty")


def active_locations() -> QuerySet[Location]:
    """Where the clinic is open."""
    return Location.objects.filter(is_active=True)


def places_with_slots_ahead(doctor: Doctor) -> QuerySet[Location]:
    """Where times with the doctor are on offer, or booked."""
    return Location.objects.filter(slots__doctor=doctor, slots__starts_at__gt=timezone.now()).distinct()


def has_slots_ahead(location: Location) -> bool:
    """Whether times there are already on offer, or booked."""
    return Slot.objects.filter(location=location, starts_at__gt=timezone.now()).exists()

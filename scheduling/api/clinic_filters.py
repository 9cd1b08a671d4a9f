"""By what lists of the clinic can be narrowed."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from accounts.api.filters import FlagFilter, KeyFilter
from scheduling.models import Doctor


class ActiveFilter(django_filters.FilterSet):
    """Managers see what is not active, too."""

    is_active = FlagFilter(label="Only managers see what is not active, and only with `false`.")


class DoctorFilter(ActiveFilter):
    """Doctors by what they do, where, and by name."""

    specialty = KeyFilter(field_name="specialty_id")
    location = KeyFilter(method="at_location")
    search = django_filters.CharFilter(
        method="search_words", max_length=100, label="Words of the doctor's name or of the specialty's."
    )

    def at_location(self, doctors: QuerySet[Doctor], name: str, value: int) -> QuerySet[Doctor]:
        """Those who work there; a subquery, so that nobody comes twice."""
        places = Doctor.locations.through.objects.filter(location=value)
        return doctors.filter(pk__in=places.values("doctor"))

    def search_words(self, doctors: QuerySet[Doctor], name: str, value: str) -> QuerySet[Doctor]:
        """Every word must be somewhere."""
        for word in value.split()[:10]:
            doctors = doctors.filter(Q(name__icontains=word) | Q(specialty__name__icontains=word))
        return doctors

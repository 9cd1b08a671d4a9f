"""By what lists of appointments can be narrowed."""

from __future__ import annotations

import datetime

import django_filters
from django.db.models import QuerySet

from accounts.api.filters import DayFilter, FlagFilter, KeyFilter
from accounts.models import User
from scheduling.models import Appointment
from scheduling.selectors.appointments import of_email, of_number, on_days
from scheduling.selectors.people import ahead
from scheduling.selectors.search import visits_like
from scheduling.states import AppointmentStatus

Visits = QuerySet[Appointment]


class AppointmentFilter(django_filters.FilterSet):
    """Of the visits one may see, those that fit all that is said."""

    status = django_filters.ChoiceFilter(choices=AppointmentStatus.choices)
    doctor = KeyFilter(field_name="doctor_id")
    patient = KeyFilter(field_name="patient_id")
    location = KeyFilter(field_name="location_id")
    date = DayFilter(method="on_day", label="A day on the clock of the location; walk-ins by when they came.")
    until = DayFilter(method="until_day", label="That day and before.")
    email = django_filters.CharFilter(
        method="of_email", max_length=254, label="The e-mail address of the patient, or of whoever booked."
    )
    number = django_filters.CharFilter(method="of_number", max_length=40, label="The reference, however it is typed.")
    search = django_filters.CharFilter(
        method="like", max_length=100, label="A reference, or the patient's number, name, phone or e-mail address."
    )
    upcoming = FlagFilter(method="ahead", label="Still to come or under way (`true`), or not (`false`).")

    @property
    def asker(self) -> User | None:
        """Whoever asks, unless they are staff, who see the records of those whose visits they see."""
        user: User = self.request.user
        return None if user.is_staff else user

    def on_day(self, visits: Visits, name: str, value: datetime.date) -> Visits:
        """Of one day."""
        return visits.filter(on_days(value, value))

    def from_day(self, visits: Visits, name: str, value: datetime.date) -> Visits:
        """Of a day and later."""
        return visits.filter(on_days(value, None))

    def until_day(self, visits: Visits, name: str, value: datetime.date) -> Visits:
        """Of a day and earlier."""
        return visits.filter(on_days(None, value))

    def of_email(self, visits: Visits, name: str, value: str) -> Visits:
        """Of one address."""
        return visits.filter(of_email(value, asker=self.asker))

    def of_number(self, visits: Visits, name: str, value: str) -> Visits:
        """The one with that reference."""
        return visits.filter(of_number(value))

    def like(self, visits: Visits, name: str, value: str) -> Visits:
        """By whatever people read out."""
        return visits.filter(visits_like(value, asker=self.asker))

    def ahead(self, visits: Visits, name: str, value: bool) -> Visits:
        """By the clock."""
        return ahead(visits) if value else visits.exclude(pk__in=ahead(Appointment.objects.all()).values("pk"))


AppointmentFilter.base_filters["from"] = DayFilter(method="from_day", label="That day and later.")  # a word of Python's

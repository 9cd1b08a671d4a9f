"""Test data of the ground floor."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone

from accounts.actors import Actor, system
from accounts.models import User
from scheduling.models import Appointment, Availability, Doctor, Hold, Location, Patient, Slot, Specialty
from scheduling.services.booking import VisitDetails, book_slot
from scheduling.services.patients import PatientDetails

VISITOR = Actor(label="visitor", address="203.0.113.9")
CLINIC = system("test")


class UserFactory(factory.django.DjangoModelFactory[User]):
    """Somebody who can sign in with the password `a long enough password`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.org")
    full_name = factory.Sequence(lambda n: f"User {n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(password=kwargs.pop("password", "a long enough password"), **kwargs)


class LocationFactory(factory.django.DjangoModelFactory[Location]):
    """A clinic in London, unless told otherwise."""

    class Meta:
        model = Location

    name = factory.Sequence(lambda n: f"Clinic {n}")
    slug = factory.Sequence(lambda n: f"clinic-{n}")
    phone = "+442079460018"
    time_zone = "Europe/London"


class SpecialtyFactory(factory.django.DjangoModelFactory[Specialty]):
    """A specialty."""

    class Meta:
        model = Specialty

    name = factory.Sequence(lambda n: f"Specialty {n}")


class DoctorFactory(factory.django.DjangoModelFactory[Doctor]):
    """An active doctor, at the `locations` given."""

    class Meta:
        model = Doctor
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Dr Doctor {n}")
    email = factory.Sequence(lambda n: f"doctor{n}@example.org")
    specialty = factory.SubFactory(SpecialtyFactory)
    license_number = factory.Sequence(lambda n: f"L-{n:05d}")
    consultation_fee = Decimal("60.00")

    @factory.post_generation
    def locations(obj: Doctor, create: bool, extracted: list[Location] | None, **kwargs: Any) -> None:  # noqa: N805
        """Put the doctor at these locations."""
        if create and extracted:
            obj.locations.set(extracted)


class PatientFactory(factory.django.DjangoModelFactory[Patient]):
    """A patient with a phone and an e-mail address."""

    class Meta:
        model = Patient

    first_name = factory.Sequence(lambda n: f"First{n}")
    last_name = "Patient"
    date_of_birth = date(1980, 5, 17)
    phone = "+442079460123"
    email = factory.Sequence(lambda n: f"patient{n}@example.org")


class SlotFactory(factory.django.DjangoModelFactory[Slot]):
    """An open slot of twenty minutes, tomorrow at the hour after now, each an hour after the one before."""

    class Meta:
        model = Slot
        skip_postgeneration_save = True

    doctor = factory.SubFactory(DoctorFactory)
    location = factory.SubFactory(LocationFactory)
    starts_at = factory.Sequence(lambda n: in_hours(24 + n % 1000))
    ends_at = factory.LazyAttribute(lambda slot: slot.starts_at + timedelta(minutes=20))

    @factory.post_generation
    def works_there(obj: Slot, create: bool, extracted: object, **kwargs: Any) -> None:  # noqa: N805
        """A doctor with a slot at a location works there."""
        if create:
            obj.doctor.locations.add(obj.location)


class HoldFactory(factory.django.DjangoModelFactory[Hold]):
    """A bare hold row; it does not count itself in `Slot.taken` (use `hold_seat` for a real one)."""

    class Meta:
        model = Hold

    slot = factory.SubFactory(SlotFactory)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=5))


class AvailabilityFactory(factory.django.DjangoModelFactory[Availability]):
    """Nine to five, Monday to Friday, from today on."""

    class Meta:
        model = Availability

    doctor = factory.SubFactory(DoctorFactory)
    location = factory.SubFactory(LocationFactory)
    weekdays = factory.LazyFunction(lambda: [0, 1, 2, 3, 4])
    valid_from = factory.LazyFunction(timezone.localdate)
    start_time = time(9)
    end_time = time(17)


def in_hours(hours: float) -> datetime:
    """The full minute so many hours from now."""
    return timezone.now().replace(second=0, microsecond=0) + timedelta(hours=hours)


def details(**changes: Any) -> PatientDetails:
    """What a visitor says about themselves."""
    said: dict[str, Any] = {
        "first_name": "Ada",
        "last_name": "Okafor",
        "date_of_birth": date(1990, 2, 3),
        "phone": "020 7946 0456",
        "email": "ada@example.org",
    }
    return PatientDetails(**{**said, **changes})


def book(slot: Slot | None = None, *, patient: Patient | PatientDetails | None = None, **visit: Any) -> Appointment:
    """A real appointment, booked by the service."""
    return book_slot(
        slot_id=(slot or SlotFactory()).pk,
        patient=patient or PatientFactory(),
        visit=VisitDetails(**visit),
        actor=VISITOR,
    )


def book_soon(**visit: Any) -> Appointment:
    """An appointment in an hour, whose patient may already be at the desk."""
    return book(SlotFactory(starts_at=in_hours(1)), **visit)

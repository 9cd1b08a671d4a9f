"""The walls of the demo clinic and the doctors in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from random import Random

from scheduling.demo import cast, names
from scheduling.demo.cast import CastDoctor, Session
from scheduling.models import Doctor, Location, Specialty

MAIL_DOMAIN = "demo.example"


@dataclass(slots=True)
class Employed:
    """A doctor with the hours they shall keep: from now on, until `last_day`, or only in the nights `only_on`."""

    doctor: Doctor
    sessions: tuple[Session, ...]
    leave: tuple[int, int] | None = None
    only_on: tuple[date, ...] | None = None
    last_day: date | None = None


def make_locations(*, days: int) -> dict[str, Location]:
    """The two houses of the clinic, by slug. The second asks patients to confirm what they book."""
    wanted = {
        cast.MAIN: {
            "name": "Harbour Street Clinic",
            "address": "12 Harbour Street\nLondon SE1 0ZZ",
            "phone": "+442079460000",
            "time_zone": "Europe/London",
            "days_ahead": max(days, 1),
        },
        cast.SECOND: {
            "name": "Riverside Practice",
            "address": "3 Weir Lane\nRichmond TW9 0ZZ",
            "phone": "+442079460001",
            "time_zone": "Europe/London",
            "days_ahead": max(days, 1),
            "needs_confirmation": True,
            "pending_minutes": 24 * 60,
            "lead_minutes": 60,
        },
    }
    return {slug: Location.objects.get_or_create(slug=slug, defaults=values)[0] for slug, values in wanted.items()}


def make_doctors(*, count: int, locations: dict[str, Location], chance: Random) -> list[Employed]:
    """The cast, and as many colleagues as it takes to be `count` doctors."""
    specialties = _specialties()
    number = Doctor.objects.count()  # a second clinic in one database needs other licences and addresses
    wanted = list(cast.DOCTORS[:count])
    wanted += [_colleague(index, chance) for index in range(len(wanted), count)]
    first = number == 0
    employed = [
        Employed(
            _doctor(person, specialties, number + index, numbered=not first or index >= len(cast.DOCTORS)),
            person.sessions,
            person.leave,
        )
        for index, person in enumerate(wanted)
    ]
    save_doctors(employed, locations)
    return employed


def save_doctors(employed: Iterable[Employed], locations: dict[str, Location]) -> None:
    """Write the doctors and where they work."""
    employed = list(employed)
    Doctor.objects.bulk_create([one.doctor for one in employed])
    works_at = Doctor.locations.through
    works_at.objects.bulk_create(
        works_at(doctor_id=one.doctor.pk, location_id=locations[slug].pk)
        for one in employed
        for slug in sorted({session.location for session in one.sessions})
    )


def _specialties() -> dict[str, Specialty]:
    return {
        name: Specialty.objects.get_or_create(name=name, defaults={"description": text})[0]
        for name, text in cast.SPECIALTIES.items()
    }


def _doctor(person: CastDoctor, specialties: dict[str, Specialty], number: int, *, numbered: bool) -> Doctor:
    mailbox = f"{person.mailbox}.{number}" if numbered else person.mailbox
    return Doctor(
        name=person.name,
        email=f"{mailbox}@{MAIL_DOMAIN}",
        phone=names.fictional_phone(100 + number % 800),
        specialty=specialties[person.specialty],
        license_number=f"DEMO-{number + 1:05d}",
        consultation_fee=Decimal(person.fee),
        experience_years=person.years,
        biography=person.biography,
        room=person.room,
    )


def _colleague(index: int, chance: Random) -> CastDoctor:
    """One of the many who only exist when a large clinic is asked for: there every day, 17 half hours."""
    gender = names.some_gender(chance)
    name = f"Dr {names.first_name(chance, gender)} {names.last_name(chance)}"
    specialty = list(cast.SPECIALTIES)[index % len(cast.SPECIALTIES)]
    session = Session(
        time(9),
        time(18),
        weekdays=cast.EVERY_DAY,
        minutes=30,
        breaks=((time(12, 30), time(13)),),
        location=cast.MAIN if index % 3 else cast.SECOND,
    )
    return CastDoctor(
        name=name,
        specialty=specialty,
        years=chance.randint(2, 35),
        fee=chance.choice((0, 45, 60, 75, 90, 120)),
        room=f"Room {index % 40 + 1}",
        biography="",
        sessions=(session,),
    )

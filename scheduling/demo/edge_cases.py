"""Clinics in zones where clocks do strange things, made only when asked for.

Each has a doctor with ordinary hours, one whose session goes past midnight, and one who is there only in the two
nights in which the clock changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from scheduling.demo.cast import EVERY_DAY, WEEKDAYS, Session
from scheduling.demo.clinic import MAIL_DOMAIN, Employed, save_doctors
from scheduling.models import Doctor, Location, Specialty

SEARCHED_DAYS = 400


@dataclass(frozen=True, slots=True)
class Place:
    """A clinic abroad and its three doctors: ordinary hours, past midnight, the nights of the clock changes."""

    slug: str
    name: str
    address: str
    phone: str
    time_zone: str
    currency: str
    doctors: tuple[str, str, str]


PLACES = (
    Place(
        "night-surgery", "Thames Night Surgery", "40 Bankside\nLondon SE1 0ZZ", "+442079460002", "Europe/London", "GBP",
        ("Dr Esther Cohen", "Dr Baraka Otieno", "Dr Owen Prosser"),
    ),
    Place(
        "kolkata", "Lake Road Clinic", "8 Lake Road\nKolkata 700029", "", "Asia/Kolkata", "INR",
        ("Dr Sharmila Sen", "Dr Aniruddha Bose", "Dr Mitali Dutta"),
    ),
    Place(
        "lord-howe", "Lagoon Beach Surgery", "2 Lagoon Road\nLord Howe Island NSW 2898", "+61491570006",
        "Australia/Lord_Howe", "AUD", ("Dr Ruth McKenzie", "Dr Tom Nakata", "Dr Jodie Wren"),
    ),
    Place(
        "hudson", "Hudson Late Clinic", "155 West 0th Street\nNew York, NY 10000", "+12125550123", "America/New_York",
        "USD", ("Dr Maya Goldberg", "Dr Luis Ortega", "Dr Denise Freeman"),
    ),
)  # fmt: skip

ORDINARY = Session(time(9), time(15), weekdays=WEEKDAYS, breaks=((time(12), time(13)),))
PAST_MIDNIGHT = Session(time(22), time(2), weekdays=EVERY_DAY, minutes=30, breaks=((time(23, 45), time(0, 15)),))
CHANGE_NIGHT = Session(time(23), time(5), weekdays=EVERY_DAY, minutes=20)


def make_locations() -> dict[str, Location]:
    """The clinics abroad, by slug. Their calendars are open long enough to see both clock changes."""
    return {
        place.slug: Location.objects.get_or_create(
            slug=place.slug,
            defaults={
                "name": place.name,
                "address": place.address,
                "phone": place.phone,
                "time_zone": place.time_zone,
                "days_ahead": SEARCHED_DAYS,
            },
        )[0]
        for place in PLACES
    }


def make_doctors(*, locations: dict[str, Location], now: datetime, days: int) -> list[Employed]:
    """Three doctors for each place; their ordinary hours end with the `days` that were asked for."""
    general, _created = Specialty.objects.get_or_create(name="General practice")
    number = Doctor.objects.count()
    last_day = now.date() + timedelta(days=days - 1)
    employed = []
    for place in PLACES:
        changes = tuple(nights_of_change(ZoneInfo(place.time_zone), now.date()))
        for name, session, only_on in zip(
            place.doctors, (ORDINARY, PAST_MIDNIGHT, CHANGE_NIGHT), (None, None, changes), strict=True
        ):
            number += 1
            doctor = Doctor(
                name=name,
                email=f"{place.slug}.{number}@{MAIL_DOMAIN}",
                specialty=general,
                license_number=f"DEMO-{number:05d}",
                consultation_fee=Decimal(40),
                currency=place.currency,
                experience_years=number % 30 + 1,
                biography=f"Sees patients at {place.name}, by the clock of {place.time_zone}.",
                room="Room 1",
            )
            employed.append(Employed(doctor, (_at(session, place.slug),), only_on=only_on, last_day=last_day))
    save_doctors(employed, locations)
    return employed


def nights_of_change(zone: ZoneInfo, today: date) -> list[date]:
    """The evenings before the next clock changes in `zone`; none where the clock never changes."""
    nights: list[date] = []
    for offset in range(1, SEARCHED_DAYS):
        day = today + timedelta(days=offset)
        noon = datetime.combine(day, time(12), tzinfo=UTC).astimezone(zone).utcoffset()
        next_noon = datetime.combine(day + timedelta(days=1), time(12), tzinfo=UTC).astimezone(zone).utcoffset()
        if noon != next_noon:
            nights.append(day)
    return nights[:2]


def _at(session: Session, slug: str) -> Session:
    return Session(
        session.start, session.end, session.weekdays, session.minutes, session.capacity, session.breaks, location=slug
    )

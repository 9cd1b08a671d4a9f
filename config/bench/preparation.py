"""What must be in the database before the buttons are pressed: seats, holds, and sessions with typed answers.

Rows that belong to one booking carry its number (`bench-10000042`, and as primary key), so that the same statements
can be sent for the next number. Every kind of measurement has numbers of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.actors import system
from accounts.audit import recorded
from config.bench.load import Press
from scheduling.clock import local_date
from scheduling.demo.cast import MAIN
from scheduling.models import Appointment, Doctor, Hold, Location, Slot, Specialty
from scheduling.selectors.availability import free_slots
from scheduling.views.drafts import Draft, save_draft
from scheduling.views.wizard_time import HOLDER_COOKIE

LASTS = timedelta(hours=2)
SLOT_MINUTES = 10
INSERTED_AT_ONCE = 1_000


def prepare_bookings(first: int, count: int) -> list[Press]:
    """Seats held and answers typed for bookings `first` to `first + count - 1`; the presses that book them."""
    csrf_cookie, csrf_field = csrf_pair()
    with recorded(system("bench"), "bench.prepare"):
        add_slots(first, count)
        add_holds(first, count)
        Session.objects.bulk_create(
            (_session_with_answers(number) for number in range(first, first + count)), batch_size=INSERTED_AT_ONCE
        )
    body = urlencode({"csrfmiddlewaretoken": csrf_field})
    return [
        Press(path=reverse("scheduling:book_check", args=[token_of(number)]), cookies=cookies, body=body)
        for number, cookies in _cookies(first, count, csrf_cookie, typed=True)
    ]


def token_of(number: int) -> str:
    """The token of the hold of a prepared booking."""
    return f"bench-{number}"


def session_of(number: int) -> str:
    """The session of the browser that makes it."""
    return f"benchsession{number}"


def csrf_pair() -> tuple[str, str]:
    """A cookie and a form field that belong together, as a page would have given them."""
    request = HttpRequest()
    field = get_token(request)
    return str(request.META["CSRF_COOKIE"]), field


def _cookies(first: int, count: int, csrf: str, *, typed: bool) -> Iterator[tuple[int, str]]:
    """What the browsers send along; one that has typed answers has a session, too."""
    for number in range(first, first + count):
        jar = {settings.CSRF_COOKIE_NAME: csrf, HOLDER_COOKIE: f"holder{number}"}
        if typed:
            jar[settings.SESSION_COOKIE_NAME] = session_of(number)
        yield number, "; ".join(f"{name}={value}" for name, value in jar.items())


def add_slots(first: int, count: int) -> None:
    """A taken seat for each booking, all at the same time: each with a doctor who has nothing else to do."""
    location = Location.objects.get(slug=MAIN)
    specialty = Specialty.objects.get(name="General practice")
    starts_at = (timezone.now() + timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)
    numbers = range(first, first + count)
    Doctor.objects.bulk_create(
        (
            Doctor(
                pk=number,
                name=f"Dr Bench {number}",
                email=f"doctor{number}@demo.example",
                license_number=f"BENCH-{number}",
                specialty=specialty,
            )
            for number in numbers
        ),
        batch_size=INSERTED_AT_ONCE,
    )
    Slot.objects.bulk_create(
        (
            Slot(
                pk=number,
                doctor_id=number,
                location=location,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=SLOT_MINUTES),
                taken=1,
            )
            for number in numbers
        ),
        batch_size=INSERTED_AT_ONCE,
    )


def add_holds(first: int, count: int) -> None:
    """A hold on each of the seats."""
    until = timezone.now() + LASTS
    holds = (
        Hold(pk=number, slot_id=number, token=token_of(number), holder=f"holder{number}", expires_at=until)
        for number in range(first, first + count)
    )
    Hold.objects.bulk_create(holds, batch_size=INSERTED_AT_ONCE)


def _session_with_answers(number: int) -> Session:
    """The session of a browser in which everything was typed and only the last button is left."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    answers = Draft(
        slot=number,
        query="",
        who={
            "first_name": "Robin",
            "last_name": f"Bench{number}",
            "date_of_birth_day": "27",
            "date_of_birth_month": "3",
            "date_of_birth_year": "1987",
            "phone": "",
            "email": f"bench-{number}@demo.example",
        },
        details={"reason": "A check-up", "symptoms": "", "urgency": "low", "special_requirements": ""},
    )
    save_draft(store, token_of(number), answers)
    return Session(
        session_key=session_of(number),
        session_data=store.encode(dict(store.items())),
        expire_date=timezone.now() + LASTS,
    )


def prepare_rush(first: int, clients: int, rounds: int) -> list[tuple[int, list[Press]]]:
    """For each round a slot, and the presses of so many browsers that want it at the same moment."""
    csrf_cookie, csrf_field = csrf_pair()
    return [
        (
            slot.pk,
            [
                Press(
                    path=f"{reverse('scheduling:book_hold')}?{_answers_so_far(slot)}",
                    cookies=cookies,
                    body=urlencode({"csrfmiddlewaretoken": csrf_field, "slot": str(slot.pk)}),
                )
                for _number, cookies in _cookies(first + place * clients, clients, csrf_cookie, typed=False)
            ],
        )
        for place, slot in enumerate(popular_slots(rounds))
    ]


def _answers_so_far(slot: Slot) -> str:
    return urlencode(
        {
            "specialty": str(slot.doctor.specialty_id),
            "location": str(slot.location_id),
            "doctor": str(slot.doctor_id),
            "day": slot.starts_at.date().isoformat(),
        }
    )


def popular_slots(count: int) -> list[Slot]:
    """Free slots of the coming days, each of another hour, at the location that asks for no confirmation."""
    location = Location.objects.get(slug=MAIN)
    slots = free_slots(location_id=location.pk).filter(capacity=1, starts_at__gt=timezone.now() + timedelta(days=1))
    slots = slots.exclude(doctor__license_number__startswith="BENCH-")
    return list(slots.order_by("starts_at", "doctor_id")[: count * 7 : 7])


def prepare_rooms(count: int) -> dict[str, Any]:
    """Days of so many doctors, each with a free seat, and the cookies and the form field of a browser to press it."""
    csrf_cookie, csrf_field = csrf_pair()
    location = Location.objects.get(slug=MAIN)
    slots = free_slots(location_id=location.pk).filter(capacity=1, starts_at__gt=timezone.now() + timedelta(days=1))
    first_of_each: dict[int, Slot] = {}
    for slot in slots.order_by("starts_at", "doctor_id"):
        first_of_each.setdefault(slot.doctor_id, slot)
    rooms = [
        {
            "doctor": doctor,
            "day": local_date(slot.starts_at, location.zone).isoformat(),
            "location": location.pk,
            "slot": slot.pk,
        }
        for doctor, slot in list(first_of_each.items())[:count]
    ]
    ((_number, cookies),) = _cookies(0, 1, csrf_cookie, typed=False)
    return {"rooms": rooms, "cookies": cookies, "csrf": csrf_field}


def winners_of(slot_ids: Sequence[int]) -> dict[int, int]:
    """How many holds there are on each of the slots, which must be how many seats count as taken."""
    taken = dict(Slot.objects.filter(pk__in=slot_ids).values_list("pk", "taken"))
    for slot_id in slot_ids:
        holds = Hold.objects.filter(slot_id=slot_id).count()
        if holds != taken[slot_id]:
            raise AssertionError(f"slot {slot_id} counts {taken[slot_id]} seats and has {holds} holds")
    return taken


def booked(first: int, count: int) -> int:
    """How many of these bookings are appointments now."""
    return Appointment.objects.filter(slot_id__gte=first, slot_id__lt=first + count, status="confirmed").count()


def refresh_statistics() -> None:
    """Let the planner know what the preparation put in, as autovacuum would in time."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def set_next_keys(patient: int, appointment: int) -> None:
    """Let the next patient and appointment get keys that cannot be mistaken for anything else in a statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, key in (("scheduling_patient", patient), ("scheduling_appointment", appointment)):
            if connection.vendor == "postgresql":
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [table, key])
            else:
                cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [key - 1, table])

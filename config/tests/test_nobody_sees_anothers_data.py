"""Guarantee 15 on the patients' pages: no address, no token and no form reaches somebody else's data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config.tests.doors import DOORS, Door, addresses
from config.tests.world import Person, World, differences, rows_now
from queueing.models import Token
from scheduling.models import Appointment, Hold, Patient, WaitlistEntry

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("who may see what is asked with the same queries of both databases"),
]

NEW_ROWS_BY_ANYBODY = {"scheduling.Hold", "scheduling.Patient", "scheduling.WaitlistEntry"}
REFUSED = {302, 303, 400, 403, 404, 405}


def test_every_address_says_who_may_open_it() -> None:
    known = {name for name, _pattern in addresses()}
    assert sorted(known - DOORS.keys()) == [], "say in config/tests/doors.py who may open these"
    assert sorted(DOORS.keys() - known) == [], "these are gone"


def identifiers_of_others(world: World, person: Person) -> list[str]:
    """Everything that names what is not this person's, but is no key to it."""
    rows: list[Any] = [*Appointment.objects.all(), *WaitlistEntry.objects.all()]
    foreign = [row for row in rows if row.secret not in person.secrets]
    visit = next(row for row in foreign if isinstance(row, Appointment))
    names = [str(visit.pk), visit.number, str(visit.calendar_uid)]
    return [*tampered(visit.secret), *names, world.holds["there"].token, "٣"]


def tampered(secret: str) -> list[str]:
    """A secret that is nearly right."""
    other = "B" if secret[-1] == "A" else "A"
    return [secret[:-1], secret[:-1] + other, secret.swapcase(), f"{secret} "]


def guesses(world: World, person: Person, door: Door) -> list[str]:
    """What somebody might put into an address to reach what is not theirs."""
    if door == Door.FAMILY:
        keys = [
            str(patient.pk) for patient in world.patients.values() if not person.user or patient.user != person.user
        ]
        return [*keys, "0", "9" * 25]
    wrong = identifiers_of_others(world, person)
    if door == Door.EVERYBODY:
        return [*wrong, world.here.slug, world.there.slug]
    if door == Door.HOLD:
        tokens = set(Hold.objects.values_list("token", flat=True))
        return [word for word in wrong if word not in tokens]
    return wrong


def closed_doors(world: World, person: Person) -> Iterator[tuple[str, Door, str]]:
    """Every address of the patients' pages, filled with what is not this person's."""
    for name, _pattern in addresses():
        door = DOORS.get(name, Door.EVERYBODY)
        if door == Door.STAFF or name.startswith(("admin:", "api:")):  # these have walks of their own
            continue
        for filled in fillings(name, guesses(world, person, door)):
            yield name, door, filled


def fillings(name: str, words: list[str]) -> Iterator[str]:
    """The addresses of a name: one without arguments, else one for each word."""
    try:
        yield reverse(name)
        return
    except NoReverseMatch:
        pass
    for word in words:
        for kwargs in (
            {"secret": word},
            {"token": word},
            {"code": word},
            {"reference": word},
            {"patient_id": word},
            {"secret": word, "token": word},
            {"secret": word, "receipt_id": 1},
            {"secret": word, "payment_id": 1},
            {"pk": word},
            {"slug": word},
            {"uidb36": word, "key": f"{word}-set"},
        ):
            try:
                yield reverse(name, kwargs=kwargs)
            except NoReverseMatch:
                continue


def tempting(world: World, person: Person) -> dict[str, Any]:
    """A body that asks for everything nobody may set, about somebody else."""
    victim = next(patient for patient in world.patients.values() if patient.pk not in person.patients)
    visit = Appointment.objects.filter(patient=victim, status="confirmed").first()
    return {
        "status": "confirmed",
        "patient": victim.pk,
        "user": person.user.pk if person.user else "",
        "fee": "0",
        "is_staff": "1",
        "is_superuser": "1",
        "roles": "manager",
        "groups": "1",
        "booked_by": "",
        "taken": "0",
        "appointment": visit.pk if visit else "",
        "appointment_id": visit.pk if visit else "",
        "answer": "yes",
        "secret": "mine",
        "holder": "browser-here",
        "instead_of": visit.pk if visit else "",
        "confirmed": "yes",
        "slot": "999999",
        "number": visit.number if visit else "APT-2026-000001",
        "contact": "+447700900999",
        "email": "stranger@strangers.example",
        "login": "nobody@strangers.example",
        "password": "long enough",
        "first_name": "Eve",
        "last_name": "Stranger",
        "reason": "time",
        "details": "",
        "code": "000000",
        "date_of_birth_day": "1",
        "date_of_birth_month": "1",
        "date_of_birth_year": "1970",
        "urgency": "low",
        "phone": "020 7946 0999",
        "gender": "undisclosed",
        "language": "en",
        "medical_history": "forged",
        "earliest_date": "2027-01-01",
        "latest_date": "2027-01-31",
        "_method": "DELETE",
        "device_time": timezone.now().isoformat(),
        "operation": "6f9b1a3e-2f0c-4c57-9d0e-0f5c2b7a1d11",
        "reference": visit.number if visit else "",
        "visit": visit.pk if visit else "",
    }


@pytest.mark.parametrize("name", ["anonymous", "one", "desk_there"])
def test_what_belongs_to_others_is_neither_told_nor_changed_by_any_page(world: World, name: str) -> None:
    person = world.people[name]
    client, before, body = person.client(), rows_now(), tempting(world, person)
    problems = []
    for page, door, address in closed_doors(world, person):
        response = client.get(address)
        problems += problems_of(world, person, f"GET {page} {address}", response)
        if not is_right(door, person, response):
            problems.append(f"GET {page} {address}: {response.status_code}")
    assert problems == []
    assert differences(before, rows_now()) == []
    for page, door, address in closed_doors(world, person):
        if page.startswith("account_") and person.user is not None:
            continue  # these change one's own account, and sign out
        response = client.post(address, body)
        problems += problems_of(world, person, f"POST {page} {address}", response)
        if door in {Door.SECRET, Door.FAMILY} and response.status_code not in REFUSED:
            problems.append(f"POST {page} {address}: {response.status_code}")
    assert problems == []
    assert changed_rows(before, rows_now()) == []


def problems_of(world: World, person: Person, asked: str, response: Any) -> list[str]:
    """What an answer tells that it should not, and faults of ours."""
    problems = [f"{asked}: {word}" for word in world.leaks(person, said_by(response), asked=asked)]
    broken = response.status_code >= 500 and not asked.endswith("/health/")  # no job has run in this world
    return [*problems, f"{asked}: {response.status_code}"] if broken else problems


def said_by(response: Any) -> str:
    """Everything an answer says: headers, cookies, body."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{response.headers} {response.cookies} {content.decode(errors='replace')}"


def is_right(door: Door, person: Person, response: Any) -> bool:
    """Whether the door answered this person as it should; what is in the address is not theirs."""
    if door == Door.SECRET:
        return response.status_code in {404, 405}
    if door in {Door.SIGNED_IN, Door.FAMILY} and person.user is None:
        return response.status_code in {302, 405} and "/login/" in response.headers.get("Location", "/login/")
    if door == Door.FAMILY:
        return response.status_code == 404
    return True


def changed_rows(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Rows that were there and changed or went, and new rows of kinds that a visitor has no business making."""
    kept = {label: {key: row for key, row in after[label].items() if key in before[label]} for label in before}
    new = [label for label in before if after[label].keys() - before[label].keys() and label not in NEW_ROWS_BY_ANYBODY]
    return differences(before, kept) + [f"a new {label}" for label in new]


@pytest.mark.parametrize("name", ["one", "two"])
def test_ones_own_pages_open_and_speak_of_nobody_else(world: World, name: str) -> None:
    person = world.people[name]
    client, problems = person.client(), []
    own = [
        reverse("scheduling:me"),
        reverse("notifications:my_messages"),
        *(reverse("scheduling:family_edit", args=[pk]) for pk in person.patients),
    ]
    pages = ["appointment", "appointment_calendar", "appointment_cancel", "reschedule", "reschedule_times"]
    for visit in Appointment.objects.filter(patient__in=person.patients):
        own += [reverse(f"scheduling:{page}", args=[visit.secret]) for page in pages]
        own += [reverse(f"queueing:{page}", args=[visit.secret]) for page in ("visit_queue", "visit_feedback")]
        own.append(reverse("notifications:visit_messages", args=[visit.secret]))
    own += [reverse("scheduling:waitlist_entry", args=[wait.secret]) for wait in own_waits(person)]
    places = ["token", "token_state", "token_leave", "token_help", "token_feedback", "token_qr", "ticket"]
    for token in Token.objects.filter(patient__in=person.patients):
        own += [reverse(f"queueing:{page}", args=[token.secret]) for page in places]
    for address in own:
        response = client.get(address)
        problems += [f"{address}: {word}" for word in world.leaks(person, said_by(response), asked=address)]
        if response.status_code not in {200, 302, 410} and not (response.status_code == 404 and "calendar" in address):
            problems.append(f"{address}: {response.status_code}")
    assert problems == []
    assert b"Annalast" in client.get("/me/").content if name == "one" else b"Bertlast" in client.get("/me/").content


def own_waits(person: Person) -> Iterator[Model]:
    yield from WaitlistEntry.objects.filter(patient__in=person.patients)


def test_the_walk_would_notice_a_page_that_speaks_of_somebody_else(world: World) -> None:
    stranger, bert = world.people["one"], world.patients["bert"]
    said = f"<p>{bert.first_name}</p> <a href='tel:+44 (20) 794-601{str(bert.phone)[-2:]}'>"
    assert len(world.leaks(stranger, said)) == 2
    assert world.leaks(world.people["two"], said) == []


def test_the_walk_would_notice_a_change(world: World) -> None:
    before = rows_now()
    Patient.objects.filter(pk=world.patients["bert"].pk).update(address="elsewhere")
    assert len(changed_rows(before, rows_now())) == 1


def test_an_expired_link_tells_nothing_and_leads_nowhere(world: World) -> None:
    visit = world.visits["there_old_link"]
    client = Client()
    pages = ["appointment", "appointment_calendar", "appointment_cancel", "reschedule", "reschedule_times"]
    pages += ["appointment_confirm", "appointment_attendance", "appointment_wait_for_earlier"]
    before = rows_now()
    for page in pages:
        address = reverse(f"scheduling:{page}", args=[visit.secret])
        for response in (client.get(address), client.post(address, {"answer": "yes", "reason": "time"})):
            assert response.status_code in {405, 410}
            assert world.leaks(world.people["anonymous"], said_by(response).replace(visit.secret, "")) == []
    assert differences(before, rows_now()) == []

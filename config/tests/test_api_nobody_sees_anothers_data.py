"""Guarantee 15 for programs: no call, no token and no field reaches somebody else's data.

The walk takes every call from the OpenAPI document, fills it with what belongs to others, and sends its own examples
with other people's ids in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.actors import Actor
from accounts.services.sign_ins import sign_in
from config.tests.calls import JSON, Call, calls, document
from config.tests.doors import addresses
from config.tests.foreign import FOREIGN, about_others, foreign_words, keys, others_visits
from config.tests.test_nobody_sees_anothers_data import changed_rows, said_by, tampered
from config.tests.world import Person, World, differences, rows_now
from payments.models import Payment, Receipt
from scheduling.models import (
    Appointment,
    Patient,
    Slot,
    Specialty,
    TimeOff,
    WaitlistEntry,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("who may see what is asked with the same queries of both databases"),
]

READ_BY_EVERYBODY = {"locations", "specialties", "doctors", "slots", "availability"}
OWN_ACCOUNT = ("/api/v1/auth/",)
"""These speak of nobody but whoever calls them; accounts/tests/test_api_*.py shows that."""
TOLD_NOTHING = {401, 403, 404}
NOBODYS = 999_999_999
NAMES = ("patient", "follows", "instead_of", "location", "appointment", "token")
"""By these a body speaks of a person, a visit or a place."""
EVERYBODY = {"anonymous", "patient", "doctor", "desk", "manager"}
PERMITTED = {
    "public": EVERYBODY,
    "secret_link": EVERYBODY,
    "signed_in": EVERYBODY - {"anonymous"},
    "staff": {"doctor", "desk", "manager"},
    "reception": {"desk", "manager"},
    "managers": {"manager"},
}


def is_permitted(call: Call, person: Person) -> bool:
    """Whether the call is for people like them at all."""
    role = {"one": "patient", "two": "patient"}.get(person.name, person.name.partition("_")[0])
    return role in PERMITTED[call.permission]


@pytest.fixture(autouse=True)
def _nobody_counts() -> Iterator[None]:
    with override_settings(API_REQUESTS_PER_MINUTE=0, API_ANONYMOUS_REQUESTS_PER_MINUTE=0, HOLDS_PER_ADDRESS=0):
        yield


def test_the_document_lists_every_call_that_there_is() -> None:
    there = {
        (name, method.upper())
        for name, pattern in addresses()
        if name.startswith("api:") and name != "api:index"
        for method in methods(pattern.callback)
    }
    assert there == {(call.name, call.method) for call in calls()}


def methods(view: Any) -> set[str]:
    """What can be asked of an endpoint."""
    offered = getattr(view, "actions", None) or {one for one in view.cls.http_method_names if hasattr(view.cls, one)}
    return set(offered) - {"head"}


def identities(person: Person) -> list[tuple[Client, dict[str, str]]]:
    """The session of a browser, and a program's token."""
    plain = Client(raise_request_exception=False)
    if person.user is None:
        return [(plain, {})]
    made = sign_in(user=person.user, actor=Actor("visitor"))
    return [(person.client(), {}), (plain, {"Authorization": f"Bearer {made.access}"})]


def secrets_to_try(call: Call, person: Person) -> list[dict[str, str]]:
    """No link, links that are nearly right, and the person's own, which opens something else."""
    if "Frontdesk-Secret" not in call.headers():
        return [{}]
    foreign = Appointment.objects.exclude(secret__in=person.secrets).order_by("pk")[0].secret
    return [{}, *({"Frontdesk-Secret": word} for word in [*tampered(foreign)[:3], *sorted(person.secrets)[:1], "é"])]


def ask(client: Client, call: Call, key: Any, body: Any, headers: dict[str, str]) -> Any:
    """Call it."""
    if call.method == "GET":
        return client.get(call.address(key), headers=headers)
    return client.generic(call.method, call.address(key), encoded(body), content_type=JSON, headers=headers)


def encoded(body: Any) -> bytes:
    """JSON."""
    return json.dumps(body).encode()


@pytest.mark.parametrize("name", ["anonymous", "one", "doctor_there", "desk_there"])
def test_no_call_tells_or_changes_what_belongs_to_others(world: World, name: str) -> None:
    person = world.people[name]
    words, before, problems, asked = foreign_words(world, person), rows_now(), [], 0
    for client, credentials in identities(person):
        for call in calls():
            if call.path.startswith(OWN_ACCOUNT) or is_a_write_of_anybodys(call, person):
                continue
            for key in FOREIGN[call.kind](world, person) if call.has_object else [0]:
                for body in call.bodies():
                    for link in secrets_to_try(call, person):
                        said = about_others(body, words)
                        response = ask(client, call, key, said, credentials | link)
                        also = (400,) if tells_nothing(response, client, call, said, credentials | link) else ()
                        problems += problems_of(world, person, call, response, f"{key} {said} {link}", also=also)
                        asked += 1
    assert problems == []
    assert [row for row in changed_rows(before, rows_now()) if "accounts.SignIn" not in row] == []
    assert asked > 100


def tells_nothing(response: Any, client: Client, call: Call, said: Any, headers: dict[str, str]) -> bool:
    """Whether a body was refused in the words in which it is refused for what is not there at all."""
    if response.status_code != 400 or not call.has_object:
        return False
    other = ask(client, call, NOBODYS, said, headers)
    return (other.status_code, other.content) == (400, response.content)


def is_a_write_of_anybodys(call: Call, person: Person) -> bool:
    """Whether the call makes something new for whoever asks, rather than touching what is there."""
    return call.method == "POST" and not call.has_object and is_permitted(call, person)


def problems_of(
    world: World, person: Person, call: Call, response: Any, said: str, *, also: tuple[int, ...] = ()
) -> list[str]:
    """What an answer tells that it should not, and statuses that tell something by themselves."""
    where = f"{person.name}: {call} {said}"
    problems = [f"{where}: {word}" for word in world.leaks(person, said_by(response), asked=said)]
    if response.status_code >= 500:
        problems.append(f"{where}: {response.status_code}")
    if call.has_object and not is_open(call) and response.status_code not in {*TOLD_NOTHING, *also}:
        problems.append(f"{where}: {response.status_code} {response.content.decode()[:200]}")
    if not call.has_object and not is_permitted(call, person) and response.status_code not in {401, 403}:
        problems.append(f"{where}: {response.status_code}")
    return problems


def is_open(call: Call) -> bool:
    """Whether everybody may ask it about everything of its kind: what the clinic shows on its pages."""
    return call.kind in READ_BY_EVERYBODY and call.permission == "public"


@pytest.mark.parametrize("name", ["one", "doctor_there", "desk_there"])
def test_what_somebody_may_make_names_nobody_elses_things(world: World, name: str) -> None:
    """Booking, registering, waiting, entering hours: allowed, but not for others, and not elsewhere."""
    person = world.people[name]
    words, before, problems = foreign_words(world, person), rows_now(), []
    client, credentials = identities(person)[1]
    for call in calls():
        if call.path.startswith(OWN_ACCOUNT) or not is_a_write_of_anybodys(call, person):
            continue
        for body in call.bodies():
            said = about_others(body, words)
            response = ask(client, call, 0, said, credentials)
            problems += problems_of(world, person, call, response, str(said))
            if said != body and names_somebody(said) and response.status_code < 400:
                problems.append(f"{person.name}: {call} {said}: {response.status_code} {response.content[:300]}")
    assert problems == []
    assert [row for row in changed_rows(before, rows_now()) if "accounts.SignIn" not in row] == []


def names_somebody(body: dict[str, Any]) -> bool:
    """Whether a body speaks of a person, a visit or a place by its id."""
    return any(isinstance(body.get(name), int) for name in NAMES)


@pytest.mark.parametrize("name", ["anonymous", "one", "two", "doctor_here", "doctor_there", "desk_here", "desk_there"])
def test_lists_speak_of_nobody_else_whatever_is_searched_for(world: World, name: str) -> None:
    person, problems, listed = world.people[name], [], 0
    victim = Patient.objects.exclude(pk__in=person.patients).order_by("pk")[0]
    visit = others_visits(person)[0]
    asked = {
        "patient": victim.pk,
        "email": victim.email,
        "search": victim.last_name,
        "number": visit.number,
        "status": visit.status,
        "doctor": visit.doctor_id,
        "location": visit.location_id,
    }
    client, credentials = identities(person)[-1]
    for call in calls():
        if call.method != "GET" or call.has_object:
            continue
        for query in [{}, *({one: asked[one]} for one in sorted(call.parameters() & asked.keys()))]:
            response = client.get(call.path, query, headers=credentials)
            listed += response.status_code == 200
            problems += problems_of(world, person, call, response, str(query))
    assert problems == []
    assert listed > 10


@pytest.mark.parametrize("name", ["one", "two", "doctor_here", "desk_there", "manager"])
def test_what_is_ones_own_opens_and_speaks_of_nobody_else(world: World, name: str) -> None:
    person, problems, opened = world.people[name], [], 0
    client, credentials = identities(person)[1]
    own = {
        "appointments": sorted(person.visits),
        "patients": sorted(person.patients),
        "waitlist": [wait.pk for wait in world.waits.values() if is_own(wait, person)],
        "tokens": [
            token.pk
            for name, token in world.today.tokens.items()
            if token.appointment_id in person.visits and not name.endswith("transferred")  # that was another doctor's
        ],
        "payments": keys(Payment.objects.filter(appointment__in=person.visits)),
        "receipts": keys(Receipt.objects.filter(entry__payment__appointment__in=person.visits)),
    }
    for call in calls():
        for key in own.get(call.kind, []) if call.method == "GET" and call.has_object else []:
            response = client.get(call.address(key), headers=credentials)
            problems += problems_of_own(world, person, call, response, key)
            opened += response.status_code == 200
    assert problems == []
    assert opened > 5


def is_own(wait: WaitlistEntry, person: Person) -> bool:
    """Whether somebody's waiting is their business: a patient's own, staff's at their location."""
    place = {"here": "Harbour Clinic", "there": "Hill Clinic"}.get(person.name.rpartition("_")[2])
    return wait.patient_id in person.patients and (place is None or wait.location.name == place)


def problems_of_own(world: World, person: Person, call: Call, response: Any, key: int) -> list[str]:
    """One's own opens; a visit without times has no calendar file."""
    where = f"{person.name}: {call} {key}"
    problems = [f"{where}: {word}" for word in world.leaks(person, said_by(response), asked=str(key))]
    if response.status_code != 200 and not (response.status_code == 404 and call.path.endswith("/calendar/")):
        problems.append(f"{where}: {response.status_code}")
    return problems


# --- Fields that nobody may set --------------------------------------------------------------

FORGED = {
    "id": 1,
    "user": 1,
    "actor": "system:demo",
    "booked_by": 1,
    "secret": "mine",
    "number": "APT-2026-000001",
    "taken": 0,
    "fee": "0.00",
    "source": "admin",
    "is_staff": True,
    "is_superuser": True,
    "roles": ["manager"],
    "groups": [1],
    "created_at": "2020-01-01T00:00:00Z",
    "expires_at": "2099-01-01T00:00:00Z",
    "successor": 1,
    "token": "mine",
    "verified": True,
}


def test_fields_that_nobody_may_set_are_refused_by_every_call_by_name(world: World) -> None:
    """As the manager, who may do everything else."""
    manager = world.people["manager"]
    before, problems = rows_now(), []
    real = {
        "appointments": world.visits["here_confirmed"].pk,
        "patients": world.patients["anna"].pk,
        "waitlist": world.waits["here"].pk,
        "holds": world.holds["here"].token,
        "slots": world.free["here"].pk,
        **{kind: find(world, world.people["anonymous"])[0] for kind, find in FOREIGN.items() if "/" in kind},
        "time-off": keys(TimeOff.objects.all())[0],
        "locations": world.here.pk,
        "specialties": keys(Specialty.objects.all())[0],
        "doctors": world.doctors["here"].pk,
        "queues": world.today.queues["here"].pk,
        "tokens": world.today.tokens["here_waiting"].pk,
        "emergencies": world.today.emergencies["here_desk"].pk,
        "payments": world.money.payments["here_waiting"].pk,
        "push/subscriptions": world.today.browsers["manager"].pk,
    }
    for call in calls():
        if call.method == "GET":
            continue
        allowed = declared(call)
        forged = {name: value for name, value in FORGED.items() if name not in allowed}
        client, credentials = identities(manager)[1]  # one for each call: some end it
        response = ask(client, call, real.get(call.kind, 0), call.bodies()[0] | forged, credentials)
        errors = response.json()["errors"] if response.status_code == 400 else []
        missed = forged.keys() - {error["field"] for error in errors if error["code"] == "unknown_field"}
        if missed:
            problems.append(f"{call}: {response.status_code} {sorted(missed)} {response.content.decode()[:200]}")
    assert problems == []
    assert [row for row in changed_rows(before, rows_now()) if "accounts.SignIn" not in row] == []


def declared(call: Call) -> set[str]:
    """The fields that the document says one may send."""
    schema = call.operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
    components = document()["components"]["schemas"]
    found: set[str] = set()
    for one in [schema, *schema.get("oneOf", []), *schema.get("anyOf", [])]:
        found |= set(components.get(one.get("$ref", "").rpartition("/")[2], {}).get("properties", {}))
    return found


# --- Tokens ----------------------------------------------------------------------------------


def test_no_call_takes_a_token_that_is_changed_ended_or_of_another_kind(world: World) -> None:
    user = world.people["manager"].user
    assert user is not None
    made = sign_in(user=user, actor=Actor("visitor"))
    head, _dot, signature = made.access.rpartition(".")
    strangers = sign_in(user=world.people["one"].user, actor=Actor("visitor"))
    wrong = [
        f"{head}.{signature[:-4]}{signature[-4:].swapcase()}",
        f"{strangers.access.rpartition('.')[0]}.{signature}",
        f"eyJhbGciOiJub25lIn0.{head.partition('.')[2]}.",
        made.refresh,
        "x",
    ]
    before, problems = rows_now(), []
    for call in calls():
        if not call.operation.get("security"):
            continue  # signing in takes no notice of who is signed in
        for token in wrong:
            response = ask(Client(), call, 1, call.bodies()[0], {"Authorization": f"Bearer {token}"})
            if response.status_code != 401 or response.json()["code"] != "token_refused":
                problems.append(f"{call} {token[-30:]}: {response.status_code}")
    assert problems == []
    assert differences(before, rows_now()) == []


def test_the_walk_knows_a_home_for_every_kind_of_thing() -> None:
    assert {call.kind for call in calls() if call.has_object} == FOREIGN.keys()
    assert all(re.fullmatch(r"[a-z/-]+", kind) for kind in FOREIGN)


def test_the_walk_would_notice_an_answer_that_speaks_of_somebody_else(world: World) -> None:
    call = next(one for one in calls() if str(one) == "GET /api/v1/patients/{id}/")
    manager, stranger = world.people["manager"], world.people["one"]
    client, credentials = identities(manager)[1]
    response = ask(client, call, world.patients["bert"].pk, {}, credentials)
    assert response.status_code == 200
    assert problems_of(world, stranger, call, response, "")
    assert Slot.objects.exists()

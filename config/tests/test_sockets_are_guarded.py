"""Guarantee 11: sockets are guarded. Guarantees 15 and 19 hold on them, too.

A server in a process of its own serves the test's database; nothing here shares code with it but `websockets`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as current
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from accounts.middleware import SEEN_KEY
from accounts.models import User
from accounts.services import sign_ins
from config.asgi import refuse, sockets
from config.tests.sockets import SECONDS, ask, closed_with, cookie_of, signed_in, socket_to
from config.tests.world import Person, World, build_world
from queueing.models import Token
from queueing.tests.factories import a_doctor, walk_in
from scheduling import rules
from scheduling.models import Appointment, Doctor, Location, StaffAssignment
from scheduling.selectors.people import visits_of
from scheduling.services import lifecycle, presence
from scheduling.tests.factories import CLINIC, DoctorFactory
from testing.embedded import EmbeddedServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MEGABYTE = 1024 * 1024
FOREIGN = [
    None,
    "null",
    "http://evil.example",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1.evil.example:{port}",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/page",
]


def test_every_socket_says_who_may_open_it() -> None:
    served = [route for route in sockets.routes if route.callback is not refuse]
    said = {str(route.pattern): getattr(route.callback, "permission", None) for route in served}
    assert len(said) >= 3
    assert set(said.values()) <= {"public", "secret_link", "signed_in"}, said


# --- The door ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/ws/events/", "/ws/slots/1/", "/ws/token/{secret}/"])
def test_pages_of_others_are_turned_away(served: EmbeddedServer, path: str) -> None:
    client = signed_in(User.objects.create_superuser("root@clinic.example", "x"))
    path = path.format(secret=walk_in(*a_doctor()).secret)
    for origin in FOREIGN:
        sent = origin.format(port=served.port) if origin else None
        with pytest.raises(InvalidStatus) as refused, socket_to(served, client=client, origin=sent, path=path):
            pass
        assert refused.value.response.status_code in (400, 403), origin


def test_whoever_is_not_signed_in_hears_nothing(served: EmbeddedServer) -> None:
    left = signed_in(User.objects.create_user("ann@clinic.example"))
    stale = cookie_of(left)
    left.logout()
    for token in ("", "nonsense", "e30.e30.e30"):
        with socket_to(served, token=token) as socket:
            assert closed_with(socket, 1) == 4401
    left.cookies[current.SESSION_COOKIE_NAME] = stale.partition("=")[2]
    with socket_to(served, client=left) as socket:
        assert closed_with(socket, 1) == 4401


# --- Who hears what ----------------------------------------------------------------------------------------------


class Ear:
    """Somebody who asks for every room there is, and writes down all they are told."""

    def __init__(self, socket: ClientConnection, rooms: Sequence[str]) -> None:
        self.heard: list[dict[str, Any]] = []
        self.opened = [room for room in rooms if ask(socket, type="subscribe", room=room)["type"] == "subscribed"]
        self.thread = threading.Thread(target=self._listen, args=(socket,))
        self.thread.start()

    def _listen(self, socket: ClientConnection) -> None:
        try:
            while True:
                self.heard.append(json.loads(socket.recv()))
        except ConnectionClosed:
            return

    def visits(self) -> set[int]:
        return {told["data"]["id"] for told in self.heard if told["type"] == "appointment_update"}


def every_room() -> list[str]:
    kinds = {"user": User, "doctor": Doctor, "location": Location}
    rooms = [f"{kind}:{pk}" for kind, model in kinds.items() for pk in model.objects.values_list("pk", flat=True)]
    return [*rooms, "admin"]


def step(visit: Appointment) -> bool:
    """Let something happen to a visit, if anything can."""
    steps: dict[str, Callable[..., Any]] = {
        "pending": lifecycle.confirm_appointment,
        "confirmed": lifecycle.cancel_appointment,
        "checked_in": presence.miss_call,
        "in_progress": lifecycle.complete_appointment,
    }
    if visit.status in steps:
        steps[visit.status](appointment_id=visit.pk, actor=CLINIC)
    return visit.status in steps


def visible_to(person: Person) -> set[int]:
    """The visits that somebody finds on pages."""
    seen = {*rules.appointments_visible_to(person.user), *visits_of(person.user)}  # type: ignore[arg-type]
    return {visit.pk for visit in seen}


def test_nobody_hears_of_anothers_visits(elsewhere: EmbeddedServer) -> None:
    world = build_world()
    people = [person for person in world.people.values() if person.user]
    rooms = every_room()
    with ExitStack() as stack:
        ears = {}
        for person in people:
            socket = stack.enter_context(socket_to(elsewhere, client=person.client()))
            ears[person.name] = Ear(socket, rooms)
            stack.callback(ears[person.name].thread.join)
            stack.callback(socket.close)
        stepped = {visit.pk for visit in Appointment.objects.all() if step(visit)}
        assert len(stepped) >= 8
        theirs = {person.name: stepped & visible_to(person) for person in people}
        wait_until(lambda: all(ears[name].visits() >= visits for name, visits in theirs.items()))
        time.sleep(0.5)  # whatever is told too much
    for person in people:
        assert ears[person.name].visits() == theirs[person.name], person.name
        assert ears[person.name].visits() <= person.visits, person.name
        check_words(world, person, ears[person.name])
    mine = f"user:{world.people['one'].user.pk}"  # type: ignore[union-attr]
    assert [room for room in ears["one"].opened if not room.startswith("doctor:")] == [mine]
    assert "admin" not in ears["desk_here"].opened


OF_ONES_OWN_PLACE = {"queue_position_change", "patient_called"}
"""What whoever waits hears of their own place in the queue."""


def check_words(world: World, person: Person, ear: Ear) -> None:
    """Nobody's names, reasons and secrets were told, and patients heard of no more than free times."""
    assert world.leaks(person, json.dumps(ear.heard)) == []
    if person.name in {"one", "two"}:
        told = [one for one in ear.heard if one["type"] != "appointment_update"]
        slots = [one for one in told if one["type"] == "slot_update"]
        assert not any("capacity" in slot for one in slots for slot in one["data"]["slots"])
        own = [one for one in told if one["type"] in OF_ONES_OWN_PLACE]
        assert {one["data"]["appointment"] for one in own} <= person.visits
        assert {one["type"] for one in told} <= {"slot_update", *OF_ONES_OWN_PLACE}


def wait_until(holds: Callable[[], bool], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_nobody_reaches_anothers_place_in_the_queue_by_what_is_no_secret(served: EmbeddedServer) -> None:
    world = build_world()
    token = Token.objects.filter(status="waiting").first()
    assert token is not None
    names = [str(token.pk), token.code, token.appointment.secret, str(token.appointment_id), token.secret[:-1]]
    for person in (world.people["anonymous"], world.people["two"], world.people["manager"]):
        client = person.client() if person.user else None
        for name in (*names, token.secret.swapcase()):
            with socket_to(served, client=client, path=f"/ws/token/{name}/") as socket:
                assert closed_with(socket, 2) == 4404, name


# --- How long ----------------------------------------------------------------------------------------------------


def test_a_socket_ends_within_five_seconds_of_what_it_lives_by(served: EmbeddedServer) -> None:
    world = build_world()
    users = {name: person.user for name, person in world.people.items() if person.user}
    clients = {name: signed_in(user) for name, user in users.items()}
    program = sign_ins.sign_in(user=users["two"], actor=CLINIC)
    ends: dict[str, Callable[[], object]] = {
        "one": clients["one"].logout,
        "two": lambda: User.objects.filter(pk=users["two"].pk).update(is_active=False),
        "doctor_here": lambda: new_password(users["doctor_here"]),
        "doctor_there": lambda: users["doctor_there"].doctor.locations.clear(),
        "desk_here": lambda: idle(clients["desk_here"]),
        "desk_there": lambda: StaffAssignment.objects.get(user=users["desk_there"]).locations.set([world.here]),
        "manager": users["manager"].groups.clear,
    }
    rooms = {
        "doctor_there": f"location:{world.there.pk}",
        "desk_there": f"location:{world.there.pk}",
        "manager": "admin",
    }
    with ExitStack() as stack:
        opened = {name: stack.enter_context(socket_to(served, client=clients[name])) for name in ends}
        opened["program"] = stack.enter_context(socket_to(served, token=program.access, origin=None))
        for name, socket in opened.items():
            room = rooms.get(name, f"user:{users[name if name in users else 'two'].pk}")
            assert ask(socket, type="subscribe", room=room)["type"] == "subscribed"
        time.sleep(3)  # they are looked at, and stay
        for socket in opened.values():
            assert ask(socket, type="ping")["type"] == "pong"
        for end in [*ends.values(), lambda: sign_ins.end_sign_in(sign_in=program.sign_in, actor=CLINIC)]:
            end()
        began = time.monotonic()
        codes = {name: closed_with(socket, began + SECONDS - time.monotonic()) for name, socket in opened.items()}
    lost_a_room = dict.fromkeys(rooms, 4403)
    assert codes == {**dict.fromkeys(opened, 4401), **lost_a_room}


def new_password(user: User) -> None:
    user.set_password("another long enough password")
    user.save()


def idle(client: Client) -> None:
    session = client.session
    session[SEEN_KEY] = int(time.time()) - current.STAFF_IDLE_SECONDS
    session.save()


# --- What is said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/ws/events/", "/ws/slots/{doctor}/", "/ws/token/{secret}/"])
def test_what_no_program_of_ours_says_closes_the_socket_at_once(served: EmbeddedServer, path: str) -> None:
    client = signed_in(User.objects.create_user("ann@clinic.example"))
    path = path.format(doctor=DoctorFactory().pk, secret=walk_in(*a_doctor()).secret)
    frames: list[tuple[str | bytes, set[int | None]]] = [
        ("x" * 20_000, {4413}),
        ("x" * (10 * MEGABYTE), {None, 1009}),
        (b"\0" * (10 * MEGABYTE), {None, 1009}),
    ]
    if path == "/ws/events/":
        frames += [("[" * 10_000, {4400}), (b"\xff\xfe", {4400}), ('{"type":"\\ud800"}\0', {4400})]
    memory = most_memory(served)
    for frame, codes in frames:
        began = time.monotonic()
        with socket_to(served, client=client, path=path) as socket:
            with suppress(ConnectionClosed):
                socket.send(frame)
            assert closed_with(socket) in codes, frame[:20]
        assert time.monotonic() - began < SECONDS  # of a busy machine; alone it is a tenth of that
    assert most_memory(served) - memory < 8 * MEGABYTE, "ten megabytes were taken in before they were refused"


def most_memory(server: EmbeddedServer) -> int:
    """The most memory that the server ever had, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024

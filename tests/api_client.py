"""A patient's whole way through the API, by a program that shares no code with the server.

    python tests/api_client.py http://127.0.0.1:8000 --specialty "General practice" --location "Riverside Practice"

It knows the address and what docs/api.md says; paths and shapes it reads from the OpenAPI document, and whatever is
sent or answered is checked against that. It registers, finds a doctor, holds a seat, books, confirms where the place
wants that, moves, cancels, signs out, and hears of each step on the events socket. One line a step; the first surprise
ends it with a sentence and exit code 1. Needs `jsonschema` and `websockets`, nothing else.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from checked_api import SECONDS, Api, Surprise
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

NOT_SIGNED_IN = 4401
DAYS_OF_NOTICE = 2
"""Visits nearer than that a clinic may want to hear about by phone."""


@contextmanager
def events_of(base: str, access: str) -> Iterator[Events]:
    """The socket, opened with an access token and closed in the end."""
    address = re.sub("^http", "ws", base) + "/ws/events/"
    bearer = {"Authorization": f"Bearer {access}"}
    try:
        with connect(address, additional_headers=bearer, open_timeout=SECONDS, close_timeout=SECONDS) as socket:
            yield Events(socket)
    except (OSError, WebSocketException) as error:
        raise Surprise(f"The socket {address} failed: {error}") from error


class Events:
    """The events socket: hears what happens in its rooms."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.unread: list[dict[str, Any]] = []

    def subscribe(self, room: str) -> None:
        """Enter a room, and know it."""
        self.socket.send(json.dumps({"type": "subscribe", "room": room}))
        self.wait("subscribed", lambda data: data["room"] == room, f"subscribed to {room}")

    def wait(self, kind: str, fits: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """The first message of a type that fits; what else comes meanwhile is kept for later."""
        deadline = time.monotonic() + SECONDS
        passed_over: list[dict[str, Any]] = []
        while True:
            message = self.unread.pop(0) if self.unread else self._next(deadline - time.monotonic(), what)
            if message["type"] == kind and fits(message["data"]):
                self.unread[:0] = passed_over
                return message
            passed_over.append(message)

    def _next(self, seconds: float, what: str) -> dict[str, Any]:
        try:
            message = _read_event(self.socket.recv(timeout=max(seconds, 0)))
        except TimeoutError as error:
            raise Surprise(f"The events socket did not tell within {SECONDS:.0f} s: {what}.") from error
        if message["type"] == "error":
            raise Surprise(f"The events socket answered {message['data']}.")
        return message

    def appointment(self, appointment: dict[str, Any], status: str) -> None:
        """Hear that an appointment of ours has a status now."""
        kind, what = "appointment_update", f"{appointment['number']} is {status}"
        self.wait(kind, lambda data: (data["id"], data["status"]) == (appointment["id"], status), what)
        say("event", what)

    def wait_for_end(self) -> None:
        """See the server close the socket, because the sign-in ended."""
        deadline = time.monotonic() + SECONDS
        try:
            while (left := deadline - time.monotonic()) > 0:
                self.socket.recv(timeout=left)
        except TimeoutError:
            pass
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
            if code != NOT_SIGNED_IN:
                raise Surprise(f"The events socket closed with {code} instead of {NOT_SIGNED_IN}.") from closed
            return
        raise Surprise(f"The events socket is still open {SECONDS:.0f} s after the sign-in ended.")


def _read_event(frame: str | bytes) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(frame)
    if set(message) != {"type", "version", "at", "data"}:
        raise Surprise(f"The events socket sent something else than type, version, at and data: {message}")
    if datetime.fromisoformat(message["at"]).tzinfo is None:
        raise Surprise(f"The events socket told a time without a zone: {message}")
    return message


class Journey:
    """What a patient does, step by step."""

    def __init__(self, api: Api, *, specialty: str, location: str) -> None:
        self.api = api
        self.specialty = specialty
        self.location = location
        self.email = f"client-{secrets.token_hex(6)}@example.org"
        self.password = secrets.token_urlsafe(18)

    def run(self, ask_code: Callable[[str], str] | None) -> None:
        """All of it."""
        user = self.register()
        if ask_code is not None:
            self.verify(ask_code)
        with events_of(self.api.base, self.api.access) as events:
            events.subscribe(f"user:{user['id']}")
            say("follow", f"listening to what happens to user:{user['id']}")
            self.visit(events)
            self.sign_out(events)

    def visit(self, events: Events) -> None:
        """An appointment's life, each step heard of."""
        location, slots = self.find_slots()
        booked = self.book(self.hold(slots[0]), location)
        events.appointment(booked, booked["status"])
        if booked["status"] == "pending":
            events.appointment(self.confirm(booked), "confirmed")
        moved = self.reschedule(booked, slots[1])
        events.appointment(booked, "rescheduled")
        events.appointment(moved, "confirmed")
        self.cancel(moved)
        events.appointment(moved, "cancelled")
        self.look_back(booked, moved)

    def register(self) -> dict[str, Any]:
        """Become somebody who signs in; the answer's tokens open the rest."""
        body = {"email": self.email, "password": self.password, "full_name": "Ada Client"}
        tokens = self.api.call("POST", "auth/register/", body, expect=201)
        renewed = self.api.call("POST", "auth/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)
        self.api.access = renewed["access"]
        user: dict[str, Any] = self.api.call("GET", "auth/me/", expect=200)
        require(user == tokens["user"], "auth/me/ tells of another person than the one who registered")
        say("register", f"{self.email} is user {user['id']}")
        return user

    def verify(self, ask_code: Callable[[str], str]) -> None:
        """Prove the address by the code from its mailbox."""
        proven = self.api.call("POST", "auth/verify/", {"code": ask_code(self.email)}, expect=200)
        require(proven["email"] == self.email, "the address is not on the account after it was proven")
        say("verify", f"{self.email} is proven")

    def find_slots(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Two free times with one doctor of the specialty at the location."""
        specialty = named(self.api.all_pages("specialties/", {}), self.specialty, "specialty")
        location = named(self.api.all_pages("locations/", {}), self.location, "location")
        query = {"specialty": specialty["id"], "location": location["id"]}
        for doctor in self.api.all_pages("doctors/", query):
            require(doctor["specialty"] == specialty["id"], f"{doctor['name']} is of another specialty")
            slots = self.free_slots(doctor, location)
            if len(slots) > 1:
                say(
                    "find",
                    f"{doctor['name']}, {specialty['name']}: {slots[0]['starts_at']} and {slots[1]['starts_at']}",
                )
                return location, slots
        raise Surprise(f"Nobody of {self.specialty} has two free times at {self.location}.")

    def free_slots(self, doctor: dict[str, Any], location: dict[str, Any]) -> list[dict[str, Any]]:
        """The doctor's next free times there, far enough ahead to be moved and cancelled without a phone call."""
        first = datetime.now(UTC).date() + timedelta(days=DAYS_OF_NOTICE)
        query = {"doctor": doctor["id"], "location": location["id"], "from": first.isoformat(), "free": "true"}
        found: list[dict[str, Any]] = self.api.call("GET", "slots/", expect=200, query=query)["results"]
        require(all(slot["free"] for slot in found), "a slot without a free seat is listed as free")
        return found

    def hold(self, slot: dict[str, Any]) -> dict[str, Any]:
        """Keep the seat while, say, a form is filled in; asking twice keeps one."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        held: dict[str, Any] = self.api.call("POST", "slots/{id}/hold/", expect=201, headers=key, id=slot["id"])
        again = self.api.call("POST", "slots/{id}/hold/", expect=201, headers=key, id=slot["id"])
        require(again["token"] == held["token"], "the same Idempotency-Key made two holds")
        extended = self.api.call("POST", "holds/{token}/extend/", expect=200, token=held["token"])
        require(extended["expires_at"] >= held["expires_at"], "prolonging a hold made it shorter")
        say("hold", f"slot {slot['id']} until {extended['expires_at']}")
        return held

    def book(self, hold: dict[str, Any], location: dict[str, Any]) -> dict[str, Any]:
        """Make it an appointment; asking twice makes one."""
        body = {
            "hold": hold["token"],
            "reason": "A cough that stays",
            "patient": {
                "first_name": "Ada",
                "last_name": f"Client-{secrets.token_hex(3)}",
                "date_of_birth": "1985-12-10",
                "email": self.email,
            },
        }
        key = {"Idempotency-Key": secrets.token_hex(16)}
        booked: dict[str, Any] = self.api.call("POST", "appointments/", body, expect=201, headers=key)
        again = self.api.call("POST", "appointments/", body, expect=201, headers=key)
        require(again["id"] == booked["id"], "the same request booked twice")
        wanted = "pending" if location["needs_confirmation"] else "confirmed"
        require(booked["status"] == wanted, f"the booking is {booked['status']}, not {wanted}")
        say("book", f"{booked['number']} is {booked['status']}")
        return booked

    def confirm(self, booked: dict[str, Any]) -> dict[str, Any]:
        """Confirm it before it runs out."""
        require(booked["expires_at"] is not None, "a pending booking says no time to confirm it by")
        confirmed: dict[str, Any] = self.api.call("POST", "appointments/{id}/confirm/", expect=200, id=booked["id"])
        require(confirmed["status"] == "confirmed", f"after confirming it is {confirmed['status']}")
        say("confirm", f"{confirmed['number']} is confirmed")
        return confirmed

    def reschedule(self, booked: dict[str, Any], slot: dict[str, Any]) -> dict[str, Any]:
        """Move it to the other time: a new appointment takes the place of the old one."""
        path = "appointments/{id}/reschedule/"
        moved: dict[str, Any] = self.api.call("POST", path, {"slot": slot["id"]}, expect=201, id=booked["id"])
        require(moved["starts_at"] == slot["starts_at"], "the moved appointment is at another time than asked for")
        old = self.api.call("GET", "appointments/{id}/", expect=200, id=booked["id"])
        require(old["status"] == "rescheduled", f"the old appointment is {old['status']}, not rescheduled")
        require(old["successor"] == moved["id"], "the old appointment does not name its successor")
        say("reschedule", f"{booked['number']} became {moved['number']}, {moved['starts_at']}")
        return moved

    def cancel(self, moved: dict[str, Any]) -> None:
        """Give the seat back."""
        cancelled = self.api.call("POST", "appointments/{id}/cancel/", expect=200, id=moved["id"])
        require(cancelled["status"] == "cancelled", f"after cancelling it is {cancelled['status']}")
        say("cancel", f"{cancelled['number']} is cancelled")

    def look_back(self, *own: dict[str, Any]) -> None:
        """See one's own appointments and nobody else's."""
        seen = {visit["id"] for visit in self.api.all_pages("appointments/", {})}
        require(seen == {visit["id"] for visit in own}, f"the list shows {sorted(seen)}")
        say("list", f"{len(seen)} appointments of one's own")

    def sign_out(self, events: Events) -> None:
        """End the sign-in: its token opens nothing any more, and its socket is closed."""
        self.api.call("POST", "auth/sign-out/", expect=204)
        self.api.call("GET", "auth/me/", expect=401)
        events.wait_for_end()
        say("sign out", "the token and the socket are closed")


def named(rows: list[dict[str, Any]], name: str, what: str) -> dict[str, Any]:
    """The row with that name."""
    for row in rows:
        if row["name"].casefold() == name.casefold():
            return row
    raise Surprise(f"There is no {what} {name}; there are {', '.join(row['name'] for row in rows)}.")


def require(holds: bool, otherwise: str) -> None:
    """Raise Surprise unless it holds."""
    if not holds:
        raise Surprise(f"Surprise: {otherwise}.")


def say(step: str, what: str) -> None:
    """One line a step."""
    print(f"{step:<10} {what}", flush=True)


def ask_code(email: str) -> str:
    """The code from the mail, typed in."""
    print(f"code       which code did {email} get?", flush=True)
    return sys.stdin.readline().strip()


def main() -> int:
    """Go the whole way; 0 if it led there."""
    parser = argparse.ArgumentParser(
        description="A patient's whole way through the API, from registering to signing out."
    )
    parser.add_argument("base", help="address of the clinic, such as http://127.0.0.1:8000")
    parser.add_argument("--specialty", default="General practice", help="whom to see (default %(default)s)")
    parser.add_argument("--location", default="Harbour Street Clinic", help="where (default %(default)s)")
    parser.add_argument("--verify", action="store_true", help="prove the address by a code read from standard input")
    given = parser.parse_args()
    try:
        journey = Journey(Api(given.base), specialty=given.specialty, location=given.location)
        journey.run(ask_code if given.verify else None)
    except Surprise as surprise:
        print(surprise, file=sys.stderr)
        return 1
    except KeyError as missing:
        print(f"An answer lacks {missing}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a measurement does inside the product: run as a child process with the environment of its database.

python -m config.bench.inside     reads {"step", "arguments"} from each line, answers each with a line
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - needs the line above
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from config.bench import api_preparation, message_steps, preparation, queue_preparation, searches  # noqa: E402
from config.bench.load import Press  # noqa: E402
from config.bench.transcript import mark, play  # noqa: E402
from scheduling.models import Appointment  # noqa: E402

RECORDED = 50_000_000
PATIENT_KEY = 77_000_001
APPOINTMENT_KEY = 88_000_001


Bookings = Callable[[int, int], list[Press]]
WAYS: dict[str, Bookings] = {
    "page": preparation.prepare_bookings,
    "api": api_preparation.prepare_bookings,
    "api with a token": partial(api_preparation.prepare_bookings, signed_in=True),
    "api hold and book": api_preparation.prepare_holds_and_bookings,
}
"""The ways to book that are measured."""


def prepare_bookings(way: str, first: int, count: int) -> list[dict[str, Any]]:
    """What must be there, and the presses."""
    presses = WAYS[way](first, count)
    preparation.refresh_statistics()
    return [asdict(press) for press in presses]


def prepare_rush(way: str, first: int, clients: int, rounds: int) -> list[tuple[int, list[dict[str, Any]]]]:
    """For each round its slot and the presses of everybody who wants it."""
    if way == "page":
        prepared = preparation.prepare_rush(first, clients, rounds)
    else:
        prepared = api_preparation.prepare_rush(clients, rounds)
    return [(slot, [asdict(press) for press in presses]) for slot, presses in prepared]


def count_statements(first: int) -> dict[str, int]:
    """How many statements one booking is, by each way."""
    counts = {}
    for place, (way, prepare) in enumerate(WAYS.items()):
        (press,) = prepare(first + place, 1)
        counts[way] = len(api_preparation.statements_of(press))
    return counts


def record() -> dict[str, Any]:
    """Book once through the pages and write down the SQL."""
    (press,) = preparation.prepare_bookings(RECORDED, 1)
    preparation.set_next_keys(PATIENT_KEY, APPOINTMENT_KEY)
    client = Client(enforce_csrf_checks=True)
    client.cookies.load(press.cookies)
    with CaptureQueriesContext(connection) as captured:
        response = client.post(press.path, press.body, content_type="application/x-www-form-urlencoded")
    if response.status_code not in {302, 303}:
        raise AssertionError(f"the booking was answered with {response.status_code}")
    appointment = Appointment.objects.get(slot_id=RECORDED)
    statements = [query["sql"] for query in captured.captured_queries]
    transcript = mark(
        statements,
        number=RECORDED,
        patient=appointment.patient_id,
        appointment=appointment.pk,
        secret=appointment.secret,
    )
    return asdict(transcript)


def play_alone(transcript: dict[str, Any], first: int, count: int, seconds: float) -> dict[str, Any]:
    """Send the SQL from one loop without any server: the limit where there is no pgbench."""
    import time

    from config.bench.transcript import Transcript

    script = Transcript(**transcript)
    started = time.perf_counter()
    done = 0
    with connection.cursor() as cursor:
        for number in range(first, first + count):
            if time.perf_counter() - started > seconds:
                break
            play(script, number, cursor)
            done += 1
    return {"done": done, "seconds": time.perf_counter() - started}


STEPS: dict[str, Callable[..., Any]] = {
    "prepare_bookings": prepare_bookings,
    "prepare_rush": prepare_rush,
    "prepare_rooms": preparation.prepare_rooms,
    "prepare_hall": queue_preparation.prepare_hall,
    "count_statements": count_statements,
    "record": record,
    "play_alone": play_alone,
    "search": searches.measure,
    "winners": preparation.winners_of,
    "refresh_statistics": preparation.refresh_statistics,
    "booked": preparation.booked,
    "prepare_messages": message_steps.prepare_messages,
    "send_messages": message_steps.send_messages,
    "count_open": message_steps.count_open,
    "count_states": message_steps.count_states,
}


def main() -> None:
    """Do one step for each line, until the lines end."""
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"done": STEPS[order["step"]](**order["arguments"])}
        except Exception:
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

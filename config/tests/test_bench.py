"""`manage.py bench booking` measures what it says: the pieces here, and all of them together at a tiny size."""

from __future__ import annotations

import json
import socketserver
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from config.bench import api_preparation, inside, preparation, searches, servers
from config.bench.booking import Conductor, Size
from config.bench.figures import Crowd, Findings, Rate, Rush, Spread, not_booked, server_errors
from config.bench.load import Plan, Press, run
from config.bench.report import lines_of
from config.bench.steps import Inside
from config.bench.transcript import NUMBER, PATIENT, Transcript, mark, pgbench_script, play
from scheduling.models import Appointment, Hold, Slot

FIRST = 60_000_000


class _Answering(socketserver.StreamRequestHandler):
    """Answers every request of a connection: the first POST of all wins, the others are sent elsewhere."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            length = 0
            while header := self.rfile.readline().strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            self.rfile.read(length)
            self.server.seen.append(line.decode())
            self.wfile.write(self._answer(line))

    def _answer(self, line: bytes) -> bytes:
        if line.startswith(b"GET /broken/"):
            return b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\noh"
        if line.startswith(b"GET /chunked/"):
            return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
        if line.startswith(b"POST /made/"):
            return b'HTTP/1.1 201 Created\r\nContent-Length: 15\r\n\r\n{"token":"abcd"}'
        if line.startswith(b"POST"):
            return b"HTTP/1.1 303 See Other\r\nLocation: /next/\r\nContent-Length: 0\r\n\r\n"
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def answering_port():
    """A small server of threads on loopback; yields its port and the request lines it saw."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Answering)
    server.daemon_threads = True
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1], server.seen
    server.shutdown()
    server.server_close()


# --- The load generator ---------------------------------------------------------------------------------------------


def test_a_burst_presses_once_for_each_client_and_follows_where_it_leads(answering_port):
    port, seen = answering_port
    presses = [Press(path="/hold/", body="slot=1", follow=True) for _client in range(7)]
    outcome = run(Plan(port=port, kind="burst", presses=presses))
    assert [(answer.status, answer.location, answer.page_status) for answer in outcome.answers] == [
        (303, "/next/", 200)
    ] * 7
    assert all(0 < answer.seconds <= answer.page_seconds <= outcome.seconds for answer in outcome.answers)
    assert sum(line.startswith("POST /hold/") for line in seen) == 7
    assert sum(line.startswith("GET /next/") for line in seen) == 7


def test_a_steady_load_takes_each_press_once_and_ends_with_the_presses(answering_port):
    port, seen = answering_port
    presses = [Press(path=f"/{number}/") for number in range(50)]
    outcome = run(Plan(port=port, kind="steady", presses=presses, connections=4, seconds=20))
    assert len(outcome.answers) == 50
    assert len(set(seen)) == 50


def test_what_comes_after_is_sent_with_the_token_of_the_answer(answering_port):
    port, seen = answering_port
    press = Press(path="/made/", json="{}", bearer="sesame", then_path="/next/", then_json='{"hold": "@token@"}')
    outcome = run(Plan(port=port, kind="steady", presses=[press], connections=1, seconds=20))
    assert [answer.status for answer in outcome.answers] == [303]
    assert [line.split()[1] for line in seen] == ["/made/", "/next/"]
    assert (
        press.after(b'{"token": "abc"}')
        .as_bytes(80)
        .endswith(b'\r\nAuthorization: Bearer sesame\r\nContent-Length: 15\r\n\r\n{"hold": "abc"}')
    )


def test_a_steady_load_ends_with_its_seconds(answering_port):
    port, _seen = answering_port
    presses = [Press(path="/")] * 1_000_000
    outcome = run(Plan(port=port, kind="steady", presses=presses, connections=2, seconds=0.2))
    assert 0.2 <= outcome.seconds < 2
    assert 0 < len(outcome.answers) < 1_000_000


def test_errors_and_chunked_answers_are_told_apart(answering_port):
    port, _seen = answering_port
    presses = [Press(path="/broken/"), Press(path="/chunked/")]
    answers = run(Plan(port=port, kind="burst", presses=presses)).answers
    assert [answer.status for answer in answers] == [500, 200]
    assert server_errors(answers) == 1
    assert not_booked(answers) == 2


def test_the_generator_runs_without_django(answering_port):
    port, _seen = answering_port
    plan = asdict(Plan(port=port, kind="burst", presses=[Press(path="/")]))
    program = (
        "import sys, runpy; runpy.run_module('config.bench.load', run_name='__main__'); "
        "assert 'django' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(plan), capture_output=True, text=True, cwd=servers.PROJECT
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answers"][0]["status"] == 200


# --- Preparation and the same SQL -----------------------------------------------------------------------------------


@pytest.fixture
def _clinic(transactional_db):
    call_command("demo", "--doctors", "3", "--days", "9", "--patients", "8", stdout=StringIO())


@pytest.mark.usefixtures("_clinic")
def test_a_prepared_press_books_through_the_pages():
    (press,) = preparation.prepare_bookings(FIRST, 1)
    client = Client(enforce_csrf_checks=True)
    client.cookies.load(press.cookies)
    response = client.post(press.path, press.body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in {302, 303}
    assert preparation.booked(FIRST, 1) == 1
    assert not Hold.objects.filter(pk=FIRST).exists()


@pytest.mark.usefixtures("_clinic")
@pytest.mark.parametrize("way", list(inside.WAYS))
def test_every_way_books_and_its_statements_are_counted(way):
    (press,) = inside.WAYS[way](FIRST, 1)
    statements = api_preparation.statements_of(press)
    assert preparation.booked(FIRST, 1) == 1
    assert not Hold.objects.filter(slot=FIRST).exists()
    assert sum(statement.startswith('INSERT INTO "scheduling_appointment"') for statement in statements) == 1
    booked_by = Appointment.objects.get(slot=FIRST).booked_by_id
    assert booked_by == (FIRST if way == "api with a token" else None)


@pytest.mark.usefixtures("_clinic")
def test_a_rush_has_exactly_one_winner():
    ((slot_id, presses),) = preparation.prepare_rush(FIRST, clients=3, rounds=1)
    for press in presses:
        client = Client(enforce_csrf_checks=True)
        client.cookies.load(press.cookies)
        assert client.post(press.path, press.body, content_type="application/x-www-form-urlencoded").status_code == 303
    assert preparation.winners_of([slot_id]) == {slot_id: 1}


@pytest.mark.usefixtures("_clinic")
def test_a_rush_of_programs_has_exactly_one_winner():
    ((slot_id, presses),) = api_preparation.prepare_rush(clients=3, rounds=1)
    answers = [Client().post(press.path, press.json, content_type="application/json") for press in presses]
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert preparation.winners_of([slot_id]) == {slot_id: 1}


@pytest.mark.usefixtures("_clinic")
def test_the_recorded_sql_books_for_others_what_the_pages_book():
    transcript = Transcript(**inside.record())
    preparation.prepare_bookings(FIRST, 2)
    with connection.cursor() as cursor:
        play(transcript, FIRST, cursor)
        play(transcript, FIRST + 1, cursor)
    original = Appointment.objects.get(slot_id=inside.RECORDED)
    for number in (FIRST, FIRST + 1):
        copy = Appointment.objects.get(slot_id=number)
        assert (copy.status, copy.reason, copy.doctor_id) == (original.status, original.reason, number)
        assert copy.patient.last_name == f"Bench{number}"
        assert not Hold.objects.filter(slot_id=number).exists()
    call_command("check_invariants", stdout=StringIO())


@pytest.mark.usefixtures("_clinic")
def test_searches_are_timed_among_all_slots():
    found = searches.measure(times=3)
    assert found["slots"] == Slot.objects.filter(starts_at__gt=datetime.now().astimezone()).count()
    assert {name: len(seconds) for name, seconds in found["seconds"].items()} == {
        "one doctor": 3,
        "one specialty": 3,
        "anybody": 3,
        "ten of anybody": 3,
    }


def test_what_belongs_to_one_booking_is_marked():
    statements = [
        "SELECT 1 FROM hold\n WHERE token = 'bench-60000000'",
        "INSERT INTO \"scheduling_patient\" (name) VALUES ('Bench60000000') RETURNING id",
        "INSERT INTO x VALUES (77000001, 60000000, 'sesame')",
    ]
    marked = mark(statements, number=60_000_000, patient=77_000_001, appointment=88_000_001, secret="sesame")
    assert marked.statements[0] == f"SELECT 1 FROM hold WHERE token = 'bench-{NUMBER}'"
    assert marked.statements[2] == f"INSERT INTO x VALUES ({PATIENT}, {NUMBER}, 'secret-{NUMBER}')"
    script = pgbench_script(marked, first=5, per_client=10)
    assert "\\set number 5 + :client_id * 10 + :done" in script
    assert "RETURNING id \\gset patient_" in script
    assert "VALUES (:patient_id, :number, 'secret-:number');" in script


# --- Servers, figures, report ---------------------------------------------------------------------------------------


def test_the_measured_server_is_that_of_production_on_loopback():
    command = servers.production_command(8123)
    assert command[1:3] == ["-m", "granian"]
    assert command[-4:] == ["--host", "127.0.0.1", "--port", "8123"]
    assert "0.0.0.0" not in command
    assert command[command.index("--workers") + 1] == "2"
    assert "config.bench.bare:application" in servers.bare_command(8123)


def test_a_server_is_gone_when_its_block_ends_however_it_ends(tmp_path):
    port = servers.free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    log = tmp_path / "log"
    with pytest.raises(ZeroDivisionError), servers.serving(command, port=port, environment={}, log=log):
        raise ZeroDivisionError
    with pytest.raises(ConnectionRefusedError):
        servers.socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_servers_cpu_and_memory_are_those_of_its_whole_group(tmp_path):
    port = servers.free_port()
    program = (
        "import os, http.server, sys, time\n"
        "if os.fork() == 0:\n"
        "    while time.process_time() < 0.3: pass\n"
        "    time.sleep(60)\n"
        f"http.server.test(port={port}, bind='127.0.0.1')\n"
    )
    log = tmp_path / "log"
    with servers.serving([sys.executable, "-c", program], port=port, environment={}, log=log) as served:
        end = time.monotonic() + 20
        while served.cpu_seconds() < 0.3 and time.monotonic() < end:
            time.sleep(0.05)
        assert 0.3 <= served.cpu_seconds() < 10
        assert 1_000_000 < served.memory() < 500_000_000


def test_a_server_that_does_not_start_says_why(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('no such luck')"]
    serving = servers.serving(command, port=servers.free_port(), environment={}, log=tmp_path / "log")
    with pytest.raises(servers.NotMeasurable, match="no such luck"), serving:
        pass


def test_a_step_that_fails_says_why():
    with (
        servers.sqlite_stage() as stage,
        closing(Inside(stage)) as inside_it,
        pytest.raises(servers.NotMeasurable, match="no such table"),
    ):
        inside_it.do("search", times=1)


def test_a_spread_names_the_ninety_ninth_of_a_hundred():
    spread = Spread.of([number / 1000 for number in range(1, 101)])
    assert (spread.p50, spread.p99, spread.last) == pytest.approx((50, 99, 100))
    assert spread.mean == pytest.approx(50.5)


def test_the_report_says_a_miss_is_a_miss():
    spread = Spread(mean=60, p50=50, p99=700, last=800)
    found = Findings(
        database="PostgreSQL",
        version="15",
        rates=[Rate("by the page", 100, wrong=2), Rate("by the API", 150)],
        comparisons=[Rate("bare", 200), Rate("pgbench", 400)],
        rushes={"the press is answered": Rush(winners=[1, 2], rounds=[spread, spread])},
        crowds={"page": Crowd(clients=1000, booked=1000, spread=spread, wrong=0)},
        statements={"page": 14, "api": 9},
        slots=288_000,
        doctors=200,
        searches={"one doctor": Spread(mean=2, p50=2, p99=3, last=4)},
    )
    text = "\n".join(lines_of([found], Size()))
    assert "page : bare view : SQL alone = 1 : 2.0 : 4.0" in text
    assert "page : API = 1 : 1.50" in text
    assert "page 14, api 9" in text
    assert "2 NOT BOOKED" in text
    assert "WINNERS [1, 2]" in text
    assert "MISSED: mean under 50 ms" in text
    assert "MISSED: p99 under 500 ms" in text
    assert "met: p99 under 20 ms" in text


@pytest.mark.parametrize("seconds", ["0", "-1", "61"])
def test_an_unbounded_load_is_refused(seconds):
    with pytest.raises(CommandError, match="--seconds"):
        call_command("bench", "booking", "--seconds", seconds)


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_everything_together_on_sqlite():
    size = Size(
        doctors=2, days=9, seconds=0.3, rush_clients=4, rush_rounds=1, crowd=6, searches=2, connections=3,
        most_a_second=60,
    )  # fmt: skip
    with servers.sqlite_stage() as stage:
        found = Conductor(stage, size, lambda _words: None).measure()
    assert not stage.folder.exists()
    assert [rush.winners for rush in found.rushes.values()] == [[1], [1], [1]]
    assert [(crowd.booked, crowd.wrong) for crowd in found.crowds.values()] == [(6, 0), (6, 0)]
    assert [rate.wrong for rate in found.rates + found.comparisons] == [0] * 6
    assert all(rate.a_second > 0 for rate in found.rates)
    assert sum(rush.server_errors for rush in found.rushes.values()) == 0
    assert found.statements["api"] <= found.statements["page"]

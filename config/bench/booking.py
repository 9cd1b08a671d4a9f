"""Conducts `bench booking`: one database after the other, the same four questions to each."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass, replace

from config.bench import servers
from config.bench.figures import Crowd, Findings, Rate, Rush, Spread, not_booked, server_errors
from config.bench.load import Answer, Outcome, Plan, Press
from config.bench.servers import NotMeasurable, Served, Stage
from config.bench.steps import Inside, manage, run_to_end
from config.bench.transcript import Transcript, pgbench_script

PLACE = 10_000_000
PAGE, BARE, DIRECT, COUNTED, RUSH, RUSH_WITH_PAGE, CROWD = (place * PLACE for place in (1, 2, 3, 4, 6, 7, 8))
"""Where the numbers of each measurement's bookings begin; those of programs have places further on."""
API, API_TOKEN, API_BOTH, API_CROWD, API_RUSH = (place * PLACE for place in (11, 12, 13, 14, 15))
WARM_UP = 5_000_000
RATES = (
    ("page", "by the page", PAGE),
    ("api", "by the API", API),
    ("api with a token", "by the API, with a token", API_TOKEN),
    ("api hold and book", "by the API, hold and book", API_BOTH),
)
UNCOUNTED = {"HOLDS_PER_ADDRESS": "0", "API_REQUESTS_PER_MINUTE": "0", "API_ANONYMOUS_REQUESTS_PER_MINUTE": "0"}
"""A few addresses book for everybody here, which the product would refuse."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    doctors: int = 200
    days: int = 90
    seconds: float = 5.0
    rush_clients: int = 100
    rush_rounds: int = 10
    crowd: int = 1000
    searches: int = 200
    connections: int = 16
    most_a_second: int = 500
    """How many bookings a second to prepare for: nothing is measured beyond what was prepared."""

    def quick(self) -> Size:
        """Small enough to see in half a minute that everything works; the figures mean little."""
        return replace(
            self, doctors=14, days=7, seconds=1.0, rush_clients=20, rush_rounds=2, crowd=60, searches=20,
            most_a_second=400,
        )  # fmt: skip


Say = Callable[[str], None]


class Conductor:
    """Asks one database the four questions."""

    def __init__(self, stage: Stage, size: Size, say: Say) -> None:
        self.stage = stage
        self.size = size
        self.say = say
        self.inside = Inside(stage)
        self.transcript = Transcript()
        self.found = Findings(database=stage.name, version=stage.version)

    def measure(self) -> Findings:
        """Set up, ask, and make sure that the books are right afterwards."""
        with closing(self.inside):
            self._measure()
        manage(self.stage, "check_invariants")
        return self.found

    def _measure(self) -> None:
        self._set_up()
        self.say("looking for free slots")
        self._search()
        self.transcript = Transcript(**self.inside.do("record"))
        self.found.statements = self.inside.do("count_statements", first=COUNTED)
        with self._served(self._command_of_product(), **UNCOUNTED) as served:
            self._warm_up(served)
            self.say(f"{self.size.rush_clients} clients on one slot")
            self.found.rushes = {
                "the press is answered": self._rush(served, RUSH),
                "the page that follows is answered too": self._rush(served, RUSH_WITH_PAGE, follow=True),
                "the API answers": self._rush(served, API_RUSH, way="api"),
            }
            self.say(f"{self.size.crowd} clients on {self.size.crowd} slots")
            self.found.crowds = {
                "page": self._crowd(served, CROWD, "page"),
                "API": self._crowd(served, API_CROWD, "api"),
            }
            for way, label, first in RATES:
                self.say(f"bookings a second, {label}")
                self.found.rates.append(self._rate_of_product(served, way, label, first))
        self.say("bookings a second, the same SQL without the product")
        self.found.comparisons = [self._rate_of_bare_view(), self._rate_of_sql_alone()]

    # --- What is asked ------------------------------------------------------------------------------------------

    def _set_up(self) -> None:
        self.say(f"a demo clinic of {self.size.doctors} doctors for {self.size.days} days")
        manage(self.stage, "migrate", "-v0")
        if self.stage.is_postgres:  # as in production; the embedded server needs no collecting
            manage(self.stage, "collectstatic", "--noinput", "-v0")
        said = manage(self.stage, "demo", "--doctors", str(self.size.doctors), "--days", str(self.size.days))
        self.found.set_up = said.partition("\n")[0]
        self.inside.do("refresh_statistics")

    def _search(self) -> None:
        answer = self.inside.do("search", times=self.size.searches)
        self.found.slots, self.found.doctors = answer["slots"], answer["doctors"]
        self.found.searches = {name: Spread.of(seconds) for name, seconds in answer["seconds"].items()}

    def _warm_up(self, served: Served) -> None:
        """Let every thread of the server import, connect and compile its templates before anything counts."""
        self._load(Plan(port=served.port, kind="steady", presses=[Press(path="/book/")] * 40, seconds=60))
        presses: list[Press] = []
        for way, _label, first in RATES:
            presses += self._bookings(way, first + WARM_UP, 40)
        answers = self._load(Plan(port=served.port, kind="steady", presses=presses, seconds=60)).answers
        if failed := not_booked(answers):
            statuses = ", ".join(str(status) for status in sorted({answer.status for answer in answers}))
            raise NotMeasurable(f"{failed} of {len(answers)} bookings failed; the server answered {statuses}")

    def _rush(self, served: Served, first: int, *, way: str = "page", follow: bool = False) -> Rush:
        rush = Rush()
        clients = self.size.rush_clients
        rounds = self.inside.do("prepare_rush", way=way, first=first, clients=clients, rounds=self.size.rush_rounds)
        for place, (_slot, presses) in enumerate(rounds):
            plan = Plan(
                port=served.port,
                kind="burst",
                presses=[Press(**{**press, "follow": follow}) for press in presses],
                first_client=(first // PLACE * 100 + place) * 1_000,
            )
            answers = self._load(plan).answers
            rush.rounds.append(Spread.of([_until_done(answer, follow=follow) for answer in answers]))
            rush.server_errors += server_errors(answers)
            rush.unanswered += sum(answer.status == 0 for answer in answers)
        slots = [slot for slot, _presses in rounds]
        taken = self.inside.do("winners", slot_ids=slots)
        rush.winners = [int(taken[str(slot)]) for slot in slots]
        return rush

    def _crowd(self, served: Served, first: int, way: str) -> Crowd:
        presses = self._bookings(way, first, self.size.crowd)
        answers = self._load(Plan(port=served.port, kind="burst", presses=presses, first_client=first // 1000)).answers
        return Crowd(
            clients=self.size.crowd,
            booked=self.inside.do("booked", first=first, count=self.size.crowd),
            spread=Spread.of([answer.seconds for answer in answers]),
            wrong=not_booked(answers),
        )

    def _rate_of_product(self, served: Served, way: str, label: str, first: int) -> Rate:
        presses = self._bookings(way, first, int(self.size.seconds * self.size.most_a_second))
        before = served.cpu_seconds()
        outcome = self._steady(served, presses)
        spent = served.cpu_seconds() - before
        done = self.inside.do("booked", first=first, count=len(presses))
        return _rate(label, outcome, done, wrong=not_booked(outcome.answers), server_cpu=spent / max(done, 1))

    def _rate_of_bare_view(self) -> Rate:
        count = int(self.size.seconds * self.size.most_a_second * 2)
        self._bookings("page", BARE, count)
        written = self.stage.folder / "transcript.json"
        written.write_text(json.dumps(asdict(self.transcript)))
        command = servers.bare_command if self.stage.is_postgres else servers.bare_embedded_command
        with self._served(command, FRONTDESK_BENCH_TRANSCRIPT=str(written)) as served:
            outcome = self._steady(served, [Press(path=f"/bare/{number}/") for number in range(BARE, BARE + count)])
        wrong = sum(answer.status != 200 for answer in outcome.answers)
        done = self.inside.do("booked", first=BARE, count=count)
        return _rate("a bare Django view, same SQL", outcome, done, wrong=wrong)

    def _rate_of_sql_alone(self) -> Rate:
        count = int(self.size.seconds * self.size.most_a_second * 4)
        self._bookings("page", DIRECT, count)
        if not self.stage.is_postgres:
            answer = self.inside.do(
                "play_alone", transcript=asdict(self.transcript), first=DIRECT, count=count, seconds=self.size.seconds
            )
            return Rate("a loop that sends the same SQL", answer["done"] / answer["seconds"])
        return self._pgbench(count)

    def _pgbench(self, count: int) -> Rate:
        label = "pgbench, same SQL"
        if self.stage.pgbench is None:
            self.say("no pgbench on this machine (Debian: postgresql-contrib)")
            return Rate(label, 0.0)
        clients = 8
        each = count // clients
        script = self.stage.folder / "booking.sql"
        script.write_text(pgbench_script(self.transcript, first=DIRECT, per_client=each))
        script.chmod(0o644)
        command = [str(self.stage.pgbench), "-h", str(self.stage.socket_folder), "-U", "postgres", "-n"]
        command += ["-f", str(script), "-c", str(clients), "-j", "2", "-D", "done=0", "-t", str(each), "postgres"]
        said = run_to_end(command, environment=self.stage.environment)
        rate = re.search(r"tps = ([\d.]+)", said)
        if rate is None:
            raise NotMeasurable(f"pgbench said no rate: {said[-500:]}")
        wrong = count // clients * clients - self.inside.do("booked", first=DIRECT, count=count)
        return Rate(label, float(rate[1]), wrong=wrong)

    # --- How it is asked ----------------------------------------------------------------------------------------

    def _command_of_product(self) -> Callable[[int], list[str]]:
        return servers.production_command if self.stage.is_postgres else servers.embedded_command

    def _served(self, command: Callable[[int], list[str]], **more: str) -> AbstractContextManager[Served]:
        port = servers.free_port()
        environment = self.stage.environment | more
        if self.stage.is_postgres:
            environment["DATABASE_POOL"] = "true"
        log = self.stage.folder / f"server-{port}.log"
        return servers.serving(command(port), port=port, environment=environment, log=log)

    def _bookings(self, way: str, first: int, count: int) -> list[Press]:
        return [Press(**press) for press in self.inside.do("prepare_bookings", way=way, first=first, count=count)]

    def _steady(self, served: Served, presses: list[Press]) -> Outcome:
        plan = Plan(
            port=served.port,
            kind="steady",
            presses=presses,
            connections=self.size.connections,
            seconds=self.size.seconds,
        )
        return self._load(plan)

    def _load(self, plan: Plan) -> Outcome:
        """Press from a process of its own."""
        said = run_to_end([sys.executable, "-m", "config.bench.load"], said=json.dumps(asdict(plan)))
        outcome = json.loads(said)
        return Outcome(**{**outcome, "answers": [Answer(**answer) for answer in outcome["answers"]]})


def _until_done(answer: Answer, *, follow: bool) -> float:
    return answer.page_seconds if follow and answer.page_seconds else answer.seconds


def _rate(label: str, outcome: Outcome, done: int, *, wrong: int, server_cpu: float = 0.0) -> Rate:
    return Rate(
        label,
        done / outcome.seconds,
        spread=Spread.of([answer.seconds for answer in outcome.answers]),
        wrong=wrong,
        generator_cpu=outcome.cpu_seconds / outcome.seconds,
        server_cpu=server_cpu,
    )

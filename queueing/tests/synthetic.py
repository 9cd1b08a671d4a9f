"""Sessions of doctors who do not exist, made by a seeded generator: nobody's data, and the same in every run."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from random import Random

from queueing.estimation import Consultation

MORNING = 8.5 * 3600
AFTERNOON = 14 * 3600
HEADER = ["session", "month", "weekday", "working_day", "period", "visit_number", "gender", "started_at"]


def sessions(
    count: int, *, seed: int = 1, minutes: float = 10.0, spread: float = 0.4, days: float = 0.1
) -> list[list[Consultation]]:
    """Half-days of a doctor who takes longer for first visits, hurries towards the end, and is called away at times."""
    random = Random(seed)
    made = []
    for number in range(count):
        period = "afternoon" if number % 2 else "morning"
        clock = (AFTERNOON if number % 2 else MORNING) + random.uniform(0, 900)
        pace = minutes * 60 * random.lognormvariate(0, days) * (1.15 if number % 2 else 1)
        session = []
        for place in range(random.randint(12, 22)):
            kind = random.choice(["first visit", "follow-up"])
            features = {"kind": kind, "period": period, "weekday": "saturday" if number % 4 < 2 else "wednesday"}
            session.append(Consultation(started=clock, features=features))
            clock += (
                pace
                * (1.3 if kind == "first visit" else 0.9)
                * (1.1 - 0.015 * place)
                * random.lognormvariate(0, spread)
            )
            clock += random.expovariate(1 / 300) if random.random() < 0.08 else 0
        made.append(session)
    return made


def steady(count: int, *, seconds: float, places: int = 10) -> list[list[Consultation]]:
    """Sessions in which everybody takes exactly so long."""
    return [[Consultation(started=MORNING + place * seconds) for place in range(places)] for _ in range(count)]


def as_file(made: Sequence[Sequence[Consultation]]) -> str:
    """The sessions as the CSV file that `backtest_waits` takes; times are cut to whole seconds."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([*HEADER, "service_seconds"])
    for number, session in enumerate(made, start=1):
        for one in session:
            visit = 1 if one.features["kind"] == "first visit" else 2
            weekday, period = one.features["weekday"].capitalize(), one.features["period"]
            writer.writerow([number, "May", weekday, "true", period, visit, "F", clock(one.started), 300])
    return text.getvalue()


def clock(seconds: float) -> str:
    """Seconds since midnight as a clock shows them."""
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"

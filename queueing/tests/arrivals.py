"""Days at a clinic, made by a seeded generator and played through the order in which people are really called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from queueing.models import Queue, QueuePolicy, Token
from queueing.selectors.lines import in_order
from queueing.services.check_in import arrival_of
from queueing.states import Arrival, TokenStatus
from scheduling.models import Appointment, Location, Patient
from scheduling.states import Urgency

OPENS = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
POLICY = QueuePolicy()


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody who was seen, and when."""

    token: Token
    started: datetime

    @property
    def waited(self) -> float:
        """Minutes since they could first have been called in their turn."""
        return (self.started - due(self.token)).total_seconds() / 60


def due(token: Token) -> datetime:
    """From when somebody waits: from when they came, but not before the time they booked and kept."""
    kept = token.arrival in (Arrival.EARLY, Arrival.ON_TIME) and token.booked_for is not None
    return max(token.checked_in_at, token.booked_for) if kept else token.checked_in_at


def arrival(
    number: int, came: datetime, *, booked: datetime | None = None, urgency: str = Urgency.LOW, born: int = 1980
) -> Token:
    """Somebody who comes; nothing is saved."""
    visit = Appointment(starts_at=booked)
    location = Location(pk=1, time_zone="Europe/London")
    return Token(
        pk=number,
        number=number,
        queue=Queue(pk=1, location=location, day=came.date()),
        location=location,
        day=came.date(),
        status=TokenStatus.WAITING,
        patient=Patient(pk=number, date_of_birth=date(born, 1, 1)),
        checked_in_at=came,
        booked_for=booked,
        urgency=urgency,
        arrival=arrival_of(visit, POLICY, now=came),
    )


def a_day(seed: int) -> list[Token]:
    """A busy day: a booking every quarter of an hour, and walk-ins between them, some of them urgent, some old."""
    random = Random(seed)
    opens = OPENS + timedelta(days=seed)
    coming: list[tuple[datetime, datetime | None]] = []
    for slot in range(28):
        booked = opens + timedelta(minutes=15 * slot)
        coming.append((booked + timedelta(minutes=random.choice([-75, -40, -20, -10, -5, 0, 5, 25, 45])), booked))
    for _walk_in in range(12):
        coming.append((opens + timedelta(minutes=random.uniform(0, 400)), None))
    urgencies = [Urgency.LOW] * 16 + [Urgency.MEDIUM] * 2 + [Urgency.HIGH, Urgency.EMERGENCY]
    return [
        arrival(
            number, came, booked=booked, urgency=random.choice(urgencies), born=random.choice([1938, 1965, 1980, 2024])
        )
        for number, (came, booked) in enumerate(sorted(coming, key=lambda one: one[0]), start=1)
    ]


def flood(*, of: str, minutes: int, every: float, behind: Sequence[Token] = ()) -> list[Token]:
    """More people than a doctor can see, all of one urgency, on top of those who are there."""
    count = int(minutes / every)
    return [
        *behind,
        *(
            arrival(1000 + number, OPENS + timedelta(minutes=every * number, seconds=1), urgency=of)
            for number in range(count)
        ),
    ]


def played(tokens: Sequence[Token], *, minutes: float = 10) -> list[Seen]:
    """The day in the order of `in_order`: whenever the doctor is free, whoever is next then goes in."""
    coming = sorted(tokens, key=lambda token: (token.checked_in_at, token.number))
    now = max(min(token.checked_in_at for token in tokens), OPENS)
    here: list[Token] = []
    seen: list[Seen] = []
    while coming or here:
        while coming and coming[0].checked_in_at <= now:
            here.append(coming.pop(0))
        if not here:
            now = coming[0].checked_in_at
            continue
        following = in_order(here, POLICY, now=now)[0][0]
        here.remove(following)
        seen.append(Seen(following, now))
        now += timedelta(minutes=minutes)
    return seen

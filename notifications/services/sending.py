"""The sweep that sends what is due.

The database is written by the one thread that runs the sweep; only the gateways are spoken to by others, so that a slow
one holds up nobody else. What came back since, and what is begun next, goes into one transaction.

A run is bounded in time, and holds a few messages at once however many are due.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.actors import Actor
from notifications.channels import Channel, Parcel
from notifications.channels.registry import OUTBOX
from notifications.models import Message
from notifications.selectors.checking import Objection
from notifications.selectors.due import channels_with_due_messages
from notifications.selectors.rules import Setup, setup_of
from notifications.services.claiming import let_go
from notifications.services.couriers import Couriers
from notifications.services.lanes import AT_ONCE, Errand, Lane
from notifications.services.outcomes import Answer, Came, begin, hold_on, note_answer, note_sent, put_aside
from notifications.services.preparing import Ready, Unfit, parcel_to_ask_for, prepare
from notifications.states import MessageStatus

logger = logging.getLogger("frontdesk.messages")

RUN_SECONDS = 4.0
"""So long a run begins to send; what is under way then comes to its end. Short, so that a worker can stop soon: what is
left wakes the next run."""

ANSWER_SECONDS = 26.0
"""So long after that gateways are waited for; what they answer later, they are asked for when the lease is over."""

DATABASE_SECONDS = 10.0
"""So long after that the answers of gateways are kept for a database that is away."""

GOODBYE_SECONDS = 5.0
"""So long gateways are said goodbye to. All together leaves room within what a job may take, which is a minute: a run
that is cut short forgets what gateways answered."""

LONGEST_RUN_SECONDS = RUN_SECONDS + ANSWER_SECONDS + DATABASE_SECONDS + GOODBYE_SECONDS

LOCK_MILLISECONDS = 400
"""So long a run waits for a lock before it starts its transaction anew. PostgreSQL undoes one of those who wait in a
circle after a second: that is not to be the patient or the desk, who cancel what is just being sent."""

LOOK_AGAIN_SECONDS = 0.5
"""So often a run that has much to do looks for what became due meanwhile in other channels."""

Judgement = Ready | Objection | Unfit | Parcel
"""A bare parcel: the gateway is asked about it before anything else is done."""

Answered = tuple[Errand, Answer]
Written = TypeVar("Written")


@dataclass(slots=True)
class Tally:
    """What came of the messages of a run; `more` when it ended before everything that was due had its turn."""

    counts: Counter[Came] = field(default_factory=Counter)
    more: bool = False

    def __bool__(self) -> bool:
        return bool(self.counts)

    def __str__(self) -> str:
        said = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        return (said or "nothing due") + ("; more is due" if self.more else "")


class Picked(NamedTuple):
    """A message whose turn it is, and what is to be done with it."""

    lane: Lane
    message: Message
    judgement: Judgement


class Run:
    """One run of the sweep: at most `limit` messages, if that is given."""

    def __init__(self, *, actor: Actor, limit: int | None, channel_of: Callable[[str], Channel]) -> None:
        self.actor = actor
        self.tally = Tally()
        self._left = limit
        self._channel_of = channel_of
        self._lanes: dict[str, Lane] = {}
        self._setups: dict[int, Setup] = {}
        self._errands: dict[Future[Answer], Errand] = {}
        self._ends_at = time.monotonic() + RUN_SECONDS
        self._answers_until = self._ends_at + ANSWER_SECONDS
        self._look_at = 0.0
        self._couriers = Couriers[Answer](sum(AT_ONCE.values()))

    def work(self) -> Tally:
        """Send what is due."""
        try:
            self._take_in_hand()
            self._step([])
            while self._errands or self._has_work():
                if time.monotonic() > self._answers_until:
                    break
                answered = self._wait()
                self._take_in_hand()
                self._step(answered)
        finally:
            self._end()
        return self.tally

    def _has_time(self) -> bool:
        return time.monotonic() < self._ends_at and self._left != 0

    def _has_work(self) -> bool:
        return self._has_time() and any(lane.has_more for lane in self._lanes.values())

    def _take_in_hand(self) -> None:
        """Claim messages for channels that have none left; what became due meanwhile is looked for now and then."""
        if not self._has_time():
            return
        hungry = {name for name, lane in self._lanes.items() if lane.may_have_more}
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_AGAIN_SECONDS
            self._setups.clear()  # so that rules and quiet hours hold soon after they were changed
            hungry |= channels_with_due_messages()
        for name in sorted(hungry):
            if name not in self._lanes:
                self._lanes[name] = Lane(name, self._channel_of(name))
            self._lanes[name].claim()

    def _step(self, answered: list[Answered]) -> None:
        """Write down what came back and what is begun next, in one transaction; then hand that over."""
        picked = [Picked(lane, message, self._judge(message)) for lane, message in self._pick()]
        came, begun = self._patiently(lambda: (self._note(answered), [_begin(one) for one in picked]))
        self._learn(answered, came)
        for one, outcome in zip(picked, begun, strict=True):
            if isinstance(outcome, Errand):
                self._errands[self._couriers.send(outcome.run)] = outcome
            else:
                one.lane.finish()
                self.tally.counts[outcome] += 1

    def _pick(self) -> Iterator[tuple[Lane, Message]]:
        for lane in self._lanes.values():
            while self._has_time() and (message := lane.pick()) is not None:
                if self._left is not None:
                    self._left -= 1
                yield lane, message

    def _judge(self, message: Message) -> Judgement:
        """Whether it is sent; or asked for first, when somebody tried before and never said what came of it."""
        if message.status == MessageStatus.SENDING:
            return parcel_to_ask_for(message)
        setup = self._setups.get(message.location_id)
        if setup is None:
            setup = self._setups[message.location_id] = setup_of(message.location_id)
        return prepare(message, setup=setup, now=timezone.now())

    def _note(self, answered: list[Answered]) -> list[Came]:
        return [
            note_answer(errand.message, answer, address=errand.parcel.address, asked=errand.asks, actor=self.actor)
            for errand, answer in answered
        ]

    def _learn(self, answered: list[Answered], came: list[Came]) -> None:
        for (errand, _answer), what in zip(answered, came, strict=True):
            self.tally.counts[what] += 1
            if what == Came.NOT_FOUND:
                errand.lane.put_back(errand.message)

    def _wait(self) -> list[Answered]:
        """What gateways have answered, as soon as one of them has, or it is time to look for something else."""
        done, _others = wait(self._errands, timeout=LOOK_AGAIN_SECONDS, return_when=FIRST_COMPLETED)
        answered = [(self._errands.pop(future), future.result()) for future in done]
        for errand, answer in answered:
            errand.lane.hear(answer)
        return answered

    def _end(self) -> None:
        """Write down the answers that are still to come, whatever ended the run, and give back what was not begun."""
        while self._errands and time.monotonic() < self._answers_until:
            answered = self._wait()
            self._learn(answered, self._patiently(lambda answered=answered: self._note(answered)))  # type: ignore[misc]
        if self._errands:
            logger.warning("%d messages are without an answer; they will be asked for", len(self._errands))
        self._couriers.dismiss(seconds=0.0 if self._errands else GOODBYE_SECONDS)
        self.tally.more = any(lane.has_more for lane in self._lanes.values())
        let_go([message for lane in self._lanes.values() for message in lane.waiting])

    def _patiently(self, write: Callable[[], Written]) -> Written:
        """Write in one transaction; again, when the database was away or others held a lock: what a gateway answered
        must not be forgotten.

        All that is written here is conditional, so that it does no harm if it had been written already.
        """
        while True:
            try:
                with transaction.atomic():
                    _give_way()
                    return write()
            except (OperationalError, InterfaceError):
                if connection.in_atomic_block or time.monotonic() > self._answers_until + DATABASE_SECONDS:
                    raise
                connection.close()
                time.sleep(0.5)


def _give_way() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")


def _begin(picked: Picked) -> Errand | Came:
    """Write down that a message is handed over next, or what else becomes of it."""
    lane, message, judgement = picked
    if isinstance(judgement, Objection | Unfit):
        return put_aside(message, judgement)
    if isinstance(judgement, Parcel):
        return Errand(lane, message, judgement, asks=True) if hold_on(message) else Came.OVERTAKEN
    if not begin(judgement):
        return Came.OVERTAKEN
    if lane.channel.is_configured():
        return Errand(lane, message, judgement.parcel)
    note_sent(message.pk, OUTBOX.send(judgement.parcel))
    return Came.KEPT

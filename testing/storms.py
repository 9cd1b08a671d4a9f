"""Gateways that fail now and then, and workers that are killed at random points meanwhile."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from testing import smtp_server, twilio_server
from testing.senders import Senders
from testing.smtp_server import DROP, SmtpServer
from testing.twilio_server import BROKEN, CLOSE, HANG, TOO_MANY, TwilioServer

PATIENCE = 300.0
"""A busy machine may take its time: it is over in a tenth of that."""

KILL = "the workers are killed as soon as the gateway has it"


class Mischief:
    """What goes wrong at the gateways: with each message once or twice at most, so that none is given up."""

    def __init__(self, seed: int, faults: dict[Any, float]) -> None:
        self.chance, self.faults = random.Random(seed), faults
        self.met: Counter[str] = Counter()
        self.done: Counter[Any] = Counter()

    def __call__(self, which: str) -> Any:
        """The fault that a message meets now, if any."""
        if self.met[which] >= 2:
            return None
        (fault,) = self.chance.choices([*self.faults, None], [*self.faults.values(), 1 - sum(self.faults.values())])
        if fault is not None:
            self.met[which] += 1
            self.done[fault] += 1
        return fault


def make_unruly(smtp: SmtpServer, twilio: TwilioServer, working: Senders, *, seed: int) -> None:
    """Gateways that fail now and then, and workers that die while these have what they were handed."""
    of_mail = Mischief(seed, {"451 4.3.0 Try again later": 0.05, smtp_server.LOSE: 0.03, KILL: 0.025})
    of_texts = Mischief(
        seed, {TOO_MANY: 0.04, BROKEN: 0.04, twilio_server.LOSE: 0.02, CLOSE: 0.03, HANG: 0.02, KILL: 0.025}
    )

    def take_letter(letter: EmailMessage) -> str | None:
        fault = of_mail(str(letter["Message-ID"]))
        if fault != KILL:
            return fault
        working.kill_all()
        return DROP

    def take_text(method: str, _path: str, form: dict[str, str]) -> Any:
        if method != "POST":
            return None
        fault = of_texts(form["Body"])
        if fault != KILL:
            return fault
        working.kill_all()
        return CLOSE

    smtp.decide, twilio.decide = take_letter, take_text


def kill_as_work_goes_on(working: Senders, still_open: Callable[[], int], *, count: int, kills: int) -> None:
    """Kill so many workers at random points, while `count` messages go out, and wait for the end."""
    chance = random.Random(5)
    for kill in range(1, kills + 1):
        left = count * (1 - kill / (kills + 1))
        wait_for(lambda left=left: still_open() <= left)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.05))
        working.kill()
    wait_for(lambda: still_open() == 0)


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came to an end"
        time.sleep(0.02)


def copies(smtp: SmtpServer, twilio: TwilioServer) -> tuple[Counter[str], Counter[str]]:
    """How often each e-mail, by its Message-ID, and each text message, by its words, has reached the gateways."""
    letters = Counter(letter.message_id for letter in smtp.letters)
    return letters, Counter(text["body"] for text in twilio.messages)

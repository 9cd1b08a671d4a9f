"""Conducts `bench messages`: how fast what is due goes out, and what is left of it when workers are killed."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Any

from config.bench.booking import Say
from config.bench.figures import Spread
from config.bench.servers import NotMeasurable, Stage
from config.bench.steps import Inside, manage

SLOW_SECONDS = 0.1
KILLED_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class MessageSize:
    """How much is measured."""

    messages: int = 10_000
    slow: int = 300
    storm: int = 1_000
    kills: int = 50

    def quick(self) -> MessageSize:
        """Small enough to see that everything works; the figures mean little."""
        return replace(self, messages=200, slow=30, storm=60, kills=3)


@dataclass(slots=True)
class Sending:
    """How a number of messages went out."""

    label: str
    messages: int
    seconds: float
    cpu: float
    took: dict[str, Spread]
    memory: list[int]

    @property
    def a_second(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


@dataclass(slots=True)
class Storm:
    """What was left of messages whose workers were killed."""

    messages: int
    killed: int
    states: dict[str, int]
    letters: int
    second_letters: int
    texts: int
    second_texts: int
    seconds: float


@dataclass(slots=True)
class MessageFindings:
    """Everything that was measured on one database."""

    database: str
    version: str
    sendings: list[Sending] = field(default_factory=list)
    storm: Storm | None = None


class MessageConductor:
    """Measures one database, with gateways on this machine."""

    def __init__(self, stage: Stage, size: MessageSize, say: Say) -> None:
        self.size, self.say = size, say
        self.found = MessageFindings(stage.name, stage.version)
        try:
            from testing import senders, smtp_server, storms, twilio_server
        except ImportError as error:
            raise NotMeasurable("the folder testing/, with the gateways, is not part of this installation") from error
        self.senders, self.storms = senders, storms
        self.smtp, self.twilio = smtp_server.SmtpServer(), twilio_server.TwilioServer()
        self.stage = stage
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # the mail server tells of every line

    def measure(self) -> MessageFindings:
        """Set up, send, kill."""
        with ExitStack() as stack:
            stack.enter_context(self.smtp)
            stack.enter_context(self.twilio)
            public = {"BASE_URL": "https://clinic.example", "ALLOWED_HOSTS": "clinic.example"}
            gateways = {"EMAIL_URL": self.smtp.url, **self.twilio.settings, **public}
            stage = replace(self.stage, environment={**self.stage.environment, **gateways})
            manage(stage, "migrate", "-v0")
            with closing(Inside(stage)) as inside:
                self._send(inside)
                self._send_slowly(inside)
                self._storm(inside, stage)
        return self.found

    def _send(self, inside: Inside) -> None:
        self.say(f"{self.size.messages} messages")
        inside.do("prepare_messages", name="warm", channels=["email", "sms"], count=20)
        inside.do("send_messages", name="warm")
        self._measure(inside, "e-mail and SMS", channels=["email", "sms"], count=self.size.messages)

    def _send_slowly(self, inside: Inside) -> None:
        """A real gateway is far away: it answers after a while."""
        self.say("text messages by a gateway that takes its time")

        def dawdle(*_asked: Any) -> None:
            time.sleep(SLOW_SECONDS)

        self.twilio.decide = dawdle
        for at_once in (1, 6):
            label = f"SMS by a gateway that takes {SLOW_SECONDS * 1000:.0f} ms, {at_once} at once"
            self._measure(inside, label, channels=["sms"], count=self.size.slow, at_once=at_once)
        self.twilio.decide = None

    def _measure(self, inside: Inside, label: str, *, channels: list[str], count: int, at_once: int = 0) -> None:
        inside.do("prepare_messages", name=label, channels=channels, count=count)
        inside.do("refresh_statistics")
        done = inside.do("send_messages", name=label, at_once=at_once)
        sent = sum(map(len, done["took"].values()))
        if sent != count:
            raise NotMeasurable(f"{count} messages were due, and {sent} were sent")
        took = {channel: Spread.of(seconds) for channel, seconds in done["took"].items()}
        self.found.sendings.append(Sending(label, count, done["seconds"], done["cpu"], took, done["memory"]))
        self._forget()

    def _forget(self) -> None:
        """The gateways keep what they are given."""
        self.smtp.letters.clear()
        self.twilio.messages.clear()
        self.twilio.forms.clear()

    def _storm(self, inside: Inside, stage: Stage) -> None:
        count, kills = self.size.storm, self.size.kills
        self.say(f"{count} messages, and {kills} workers killed at random points, more by the gateways")
        inside.do("prepare_messages", name="storm", channels=["email", "sms"], count=count)
        working = self.senders.Senders(stage.folder / "senders.log", stage.environment)
        began = time.perf_counter()
        try:
            self.storms.make_unruly(self.smtp, self.twilio, working, seed=20)
            working.start(KILLED_AT_ONCE)
            self.storms.kill_as_work_goes_on(working, lambda: int(inside.do("count_open")), count=count, kills=kills)
        finally:
            complaints = working.end()
        if complaints:
            raise NotMeasurable(f"workers complained: {complaints[-2000:]}")
        letters, texts = self.storms.copies(self.smtp, self.twilio)
        self.found.storm = Storm(
            messages=count,
            killed=working.killed,
            states=inside.do("count_states", name="storm"),
            letters=len(letters),
            second_letters=sum(letters.values()) - len(letters),
            texts=len(texts),
            second_texts=sum(texts.values()) - len(texts),
            seconds=time.perf_counter() - began,
        )

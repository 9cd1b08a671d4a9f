"""A throw-away mail server in a thread: it keeps what it is given, and fails as it is told to."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

Fault = str
DROP = "drop"
"""Take the letter, then break the line before answering."""
LOSE = "lose"
"""Break the line before answering, and keep nothing."""
HANG = "hang"
"""Take the letter, and answer nothing at all."""


@dataclass(frozen=True)
class Letter:
    """One message the server took; `connection` counts the lines it came by."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    connection: int

    @property
    def message_id(self) -> str:
        """Its Message-ID: the same letter sent twice has the same."""
        return str(self.message["Message-ID"])

    def part(self, kind: str) -> str:
        """The words of its part of a kind, such as `html`."""
        found = self.message.get_body((kind,))
        assert found is not None, f"no {kind} part"
        return str(found.get_content()).replace("\r\n", "\n")


@dataclass
class SmtpServer:
    """Speaks SMTP on a free port of this machine, from `start` to `stop`.

    - `letters`: what it took, in order.
    - `refused`: recipients it refuses, with the answer: `{"gone@example.org": "550 5.1.1 no such user"}`.
    - `refused_senders`: the same for senders.
    - `faults`: what happens to the next letters, one each: an answer such as `451 4.3.0 try later`, DROP, LOSE or HANG.
    - `decide`: asked for a fault when `faults` is empty; None takes the letter.
    - `greeting`: said instead of a welcome, such as `421 4.3.2 too busy`; then the line is closed.
    """

    letters: list[Letter] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    refused_senders: dict[str, str] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    decide: Callable[[EmailMessage], Fault | None] | None = None
    greeting: str = ""
    connections: int = 0
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _thread: threading.Thread = field(init=False)

    @property
    def url(self) -> str:
        """What goes into EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, Any]:
        """Django's settings for mail through this server."""
        backend = "django.core.mail.backends.smtp.EmailBackend"
        server = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": self.port, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": ""}
        return {"EMAIL_BACKEND": backend, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False, **server}

    def start(self) -> SmtpServer:
        """Listen; `stop` and `start` come back at the same port."""
        self._loop = asyncio.new_event_loop()
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), daemon=True)
        self._thread.start()
        assert listening.wait(10), "the mail server did not start"
        return self

    def stop(self) -> None:
        """Listen no more, and let go of whoever is connected."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def __enter__(self) -> SmtpServer:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _run(self, listening: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        opening = self._loop.create_server(self._connected, "127.0.0.1", self.port, reuse_address=True)
        server = self._loop.run_until_complete(opening)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))  # lets the last lines close
        asyncio.set_event_loop(None)
        self._loop.close()

    def _connected(self) -> asyncio.BaseProtocol:
        self.connections += 1
        if self.greeting:
            return _Porter(self.greeting)
        return SMTP(_Clerk(self, self.connections), hostname="mail.test", loop=self._loop, enable_SMTPUTF8=True)


@dataclass
class _Porter(asyncio.Protocol):
    """Sends whoever comes away."""

    greeting: str

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(f"{self.greeting}\r\n".encode())
        transport.close()


@dataclass
class _Clerk:
    """Serves one connection; aiosmtpd calls its methods by these names."""

    house: SmtpServer
    connection: int

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        if address in self.house.refused_senders:
            return self.house.refused_senders[address]
        envelope.mail_from, envelope.mail_options = address, options
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address in self.house.refused:
            return self.house.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        fault = self._fault(message)
        if fault not in (None, DROP, HANG, LOSE):
            return str(fault)
        if fault != LOSE:
            recipients = tuple(envelope.rcpt_tos)
            self.house.letters.append(Letter(envelope.mail_from or "", recipients, message, self.connection))
        if fault in (DROP, LOSE):
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if fault is not None:
            await asyncio.Event().wait()  # until the line is gone, which cancels this
        return "250 2.0.0 OK"

    def _fault(self, message: EmailMessage) -> Fault | None:
        if self.house.faults:
            return self.house.faults.popleft()
        return self.house.decide(message) if self.house.decide else None

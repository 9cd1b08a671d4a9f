"""What `bench live` measures of a waiting room: its screens, and a desk that calls whoever is next."""

from __future__ import annotations

import http.client
import itertools
from dataclasses import dataclass, field

from config.bench.load import HOST
from config.bench.servers import NotMeasurable


@dataclass(frozen=True, slots=True)
class Hall:
    """A waiting room: the doctors whose patients sit there, each with the queue of today."""

    slug: str
    queues: list[tuple[int, int]] = field(default_factory=list)
    name: str = "board"
    subject: str = "screens of one waiting room"

    @property
    def path(self) -> str:
        """Where its screens listen."""
        return f"/ws/board/{self.slug}/"


class Desk:
    """Presses "Next" at the doctors in turn, over one kept-alive connection."""

    def __init__(self, hall: Hall, port: int, cookies: str, csrf: str) -> None:
        self.connection = http.client.HTTPConnection(HOST, port, timeout=20)
        self.turns = itertools.cycle(hall.queues)
        self.body = f"csrfmiddlewaretoken={csrf}&press=next"
        self.headers = {
            "Cookie": cookies,
            "Origin": f"http://{HOST}:{port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def press(self, hall: Hall) -> str:
        """Call somebody; the name under which the commit is noted."""
        doctor, queue = next(self.turns)
        path = f"/desk/{hall.slug}/{doctor}/press/"
        self.connection.request("POST", path, self.body, self.headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status not in {302, 303} or "login" in (answer.getheader("Location") or ""):
            raise NotMeasurable(f"POST {path} was answered with {answer.status}")
        return f"queue{queue}"

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

"""What is told to sockets, and which of two tellings is the later one."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Published:
    """The state of one part of a room, ready to be written to sockets.

    Of two with the same room and part the one with the higher version is the later one; the earlier is dropped
    wherever they meet. `version` is `database_clock()`, asked *before* the state was read. `body` is written as it is,
    the same to every socket: no personal data, no version in a body that says what is (so that what did not change is
    not sent again).
    """

    room: str
    part: str
    version: int
    body: str

    def to_wire(self) -> bytes:
        """As it travels between processes."""
        return f"{json.dumps([self.room, self.part, self.version])}\n{self.body}".encode()

    @classmethod
    def from_wire(cls, data: bytes) -> Published:
        """Back from `to_wire`. Raises ValueError for what is none."""
        head, _, body = data.decode().partition("\n")
        match json.loads(head):
            case [str(room), str(part), int(version)]:
                return cls(room=room, part=part, version=version, body=body)
        raise ValueError


def database_clock() -> int:
    """The microseconds of the one clock that all processes share: the database's."""
    if connection.vendor != "postgresql":
        return time.time_ns() // 1000  # the embedded database lives on this machine
    with connection.cursor() as cursor:
        cursor.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        return int(cursor.fetchone()[0])

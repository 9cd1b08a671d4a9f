"""What `bench live` prints."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from importlib.metadata import version

from config.bench.figures import DOCTORS, Fanout, LiveFindings, Spread
from config.bench.report import machine

GOAL = 0.4
"""How fast the product must be at least, where 1 is the plain server."""

CALL_SEEN = 150
"""Milliseconds after which a call is on every screen of a waiting room."""


def lines_of(findings: list[LiveFindings]) -> Iterator[str]:
    """The whole report."""
    yield machine()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("daphne", "autobahn", "websockets"))
    yield f"{libraries}; up to {resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,} open files a process"
    for found in findings:
        yield ""
        yield found.title
        yield "-" * len(found.title)
        for fanout in found.fanouts:
            yield from _fanout(fanout)


def _fanout(fanout: Fanout) -> Iterator[str]:
    yield f"{fanout.sockets:,} {_where(fanout)}, {len(fanout.ours)} changes, milliseconds until they have it:"
    yield _row("Frontdesk, from the commit", fanout, fanout.ours)
    yield _row("plain websockets.broadcast", fanout, fanout.plain)
    yield f"  ratio plain : Frontdesk = {fanout.ratio:.2f}{_verdict(fanout)}"
    if fanout.subject != DOCTORS:
        slowest = fanout.last_of(fanout.ours).p99
        verdict = f"{_met(slowest <= CALL_SEEN)}: {CALL_SEEN} ms"
        yield f"  a call is on the last screen after {slowest:.0f} ms (p99) -> {verdict}"
    yield (
        f"  up to {fanout.largest:,} bytes, {_sameness(fanout)}, {fanout.missing} missing, "
        f"{fanout.memory / fanout.sockets / 1024:.0f} KiB of the server's memory a socket"
    )


def _where(fanout: Fanout) -> str:
    if fanout.subject != "doctors":
        return fanout.subject
    return (
        "sockets on one doctor's slots"
        if fanout.rooms == 1
        else f"sockets over {fanout.rooms} doctors, one of whom changes"
    )


def _row(name: str, fanout: Fanout, changes: list[list[float]]) -> str:
    last, middle = fanout.last_of(changes), fanout.middle_of(changes)
    return f"  {name:<28}the last: {_spread(last)}; the one in the middle: p50 {middle.p50:.1f}"


def _spread(spread: Spread) -> str:
    return f"p50 {spread.p50:.1f}, p99 {spread.p99:.1f}, max {spread.last:.1f}"


def _sameness(fanout: Fanout) -> str:
    return f"{fanout.different} CHANGES TOLD DIFFERENTLY" if fanout.different else "the same for all"


def _verdict(fanout: Fanout) -> str:
    return f" -> {_met(fanout.ratio >= GOAL)}: at least {GOAL}"


def _met(is_met: bool) -> str:
    return "met" if is_met else "MISSED"

"""What `bench booking` prints: figures, ratios, and which target was met."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median

import django

from config.bench.booking import Size
from config.bench.figures import Findings, Rush


def lines_of(findings: list[Findings], size: Size) -> Iterator[str]:
    """The whole report."""
    yield machine()
    for found in findings:
        yield ""
        yield f"{found.database} {found.version}"
        yield "-" * len(f"{found.database} {found.version}")
        yield f"demo --doctors {size.doctors} --days {size.days}: {found.set_up}"
        yield from _rates(found, size)
        yield from _rush(found, size)
        yield from _crowds(found)
        yield from _searches(found)


def machine() -> str:
    """When and on what was measured."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores shared with the load generator, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, Django {django.__version__}"
    )


def _rates(found: Findings, size: Size) -> Iterator[str]:
    yield f"Bookings a second ({size.connections} clients for up to {size.seconds:g} s):"
    rates = found.rates + found.comparisons
    best = max((rate.a_second for rate in rates), default=0.0)
    for rate in rates:
        share = f"{rate.a_second / best:>5.0%}" if best else "    -"
        took = f", p50 {rate.spread.p50:.1f} ms, p99 {rate.spread.p99:.1f} ms" if rate.spread else ""
        cpu = f", server {rate.server_cpu * 1000:.1f} ms CPU each" if rate.server_cpu else ""
        cpu += f", generator {rate.generator_cpu:.0%} of a core" if rate.generator_cpu else ""
        wrong = f", {rate.wrong} NOT BOOKED" if rate.wrong else ""
        yield f"  {rate.label:<32}{rate.a_second:>9,.0f} {share}{took}{cpu}{wrong}"
    yield from _ratios(found)
    if found.statements:
        counts = ", ".join(f"{way} {count}" for way, count in found.statements.items())
        yield f"  SQL statements in a booking: {counts}"


def _ratios(found: Findings) -> Iterator[str]:
    if not all(rate.a_second for rate in found.rates + found.comparisons):
        return
    page = found.rates[0].a_second
    if len(found.comparisons) == 2:
        bare, alone = (rate.a_second for rate in found.comparisons)
        yield f"  ratio page : bare view : SQL alone = 1 : {bare / page:.1f} : {alone / page:.1f}"
    for rate in found.rates[1:2]:
        yield f"  ratio page : API = 1 : {rate.a_second / page:.2f}"


def _rush(found: Findings, size: Size) -> Iterator[str]:
    for until, rush in found.rushes.items():
        target = 50.0 if until == "the press is answered" else None
        yield f"{size.rush_clients} clients on one slot, {len(rush.rounds)} times, until {until}:"
        yield f"  {_summary(rush)}"
        yield f"  {_fairness(rush)}{_verdict(median(one.mean for one in rush.rounds), target, 'mean')}"


def _summary(rush: Rush) -> str:
    middle = {name: median(getattr(one, name) for one in rush.rounds) for name in ("mean", "p99", "last")}
    worst = max(one.last for one in rush.rounds)
    return (
        f"mean {middle['mean']:.0f} ms, p99 {middle['p99']:.0f} ms, last answer after {middle['last']:.0f} ms "
        f"(medians of the rounds; worst last answer {worst:.0f} ms)"
    )


def _fairness(rush: Rush) -> str:
    one_each = all(winners == 1 for winners in rush.winners)
    who = "exactly one winner each time" if one_each else f"WINNERS {rush.winners}"
    return f"{who}, {rush.server_errors} server errors, {rush.unanswered} unanswered"


def _crowds(found: Findings) -> Iterator[str]:
    for way, crowd in found.crowds.items():
        yield f"{crowd.clients:,} clients at once on {crowd.clients:,} slots, until the {way} answers the booking:"
        yield (
            f"  {crowd.booked:,} booked, p50 {crowd.spread.p50:.0f} ms, p99 {crowd.spread.p99:.0f} ms, "
            f"last {crowd.spread.last:.0f} ms, {crowd.wrong} errors{_verdict(crowd.spread.p99, 500.0, 'p99')}"
        )


def _searches(found: Findings) -> Iterator[str]:
    yield f"Next free slot among {found.slots:,} slots of {found.doctors} doctors:"
    for name, spread in found.searches.items():
        yield (f"  {name:<16} p50 {spread.p50:>6.2f} ms, p99 {spread.p99:>6.2f} ms{_verdict(spread.p99, 20.0, 'p99')}")


def _verdict(measured: float, target: float | None, what: str) -> str:
    if target is None:
        return ""
    return f" -> {'met' if measured < target else 'MISSED'}: {what} under {target:.0f} ms"

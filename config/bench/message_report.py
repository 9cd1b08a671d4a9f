"""What `bench messages` prints."""

from __future__ import annotations

from collections.abc import Iterator

from config.bench.messages import MessageFindings, Sending, Storm
from config.bench.report import machine

MEGABYTE = 1024 * 1024


def lines_of(findings: list[MessageFindings]) -> Iterator[str]:
    """The whole report."""
    yield machine()
    for found in findings:
        title = f"{found.database} {found.version}"
        yield ""
        yield title
        yield "-" * len(title)
        for sending in found.sendings:
            yield from _sending(sending)
        if found.storm is not None:
            yield from _storm(found.storm)


def _sending(sending: Sending) -> Iterator[str]:
    each = sending.cpu / sending.messages * 1000
    yield (
        f"{sending.messages:,} messages, {sending.label}: {sending.a_second:.0f} a second, in {sending.seconds:.1f} s, "
        f"{each:.1f} ms CPU each"
    )
    for channel, spread in sorted(sending.took.items()):
        yield f"  {channel:<6} from the attempt to its outcome: p50 {spread.p50:.1f} ms, p99 {spread.p99:.1f} ms"
    if len(sending.memory) >= 10:
        tenth, last, peak = sending.memory[len(sending.memory) // 10], sending.memory[-1], max(sending.memory)
        yield (
            f"  memory {tenth / MEGABYTE:.0f} MB after a tenth of the time, {last / MEGABYTE:.0f} MB at the end, "
            f"at most {peak / MEGABYTE:.0f} MB"
        )


def _storm(storm: Storm) -> Iterator[str]:
    states = ", ".join(f"{count:,} {state}" for state, count in storm.states.items())
    lost = storm.messages - storm.letters - storm.texts
    yield (
        f"{storm.messages:,} messages, {storm.killed} workers killed (SIGKILL), gateways that fail, "
        f"{storm.seconds:.0f} s: {states}, {lost} lost{_verdict(lost == 0)}"
    )
    for copies, of, is_kept in (
        (storm.second_letters, f"{storm.letters:,} e-mails", storm.second_letters <= storm.killed),
        (storm.second_texts, f"{storm.texts:,} text messages", storm.second_texts == 0),
    ):
        yield f"  {copies} second copies of {of}{_verdict(is_kept)}"


def _verdict(is_kept: bool) -> str:
    return f" -> {'kept' if is_kept else 'BROKEN'}"

"""`manage.py bench messages` measures what it says: the report, and all of it at a tiny size."""

from __future__ import annotations

import pytest

from config.bench.figures import Spread
from config.bench.message_report import lines_of
from config.bench.messages import MessageConductor, MessageFindings, MessageSize, Sending, Storm
from config.bench.servers import sqlite_stage

MEGABYTE = 1024 * 1024


def a_storm(**changes):
    fields = {"messages": 100, "killed": 5, "states": {"sent": 100}, "letters": 50, "second_letters": 4}
    return Storm(**{**fields, "texts": 50, "second_texts": 0, "seconds": 12.0, **changes})


def report(storm=None):
    sending = Sending(
        "e-mail and SMS", 10_000, 100.0, 80.0, {"sms": Spread.of([0.01, 0.02])}, [MEGABYTE] * 19 + [2 * MEGABYTE]
    )
    return "\n".join(lines_of([MessageFindings("SQLite", "3", sendings=[sending], storm=storm)]))


def test_the_report_says_how_fast_and_how_flat():
    said = report()
    assert "10,000 messages, e-mail and SMS: 100 a second, in 100.0 s, 8.0 ms CPU each" in said
    assert "sms    from the attempt to its outcome: p50 10.0 ms, p99 20.0 ms" in said
    assert "memory 1 MB after a tenth of the time, 2 MB at the end, at most 2 MB" in said


def test_the_report_says_what_kills_left():
    said = report(a_storm())
    assert "100 messages, 5 workers killed (SIGKILL), gateways that fail, 12 s: 100 sent, 0 lost -> kept" in said
    assert "4 second copies of 50 e-mails -> kept" in said
    assert "BROKEN" not in said


@pytest.mark.parametrize("fault", [{"second_texts": 1}, {"second_letters": 6}, {"letters": 49}])
def test_the_report_says_when_a_promise_was_broken(fault):
    assert report(a_storm(**fault)).count("BROKEN") == 1


@pytest.mark.slow
@pytest.mark.once("it brings databases of its own")
def test_all_of_it_at_a_tiny_size():
    size = MessageSize(messages=40, slow=12, storm=20, kills=1)
    with sqlite_stage() as stage:
        found = MessageConductor(stage, size, lambda _words: None).measure()
    assert [sending.messages for sending in found.sendings] == [40, 12, 12]
    assert set(found.sendings[0].took) == {"email", "sms"}
    assert found.storm is not None
    assert found.storm.states == {"sent": 20}
    assert (found.storm.letters, found.storm.texts, found.storm.second_texts) == (10, 10, 0)
    assert found.storm.killed >= 1

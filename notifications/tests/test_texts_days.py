"""Days and times as each language says them: names as they are written there, Western digits."""

from __future__ import annotations

import re
from datetime import date, time

import pytest
from django.utils import translation

from notifications.texts.languages import WRITTEN

DAY = date(2026, 8, 6)
SATURDAY = date(2026, 12, 12)


@pytest.mark.parametrize(
    ("code", "day", "spoken", "short"),
    [
        ("en", "Thursday 6 August 2026", "Thursday 6 August", ("Thu 6 Aug", "6 Aug")),
        ("hi", "गुरुवार, 6 अगस्त 2026", "गुरुवार, 6 अगस्त", ("6 अगस्त", "6/8")),
        ("es", "jueves 6 de agosto de 2026", "jueves 6 de agosto", ("6 de agosto", "6/8")),
        ("ar", "الخميس 6 أغسطس 2026", "الخميس 6 أغسطس", ("الخميس 6 أغسطس", "6 أغسطس", "6/8")),
    ],
)
def test_days(code: str, day: str, spoken: str, short: tuple[str, ...]) -> None:
    days = WRITTEN[code].days
    with translation.override("hi"):  # whatever the process speaks at the moment
        assert (days.day(DAY), days.spoken_day(DAY), days.short_day(DAY)) == (day, spoken, short)


@pytest.mark.parametrize(
    ("code", "clock", "said", "brief"),
    [
        ("en", time(9, 20), "9:20am", "9:20am"),
        ("en", time(12), "midday", "midday"),
        ("en", time(14, 5), "2:05pm", "2:05pm"),
        ("hi", time(9, 20), "सुबह 9:20 बजे", "9:20"),
        ("hi", time(12, 30), "दोपहर 12:30 बजे", "12:30"),
        ("hi", time(17, 0), "शाम 5:00 बजे", "17:00"),
        ("hi", time(0, 10), "रात 12:10 बजे", "0:10"),
        ("es", time(9, 20), "las 9:20", "las 9:20"),
        ("es", time(1, 30), "la 1:30", "la 1:30"),
        ("es", time(13, 5), "las 13:05", "las 13:05"),
        ("ar", time(9, 20), "9:20 صباحًا", "9:20"),
        ("ar", time(12, 20), "12:20 ظهرًا", "12:20"),
        ("ar", time(14, 20), "2:20 مساءً", "14:20"),
    ],
)
def test_times(code: str, clock: time, said: str, brief: str) -> None:
    days = WRITTEN[code].days
    with translation.override("es"):
        assert days.clock(clock) == said
        assert days.short_clock(clock)[-1] == brief


@pytest.mark.parametrize("code", WRITTEN)
def test_digits_are_western_and_the_briefest_way_tells_morning_from_evening(
    code: str,
) -> None:
    days = WRITTEN[code].days
    for month in range(1, 13):
        said = days.day(date(2026, month, 17)) + " ".join(days.short_day(date(2026, month, 17)))
        assert set(re.findall(r"\d", said)) <= set("0123456789")
        assert "17" in days.short_day(date(2026, month, 17))[-1]
    briefest = {days.short_clock(time(hour, minute))[-1] for hour in range(24) for minute in (0, 30)}
    assert len(briefest) == 48


def test_days_of_text_messages_in_spanish_have_no_accent() -> None:
    days = WRITTEN["es"].days
    assert all(ord(sign) < 128 for month in range(1, 13) for sign in days.short_day(date(2026, month, 12))[0])
    assert "sábado" in days.day(SATURDAY)

"""How each language of messages says days and times. Digits are the Western ones throughout."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils import dateformat, translation

from scheduling.clock_words import spoken_clock
from scheduling.templatetags.clinic_time import spoken_day

Ways = tuple[str, ...]
"""The same thing said several times, from the fullest way to the briefest."""


@dataclass(frozen=True, slots=True)
class Days:
    """Days and times in one language.

    `day` and `clock` are for e-mails, `spoken_day`, without its year, is for calls; `short_day` and `short_clock` are
    for screens and text messages. `until_today` and `until_day` are deadlines, as they stand after “by”.
    """

    day: Callable[[datetime.date], str]
    spoken_day: Callable[[datetime.date], str]
    short_day: Callable[[datetime.date], Ways]
    clock: Callable[[datetime.time], str]
    short_clock: Callable[[datetime.time], Ways]
    until_today: Callable[[str], str]
    until_day: Callable[[str, str], str]


def _dated(code: str, day: datetime.date, pattern: str) -> str:
    """A day by Django's pattern, with the names that Django has for days and months."""
    with translation.override(code):
        return dateformat.format(day, pattern)


def _numbers(day: datetime.date) -> str:
    return f"{day.day}/{day.month}"


def _all_day(clock: datetime.time) -> str:
    """On a clock of 24 hours."""
    return f"{clock.hour}:{clock.minute:02d}"


def _half_day(clock: datetime.time) -> str:
    """On a clock of twelve."""
    return f"{clock.hour % 12 or 12}:{clock.minute:02d}"


# --- English ----------------------------------------------------------------------------------------------------


def _english_clock(clock: datetime.time) -> str:
    with translation.override("en"):
        return spoken_clock(clock)


def _english_day(day: datetime.date) -> str:
    with translation.override("en"):
        return spoken_day(day)


IN_ENGLISH: Final = Days(
    day=_english_day,
    spoken_day=lambda day: _dated("en", day, "l j F"),
    short_day=lambda day: (_dated("en", day, "D j M"), _dated("en", day, "j M")),
    clock=_english_clock,
    short_clock=lambda clock: (_english_clock(clock),),
    until_today=lambda time: f"{time} today",
    until_day=lambda day, time: f"{time} on {day}",
)


# --- Hindi ------------------------------------------------------------------------------------------------------

_HINDI_DAYS: Final = ("सोमवार", "मंगलवार", "बुधवार", "गुरुवार", "शुक्रवार", "शनिवार", "रविवार")
_HINDI_MONTHS: Final = (
    *("जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून"),
    *("जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"),
)
"""Spelled as newspapers do; Django's own have some of them otherwise."""


def _hindi_date(day: datetime.date) -> str:
    return f"{day.day} {_HINDI_MONTHS[day.month - 1]}"


def _hindi_day(day: datetime.date) -> str:
    return f"{_HINDI_DAYS[day.weekday()]}, {_hindi_date(day)}"


def _hindi_clock(clock: datetime.time) -> str:
    """With the part of the day, as people say it: “सुबह 9:20”."""
    return f"{_hindi_part_of_day(clock.hour)} {_half_day(clock)}"


def _hindi_part_of_day(hour: int) -> str:
    if 4 <= hour < 12:
        return "सुबह"
    if 12 <= hour < 16:
        return "दोपहर"
    return "शाम" if 16 <= hour < 20 else "रात"


IN_HINDI: Final = Days(
    day=lambda day: f"{_hindi_day(day)} {day.year}",
    spoken_day=_hindi_day,
    short_day=lambda day: (_hindi_date(day), _numbers(day)),
    clock=lambda clock: f"{_hindi_clock(clock)} बजे",
    short_clock=lambda clock: (f"{_hindi_clock(clock)} बजे", _hindi_clock(clock), _all_day(clock)),
    until_today=lambda time: f"आज {time}",
    until_day=lambda day, time: f"{day} को {time}",
)


# --- Spanish ----------------------------------------------------------------------------------------------------


def _spanish_clock(clock: datetime.time) -> str:
    """With its article: “a las 9:20”, “antes de la 1:30”."""
    return f"{'la' if clock.hour == 1 else 'las'} {_all_day(clock)}"


IN_SPANISH: Final = Days(
    day=lambda day: _dated("es", day, r"l j \d\e F \d\e Y"),
    spoken_day=lambda day: _dated("es", day, r"l j \d\e F"),
    # Without the day of the week: “sábado” has an accent that text messages have no room for.
    short_day=lambda day: (_dated("es", day, r"j \d\e F"), _numbers(day)),
    clock=_spanish_clock,
    short_clock=lambda clock: (_spanish_clock(clock),),
    until_today=lambda time: f"{time} de hoy",
    until_day=lambda day, time: f"{time} del {day}",
)


# --- Arabic -----------------------------------------------------------------------------------------------------


def _arabic_clock(clock: datetime.time) -> str:
    if clock.hour == 12:
        return f"{_half_day(clock)} ظهرًا"
    return f"{_half_day(clock)} {'صباحًا' if clock.hour < 12 else 'مساءً'}"


def _brief_arabic_clock(clock: datetime.time) -> str:
    return f"{_half_day(clock)} {'ص' if clock.hour < 12 else 'م'}"


IN_ARABIC: Final = Days(
    day=lambda day: _dated("ar", day, "l j F Y"),
    spoken_day=lambda day: _dated("ar", day, "l j F"),
    short_day=lambda day: (_dated("ar", day, "l j F"), _dated("ar", day, "j F"), _numbers(day)),
    clock=_arabic_clock,
    short_clock=lambda clock: (_arabic_clock(clock), _brief_arabic_clock(clock), _all_day(clock)),
    until_today=lambda time: f"الساعة {time} اليوم",
    until_day=lambda day, time: f"الساعة {time} يوم {day}",
)

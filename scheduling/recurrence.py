"""Which days a rule means, and which slots a session has. Pure wall-clock rules; knows no database.

Days come from weekdays or from an RFC 5545 recurrence rule (section 3.3.10), anchored at the first valid day.
Slot times lie on a grid in the wall clock of the location, so that nine o'clock stays nine o'clock when the clocks
change. The length of a slot is real time. See `clock.py` for missing and repeated hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scheduling.clock import boundary, instant
from scheduling.errors import InvalidCalendar

Break = tuple[time, time]

DAY = timedelta(days=1)
LONGEST_RULE = 300
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
SEARCHED_YEARS = 5
"""A rule that has no day in this many years is taken for a mistake."""

_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_RANGES = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST", *_RANGES})
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a rule: weekdays (0 is Monday) or, where there are none, an RRULE."""

    valid_from: date
    valid_until: date | None = None
    weekdays: frozenset[int] = frozenset()
    rule: str = ""

    def between(self, first: date, last: date) -> Iterator[date]:
        """The days from `first` to `last`, both included, in order."""
        first = max(first, self.valid_from)
        last = min(last, self.valid_until) if self.valid_until else last
        if self.weekdays:
            yield from (day for day in _every_day(first, last) if day.weekday() in self.weekdays)
        elif self.rule:
            yield from _days_of_rule(parse_rule(self.rule, self.valid_from), first, last)


@dataclass(frozen=True, slots=True)
class Session:
    """Hours of one day, in wall clock. An `end` not after `start` is on the next day."""

    start: time
    end: time
    slot_minutes: int
    breaks: Sequence[Break] = field(default_factory=tuple)

    @property
    def length(self) -> timedelta:
        """From start to end as the wall clock counts it."""
        return _after(self.start, self.end) or DAY


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From one UTC instant to another, the end not included."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: Period) -> bool:
        """Whether the two share any time."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def session_slots(day: date, session: Session, zone: ZoneInfo) -> list[Period]:
    """The slots of the session that starts on `day`, in order, never overlapping.

    The grid starts with the session and afresh after each break. A grid time that the clock skips is not offered; one
    that comes twice is offered the first time. A slot must fit whole into its stretch of work, and begin after the
    slot before it has ended (they may collide where the clocks shift by no multiple of their length).
    """
    length = timedelta(minutes=session.slot_minutes)
    slots: list[Period] = []
    for wall, closes in _grid(day, session):
        begins = instant(wall, zone)
        if begins is None or (slots and begins < slots[-1].ends_at):
            continue
        if begins + length <= boundary(closes, zone):
            slots.append(Period(begins, begins + length))
    return slots


def wall_times(day: date, session: Session) -> list[datetime]:
    """Every time of the grid as a calendar without changes of the clock would have it."""
    return [wall for wall, _closes in _grid(day, session)]


def _grid(day: date, session: Session) -> Iterator[tuple[datetime, datetime]]:
    """Each time of the grid with the end of its stretch of work, both as wall clock."""
    start = datetime.combine(day, session.start)
    length = timedelta(minutes=session.slot_minutes)
    for opens, closes in _stretches(session):
        for step in range((closes - opens) // length):
            yield start + opens + step * length, start + closes


def _stretches(session: Session) -> Iterator[tuple[timedelta, timedelta]]:
    """The times of work between the breaks, as wall-clock distances from the session's start."""
    opens = timedelta()
    for begins, ends in sorted(session.breaks, key=lambda pause: _after(session.start, pause[0])):
        pause = _after(session.start, begins)
        if pause > opens:
            yield opens, pause
        opens = max(opens, pause + _after(begins, ends))
    if opens < session.length:
        yield opens, session.length


def _after(start: time, end: time) -> timedelta:
    """How long after `start` the clock next shows `end`: less than a day."""
    return (datetime.combine(date.min, end) - datetime.combine(date.min, start)) % DAY


def _every_day(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


# --- Checking what staff typed ----------------------------------------------------------------------------------


def check_session(session: Session, *, minutes_field: str = "slot_minutes") -> None:
    """Refuse a session or break that makes no sense, naming the field. Raises InvalidCalendar."""
    if session.start == session.end and session.start != time.min:
        raise InvalidCalendar(
            _("The end is the same as the start. For a whole day choose midnight to midnight."), field="end_time"
        )
    if session.slot_minutes < 1:
        raise InvalidCalendar(_("A slot needs at least one minute."), field=minutes_field)
    if timedelta(minutes=session.slot_minutes) > session.length:
        raise InvalidCalendar(_("The hours are too short for even one slot."), field=minutes_field)
    for pause in session.breaks:
        _check_break(session, pause)


def _check_break(session: Session, pause: Break) -> None:
    begins, length = _after(session.start, pause[0]), _after(pause[0], pause[1])
    if not length:
        raise InvalidCalendar(_("A break must end after it starts."), field="breaks")
    if begins + length <= session.length:
        return
    if pause[1] < pause[0] and begins < session.length and _after(session.start, pause[1]) <= session.length:
        raise InvalidCalendar(_("A break must end after it starts."), field="breaks")
    raise InvalidCalendar(
        _("The break from %(start)s to %(end)s is outside the hours.")
        % {"start": f"{pause[0]:%H:%M}", "end": f"{pause[1]:%H:%M}"},
        field="breaks",
    )


def check_date(day: date, *, field: str) -> None:
    """Refuse a date that no clinic means. Raises InvalidCalendar."""
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise InvalidCalendar(
            _("Choose a date between the years %(first)s and %(last)s.")
            % {"first": EARLIEST_YEAR, "last": LATEST_YEAR},
            field=field,
        )


def check_days(days: Days) -> None:
    """Refuse days that make no sense, naming the field. Raises InvalidCalendar."""
    check_date(days.valid_from, field="valid_from")
    check_date(days.valid_until or days.valid_from, field="valid_until")
    if days.valid_until and days.valid_until < days.valid_from:
        raise InvalidCalendar(_("The last day is before the first."), field="valid_until")
    if days.weekdays:
        if not days.weekdays <= set(range(7)):
            raise InvalidCalendar(_("Weekdays are numbers from 0 (Monday) to 6 (Sunday)."), field="weekdays")
        return
    if not days.rule:
        raise InvalidCalendar(_("Choose at least one weekday, or write a recurrence rule."), field="weekdays")
    horizon = days.valid_from + timedelta(days=366 * SEARCHED_YEARS)
    if next(days.between(days.valid_from, horizon), None) is None:
        raise InvalidCalendar(_("No day fits this rule."), field="rrule")


# --- RFC 5545 ---------------------------------------------------------------------------------------------------


def parse_rule(text: str, anchor: date) -> rrule:
    """The recurrence rule, anchored at `anchor`; refuses what a calendar of days cannot mean.

    Only parts that choose days are understood, no others are ignored in silence. Raises InvalidCalendar.
    """
    parts = _rule_parts(text)
    if parts.get("FREQ") not in _FREQUENCIES:
        raise _bad_rule(_("The rule must repeat daily, weekly, monthly or yearly; hours belong into the time fields."))
    if "COUNT" in parts and "UNTIL" in parts:
        raise _bad_rule(_("The rule has both COUNT and UNTIL; use one of them."))
    _check_numbers(parts)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"])
    normal = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        parsed = rrulestr(normal, dtstart=datetime.combine(anchor, time.min))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise _bad_rule(_("This is not a recurrence rule such as FREQ=MONTHLY;BYDAY=1MO.")) from error
    if not isinstance(parsed, rrule):  # rrulestr may answer a set; we give it one line, so it does not
        raise _bad_rule(_("This is not a recurrence rule such as FREQ=MONTHLY;BYDAY=1MO."))
    return parsed


def _rule_parts(text: str) -> dict[str, str]:
    """The parts of the rule by name, each at most once."""
    text = text.strip().upper().removeprefix("RRULE:")
    parts: dict[str, str] = {}
    for piece in text.split(";"):
        name, _equals, value = piece.partition("=")
        if not value or name in parts or len(text) > LONGEST_RULE:
            raise _bad_rule(_("This is not a recurrence rule such as FREQ=MONTHLY;BYDAY=1MO."))
        if name in {"BYHOUR", "BYMINUTE", "BYSECOND"}:
            raise _bad_rule(_("The rule may only choose days; hours belong into the time fields."))
        if name not in _PARTS:
            raise _bad_rule(_("The rule has a part that is not understood: %(part)s.") % {"part": name[:20]})
        parts[name] = value
    return parts


def _check_numbers(parts: dict[str, str]) -> None:
    """Every number in its range; no date that no year has (searching for it would go on until the year 9999)."""
    try:
        numbers = {name: [int(number) for number in parts[name].split(",")] for name in _RANGES if name in parts}
        single = [int(parts[name]) for name in ("INTERVAL", "COUNT") if name in parts]
    except ValueError as error:
        raise _bad_rule(_("The rule has a word where a number belongs.")) from error
    out_of_range = any(
        number == 0 or abs(number) > _RANGES[name] for name, values in numbers.items() for number in values
    )
    if out_of_range or any(not 1 <= number <= 10_000 for number in single):
        raise _bad_rule(_("The rule has a number that is out of range."))
    months, days = numbers.get("BYMONTH"), numbers.get("BYMONTHDAY")
    if months and days and all(abs(day) > _DAYS_IN_MONTH[abs(month) - 1] for month in months for day in days):
        raise _bad_rule(_("No day fits this rule."))


def _until(value: str) -> str:
    """The last day, as a date: the rule is about days of the wall calendar, whatever clock UNTIL was written in."""
    try:
        return datetime.strptime(value[:8], "%Y%m%d").strftime("%Y%m%d")  # noqa: DTZ007 - a wall date has no zone
    except ValueError as error:
        raise _bad_rule(_("UNTIL is not a date, such as 20261231.")) from error


def _bad_rule(sentence: str | Promise) -> InvalidCalendar:
    return InvalidCalendar(sentence, field="rrule")


def _days_of_rule(rule: rrule, first: date, last: date) -> Iterator[date]:
    if first > last:
        return
    for moment in rule.xafter(datetime.combine(first, time.min), inc=True):
        if moment.date() > last:
            return
        yield moment.date()

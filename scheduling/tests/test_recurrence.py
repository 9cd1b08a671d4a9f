"""Guarantee 13: the right hour, always. Pure rules, no database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.clock import boundary, day_bounds, instant
from scheduling.errors import InvalidCalendar
from scheduling.recurrence import Days, Session, check_days, check_session, session_slots, wall_times

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
LORD_HOWE, KOLKATA = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata")
KATHMANDU, CAIRO, HAVANA = ZoneInfo("Asia/Kathmandu"), ZoneInfo("Africa/Cairo"), ZoneInfo("America/Havana")
ZONES = [LONDON, NEW_YORK, LORD_HOWE, KOLKATA, KATHMANDU, CAIRO, HAVANA]
WEEKDAYS = frozenset(range(5))


def on_the_wall(day: date, session: Session, zone: ZoneInfo) -> list[str]:
    return [f"{slot.starts_at.astimezone(zone):%H:%M}" for slot in session_slots(day, session, zone)]


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        (LONDON, date(2026, 3, 29), ["00:00", "00:30", "02:00", "02:30", "03:00", "03:30"]),
        (NEW_YORK, date(2026, 3, 8), ["00:00", "00:30", "01:00", "01:30", "03:00", "03:30"]),
        (LORD_HOWE, date(2026, 10, 4), ["00:00", "00:30", "01:00", "01:30", "02:30", "03:00", "03:30"]),
        (CAIRO, date(2026, 4, 24), ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]),
    ],
)
def test_the_missing_hour_is_not_offered(zone, day, expected):
    assert on_the_wall(day, Session(time(0), time(4), 30), zone) == expected


@pytest.mark.parametrize(
    ("zone", "day"),
    [(LONDON, date(2026, 10, 25)), (NEW_YORK, date(2026, 11, 1)), (LORD_HOWE, date(2026, 4, 5))],
)
def test_the_repeated_hour_is_offered_once(zone, day):
    slots = session_slots(day, Session(time(0), time(4), 30), zone)

    walls = [f"{slot.starts_at.astimezone(zone):%H:%M}" for slot in slots]
    assert walls == ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]
    assert {slot.starts_at.astimezone(zone).fold for slot in slots} == {0}
    assert all(slot.ends_at - slot.starts_at == timedelta(minutes=30) for slot in slots)
    assert all(first.ends_at <= second.starts_at for first, second in pairwise(slots))


@pytest.mark.parametrize("zone", ZONES)
def test_nine_o_clock_stays_nine_o_clock_all_year(zone):
    session = Session(time(9), time(10), 20)
    for number in range(366):
        assert on_the_wall(date(2026, 1, 1) + timedelta(days=number), session, zone) == ["09:00", "09:20", "09:40"]


def test_half_hour_zones_are_stored_on_the_half_hour():
    slot = session_slots(date(2026, 11, 20), Session(time(9), time(10), 60), KOLKATA)[0]
    assert slot.starts_at == datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
    slot = session_slots(date(2026, 11, 20), Session(time(9), time(10), 60), KATHMANDU)[0]
    assert slot.starts_at == datetime(2026, 11, 20, 3, 15, tzinfo=UTC)


def test_a_session_past_midnight_goes_on_the_next_day():
    slots = session_slots(date(2026, 11, 20), Session(time(22), time(2), 60, ((time(23, 30), time(0, 30)),)), LONDON)
    assert [slot.starts_at.isoformat() for slot in slots] == [
        "2026-11-20T22:00:00+00:00",
        "2026-11-21T00:30:00+00:00",
    ]


@pytest.mark.parametrize(
    ("day", "walls"),
    [
        (date(2026, 3, 28), ["22:00", "23:00", "00:00", "02:00"]),  # one o'clock is skipped
        (date(2026, 10, 24), ["22:00", "23:00", "00:00", "01:00", "02:00"]),  # and here it comes twice
    ],
)
def test_a_night_clinic_over_the_change_of_the_clocks(day, walls):
    assert on_the_wall(day, Session(time(22), time(3), 60), LONDON) == walls


def test_midnight_to_midnight_is_a_whole_day():
    assert len(on_the_wall(date(2026, 6, 1), Session(time(0), time(0), 60), LONDON)) == 24
    assert len(on_the_wall(date(2026, 3, 29), Session(time(0), time(0), 60), LONDON)) == 23
    assert len(on_the_wall(date(2026, 10, 25), Session(time(0), time(0), 60), LONDON)) == 24


def test_the_grid_starts_afresh_after_a_break_and_fills_no_half_slots():
    session = Session(time(9), time(11, 30), 20, ((time(9, 50), time(10, 15)),))
    assert on_the_wall(date(2026, 11, 20), session, LONDON) == ["09:00", "09:20", "10:15", "10:35", "10:55"]


def test_a_break_in_the_missing_hour_takes_no_time():
    without = Session(time(0), time(4), 60)
    with_break = Session(time(0), time(4), 60, ((time(1), time(2)),))
    day = date(2026, 3, 29)
    assert session_slots(day, with_break, LONDON) == session_slots(day, without, LONDON)


@st.composite
def sessions(draw) -> Session:
    start = draw(st.integers(0, 1439))
    length = draw(st.integers(5, 1440))
    minutes = draw(st.integers(5, min(length, 480)))
    breaks = []
    for _number in range(draw(st.integers(0, 3))):
        begins = draw(st.integers(0, length - 1))
        ends = draw(st.integers(begins + 1, min(length, begins + 1439)))
        breaks.append((clock_time(start + begins), clock_time(start + ends)))
    return Session(clock_time(start), clock_time(start + length), minutes, tuple(breaks))


def clock_time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


CHANGES = [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1)]
CHANGES += [date(2026, 4, 5), date(2026, 10, 4), date(2026, 4, 24), date(2026, 10, 30), date(2026, 6, 15)]


@given(session=sessions(), zone=st.sampled_from(ZONES), day=st.sampled_from(CHANGES))
def test_slots_never_overlap_and_lie_inside_the_session_outside_breaks_on_the_grid(session, zone, day):
    slots = session_slots(day, session, zone)

    opens, closes = (datetime.combine(day, session.start) + extra for extra in (timedelta(), session.length))
    grid = set(wall_times(day, session))
    assert all(first.ends_at <= second.starts_at for first, second in pairwise(slots))
    for slot in slots:
        wall = slot.starts_at.astimezone(zone)
        assert slot.ends_at - slot.starts_at == timedelta(minutes=session.slot_minutes)
        assert boundary(opens, zone) <= slot.starts_at
        assert slot.ends_at <= boundary(closes, zone)
        assert wall.replace(tzinfo=None, fold=0) in grid
        assert wall.fold == 0
        for begins, ends in breaks_of(session, opens):
            assert slot.ends_at <= boundary(begins, zone) or boundary(ends, zone) <= slot.starts_at


def breaks_of(session: Session, opens: datetime) -> list[tuple[datetime, datetime]]:
    found = []
    for begins, ends in session.breaks:
        after = (datetime.combine(opens.date(), begins) - opens) % timedelta(days=1)
        length = (datetime.combine(opens.date(), ends) - datetime.combine(opens.date(), begins)) % timedelta(days=1)
        found.append((opens + after, opens + after + length))
    return found


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_days_follow_each_other_without_gap_or_overlap(zone, day):
    start, end = day_bounds(day, zone)
    assert end == day_bounds(day + timedelta(days=1), zone)[0]
    assert start.astimezone(zone).date() == day
    assert (end - timedelta(seconds=1)).astimezone(zone).date() == day
    assert (start - timedelta(seconds=1)).astimezone(zone).date() == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (LONDON, date(2026, 3, 29), 23),
        (LONDON, date(2026, 10, 25), 25),
        (LORD_HOWE, date(2026, 10, 4), 23.5),
        (LORD_HOWE, date(2026, 4, 5), 24.5),
        (CAIRO, date(2026, 4, 24), 23),  # its midnight is skipped
        (HAVANA, date(2026, 11, 1), 25),  # its midnight comes twice
        (KOLKATA, date(2026, 3, 29), 24),
    ],
)
def test_a_day_is_as_long_as_the_wall_clock_makes_it(zone, day, hours):
    start, end = day_bounds(day, zone)
    assert end - start == timedelta(hours=hours)


def test_a_skipped_time_has_no_instant_and_a_repeated_one_has_its_first():
    assert instant(datetime(2026, 3, 29, 1, 30), LONDON) is None
    assert boundary(datetime(2026, 3, 29, 1, 30), LONDON) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert instant(datetime(2026, 10, 25, 1, 30), LONDON) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


# --- Days -------------------------------------------------------------------------------------------------------


def days(rule: str = "", *, anchor: date = date(2026, 11, 20), **more) -> list[str]:
    rules = Days(anchor, rule=rule, **more)
    check_days(rules)
    return [f"{day:%m-%d}" for day in rules.between(anchor, anchor + timedelta(days=60))]


def test_weekdays_between_two_dates():
    assert days(weekdays=frozenset({0}), valid_until=date(2026, 12, 7)) == ["11-23", "11-30", "12-07"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY;BYDAY=1MO", ["12-07", "01-04"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR", ["11-27", "12-25", "01-15"][:2]),
        ("freq=weekly;interval=4;byday=tu", ["12-15", "01-12"]),
        ("FREQ=DAILY;COUNT=3", ["11-20", "11-21", "11-22"]),
        ("FREQ=DAILY;UNTIL=20261121T235959Z", ["11-20", "11-21"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["11-30", "12-31"]),
    ],
)
def test_days_of_a_recurrence_rule(rule, expected):
    assert days(rule) == expected


def test_a_count_is_counted_from_the_first_valid_day_wherever_one_looks():
    rules = Days(date(2026, 11, 20), rule="FREQ=DAILY;COUNT=3")
    assert list(rules.between(date(2026, 11, 22), date(2026, 12, 31))) == [date(2026, 11, 22)]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "both COUNT and UNTIL"),
        ("FREQ=HOURLY", "daily, weekly, monthly or yearly"),
        ("FREQ=MINUTELY;INTERVAL=20", "daily, weekly, monthly or yearly"),
        ("FREQ=DAILY;BYHOUR=9", "only choose days"),
        ("FREQ=DAILY;INTERVAL=0", "out of range"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "No day fits"),
        ("FREQ=MONTHLY;BYDAY=6MO", "No day fits"),
        ("FREQ=WEEKLY;BYDAY=XX", "not a recurrence rule"),
        ("FREQ=DAILY;UNTIL=2027-13-45", "UNTIL is not a date"),
        ("FREQ=DAILY\nDTSTART:20200101", "daily, weekly, monthly or yearly"),
        ("FREQ=DAILY;X-OWN=1", "not understood"),
        ("FREQ=DAILY;" + "BYMONTH=1" * 100, "not a recurrence rule"),
        ("every monday", "not a recurrence rule"),
    ],
)
def test_a_rule_that_is_none_is_refused_with_a_sentence(rule, sentence):
    with pytest.raises(InvalidCalendar, match=sentence) as refused:
        days(rule)
    assert refused.value.code == "invalid_calendar"


@pytest.mark.parametrize(
    ("session", "field"),
    [
        (Session(time(9), time(9), 20), "end_time"),
        (Session(time(9), time(9, 10), 20), "slot_minutes"),
        (Session(time(9), time(17), 20, ((time(8), time(9, 30)),)), "breaks"),
        (Session(time(9), time(17), 20, ((time(16), time(18)),)), "breaks"),
        (Session(time(9), time(17), 20, ((time(12), time(12)),)), "breaks"),
        (Session(time(9), time(17), 20, ((time(13), time(12)),)), "breaks"),
        (Session(time(22), time(2), 20, ((time(3), time(4)),)), "breaks"),
    ],
)
def test_hours_that_make_no_sense_name_the_field(session, field):
    with pytest.raises(InvalidCalendar) as refused:
        check_session(session)
    assert refused.value.field == field


def test_hours_that_make_sense_pass():
    check_session(Session(time(22), time(2), 20, ((time(23, 45), time(0, 15)),)))
    check_session(Session(time(0), time(0), 20, ((time(12), time(13)),)))


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        (Days(date(2026, 2, 1), date(2026, 1, 1), WEEKDAYS), "valid_until"),
        (Days(date(2026, 2, 1), weekdays=frozenset({7})), "weekdays"),
        (Days(date(2026, 2, 1)), "weekdays"),
    ],
)
def test_days_that_make_no_sense_name_the_field(rules, field):
    with pytest.raises(InvalidCalendar) as refused:
        check_days(rules)
    assert refused.value.field == field

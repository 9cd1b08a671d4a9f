"""When messages are due: on the clock of the location, across clock changes, and outside the quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.defaults import DAY, HOUR
from notifications.states import NotSent
from notifications.timing import (
    BEFORE_QUIET,
    NOTICE,
    QuietHours,
    Timing,
    Waits,
    before_visit,
    next_allowed,
    when_reminded,
    when_told,
)
from scheduling.clock import boundary

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
LORD_HOWE, KOLKATA = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def wall(zone: ZoneInfo, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[misc]


def quiet(zone: ZoneInfo, begin: time = time(21), end: time = time(8)) -> QuietHours:
    return QuietHours(begin, end, zone)


def never_quiet(zone: ZoneInfo) -> QuietHours:
    return quiet(zone, time(0), time(0))


def reads(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    return moment.astimezone(zone).replace(tzinfo=None)


CHANGES = [
    # zone, a visit after the clock changed, how many hours really lie between the two nine o'clocks
    pytest.param(LONDON, (2026, 3, 29), 23, id="London, an hour is missing"),
    pytest.param(LONDON, (2026, 10, 25), 25, id="London, an hour comes twice"),
    pytest.param(NEW_YORK, (2026, 3, 8), 23, id="New York, an hour is missing"),
    pytest.param(NEW_YORK, (2026, 11, 1), 25, id="New York, an hour comes twice"),
    pytest.param(LORD_HOWE, (2026, 10, 4), 23.5, id="Lord Howe, half an hour is missing"),
    pytest.param(LORD_HOWE, (2026, 4, 5), 24.5, id="Lord Howe, half an hour comes twice"),
    pytest.param(KOLKATA, (2026, 3, 29), 24, id="Kolkata, whose clock never changes"),
]


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_the_day_before_is_the_same_time_on_the_clock_across_a_change(zone, day, hours):
    starts_at = wall(zone, *day, 9, 30).astimezone(UTC)
    due_at = before_visit(starts_at, DAY, zone)
    assert reads(due_at, zone) == datetime(*day, 9, 30) - timedelta(days=1)
    assert starts_at - due_at == timedelta(hours=hours)


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_hours_before_are_hours_that_pass(zone, day, hours):
    starts_at = wall(zone, *day, 4, 30).astimezone(UTC)
    assert starts_at - before_visit(starts_at, 4 * HOUR, zone) == timedelta(hours=4)
    assert starts_at - before_visit(starts_at, DAY + HOUR, zone) == timedelta(hours=25)


def test_the_day_before_a_time_that_was_missing_then_is_when_the_clock_jumped():
    starts_at = wall(LONDON, 2026, 3, 30, 1, 30)
    assert before_visit(starts_at, DAY, LONDON) == datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest.mark.parametrize("fold", [0, 1])
def test_the_day_before_a_time_that_comes_twice_is_the_same_for_both(fold):
    starts_at = wall(LONDON, 2026, 10, 25, 1, 30, fold=fold)
    assert reads(before_visit(starts_at, DAY, LONDON), LONDON) == datetime(2026, 10, 24, 1, 30)


def test_the_day_before_falls_on_the_first_of_a_time_that_comes_twice():
    due_at = before_visit(wall(LONDON, 2026, 10, 26, 1, 30), DAY, LONDON)
    assert due_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


class TestQuietHours:
    def test_they_may_go_over_midnight(self):
        hours = quiet(LONDON)
        night = (wall(LONDON, 2026, 1, 10, 21), wall(LONDON, 2026, 1, 11, 8))
        for parts in [(10, 21), (10, 23, 59), (11, 0), (11, 7, 59)]:
            assert hours.around(wall(LONDON, 2026, 1, *parts)) == night
        for parts in [(10, 20, 59), (11, 8), (11, 12)]:
            assert hours.around(wall(LONDON, 2026, 1, *parts)) is None

    def test_they_may_lie_within_a_day(self):
        hours = quiet(KOLKATA, time(13), time(15))
        assert next_allowed(wall(KOLKATA, 2026, 1, 10, 14), hours) == wall(KOLKATA, 2026, 1, 10, 15)
        for hour in (12, 15, 23):
            assert hours.around(wall(KOLKATA, 2026, 1, 10, hour)) is None

    def test_they_may_begin_or_end_at_midnight(self):
        hours = quiet(LONDON, time(0), time(6))
        assert next_allowed(wall(LONDON, 2026, 1, 10, 0), hours) == wall(LONDON, 2026, 1, 10, 6)
        hours = quiet(LONDON, time(22), time(0))
        assert next_allowed(wall(LONDON, 2026, 1, 10, 23), hours) == wall(LONDON, 2026, 1, 11, 0)
        assert hours.around(wall(LONDON, 2026, 1, 11, 0)) is None

    def test_the_same_time_twice_is_never(self):
        assert all(never_quiet(LONDON).around(wall(LONDON, 2026, 1, 10, hour)) is None for hour in range(24))

    @pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
    def test_they_keep_to_the_clock_in_nights_of_change(self, zone, day, hours):
        night = datetime(*day)
        bounds = quiet(zone).around(wall(zone, *day, 5))
        assert bounds is not None
        begin, end = bounds
        assert (reads(begin, zone), reads(end, zone)) == (
            night - timedelta(hours=3),
            night + timedelta(hours=8),
        )
        assert end - begin == timedelta(hours=11 + hours - 24)

    @given(
        zone=st.sampled_from([LONDON, NEW_YORK, LORD_HOWE, KOLKATA]),
        begin=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        end=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    )
    def test_what_waits_for_their_end_waits_less_than_a_day_and_comes_when_no_quiet_is(self, zone, begin, end, moment):
        hours = quiet(zone, begin, end)
        allowed = next_allowed(moment, hours)
        assert timedelta(0) <= allowed - moment <= timedelta(hours=25)
        assert hours.around(allowed) is None


def remind(starts_at: datetime, minutes: int, *, now: datetime = LONG_AGO, zone: ZoneInfo = LONDON) -> Timing | None:
    return when_reminded(starts_at=starts_at, minutes=minutes, now=now, quiet=quiet(zone))


class TestReminders:
    def test_by_day_they_come_when_the_rule_says(self):
        starts_at = wall(LONDON, 2026, 1, 12, 15)
        found = remind(starts_at, 2 * HOUR)
        assert found == Timing(starts_at - timedelta(hours=2), starts_at - timedelta(hours=1))

    def test_late_by_more_than_half_of_the_time_they_make_no_sense(self):
        found = remind(wall(LONDON, 2026, 1, 12, 15), DAY)
        assert found is not None
        assert found.not_after == wall(LONDON, 2026, 1, 12, 3)

    def test_one_whose_moment_had_passed_when_the_visit_was_booked_is_none(self):
        starts_at = wall(LONDON, 2026, 1, 12, 15)
        assert remind(starts_at, 2 * HOUR, now=starts_at - timedelta(hours=2)) is None
        assert remind(starts_at, 2 * HOUR, now=starts_at - timedelta(hours=2, seconds=1)) is not None

    def test_what_falls_into_the_night_comes_before_it(self):
        starts_at = wall(LONDON, 2026, 1, 12, 8, 15)
        found = remind(starts_at, HOUR)
        assert found is not None
        assert found.due_at == wall(LONDON, 2026, 1, 11, 21) - BEFORE_QUIET

    @pytest.mark.parametrize("booked", [(20, 45), (20, 50), (23, 0)])
    def test_booked_too_late_for_that_it_comes_when_the_night_is_over(self, booked):
        starts_at = wall(LONDON, 2026, 1, 12, 8, 30)
        found = remind(starts_at, HOUR, now=wall(LONDON, 2026, 1, 11, *booked))
        assert found == Timing(wall(LONDON, 2026, 1, 12, 8), wall(LONDON, 2026, 1, 12, 8, 15))

    def test_where_that_leaves_no_time_it_does_not_come_and_says_why(self):
        starts_at = wall(LONDON, 2026, 1, 12, 8) + NOTICE - timedelta(minutes=1)
        found = remind(starts_at, HOUR, now=wall(LONDON, 2026, 1, 11, 23))
        assert found is not None
        assert found.why_not == NotSent.QUIET_HOURS

    @pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
    def test_of_a_visit_in_the_first_hours_of_a_day_of_change(self, zone, day, hours):
        """A clinic that opens at midnight: everybody is reminded the evening before, or the evening before that."""
        starts_at = boundary(datetime(*day, 0, 30), zone)
        found = remind(starts_at, HOUR, zone=zone)
        assert found is not None
        assert reads(found.due_at, zone) == datetime(*day) - timedelta(hours=3) - BEFORE_QUIET
        found = remind(starts_at, DAY, zone=zone)
        assert found is not None
        assert reads(found.due_at, zone) == datetime(*day) - timedelta(days=1, hours=3) - BEFORE_QUIET

    @given(
        zone=st.sampled_from([LONDON, NEW_YORK, LORD_HOWE, KOLKATA]),
        starts_at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
        ahead=st.timedeltas(timedelta(0), timedelta(days=3)),
        minutes=st.sampled_from([15, HOUR, 2 * HOUR, DAY, 2 * DAY, DAY + 1]),
    )
    def test_they_never_come_at_night_nor_before_the_booking_nor_after_the_visit(self, zone, starts_at, ahead, minutes):
        now = starts_at - ahead
        found = when_reminded(starts_at=starts_at, minutes=minutes, now=now, quiet=quiet(zone))
        if found is not None and found.why_not is None:
            assert now < found.due_at < found.not_after < starts_at
            assert quiet(zone).around(found.due_at) is None


NIGHT = wall(LONDON, 2026, 1, 11, 23)
MORNING = wall(LONDON, 2026, 1, 12, 8)


def tell(now: datetime, latest: datetime, waits: Waits) -> Timing:
    return when_told(now=now, latest=latest, not_after=latest + timedelta(hours=1), quiet=quiet(LONDON), waits=waits)


class TestNews:
    @pytest.mark.parametrize("waits", Waits)
    def test_by_day_it_goes_out_at_once(self, waits):
        noon = wall(LONDON, 2026, 1, 11, 12)
        assert tell(noon, noon - timedelta(hours=1), waits) == Timing(noon, noon)

    def test_at_night_it_waits_for_the_morning(self):
        for waits in (Waits.IF_IN_TIME, Waits.OR_IS_DROPPED):
            assert tell(NIGHT, MORNING, waits) == Timing(MORNING, MORNING + timedelta(hours=1))

    def test_what_disturbs_nobody_does_not_wait(self):
        assert tell(NIGHT, MORNING, Waits.NEVER).due_at == NIGHT

    def test_what_would_come_too_late_goes_out_at_night_or_not_at_all(self):
        latest = MORNING - timedelta(minutes=1)
        assert tell(NIGHT, latest, Waits.IF_IN_TIME) == Timing(NIGHT, latest + timedelta(hours=1))
        assert tell(NIGHT, latest, Waits.OR_IS_DROPPED).why_not == NotSent.QUIET_HOURS

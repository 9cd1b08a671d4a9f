"""Free times by doctor, for programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduling.api import calendar_free_times
from scheduling.models import Hold, Slot
from scheduling.services.holds import hold_seat
from scheduling.tests.api import Program
from scheduling.tests.factories import VISITOR, DoctorFactory, LocationFactory, SlotFactory, SpecialtyFactory, in_hours

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]


def at(day: int, hour: int, minute: int = 0, zone: str = "Europe/London") -> datetime:
    """A time in November 2026, by a clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def ask(**query: Any) -> dict[str, Any]:
    """The answer to these parameters."""
    response = Program().get("availability/", **query)
    assert response.status_code == 200, response.content
    told: dict[str, Any] = response.json()
    return told


def free(told: dict[str, Any]) -> dict[tuple[int, int], list[int]]:
    """The ids of the free slots by doctor and place."""
    return {
        (row["doctor"]["id"], row["location"]["id"]): [slot["id"] for slot in row["slots"]] for row in told["results"]
    }


class TestWhatIsFree:
    def test_everything_a_widget_shows_is_told_at_once(self) -> None:
        slot = SlotFactory(starts_at=at(23, 9), capacity=2)
        doctor, place = slot.doctor, slot.location
        times = {"id": slot.pk, "starts_at": "2026-11-23T09:00:00Z", "ends_at": "2026-11-23T09:20:00Z"}
        assert ask() == {
            "date": "2026-11-23",
            "until": "2026-11-23",
            "next": None,
            "previous": None,
            "results": [
                {
                    "doctor": {
                        "id": doctor.pk,
                        "name": doctor.name,
                        "specialty": doctor.specialty_id,
                        "specialty_name": doctor.specialty.name,
                        "consultation_fee": "60.00",
                        "currency": "GBP",
                    },
                    "location": {"id": place.pk, "name": place.name, "time_zone": "Europe/London"},
                    "slots": [{**times, "free": 2}],
                    "more": False,
                    "next_free": times,
                }
            ],
        }

    def test_without_a_day_it_is_the_first_with_a_free_slot(self) -> None:
        first = SlotFactory(starts_at=at(25, 9))
        busy = SlotFactory(starts_at=at(24, 9))
        hold_seat(slot_id=busy.pk, holder="somebody", actor=VISITOR)
        later = SlotFactory(doctor=first.doctor, location=first.location, starts_at=at(26, 9))
        told = ask()
        assert (told["date"], told["until"]) == ("2026-11-25", "2026-11-25")
        assert free(told)[first.doctor_id, first.location_id] == [first.pk]
        assert free(ask(until="2026-11-26"))[first.doctor_id, first.location_id] == [first.pk, later.pk]

    def test_without_any_free_slot_it_is_today(self) -> None:
        DoctorFactory(locations=[LocationFactory()])
        told = ask()
        assert (told["date"], told["until"]) == ("2026-11-20", "2026-11-20")
        assert (told["results"][0]["slots"], told["results"][0]["next_free"]) == ([], None)

    def test_whoever_is_full_on_that_day_says_when_they_are_free_next(self) -> None:
        slot = SlotFactory(starts_at=at(25, 9))
        SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=at(27, 9))
        row = ask(date="2026-11-23")["results"][0]
        assert (row["slots"], row["next_free"]["id"]) == ([], slot.pk)

    def test_a_doctor_of_two_places_has_a_row_for_each(self) -> None:
        here = SlotFactory(starts_at=at(23, 9))
        there = SlotFactory(doctor=here.doctor, starts_at=at(23, 14))
        doctor = here.doctor_id
        assert free(ask()) == {(doctor, here.location_id): [here.pk], (doctor, there.location_id): [there.pk]}
        assert free(ask(location=there.location_id)) == {(doctor, there.location_id): [there.pk]}

    def test_claims_that_ran_out_count_as_free(self) -> None:
        slot = SlotFactory(starts_at=at(23, 9))
        hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
        assert ask(date="2026-11-23")["results"][0]["slots"] == []
        Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        row = ask(date="2026-11-23")["results"][0]
        assert (row["slots"][0]["free"], row["next_free"]["id"]) == (1, slot.pk)

    def test_what_is_not_on_offer_is_not_told(self) -> None:
        SlotFactory(starts_at=at(23, 9), is_open=False)
        SlotFactory(starts_at=in_hours(-1))
        SlotFactory(starts_at=at(23, 9), location=LocationFactory(lead_minutes=60 * 24 * 30))
        told = ask(date="2026-11-20", until="2026-11-30")
        assert [(row["slots"], row["next_free"]) for row in told["results"]] == [([], None)] * 3
        SlotFactory(starts_at=at(23, 9), doctor=DoctorFactory(is_active=False))
        SlotFactory(starts_at=at(23, 9), location=LocationFactory(is_active=False))
        assert len(ask(date="2026-11-20", until="2026-11-30")["results"]) == 3

    def test_they_are_narrowed_by_whom_by_specialty_and_by_length(self) -> None:
        short = SlotFactory(starts_at=at(23, 9))
        long = SlotFactory(
            doctor=DoctorFactory(specialty=SpecialtyFactory()), starts_at=at(24, 9), ends_at=at(24, 9, 30)
        )
        assert list(free(ask(doctor=short.doctor_id)).values()) == [[short.pk]]
        assert list(free(ask(specialty=long.doctor.specialty_id)).values()) == [[long.pk]]
        told = ask(duration=30)
        assert told["date"] == "2026-11-24"
        assert free(told)[long.doctor_id, long.location_id] == [long.pk]
        assert [row["next_free"] is None for row in told["results"]] == [True, False]
        assert ask(duration=31)["date"] == "2026-11-20"

    def test_a_day_is_that_of_the_clock_on_the_wall(self) -> None:
        early = at(25, 0, 10, "Asia/Kolkata")
        kolkata = SlotFactory(location=LocationFactory(time_zone="Asia/Kolkata"), starts_at=early)
        london = SlotFactory(starts_at=early)
        assert [ids for ids in free(ask(date="2026-11-24")).values() if ids] == [[london.pk]]
        assert [ids for ids in free(ask(date="2026-11-25")).values() if ids] == [[kolkata.pk]]


class TestHowMuch:
    def test_doctors_come_in_pages_in_the_order_of_their_names(self) -> None:
        place = LocationFactory()
        doctors = [DoctorFactory(name=f"Dr {name}", locations=[place]) for name in ("Bo", "Al", "Cy")]
        first = ask(page_size=2)
        rest = Program().client.get(first["next"]).json()
        rows = [*first["results"], *rest["results"]]
        assert [row["doctor"]["id"] for row in rows] == [doctors[1].pk, doctors[0].pk, doctors[2].pk]
        assert rest["next"] is None

    def test_a_page_goes_on_with_the_day_it_began_with(self) -> None:
        slot = SlotFactory(starts_at=at(24, 9))
        DoctorFactory(name="Zoe", locations=[slot.location])
        first = ask(page_size=1, date="2026-11-24")
        assert Program().client.get(first["next"]).json()["date"] == "2026-11-24"

    def test_who_has_very_many_says_that_there_are_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calendar_free_times, "MOST_SLOTS", 2)
        slots = [SlotFactory(starts_at=at(23, 9))]
        first = slots[0]
        for hour in (10, 11):
            slots.append(SlotFactory(doctor=first.doctor, location=first.location, starts_at=at(23, hour)))
        other = SlotFactory(starts_at=at(23, 9))
        told = ask()
        assert free(told) == {
            (first.doctor_id, first.location_id): [slot.pk for slot in slots[:2]],
            (other.doctor_id, other.location_id): [other.pk],
        }
        assert [row["more"] for row in told["results"]] == [True, False]

    def test_a_hundred_doctors_cost_as_many_queries_as_one(self) -> None:
        SlotFactory(starts_at=at(23, 9))

        def cost(**query: Any) -> int:
            with CaptureQueriesContext(connection) as queries:
                assert ask(page_size=50, **query)["results"][0]["slots"]
            return len(queries)

        one, one_of_a_month = cost(), cost(date="2026-11-20", until="2026-12-20")
        for number in range(100):
            more = SlotFactory(location=LocationFactory(), starts_at=at(23, 9))
            hold_seat(slot_id=more.pk, holder=f"visitor {number}", actor=VISITOR)
        Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert cost() == one <= 9
        assert len(ask(page_size=200)["results"]) == calendar_free_times.MOST_DOCTORS
        assert cost(date="2026-11-20", until="2026-12-20") == one_of_a_month <= 8
        assert Slot.objects.count() == 101

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"date": "2026-11-23", "until": "2026-11-22"}, "until"),
            ({"date": "2026-11-01", "until": "2026-12-02"}, "until"),
            ({"until": "2026-11-19"}, "until"),
            ({"date": "23.11.2026"}, "date"),
            ({"duration": "0"}, "duration"),
            ({"duration": "481"}, "duration"),
            ({"duration": "half an hour"}, "duration"),
            ({"doctor": "0"}, "doctor"),
            ({"page_size": "201"}, "page_size"),
            ({"open": "true"}, "open"),
        ],
    )
    def test_questions_that_make_no_sense_are_refused_by_name(self, query: dict[str, Any], field: str) -> None:
        response = Program().get("availability/", **query)
        assert response.status_code == 400
        assert [error["field"] for error in response.json()["errors"]] == [field]

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
    def test_days_out_of_reach_find_nothing(self, day: str) -> None:
        SlotFactory()
        assert [row["slots"] for row in ask(date=day)["results"]] == [[]]

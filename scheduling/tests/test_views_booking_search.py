"""The wizard's first questions: specialty, place, doctor, day and time."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from scheduling.models import Slot
from scheduling.services.holds import hold_seat
from scheduling.tests.booking import time_url, words
from scheduling.tests.factories import (
    VISITOR,
    DoctorFactory,
    LocationFactory,
    SlotFactory,
    SpecialtyFactory,
    in_hours,
)

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
BOOK = reverse("scheduling:book")
DOCTOR = reverse("scheduling:book_doctor")
TIME = reverse("scheduling:book_time")


def at(hour: int, minute: int = 0, days: int = 3) -> datetime:
    """A time of day in London, some days ahead."""
    day = timezone.now().astimezone(LONDON).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)


def slot_at(hour: int, minute: int = 0, *, like: Slot | None = None, **more: object) -> Slot:
    """A slot at a time of day; of the same doctor and place as `like`."""
    same = {"doctor": like.doctor, "location": like.location} if like else {}
    return SlotFactory(starts_at=at(hour, minute), **same, **more)


class TestTheFirstQuestions:
    def test_only_specialties_that_somebody_practises_are_offered(self, client: Client) -> None:
        """Nobody is led to an empty list of doctors."""
        slot = SlotFactory()
        SpecialtyFactory(name="Astrology")
        DoctorFactory(specialty=SpecialtyFactory(name="Retired"), is_active=False)
        page = words(client.get(BOOK))
        assert slot.doctor.specialty.name in page
        assert "Astrology" not in page
        assert "Retired" not in page

    def test_the_place_is_asked_only_where_there_are_two(self, client: Client) -> None:
        """One question less for a clinic with one house."""
        doctor = DoctorFactory(locations=[LocationFactory()])
        where = reverse("scheduling:book_location") + f"?specialty={doctor.specialty_id}"
        assert client.get(where).url.startswith(DOCTOR)
        doctor.locations.add(LocationFactory(name="The other house"))
        page = client.get(where)
        assert page.status_code == 200
        assert "The other house" in words(page)

    def test_back_from_the_doctors_skips_the_question_that_was_not_asked(self, client: Client) -> None:
        """Else it would lead straight forward again."""
        doctor = DoctorFactory(locations=[LocationFactory()])
        url = f"{DOCTOR}?specialty={doctor.specialty_id}"
        assert f'class="back-link" href="{BOOK}"' in words(client.get(url))
        other = LocationFactory()
        doctor.locations.add(other)
        asked = words(client.get(f"{url}&location={other.pk}"))
        assert f'class="back-link" href="{reverse("scheduling:book_location")}?specialty=' in asked

    def test_a_doctor_shows_fee_experience_room_and_next_free_time(self, client: Client) -> None:
        """What people choose by."""
        slot = slot_at(12)
        slot.doctor.room, slot.doctor.experience_years = "Room 9", 12
        slot.doctor.save()
        page = words(client.get(f"{DOCTOR}?specialty={slot.doctor.specialty_id}"))
        for said in ("£60.00", "12 years of experience", "Room 9", f"{slot.starts_at:%A}", "midday"):
            assert said in page

    def test_first_available_is_offered_where_there_are_several(self, client: Client) -> None:
        """With one doctor it would be the same answer twice."""
        slot = SlotFactory()
        url = f"{DOCTOR}?specialty={slot.doctor.specialty_id}"
        assert "First available" not in words(client.get(url))
        DoctorFactory(specialty=slot.doctor.specialty, locations=[slot.location])
        assert "First available" in words(client.get(url))

    @pytest.mark.parametrize("answer", ["0", "999999", "-1", "x", "1e9", "9" * 40, "٣", "<script>"])
    def test_an_unknown_answer_leads_back_to_its_question(self, client: Client, answer: str) -> None:
        """With a sentence, and never a server error."""
        SlotFactory()
        response = client.get(f"{TIME}?specialty={answer}", follow=True)
        assert response.status_code == 200
        assert response.request["PATH_INFO"] == BOOK
        assert "We do not offer that" in words(response)

    def test_a_doctor_of_another_place_is_not_taken(self, client: Client) -> None:
        """The answer is asked for again, with the reason."""
        slot, elsewhere = SlotFactory(), SlotFactory()
        url = f"{TIME}?specialty={slot.doctor.specialty_id}&doctor={elsewhere.doctor_id}"
        response = client.get(url, follow=True)
        assert response.request["PATH_INFO"] == DOCTOR
        assert "does not see patients here" in words(response)

    def test_the_start_page_leads_to_the_next_free_time(self, client: Client) -> None:
        """One link from the door to the times."""
        slot = SlotFactory()
        page = client.get(reverse("scheduling:home"))
        assert f"doctor={slot.doctor_id}" in page.context["soonest_url"]
        assert client.get(page.context["soonest_url"]).status_code == 200


class TestDayAndTime:
    def test_times_are_grouped_by_the_part_of_the_day_on_the_clinics_clock(self, client: Client) -> None:
        """Noon is afternoon, five is evening."""
        first = slot_at(11, 40)
        for hour in (12, 16, 17):
            slot_at(hour, like=first)
        picker = client.get(time_url(first)).context["picker"]
        assert [(part.name, len(part.slots)) for part in picker.parts] == [
            ("Morning", 1),
            ("Afternoon", 2),
            ("Evening", 1),
        ]

    def test_the_parts_follow_the_clinics_zone_not_the_servers(self, client: Client) -> None:
        """Half past ten in Kolkata is five in the morning in UTC, but a morning all the same; 13:00 is not."""
        kolkata = LocationFactory(time_zone="Asia/Kolkata")
        day = timezone.now().astimezone(kolkata.zone).date() + timedelta(days=2)
        slot = SlotFactory(location=kolkata, starts_at=datetime(day.year, day.month, day.day, 13, tzinfo=kolkata.zone))
        page = client.get(time_url(slot))
        assert [part.name for part in page.context["picker"].parts] == ["Afternoon"]
        assert "1:00pm" in words(page)
        assert "Asia/Kolkata" in words(page)

    def test_the_first_day_shown_is_the_next_with_a_free_time(self, client: Client) -> None:
        """Nobody pages through empty days."""
        slot = slot_at(9)
        assert client.get(time_url(slot)).context["picker"].day == slot.starts_at.date()

    def test_a_taken_time_cannot_be_pressed(self, client: Client) -> None:
        """It is shown, greyed out, and says so."""
        taken = slot_at(9)
        free = slot_at(10, like=taken)
        hold_seat(slot_id=taken.pk, holder="somebody", actor=VISITOR)
        page = words(client.get(time_url(free)))
        assert f'name="slot" value="{free.pk}"' in page
        assert f'name="slot" value="{taken.pk}"' not in page
        assert "taken" in page

    def test_a_full_day_cannot_be_picked_and_says_so(self, client: Client) -> None:
        """Its square is no link."""
        full = SlotFactory(starts_at=at(9, days=3))
        free = SlotFactory(starts_at=at(9, days=4), doctor=full.doctor, location=full.location)
        hold_seat(slot_id=full.pk, holder="somebody", actor=VISITOR)
        url = time_url(free, month=f"{full.starts_at:%Y-%m}")
        cells = [c for week in client.get(url).context["picker"].month.weeks for c in week if c]
        of_the_day = next(cell for cell in cells if cell.day == full.starts_at.date())
        assert of_the_day.is_full
        assert not of_the_day.url

    def test_a_full_day_opened_by_its_address_offers_what_else_there_is(self, client: Client) -> None:
        """The next date, another doctor, the waitlist, the phone."""
        full = SlotFactory(starts_at=at(9, days=3))
        SlotFactory(starts_at=at(9, days=4), doctor=full.doctor, location=full.location)
        hold_seat(slot_id=full.pk, holder="somebody", actor=VISITOR)
        page = words(client.get(time_url(full, day=full.starts_at.date().isoformat())))
        assert "Everything is taken on this day" in page
        assert "Next free time:" in page
        assert "Choose another doctor" in page
        assert reverse("scheduling:waitlist_join") in page
        assert "tel:+442079460018" in page

    def test_with_nothing_free_at_all_the_same_is_offered(self, client: Client) -> None:
        """Except for a next date, which there is not."""
        slot = SlotFactory()
        hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
        page = words(client.get(time_url(slot)))
        assert "There are no free times at the moment" in page
        assert "Next free time:" not in page
        assert reverse("scheduling:waitlist_join") in page

    @pytest.mark.parametrize(
        ("day", "sentence"),
        [
            ("2026-02-31", "not a day of the calendar"),
            ("tomorrow", "not a day of the calendar"),
            ("0001-01-01", "That day is over"),
            ("9999-12-31", "not open that far ahead"),
        ],
    )
    def test_an_impossible_day_is_answered_with_a_sentence(self, client: Client, day: str, sentence: str) -> None:
        """And with the days there are."""
        slot = slot_at(9)
        page = client.get(time_url(slot, day=day))
        assert page.status_code == 200
        assert sentence in words(page)
        assert page.context["picker"].day == slot.starts_at.date()

    @pytest.mark.parametrize("month", ["2026-13", "0000-00", "9999-12", "x", "0001-01"])
    def test_an_impossible_month_shows_one_that_is_open(self, client: Client, month: str) -> None:
        """Never a server error."""
        assert client.get(time_url(SlotFactory(), month=month)).status_code == 200

    def test_first_available_shows_each_time_once_with_a_doctor_who_is_free(self, client: Client) -> None:
        """Two doctors at nine are one button."""
        busy = slot_at(9)
        free = slot_at(9, doctor=DoctorFactory(specialty=busy.doctor.specialty), location=busy.location)
        hold_seat(slot_id=busy.pk, holder="somebody", actor=VISITOR)
        page = client.get(time_url(free, doctor="any"))
        shown = [slot for part in page.context["picker"].parts for slot in part.slots]
        assert shown == [free]
        assert free.doctor.name in words(page)

    def test_my_own_held_time_is_not_greyed_out(self, client: Client) -> None:
        """Somebody who goes back sees that the time is kept for them."""
        slot = slot_at(9)
        client.get(time_url(slot))
        client.post(reverse("scheduling:book_hold"), {"slot": slot.pk})
        page = words(client.get(time_url(slot, day=slot.starts_at.date().isoformat())))
        assert f'name="slot" value="{slot.pk}"' in page
        assert "kept for you" in page

    def test_midday_and_midnight_are_called_so(self, client: Client) -> None:
        """Nobody knows what 12am is."""
        slot = slot_at(12)
        slot_at(0, like=slot)
        page = words(client.get(time_url(slot, day=slot.starts_at.date().isoformat())))
        assert ">midday<" in page
        assert ">midnight<" in page

    def test_both_days_of_a_clock_change_show_wall_times(self, client: Client) -> None:
        """Nine o'clock is nine o'clock on both sides of the change."""
        with time_machine.travel(datetime(2027, 3, 20, 12, tzinfo=LONDON), tick=False):
            winter = SlotFactory(starts_at=datetime(2027, 3, 27, 9, tzinfo=LONDON))
            SlotFactory(
                starts_at=datetime(2027, 3, 28, 9, tzinfo=LONDON), doctor=winter.doctor, location=winter.location
            )
            for day in ("2027-03-27", "2027-03-28"):
                assert "9:00am" in words(client.get(time_url(winter, day=day)))


class TestLookingAgain:
    def times(self, slot: Slot, version: str) -> str:
        day = slot.starts_at.astimezone(LONDON).date().isoformat()
        return time_url(slot, day=day, version=version).replace(TIME, reverse("scheduling:book_times"))

    def test_nothing_is_sent_while_nothing_changed(self, client: Client) -> None:
        """So looking every few seconds costs next to nothing."""
        slot = slot_at(9)
        version = client.get(time_url(slot)).context["picker"].version
        answer = client.get(self.times(slot, version))
        assert (answer.status_code, answer.content) == (204, b"")

    def test_looking_again_costs_few_queries(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """Everybody who has the page open does it every few seconds: no month, no next free time is looked up."""
        slot = slot_at(9)
        page = client.get(time_url(slot))
        url = self.times(slot, page.context["picker"].version)
        with django_assert_num_queries(9):
            assert client.get(url).status_code == 204

    def test_a_time_that_somebody_takes_is_sent_as_taken(self, client: Client) -> None:
        """The fragment alone, small."""
        slot = slot_at(9)
        other = slot_at(10, like=slot)
        version = client.get(time_url(slot)).context["picker"].version
        hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
        answer = client.get(self.times(slot, version))
        assert f'name="slot" value="{slot.pk}"' not in words(answer)
        assert f'name="slot" value="{other.pk}"' in words(answer)
        assert "<html" not in words(answer)

    def test_a_wish_that_is_no_longer_on_offer_sends_nothing(self, client: Client) -> None:
        """The page stays as it is; the next press says what is wrong."""
        slot = slot_at(9)
        slot.doctor.is_active = False
        slot.doctor.save()
        assert client.get(self.times(slot, "x")).status_code == 204


class TestCosts:
    def queries(self, client: Client, url: str, django_assert_num_queries: DjangoAssertNumQueries, number: int) -> None:
        with django_assert_num_queries(number):
            assert client.get(url).status_code == 200

    def test_doctors_cost_the_same_for_one_and_for_many(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """The next free time of each comes in one query."""
        slot = SlotFactory()
        url = f"{DOCTOR}?specialty={slot.doctor.specialty_id}"
        number = 7
        self.queries(client, url, django_assert_num_queries, number)
        for _one in range(5):
            doctor = DoctorFactory(specialty=slot.doctor.specialty, locations=[slot.location])
            SlotFactory(doctor=doctor, location=slot.location)
        self.queries(client, url, django_assert_num_queries, number)

    def test_times_cost_the_same_for_one_and_for_many(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """However long the day."""
        slot = slot_at(9)
        url = time_url(slot, day=slot.starts_at.date().isoformat())
        client.get(url)
        number = 17
        self.queries(client, url, django_assert_num_queries, number)
        for hour in range(10, 18):
            slot_at(hour, like=slot)
        self.queries(client, url, django_assert_num_queries, number)

    def test_specialties_cost_the_same_for_one_and_for_many(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """Counted in the query that reads them."""
        SlotFactory()
        self.queries(client, BOOK, django_assert_num_queries, 1)
        SlotFactory()
        self.queries(client, BOOK, django_assert_num_queries, 1)


def test_a_slot_inside_the_lead_time_is_not_offered(client: Client) -> None:
    """Online booking ends before the start, as the location says."""
    location = LocationFactory(lead_minutes=180)
    soon = SlotFactory(location=location, starts_at=in_hours(2))
    later = SlotFactory(location=location, doctor=soon.doctor, starts_at=in_hours(30))
    page = words(client.get(time_url(later)))
    assert f'value="{later.pk}"' in page
    assert f'value="{soon.pk}"' not in page

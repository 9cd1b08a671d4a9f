"""Keeping a seat in the wizard, keeping it longer, and losing it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from scheduling.models import Appointment, Hold, Slot
from scheduling.services.holds import MOST_EXTENSIONS, hold_seat
from scheduling.tests.booking import DETAILS, WHO, answer_all, hold, page, press, time_url, words
from scheduling.tests.factories import VISITOR, DoctorFactory, SlotFactory, in_hours

pytestmark = pytest.mark.django_db


def take(slot: Slot) -> Hold:
    """Somebody else keeps the seat."""
    return hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)


def lapse(token: str) -> None:
    """Let the time of a hold run out."""
    Hold.objects.filter(token=token).update(expires_at=timezone.now() - timedelta(seconds=1))


class TestPressingATime:
    def test_the_seat_is_kept_and_the_next_question_is_asked(self, client: Client) -> None:
        """The address names the hold, and no person."""
        slot = SlotFactory()
        response = press(client, slot)
        kept = Hold.objects.get(slot=slot)
        assert response.url == page("book_who", kept.token)

    def test_a_double_click_keeps_one_seat(self, client: Client) -> None:
        """The browser has a name since it saw the times."""
        slot = SlotFactory(capacity=3)
        client.get(time_url(slot))
        assert press(client, slot).url == press(client, slot).url
        assert Hold.objects.count() == 1

    def test_whoever_comes_too_late_reads_so_and_sees_the_nearest_three(self, client: Client) -> None:
        """One sentence, and three buttons that keep a seat at once."""
        slot = SlotFactory()
        near = [
            SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(hours=hours))
            for hours in (1, 2, 3, 4)
        ]
        take(slot)
        response = press(client, slot)
        assert response.status_code == 303
        shown = client.get(response.url)
        assert [free.pk for free in shown.context["nearest"]] == [free.pk for free in near[:3]]
        said = words(shown)
        assert "<title>Error: When would you like to come?" in said
        assert "Somebody else has just taken that time" in said
        assert said.index("There is a problem") < said.index("<h1")
        assert "/who/" in press(client, shown.context["nearest"][0]).url

    def test_coming_too_late_costs_one_query_and_renders_nothing(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
    ) -> None:
        """A hundred may press at once."""
        settings.HOLDS_PER_ADDRESS = 0
        slot = SlotFactory()
        take(slot)
        with django_assert_num_queries(1):
            response = press(client, slot)
        assert response.content == b""

    def test_keeping_a_seat_costs_five_statements(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
    ) -> None:
        """The service's; the page adds none."""
        settings.HOLDS_PER_ADDRESS = 0
        slot = SlotFactory()
        with django_assert_num_queries(5):
            press(client, slot)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"is_open": False}, "no longer offered"),
            ({"starts_at": in_hours(-2), "ends_at": in_hours(-1)}, "can no longer be booked"),
        ],
    )
    def test_a_closed_or_past_time_is_refused_in_words(
        self, client: Client, change: dict[str, object], sentence: str
    ) -> None:
        """With the code that names why."""
        slot = SlotFactory()
        SlotFactory(doctor=slot.doctor, location=slot.location)
        Slot.objects.filter(pk=slot.pk).update(**change)
        said = words(client.get(press(client, slot).url))
        assert sentence in said
        assert Hold.objects.count() == 0

    @pytest.mark.parametrize("answer", ["", "0", "-1", "999999", "x", "9" * 40, "<script>", "1 OR 1=1"])
    def test_an_unknown_time_is_refused_in_words(self, client: Client, answer: str) -> None:
        """Never a server error, and the answers before it are kept."""
        slot = SlotFactory()
        url = reverse("scheduling:book_hold") + time_url(slot).removeprefix(reverse("scheduling:book_time"))
        shown = client.post(url, {"slot": answer}, follow=True)
        assert shown.status_code == 200
        assert "We do not know that time" in words(shown)
        assert f'value="{slot.pk}"' in words(shown)

    def test_one_address_cannot_take_every_seat(self, client: Client, settings: Settings) -> None:
        """The limit is a setting; whoever is over it reads so."""
        settings.HOLDS_PER_ADDRESS = 2
        slots = [SlotFactory() for _one in range(3)]
        for slot in slots:
            client.cookies.clear()
            response = press(client, slot)
        assert "Too many attempts" in words(client.get(response.url))
        assert Hold.objects.count() == 2

    def test_a_name_that_was_tampered_with_gets_a_new_one(self, client: Client) -> None:
        """What is in the cookie is never trusted to be one of ours."""
        client.cookies["holder"] = "x" * 500
        press(client, SlotFactory())
        assert len(Hold.objects.get().holder) < 64


class TestKeepingItLonger:
    def test_the_panel_says_until_when_without_scripts(self, client: Client) -> None:
        """On the clinic's clock."""
        token = hold(client, SlotFactory())
        said = words(client.get(page("book_who", token)))
        assert "We keep this time for you until" in said
        assert "Keep my slot" in said

    def test_keep_my_slot_prolongs_and_keeps_what_is_typed(self, client: Client) -> None:
        """The button belongs to the form, so nothing typed is lost without scripts."""
        token = hold(client, SlotFactory())
        Hold.objects.update(expires_at=timezone.now() + timedelta(seconds=25))
        response = client.post(page("book_who", token), {**WHO, "last_name": "", "keep": "yes"})
        assert response.url == page("book_who", token)
        assert Hold.objects.get().expires_at > timezone.now() + timedelta(minutes=4)
        again = words(client.get(response.url))
        assert 'value="Ann"' in again
        assert 'value="1980"' in again

    def test_keeping_it_on_the_last_page_books_nothing(self, client: Client) -> None:
        """Without scripts the button sends the same form as "Book this appointment"."""
        token = hold(client, SlotFactory())
        answer_all(client, token)
        assert client.post(page("book_check", token), {"keep": "yes"}).url == page("book_check", token)
        assert Hold.objects.get().extensions == 1
        assert not Appointment.objects.exists()

    def test_it_can_be_kept_at_least_ten_times(self, client: Client) -> None:
        """And the button goes when it cannot any more."""
        token = hold(client, SlotFactory())
        for _time in range(MOST_EXTENSIONS):
            assert "Your time is kept until" in words(client.post(page("book_keep", token)))
        assert MOST_EXTENSIONS >= 10
        last = words(client.post(page("book_keep", token)))
        assert "cannot keep this time for you any longer" in last
        assert "Keep my slot</button>" not in last

    def test_keeping_what_ran_out_says_so(self, client: Client) -> None:
        """With the way on."""
        token = hold(client, SlotFactory())
        lapse(token)
        said = words(client.post(page("book_keep", token)))
        assert "What you typed is still here" in said
        assert "See free times" in said

    def test_giving_it_back_frees_the_seat(self, client: Client) -> None:
        """Twice is harmless."""
        slot = SlotFactory()
        token = hold(client, slot)
        for _time in range(2):
            assert client.post(page("book_give_back", token)).status_code == 302
        slot.refresh_from_db()
        assert slot.taken == 0


class TestLosingIt:
    def test_every_page_says_so_and_offers_the_nearest(self, client: Client) -> None:
        """Whichever of them is opened."""
        slot = SlotFactory()
        token = hold(client, slot)
        near = SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(minutes=30))
        lapse(token)
        for name in ("book_who", "book_details", "book_check"):
            shown = client.get(page(name, token), follow=True)
            assert shown.request["PATH_INFO"] == page("book_lost", token)
            assert near in shown.context["nearest"]
            assert "Your time is no longer kept" in words(shown)

    def test_what_is_typed_at_that_moment_is_kept_and_moves_to_the_new_time(self, client: Client) -> None:
        """Nothing is asked twice: the new time leads straight to "Check your answers"."""
        slot = SlotFactory()
        other = SlotFactory(doctor=slot.doctor, location=slot.location)
        token = hold(client, slot)
        client.post(page("book_who", token), WHO)
        lapse(token)
        assert client.post(page("book_details", token), DETAILS).url == page("book_lost", token)
        lost = client.get(page("book_lost", token))
        assert "What you typed is kept" in words(lost)
        moved = client.post(lost.context["action"], {"slot": other.pk})
        new = moved.url.split("/")[2]
        assert new != token
        assert moved.url == page("book_check", new)
        said = words(client.get(moved.url))
        assert "Ann Lee" in said
        assert "Sore knee" in said

    def test_the_same_time_can_be_kept_again_while_it_is_free(self, client: Client) -> None:
        """A hold that ran out is not a seat that is gone."""
        slot = SlotFactory()
        token = hold(client, slot)
        lapse(token)
        lost = client.get(page("book_lost", token))
        assert "It is still free" in words(lost)
        kept = client.post(lost.context["action"], {"slot": slot.pk}, follow=True)
        assert kept.request["PATH_INFO"].endswith("/who/")

    def test_losing_the_race_for_the_next_one_too_keeps_the_answers(self, client: Client) -> None:
        """Back on the same page, with the reason and the times left."""
        slot = SlotFactory()
        other = SlotFactory(doctor=slot.doctor, location=slot.location)
        token = hold(client, slot)
        client.post(page("book_who", token), WHO)
        lapse(token)
        lost = client.get(page("book_lost", token))
        take(other)
        again = client.post(lost.context["action"], {"slot": other.pk}, follow=True)
        assert again.request["PATH_INFO"] == page("book_lost", token)
        assert "Somebody else has just taken that time" in words(again)
        assert "What you typed is kept" in words(again)

    def test_a_seat_somebody_else_got_is_not_offered_again(self, client: Client) -> None:
        """Only what is free."""
        slot = SlotFactory()
        token = hold(client, slot)
        lapse(token)
        take(slot)
        assert "It is still free" not in words(client.get(page("book_lost", token)))

    @pytest.mark.parametrize("token", ["nonsense", "A" * 24, "a" * 300, "-", "__"])
    def test_an_unknown_token_is_answered_with_a_sentence(self, client: Client, token: str) -> None:
        """On every page of the wizard."""
        SlotFactory()
        for name in ("book_who", "book_details", "book_check", "book_lost"):
            shown = client.get(page(name, token), follow=True)
            assert shown.status_code == 200
            assert "This link belongs to a booking that ran out" in words(shown)
        assert client.post(page("book_keep", token)).status_code == 200

    def test_somebody_elses_answers_are_not_shown(self, client: Client) -> None:
        """The address of a page under way carries the seat, never the person."""
        token = hold(client, SlotFactory())
        answer_all(client, token)
        stranger = Client()
        for name in ("book_who", "book_details", "book_check", "book_lost"):
            assert "Lee" not in words(stranger.get(page(name, token), follow=True))

    def test_changing_the_time_takes_the_answers_along_and_frees_the_old_seat(self, client: Client) -> None:
        """ "Change" on the check page leads to the times; the old one is kept until a new one is."""
        slot = SlotFactory()
        other = SlotFactory(doctor=slot.doctor, location=slot.location)
        token = hold(client, slot, f"doctor={slot.doctor_id}&specialty={slot.doctor.specialty_id}")
        answer_all(client, token)
        check = client.get(page("book_check", token))
        times = client.get(check.context["time_url"])
        slot.refresh_from_db()
        assert slot.taken == 1
        moved = client.post(times.context["action"], {"slot": other.pk})
        new = moved.url.split("/")[2]
        slot.refresh_from_db()
        assert slot.taken == 0
        assert "Ann Lee" in words(client.get(page("book_check", new)))

    def test_a_token_of_somebody_else_in_the_address_frees_nothing(self, client: Client) -> None:
        """`from` counts only for whoever typed something there."""
        slot, other = SlotFactory(), SlotFactory()
        kept = take(slot)
        press(client, other, f"from={kept.token}")
        assert Hold.objects.filter(pk=kept.pk).exists()


def test_first_available_keeps_the_answer_for_the_way_back(client: Client) -> None:
    """Back from "Who is it for" leads to the same list of times."""
    slot = SlotFactory()
    DoctorFactory(specialty=slot.doctor.specialty, locations=[slot.location])
    times = client.get(time_url(slot, doctor="any"))
    who = client.get(client.post(times.context["action"], {"slot": slot.pk}).url)
    assert "doctor=any" in who.context["back"]
    assert f"day={times.context['picker'].day.isoformat()}" in who.context["back"]

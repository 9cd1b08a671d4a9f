"""Who it is for, the details, checking the answers, and booking."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from scheduling.models import Appointment, Hold, Patient
from scheduling.states import AppointmentStatus
from scheduling.tests.booking import DETAILS, WHO, answer_all, hold, page, words
from scheduling.tests.factories import LocationFactory, PatientFactory, SlotFactory, UserFactory, book

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


class TestWhoItIsFor:
    @pytest.mark.parametrize(
        ("change", "field", "sentence"),
        [
            ({"first_name": ""}, "id_first_name", "Enter the first name."),
            ({"last_name": "x" * 101}, "id_last_name", "at most 100 characters"),
            (
                {"date_of_birth_day": "", "date_of_birth_month": "", "date_of_birth_year": ""},
                "id_date_of_birth_0",
                "Enter the date of birth.",
            ),
            (
                {"date_of_birth_day": "31", "date_of_birth_month": "2"},
                "id_date_of_birth_0",
                "not a day of the calendar",
            ),
            ({"date_of_birth_year": "99999"}, "id_date_of_birth_0", "not a day of the calendar"),
            ({"date_of_birth_year": "2999"}, "id_date_of_birth_0", "must be in the past"),
            ({"date_of_birth_year": "1200"}, "id_date_of_birth_0", "Check the year of birth."),
            ({"date_of_birth_month": "May"}, "id_date_of_birth_0", "must have a day, a month and a year"),
            ({"phone": "", "email": ""}, "id_phone", "Enter a phone number or an e-mail address"),
            ({"phone": "12"}, "id_phone", "Enter a phone number we can call"),
            ({"email": "ann@"}, "id_email", "Enter an e-mail address such as"),
        ],
    )
    def test_what_makes_no_sense_is_said_above_and_beside(
        self, client: Client, change: dict[str, str], field: str, sentence: str
    ) -> None:
        """Summary before the heading, a link to the field, the same words beside it, "Error:" in the title."""
        token = hold(client, SlotFactory())
        said = words(client.post(page("book_who", token), {**WHO, **change}))
        assert "<title>Error: Who is the appointment for?" in said
        assert said.index("There is a problem") < said.index("<h1")
        assert f'<a href="#{field}">' in said
        assert said.count(sentence) == 2
        assert f'id="{field}"' in said
        assert 'aria-invalid="true"' in said

    @pytest.mark.parametrize("phone", ["020 7946 0018", "+44 20 7946 0018", "(020) 7946-0018", "+44 (0)20 7946 0018"])
    def test_phones_are_taken_as_people_write_them(self, client: Client, phone: str) -> None:
        """Spaces, plus and brackets."""
        token = hold(client, SlotFactory())
        assert client.post(page("book_who", token), {**WHO, "phone": phone}).url == page("book_details", token)

    def test_browsers_can_fill_in_what_they_know(self, client: Client) -> None:
        """WCAG 1.3.5."""
        said = words(client.get(page("book_who", hold(client, SlotFactory()))))
        for purpose in ("given-name", "family-name", "bday-day", "bday-month", "bday-year", "tel", "email"):
            assert f'autocomplete="{purpose}"' in said

    def test_somebody_signed_in_picks_from_the_family(self, client: Client) -> None:
        """And is asked for no details then."""
        user = UserFactory()
        child = PatientFactory(user=user, first_name="Kim")
        PatientFactory(first_name="Stranger")
        client.force_login(user)
        token = hold(client, SlotFactory())
        said = words(client.get(page("book_who", token)))
        assert "Kim Patient" in said
        assert "Stranger" not in said
        response = client.post(page("book_who", token), {"patient": child.pk})
        assert response.url == page("book_details", token)
        client.post(page("book_details", token), DETAILS)
        client.post(page("book_check", token))
        assert Appointment.objects.get().patient == child

    def test_a_foreign_patient_cannot_be_picked(self, client: Client) -> None:
        """Whatever number is sent."""
        user = UserFactory()
        PatientFactory(user=user)
        stranger = PatientFactory()
        client.force_login(user)
        token = hold(client, SlotFactory())
        said = words(client.post(page("book_who", token), {"patient": stranger.pk}))
        assert "Choose one of the people in the list." in said

    def test_somebody_new_in_the_family_is_asked_for_with_the_contact_filled_in(self, client: Client) -> None:
        """Nothing the account says already is asked again."""
        user = UserFactory(email="mother@example.org")
        PatientFactory(user=user)
        client.force_login(user)
        token = hold(client, SlotFactory())
        assert client.post(page("book_who", token), {"patient": "new"}).url == page("book_new_patient", token)
        assert 'value="mother@example.org"' in words(client.get(page("book_new_patient", token)))
        assert client.post(page("book_new_patient", token), WHO).url == page("book_details", token)

    def test_back_and_reload_show_what_was_typed(self, client: Client) -> None:
        """On every page, in this browser."""
        token = hold(client, SlotFactory())
        answer_all(client, token)
        assert 'value="Ann"' in words(client.get(page("book_who", token)))
        assert "Since Monday</textarea>" in words(client.get(page("book_details", token)))

    def test_what_a_visitor_typed_is_forgotten_after_a_day(self, client: Client) -> None:
        """The session with it expires; the session of somebody signed in holds for as long as they stay so."""
        client.post(page("book_who", hold(client, SlotFactory())), WHO)
        assert client.session.get_expiry_age() <= 24 * 60 * 60
        known = Client()
        known.force_login(UserFactory())
        known.post(page("book_who", hold(known, SlotFactory())), WHO)
        assert known.session.get_expiry_age() > 24 * 60 * 60

    def test_two_tabs_do_not_mix(self, client: Client) -> None:
        """A mother books for two children at once."""
        first, second = hold(client, SlotFactory()), hold(client, SlotFactory())
        client.post(page("book_who", first), {**WHO, "first_name": "Kim"})
        client.post(page("book_who", second), {**WHO, "first_name": "Lou"})
        assert 'value="Kim"' in words(client.get(page("book_who", first)))
        assert 'value="Lou"' in words(client.get(page("book_who", second)))


class TestDetails:
    def test_the_reason_is_needed_and_the_rest_is_not(self, client: Client) -> None:
        """With the sentence beside it."""
        token = hold(client, SlotFactory())
        said = words(client.post(page("book_details", token), {"reason": "  ", "urgency": "low"}))
        assert "Say in a few words why you would like to come." in said

    def test_an_urgency_that_is_not_offered_is_refused(self, client: Client) -> None:
        """An emergency is no matter for this form."""
        token = hold(client, SlotFactory())
        said = words(client.post(page("book_details", token), {**DETAILS, "urgency": "emergency"}))
        assert "Choose one of the answers in the list." in said

    def test_too_long_a_text_is_refused_and_kept_within_reason(self, client: Client) -> None:
        """Nothing of it is stored beyond the limit."""
        token = hold(client, SlotFactory())
        said = words(client.post(page("book_details", token), {**DETAILS, "symptoms": "x" * 9_000}))
        assert "at most 4000 characters" in said
        assert len(client.session[f"draft:{token}"]["details"]["symptoms"]) == 5_000


class TestCheckAndBook:
    def test_all_answers_are_shown_with_a_way_to_change_each(self, client: Client) -> None:
        """The button names action and price."""
        slot = SlotFactory()
        token = hold(client, slot)
        answer_all(client, token)
        said = words(client.get(page("book_check", token)))
        for answer in ("Ann Lee", "3 April 1980", "+44 20 7946 0018", "ann@example.org", "Sore knee", "Since Monday"):
            assert answer in said
        assert said.count("> Change<") + said.count(">Change<") >= 9
        assert "Book this appointment – £60.00" in said

    def test_a_visit_without_a_fee_says_so_on_the_button(self, client: Client) -> None:
        """Nobody wonders what it costs."""
        slot = SlotFactory()
        slot.doctor.consultation_fee = 0
        slot.doctor.save()
        token = hold(client, slot)
        answer_all(client, token)
        assert "Book this appointment – no fee" in words(client.get(page("book_check", token)))

    def test_changing_an_answer_returns_to_the_check(self, client: Client) -> None:
        """Not through all pages again."""
        token = hold(client, SlotFactory())
        answer_all(client, token)
        response = client.post(page("book_who", token), {**WHO, "first_name": "Anna"})
        assert response.url == page("book_check", token)
        assert "Anna Lee" in words(client.get(response.url))

    def test_a_page_that_is_not_its_turn_leads_to_the_open_question(self, client: Client) -> None:
        """An address typed by hand skips nothing."""
        token = hold(client, SlotFactory())
        assert client.get(page("book_check", token)).url == page("book_who", token)
        assert client.post(page("book_check", token)).url == page("book_who", token)
        client.post(page("book_who", token), WHO)
        assert client.get(page("book_check", token)).url == page("book_details", token)

    def test_booking_leads_to_the_appointment(self, client: Client) -> None:
        """Confirmed, with everything that was said, and the draft forgotten."""
        slot = SlotFactory()
        token = hold(client, slot)
        answer_all(client, token)
        response = client.post(page("book_check", token))
        appointment = Appointment.objects.get()
        assert response.url == reverse("scheduling:appointment", args=[appointment.secret])
        assert appointment.status == AppointmentStatus.CONFIRMED
        assert (appointment.slot, appointment.reason, appointment.urgency) == (slot, "Sore knee", "medium")
        assert appointment.patient.date_of_birth == date(1980, 4, 3)
        assert "Ann" not in str(dict(client.session.items()))
        slot.refresh_from_db()
        assert slot.taken == 1

    def test_pressing_twice_books_once(self, client: Client) -> None:
        """The second press finds the booking of the first."""
        token = hold(client, SlotFactory())
        answer_all(client, token)
        first = client.post(page("book_check", token))
        again = client.post(page("book_check", token))
        assert Appointment.objects.count() == 1
        assert first.url in words(again)

    def test_two_presses_at_one_moment_lead_to_one_booking(self, client: Client) -> None:
        """Both requests began before either ended: the second comes with the session as it was."""
        token = hold(client, SlotFactory())
        answer_all(client, token)
        session = client.session
        before = dict(session.items())
        first = client.post(page("book_check", token))
        session = client.session
        session.clear()
        session.update(before)
        session.save()
        assert client.post(page("book_check", token)).url == first.url
        assert Appointment.objects.count() == 1

    def test_back_after_booking_says_it_is_booked_and_links_there(self, client: Client) -> None:
        """On every page of the form; only in the browser that booked."""
        token = hold(client, SlotFactory())
        answer_all(client, token)
        done = client.post(page("book_check", token)).url
        for name in ("book_who", "book_details", "book_check", "book_lost"):
            said = words(client.get(page(name, token)))
            assert "You have booked this already" in said
            assert done in said
        assert done not in words(Client().get(page("book_check", token), follow=True))

    def test_a_hold_that_ran_out_at_the_last_press_loses_nothing(self, client: Client) -> None:
        """The page of the nearest times, with all answers kept."""
        slot = SlotFactory()
        other = SlotFactory(doctor=slot.doctor, location=slot.location)
        token = hold(client, slot)
        answer_all(client, token)
        Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        lost = client.post(page("book_check", token), follow=True)
        assert not Appointment.objects.exists()
        moved = client.post(lost.context["action"], {"slot": other.pk})
        booked = client.post(page("book_check", moved.url.split("/")[2]))
        assert booked.url.startswith("/a/")
        assert Appointment.objects.get().slot == other

    def test_a_patient_who_is_busy_then_is_told_so(self, client: Client) -> None:
        """Above the answers, and the seat is still kept."""
        slot = SlotFactory()
        patient = PatientFactory(
            first_name="Ann", last_name="Lee", date_of_birth=date(1980, 4, 3), email="ann@example.org"
        )
        book(SlotFactory(starts_at=slot.starts_at), patient=patient)
        token = hold(client, slot)
        answer_all(client, token)
        response = client.post(page("book_check", token))
        assert response.status_code == 409
        assert "already has an appointment at that time" in words(response)
        assert Hold.objects.count() == 1

    def test_a_location_that_wants_a_confirmation_says_so_before(self, client: Client) -> None:
        """And the booking is pending."""
        token = hold(client, SlotFactory(location=LocationFactory(needs_confirmation=True, pending_minutes=30)))
        answer_all(client, token)
        assert "within 30 minutes" in words(client.get(page("book_check", token)))
        client.post(page("book_check", token))
        assert Appointment.objects.get().status == AppointmentStatus.PENDING

    def test_scripts_in_names_stay_text(self, client: Client) -> None:
        """Shown as typed, never as markup."""
        token = hold(client, SlotFactory())
        answer_all(client, token, who={**WHO, "last_name": SCRIPT}, details={**DETAILS, "reason": SCRIPT})
        said = words(client.get(page("book_check", token)))
        assert SCRIPT not in said
        assert said.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
        assert SCRIPT not in words(client.post(page("book_check", token), follow=True))
        assert Patient.objects.get().last_name == SCRIPT

    @pytest.mark.parametrize("name", ["first_name", "email", "date_of_birth_day"])
    def test_nul_characters_are_refused(self, client: Client, name: str) -> None:
        """They are no text; nothing breaks."""
        token = hold(client, SlotFactory())
        assert client.post(page("book_who", token), {**WHO, name: "a\x00b"}).status_code in {200, 400}
        assert client.get(page("book_who", token)).status_code == 200

    def test_a_body_of_ten_megabytes_is_refused(self, client: Client) -> None:
        """At once, with a page."""
        token = hold(client, SlotFactory())
        response = client.post(page("book_details", token), {**DETAILS, "symptoms": "x" * 10_000_000})
        assert response.status_code in {400, 413}

    def test_booking_costs_few_queries(
        self, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        """The service's, with two of the outbox and two of the terms, and the session's; on PostgreSQL one more."""
        token = hold(client, SlotFactory())
        answer_all(client, token)
        with django_assert_max_num_queries(16):
            client.post(page("book_check", token))

    def test_no_page_of_it_is_kept_in_a_cache(self, client: Client) -> None:
        """They show what somebody typed."""
        token = hold(client, SlotFactory())
        assert "no-store" in client.get(page("book_who", token))["Cache-Control"]

    def test_a_visitor_books_for_an_existing_record_without_changing_it(self, client: Client) -> None:
        """The same name, birthday and contact is the same person; the record stays as it was."""
        known = PatientFactory(
            first_name="Ann", last_name="Lee", date_of_birth=date(1980, 4, 3), email="ann@example.org", phone=""
        )
        token = hold(client, SlotFactory())
        answer_all(client, token)
        client.post(page("book_check", token))
        known.refresh_from_db()
        assert Appointment.objects.get().patient == known
        assert known.phone == ""

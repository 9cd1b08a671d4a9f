"""What patients read where a visit has to be paid for before it is theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Appointment
from scheduling.services.lifecycle import cancel_appointment, expire_overdue
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.waitlist import join_waitlist
from scheduling.tests.booking import answer_all, hold, page, words
from scheduling.tests.factories import CLINIC, VISITOR, PatientFactory, SlotFactory, UserFactory, book, in_hours
from scheduling.tests.terms import asking_only, terms

pytestmark = [pytest.mark.django_db, pytest.mark.once("what pages say does not depend on the database")]


def page_of(client: Client, appointment: Appointment) -> str:
    return words(client.get(reverse("scheduling:appointment", args=[appointment.secret])))


def checkout_of(appointment: Appointment) -> str:
    return reverse("payments:checkout", args=[appointment.secret])


class TestTheWizard:
    def check(self, client: Client, **slot: Any) -> tuple[str, str]:
        token = hold(client, SlotFactory(**slot))
        answer_all(client, token)
        return token, words(client.get(page("book_check", token)))

    def test_it_says_what_is_to_be_paid_now_and_leads_to_where_it_is_paid(self, client: Client) -> None:
        with terms(minutes=15):
            token, said = self.check(client, location__needs_confirmation=True)
            answer = client.post(page("book_check", token))
        assert "Book and pay £60.00" in said
        assert "We keep the time for you for 15 minutes." in said
        assert "with one more press" not in said
        assert answer.url == checkout_of(Appointment.objects.get())

    def test_of_a_deposit_it_says_what_is_left_for_the_clinic(self, client: Client) -> None:
        with terms("20.00", minutes=600):
            _token, said = self.check(client)
        assert "Book and pay a deposit of £20.00" in said
        assert "<dt>At the clinic</dt><dd>£40.00</dd>" in said
        assert "for 10 hours" in said

    def test_no_more_time_is_promised_than_there_is_to_the_visit(self, client: Client) -> None:
        with terms(minutes=600):
            _token, said = self.check(client, starts_at=in_hours(1), location__lead_minutes=0)
        assert "We keep the time for you for 59 minutes." in said or "for 60 minutes." in said

    def test_what_is_paid_at_the_clinic_leads_to_the_appointment(self, client: Client) -> None:
        with asking_only():
            token, said = self.check(client)
            answer = client.post(page("book_check", token))
        assert "Book this appointment – £60.00" in said
        assert "Nothing: you can pay at the clinic" in said
        assert answer.url == reverse("scheduling:appointment", args=[Appointment.objects.get().secret])

    def test_staff_who_book_are_not_told_to_pay(self, client: Client) -> None:
        client.force_login(UserFactory(is_staff=True))
        with terms():
            _token, said = self.check(client)
        assert "Book this appointment – £60.00" in said


class TestTheAppointment:
    def test_it_asks_for_the_money_instead_of_a_press(self, client: Client) -> None:
        with terms():
            appointment = book()
        said = page_of(client, appointment)
        assert "Pay to confirm your appointment" in said
        assert "You have 14 minutes left." in said
        assert f'href="{checkout_of(appointment)}"' in said
        assert reverse("scheduling:appointment_confirm", args=[appointment.secret]) not in said

    def test_a_press_all_the_same_says_that_it_is_to_be_paid(self, client: Client) -> None:
        with terms():
            appointment = book()
        said = words(client.post(reverse("scheduling:appointment_confirm", args=[appointment.secret]), follow=True))
        assert "This appointment is confirmed once it is paid for." in said

    def test_once_the_time_ran_out_it_says_that_it_was_not_paid(self, client: Client) -> None:
        with terms():
            appointment = book()
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            said = page_of(client, appointment)
        assert "This appointment was not paid in time" in said
        assert "not confirmed in time" not in said

    def test_what_a_move_costs_is_what_the_visit_costs_with_that_doctor(self, client: Client) -> None:
        with terms():
            appointment = book(SlotFactory(doctor__consultation_fee="60.00"))
        target = SlotFactory(doctor=appointment.doctor, location=appointment.location)
        appointment.doctor.consultation_fee = 90  # raised since: the visit keeps its fee
        appointment.doctor.save()
        chosen = client.post(reverse("scheduling:reschedule", args=[appointment.secret]), {"slot": target.pk})
        said = words(client.get(chosen.url))
        assert "The fee changes" not in said
        assert "It still has to be paid to be yours" in said
        moved = reschedule_appointment(appointment_id=appointment.pk, slot_id=SlotFactory().pk, actor=VISITOR)
        assert moved.fee == 60

    def test_among_mine_it_is_to_be_paid(self, client: Client) -> None:
        user = UserFactory()
        with terms():
            book(patient=PatientFactory(user=user))
        client.force_login(user)
        said = words(client.get(reverse("scheduling:me")))
        assert "To be paid" in said
        assert "Pay or change" in said


def test_a_seat_from_the_waitlist_is_paid_for_next(client: Client) -> None:
    slot = SlotFactory(location__waitlist_offer_minutes=60)
    first = book(slot)
    entry = join_waitlist(
        patient=PatientFactory(),
        doctor_id=slot.doctor_id,
        earliest_date=timezone.localdate(),
        latest_date=timezone.localdate() + timedelta(days=3),
        actor=VISITOR,
    )
    cancel_appointment(appointment_id=first.pk, actor=CLINIC)
    with terms("20.00"):
        said = words(client.get(reverse("scheduling:waitlist_entry", args=[entry.secret])))
        answer = client.post(reverse("scheduling:waitlist_accept", args=[entry.secret]))
    assert "It is yours once you have paid a deposit of £20.00, which is the next step." in said
    made = Appointment.objects.get(patient=entry.patient)
    assert answer.url == checkout_of(made)
    said = words(client.get(reverse("scheduling:waitlist_entry", args=[entry.secret])))
    assert "It is yours once you have paid." in said
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        expire_overdue(actor=CLINIC)
        said = words(client.get(reverse("scheduling:waitlist_entry", args=[entry.secret])))
    assert "You have your appointment" not in said
    assert "booked no longer" in said

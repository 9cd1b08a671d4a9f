"""On a visit's page in the back office: what was sent about it, and what will be sent when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from notifications.models import Message
from notifications.states import DeliveryStatus, Kind, MessageStatus
from scheduling.services.lifecycle import cancel_appointment
from scheduling.tests.back_office import page_of, staff
from scheduling.tests.factories import CLINIC, LocationFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db


def address_of(visit) -> str:
    return reverse("notifications_admin:visit", args=[visit.pk])


def test_the_visits_page_fetches_the_list_and_leads_to_it_without_scripts():
    visit = book()
    shown = staff(Role.RECEPTION, visit.location).get(page_of(visit)).content.decode()
    assert f'hx-get="{address_of(visit)}"' in shown
    assert f'href="{address_of(visit)}"' in shown


def test_what_was_sent_what_will_be_and_what_will_not_is_said_in_words():
    visit = book(SlotFactory.create(starts_at=in_hours(72)))
    visit.patient.wants_sms = False
    visit.patient.save()
    Message.objects.filter(appointment=visit, kind=Kind.CONFIRMATION).update(
        status=MessageStatus.SENT, delivery_status=DeliveryStatus.DELIVERED, sent_at=timezone.now()
    )
    client = staff(Role.RECEPTION, visit.location)
    part = client.get(address_of(visit), headers={"HX-Request": "true"}).content.decode()
    assert "It arrived." in part
    assert "It is still to be sent." in part
    assert "will not be sent. The patient does not want messages by this channel." in part
    assert "When their turn comes" in part
    assert "<html" not in part
    assert "<html" in client.get(address_of(visit)).content.decode()
    for message in Message.objects.filter(appointment=visit):
        assert reverse("admin:notifications_message_change", args=[message.pk]) in part


def test_of_a_cancelled_visit_it_says_what_is_not_needed_any_more():
    visit = book(SlotFactory.create(starts_at=in_hours(72)))
    cancel_appointment(appointment_id=visit.pk, actor=CLINIC)
    shown = staff(Role.MANAGER).get(address_of(visit)).content.decode()
    assert "The visit was cancelled." in shown
    assert "When their turn comes" not in shown


def test_a_visit_of_long_ago_that_nothing_was_sent_about_says_so():
    visit = book(SlotFactory.create(starts_at=in_hours(72)))
    Message.objects.all().delete()
    visit.status, visit.starts_at = "no_show", timezone.now() - timedelta(days=40)
    visit.save()
    assert "Nothing was sent, and nothing will be." in staff(Role.MANAGER).get(address_of(visit)).content.decode()


def test_it_is_for_those_who_see_the_visit():
    visit = book()
    assert staff(Role.RECEPTION, LocationFactory.create()).get(address_of(visit)).status_code == 404
    assert staff(Role.DOCTOR, visit.location).get(address_of(visit)).status_code == 404
    doctor = staff(Role.DOCTOR, visit.location)
    visit.doctor.user_id = int(doctor.session["_auth_user_id"])
    visit.doctor.save()
    assert doctor.get(address_of(visit)).status_code == 200

"""Staff read before they act who will hear of it: what they read is what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.roles import Role
from notifications.models import Message, MessageRule, Suppression
from notifications.states import ChannelName, Kind, StopReason
from scheduling.models import Appointment
from scheduling.tests.back_office import run_action, staff
from scheduling.tests.factories import PatientFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit() -> Appointment:
    patient = PatientFactory.create(email="ann@example.org", phone="+442079460018")
    return book(SlotFactory.create(starts_at=in_hours(72)), patient=patient)


def asked(visit: Appointment, action: str = "cancel") -> str:
    return run_action(staff(Role.RECEPTION, visit.location), action, visit, confirmed=False)


@pytest.fixture
def _texts_go_out(settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "token"
    settings.TWILIO_PHONE_NUMBER = "+441632960000"


@pytest.mark.usefixtures("_texts_go_out")
def test_who_is_told_is_said_and_is_what_is_sent(visit: Appointment) -> None:
    said = asked(visit)
    assert f"{visit.patient.full_name} by e-mail, ann@example.org" in said
    assert f"{visit.patient.full_name} by SMS, +44 20 7946 0018" in said
    assert "yourself" not in said
    run_action(staff(Role.RECEPTION, visit.location), "cancel", visit)
    sent = Message.objects.filter(appointment=visit, kind=Kind.CANCELLED)
    assert sorted(sent.values_list("channel", flat=True)) == ["email", "sms"]


def test_what_has_no_gateway_tells_nobody(visit: Appointment, settings: Any) -> None:
    assert "by SMS" not in asked(visit)
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert f"please tell {visit.patient.full_name} yourself, +44 20 7946 0018" in asked(visit)


def test_what_is_not_wanted_stopped_or_switched_off_tells_nobody(visit: Appointment) -> None:
    stop = Suppression.objects.create(channel="email", address="ann@example.org", reason=StopReason.BOUNCED)
    assert "yourself" in asked(visit)
    stop.delete()
    rule = MessageRule.objects.create(kind=Kind.CANCELLED, channel=ChannelName.EMAIL, is_active=False)
    assert "yourself" in asked(visit)
    rule.delete()
    visit.patient.wants_email = False
    visit.patient.save()
    assert "yourself" in asked(visit)


def test_of_a_confirmation_too_and_of_a_move(visit: Appointment) -> None:
    Appointment.objects.filter(pk=visit.pk).update(status="pending", expires_at=in_hours(1))
    assert "by e-mail, ann@example.org" in asked(visit, "confirm")
    Appointment.objects.filter(pk=visit.pk).update(status="confirmed")
    slot = SlotFactory.create(doctor=visit.doctor, location=visit.location)
    move = f"{reverse('scheduling_admin:move', args=[visit.pk])}?slot={slot.pk}"
    assert "by e-mail, ann@example.org" in staff(Role.RECEPTION, visit.location).get(move).content.decode()


def test_of_what_nobody_is_sent_nobody_is_said_to_be_told(visit: Appointment) -> None:
    Appointment.objects.filter(pk=visit.pk).update(starts_at=in_hours(-1))
    assert "yourself" in asked(visit)

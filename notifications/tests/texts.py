"""A world of one visit, one offer and one token, so that every kind of message can be composed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from notifications.models import Message, MessagePolicy
from notifications.states import OF_MONEY, OF_THE_QUEUE, ChannelName, Kind
from notifications.tests.factories import message
from notifications.texts import Composed, compose
from payments.models import Receipt
from payments.tests.receipts import paid, paid_back
from queueing.models import Token
from queueing.services.check_in import check_in
from scheduling.models import Appointment, Patient, WaitlistEntry
from scheduling.services.waitlist import join_waitlist
from scheduling.states import WaitlistStatus
from scheduling.tests.factories import (
    CLINIC,
    DoctorFactory,
    LocationFactory,
    PatientFactory,
    SlotFactory,
    book,
    in_hours,
)


@dataclass
class Told:
    """What messages are about."""

    visit: Appointment
    entry: WaitlistEntry
    token: Token
    policy: MessagePolicy
    receipt: Receipt
    credit_note: Receipt

    def message(self, kind: Kind, channel: ChannelName, **fields: Any) -> Message:
        """A row of the outbox about it."""
        if kind in OF_THE_QUEUE:
            return message(kind, channel, token=self.token, **fields)
        if kind == Kind.WAITLIST_OFFER:
            return message(kind, channel, waitlist_entry=self.entry, location=self.visit.location, **fields)
        if kind in OF_MONEY:
            fields = {"payment": self.receipt.entry.payment, **fields}
        if kind == Kind.REFUNDED:
            fields = {"refund": self.credit_note.entry.refund, **fields}
        if kind in {Kind.CANCELLED, Kind.REFUNDED}:
            fields = {"words": "I am away that day.", **fields}
        return message(kind, channel, appointment=self.visit, **fields)

    def compose(self, kind: Kind, channel: ChannelName, language: str, **fields: Any) -> Composed:
        """The message in a language."""
        row = self.message(kind, channel, **fields)
        return compose(row, language=language, policy=self.policy)


def told(
    *,
    clinic: str = "Harbour Street Clinic",
    doctor: str = "Dr Amara Okonkwo",
    first_name: str = "Ada",
    last_name: str = "Lindqvist",
    room: str = "Room 3",
    address: str = "12 Harbour Street\nLondon SE1 0ZZ",
    phone: str = "+442079460018",
    short_name: str = "",
    **visit: Any,
) -> Told:
    """Somebody with a visit in two days that is to be confirmed, an offer, and a place in today's queue."""
    location = LocationFactory(name=clinic, address=address, phone=phone)
    seen_by = DoctorFactory(name=doctor, room=room, locations=[location])
    patient: Patient = PatientFactory(first_name=first_name, last_name=last_name)
    slot = SlotFactory(doctor=seen_by, location=location, starts_at=in_hours(48))
    appointment = book(slot, patient=patient, **visit)
    appointment.expires_at = timezone.now() + timedelta(hours=20)
    day = timezone.localdate(slot.starts_at, location.zone)
    entry = join_waitlist(
        patient=PatientFactory(first_name=first_name, last_name=last_name),
        doctor_id=seen_by.pk,
        earliest_date=day,
        latest_date=day,
        actor=CLINIC,
    )
    entry.status, entry.offered_slot = WaitlistStatus.OFFERED, slot
    entry.offer_expires_at = timezone.now() + timedelta(hours=20)
    entry.save()
    soon = SlotFactory(doctor=seen_by, location=location, starts_at=in_hours(0.25))
    here = check_in(appointment_id=book(soon, patient=PatientFactory(), **visit).pk, actor=CLINIC)
    receipt = paid(appointment)
    policy = MessagePolicy(location=location, short_name=short_name)
    return Told(appointment, entry, here, policy, receipt, paid_back(receipt))

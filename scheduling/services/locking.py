"""Locking what a step may touch before the step is taken, in the one order of locks.

For those who must know that a row is still as somebody read it, and then change it in the same transaction. On SQLite
the transaction itself (IMMEDIATE) is the lock.
"""

from __future__ import annotations

from scheduling.errors import AppointmentUnknown
from scheduling.models import Appointment, Hold, Patient, WaitlistEntry
from scheduling.selectors.appointments import with_everything
from scheduling.services.seats import lock_slots


def lock_visit(*, appointment_id: int, slot_id: int | None = None, hold_token: str | None = None) -> Appointment:
    """Lock a visit with its slot, the one it may move to (by `slot_id`, or the one a hold keeps), and its patient; the
    visit as it is from then on.

    Call inside a transaction. Raises AppointmentUnknown.
    """
    rows = Appointment.objects.filter(pk=appointment_id)
    found = rows.values_list("slot_id", "patient_id").first()
    if found is None:
        raise AppointmentUnknown
    own_slot_id, patient_id = found
    kept = Hold.objects.filter(token=hold_token).values_list("slot_id", flat=True).first() if hold_token else None
    lock_slots([own_slot_id, slot_id, kept])
    lock_record(patient_id)
    # No key: whoever writes that money of the visit went back names the visit, and need not wait for it.
    rows.select_for_update(no_key=True, of=("self",)).values_list("pk").first()
    return with_everything().get(pk=appointment_id)


def lock_record(patient_id: int) -> None:
    """Lock a patient's record."""
    Patient.objects.select_for_update(no_key=True).filter(pk=patient_id).values_list("pk").first()


def lock_entry(entry_id: int) -> None:
    """Lock a place on the waitlist with the seat it is offered, the booking it stands for, and its patient.

    Call inside a transaction, and read the entry anew.
    """
    rows = WaitlistEntry.objects.filter(pk=entry_id)
    found = rows.values_list("offered_slot_id", "instead_of__slot_id", "patient_id", "instead_of_id").first()
    if found is None:
        return
    offered, instead_slot, patient_id, instead_of = found
    lock_slots([offered, instead_slot])
    lock_record(patient_id)
    Appointment.objects.filter(pk=instead_of).select_for_update(of=("self",)).values_list("pk").first()
    rows.select_for_update(of=("self",)).values_list("pk").first()

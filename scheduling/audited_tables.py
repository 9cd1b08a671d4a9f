"""What the audit trail follows on the ground floor."""

from __future__ import annotations

from accounts.audit_triggers import audited


def declare() -> None:
    """Every table that staff or patients change. Holds are not followed: they live for minutes."""
    from scheduling import models

    audited(models.Location)
    audited(models.Specialty)
    audited(models.Doctor, personal=("phone", "email"))
    audited(models.Doctor.locations.through)
    audited(models.StaffAssignment)
    audited(models.StaffAssignment.locations.through)
    audited(models.Availability, ignored=("generated_until",))
    audited(models.AvailabilityBreak)
    audited(models.TimeOff, personal=("reason",))
    audited(models.SlotBatch)
    # Slots are made by the hundred thousand from rules that are followed themselves, and `taken` changes with
    # every booking, which is followed itself: neither is news.
    audited(
        models.Slot, inserts=False, ignored=("taken",), only_update_of=("is_open", "capacity", "starts_at", "ends_at")
    )
    audited(models.Patient, personal=_PATIENT)
    audited(models.Appointment, personal=_APPOINTMENT, ignored=("changed_at",))
    audited(models.WaitlistEntry, personal=("secret",))


_PATIENT = (
    "first_name",
    "last_name",
    "date_of_birth",
    "gender",
    "phone",
    "email",
    "address",
    "emergency_contact_name",
    "emergency_contact_phone",
    "medical_history",
    "insurance_provider",
    "insurance_number",
)
_APPOINTMENT = (
    "reason",
    "symptoms",
    "special_requirements",
    "notes",
    "meeting_link",
    "secret",
    "booking_key",
    "calendar_uid",
    "cancellation_message",
)

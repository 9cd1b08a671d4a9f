"""The data of the ground floor, by subject."""

from scheduling.models.appointments import Appointment, Hold
from scheduling.models.calendar import Availability, AvailabilityBreak, Slot, SlotBatch, TimeOff
from scheduling.models.clinic import Doctor, Location, Specialty, StaffAssignment
from scheduling.models.patients import Patient
from scheduling.models.waitlist import WaitlistEntry

__all__ = [
    "Appointment",
    "Availability",
    "AvailabilityBreak",
    "Doctor",
    "Hold",
    "Location",
    "Patient",
    "Slot",
    "SlotBatch",
    "Specialty",
    "StaffAssignment",
    "TimeOff",
    "WaitlistEntry",
]

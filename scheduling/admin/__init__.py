"""The back office of the ground floor, by subject."""

from scheduling.admin import appointments, calendar, clinic, patients, slots, waitlist

__all__ = ["appointments", "calendar", "clinic", "patients", "slots", "waitlist"]

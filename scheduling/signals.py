"""The events of the ground floor. Sent inside the transaction that caused them."""

from django.dispatch import Signal

appointment_changed = Signal()
"""An appointment was made or changed its state.
Arguments: appointment (Appointment), previous (AppointmentStatus or None), actor (Actor), message (str, staff's
words to the patient, often empty)."""

slot_changed = Signal()
"""Seats of a slot were taken or came free, or the slot was added, opened, closed or removed.
Arguments: doctor_id (int), slot_ids (list of int), what (held, booked, freed, added, removed, opened, closed); and with
`removed`, gone (list of Slot): the slots as they were, for nobody can look them up any more."""

waitlist_offered = Signal()
"""Somebody on the waitlist was offered a seat. Arguments: entry (WaitlistEntry), actor (Actor)."""

asked_who_is_told = Signal()
"""Staff are about to bring a visit into a state, and ask who will hear of it. Nothing happens yet, and receivers only
read. Each answers with a list of sentences, often empty.
Arguments: appointment (Appointment, with its patient), becomes (AppointmentStatus)."""

asked_for_terms = Signal()
"""Somebody is about to book, or looks at what a booking would cost. Nothing happens yet, and receivers only read. Who
takes money answers with `VisitTerms` (scheduling/visit_terms.py), or None where the fee alone says it all.
Arguments: doctor (Doctor), location (Location), patient (Patient or None while nobody knows), starts_at (datetime or
None), type (AppointmentType)."""

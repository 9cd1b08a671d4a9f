"""Finding an appointment again without its link. Guessing is counted, whichever door it comes through."""

from __future__ import annotations

from datetime import timedelta

from accounts.actors import Actor
from accounts.services.throttling import count_attempt
from scheduling.models import Appointment
from scheduling.selectors.appointments import find_for_contact, in_one_spelling
from scheduling.selectors.self_service import link_has_expired
from scheduling.services.links import send_links

WINDOW = timedelta(minutes=15)
TRIES_AT_FINDING = 10
TRIES_PER_REFERENCE = 30
"""More than one visitor has, so that nobody locks the rightful person out by guessing at their reference."""
MAILS_PER_ADDRESS = 3
MAILS_PER_VISITOR = 10


def find_again(*, number: str, contact: str, actor: Actor) -> Appointment | None:
    """The appointment that a reference and a contact belong to, while its link is good; else None, whatever is wrong.

    Guessing is counted by visitor and by reference. Raises TooManyAttempts.
    """
    count_attempt(subject=f"find:{actor.address}", limit=TRIES_AT_FINDING, window=WINDOW)
    count_attempt(subject=f"find-number:{in_one_spelling(number)}", limit=TRIES_PER_REFERENCE, window=WINDOW)
    appointment = find_for_contact(number=number, contact=contact)
    return None if appointment is None or link_has_expired(appointment) else appointment


def ask_for_links(*, address: str, actor: Actor) -> None:
    """Mail links to upcoming appointments to whoever booked with that address, if anybody did; nothing says which.

    Counted by visitor and by address. Raises TooManyAttempts.
    """
    address = address.lower()
    count_attempt(subject=f"links:{actor.address}", limit=MAILS_PER_VISITOR, window=WINDOW)
    count_attempt(subject=f"links-to:{address}", limit=MAILS_PER_ADDRESS, window=WINDOW)
    send_links(address=address, actor=actor)

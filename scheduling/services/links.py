"""The secret link to an appointment: a fresh one, the list of them by e-mail, and keeping one in an account."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import NotPermitted
from scheduling.errors import AppointmentUnknown
from scheduling.mail import mail_after_commit
from scheduling.models import Appointment
from scheduling.models.appointments import new_secret
from scheduling.selectors.appointments import upcoming_for_email
from scheduling.selectors.self_service import in_nobodys_account
from scheduling.services.booking import LINK_OUTLIVES_VISIT

MOST_LINKS = 50
"""In one e-mail; nobody has more visits ahead."""


def send_fresh_link(*, appointment_id: int, actor: Actor) -> bool:
    """Replace an outdated link by a new one and mail it to the address on file; whether there was one.

    The answer is for the caller's eyes only: a page must not tell a stranger whether an address is known.
    Raises AppointmentUnknown.
    """
    with recorded(actor, "appointment.renew_link"):
        appointment = _locked(appointment_id)
        address = address_on_file(appointment)
        if not address:
            return False
        appointment.secret = new_secret()
        appointment.secret_expires_at = _expiry(appointment)
        appointment.save(update_fields=["secret", "secret_expires_at", "changed_at"])
        _mail_links([appointment], address)
    return True


def send_links(*, address: str, actor: Actor) -> int:
    """Mail links to all upcoming appointments that were booked with an e-mail address; how many there were.

    As with `send_fresh_link`, the number must not reach a stranger.
    """
    with recorded(actor, "appointment.send_links"):
        appointments = list(upcoming_for_email(address)[:MOST_LINKS])
        if appointments:
            _mail_links(appointments, address)
    return len(appointments)


def add_to_account(*, appointment_id: int, actor: Actor) -> Appointment:
    """Show an appointment among those of the signed-in user who holds its link.

    This gives no access to the patient's record. Raises NotPermitted for a visitor, and when the appointment is in
    somebody else's account already.
    """
    with recorded(actor, "appointment.add_to_account"):
        appointment = _locked(appointment_id)
        if actor.user is None:
            raise NotPermitted(_("Sign in first."))
        if appointment.booked_by_id != actor.user.pk and not in_nobodys_account(appointment):
            raise NotPermitted(_("This appointment is already in another account."))
        appointment.booked_by = actor.user
        appointment.save(update_fields=["booked_by", "changed_at"])
    return appointment


def address_on_file(appointment: Appointment) -> str:
    """Where a link to the appointment may be sent: the patient's address, else that of whoever booked it."""
    if appointment.patient.email:
        return appointment.patient.email
    booked_by = appointment.booked_by
    return (booked_by.email or "") if booked_by is not None and not booked_by.is_staff else ""


def _locked(appointment_id: int) -> Appointment:
    appointment = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("patient", "doctor", "location", "booked_by")
        .filter(pk=appointment_id)
        .first()
    )
    if appointment is None:
        raise AppointmentUnknown
    return appointment


def _expiry(appointment: Appointment) -> datetime:
    """Long enough to be read, and at least as long as a link given at booking."""
    soonest = timezone.now() + timedelta(days=7)
    return max(soonest, appointment.ends_at + LINK_OUTLIVES_VISIT) if appointment.ends_at else soonest


def _mail_links(appointments: list[Appointment], address: str) -> None:
    mail_after_commit(
        to=address,
        language=appointments[0].patient.language,
        template="scheduling/mail/links",
        context={"appointments": appointments, "base_url": settings.BASE_URL},
    )

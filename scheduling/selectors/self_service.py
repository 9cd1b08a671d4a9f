"""What the pages of one appointment, and of one person, need to know."""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from scheduling.models import Appointment, Hold, WaitlistEntry
from scheduling.selectors.people import belongs_to
from scheduling.states import ACTIVE, AppointmentStatus, WaitlistStatus


class Standing(StrEnum):
    """How an appointment stands for the patient: its state, read with the clock in hand."""

    PENDING = "pending"
    UPCOMING = "upcoming"
    UNDER_WAY = "under_way"
    PAST = "past"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no_show"
    MOVED = "moved"


_STANDINGS = {
    AppointmentStatus.CHECKED_IN: Standing.UNDER_WAY,
    AppointmentStatus.IN_PROGRESS: Standing.UNDER_WAY,
    AppointmentStatus.COMPLETED: Standing.COMPLETED,
    AppointmentStatus.CANCELLED: Standing.CANCELLED,
    AppointmentStatus.EXPIRED: Standing.EXPIRED,
    AppointmentStatus.NO_SHOW: Standing.NO_SHOW,
    AppointmentStatus.RESCHEDULED: Standing.MOVED,
}


def standing_of(appointment: Appointment) -> Standing:
    """How the appointment stands now: what ran out is expired and what is over is past before any job says so."""
    now = timezone.now()
    status = AppointmentStatus(appointment.status)
    if status == AppointmentStatus.PENDING:
        lapsed = appointment.expires_at is not None and appointment.expires_at <= now
        return Standing.EXPIRED if lapsed else Standing.PENDING
    if status == AppointmentStatus.CONFIRMED:
        over = appointment.ends_at is not None and appointment.ends_at <= now
        return Standing.PAST if over else Standing.UPCOMING
    return _STANDINGS[status]


def link_has_expired(appointment: Appointment) -> bool:
    """Whether the link in a patient's hands is too old to be trusted."""
    return appointment.secret_expires_at is not None and appointment.secret_expires_at <= timezone.now()


def claimable_by(appointment: Appointment, user: User | AnonymousUser) -> bool:
    """Whether a signed-in holder of the link could keep the appointment in their account."""
    return user.is_authenticated and not belongs_to(appointment, user) and in_nobodys_account(appointment)


def in_nobodys_account(appointment: Appointment) -> bool:
    """Whether nobody has the appointment in their account: it was booked without one, or by staff at the desk."""
    return appointment.booked_by is None or appointment.booked_by.is_staff


def follow_ups_of(appointment: Appointment) -> list[Appointment]:
    """Coming visits that follow this one up."""
    visits = appointment.follow_ups.select_related("doctor", "location").filter(status__in=ACTIVE)
    return list(visits.filter(starts_at__isnull=False).order_by("starts_at", "pk"))


def waiting_instead_of(appointment: Appointment) -> WaitlistEntry | None:
    """The patient's wish for an earlier time, while it stands."""
    live = (WaitlistStatus.WAITING, WaitlistStatus.OFFERED)
    return appointment.waitlist_entries.filter(status__in=live).order_by("pk").first()


def live_holds_of(holder: str) -> list[Hold]:
    """The seats that `holder` keeps at the moment."""
    return list(Hold.objects.filter(holder=holder, expires_at__gt=timezone.now()).order_by("pk"))


def hold_of(*, token: str, holder: str) -> Hold | None:
    """A live hold with its slot, if it is this holder's."""
    if "\x00" in token:
        return None
    return (
        Hold.objects.select_related("slot__doctor__specialty", "slot__location")
        .filter(token=token, holder=holder, expires_at__gt=timezone.now())
        .first()
    )

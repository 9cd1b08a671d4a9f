"""What the first page of the back office shows: today in figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import SweepRun, User
from accounts.selectors.sweeps import LATE_AFTER, in_trouble
from scheduling import rules
from scheduling.clock import day_bounds
from scheduling.models import Appointment, WaitlistEntry
from scheduling.selectors.seats import overdue_pending
from scheduling.states import ACTIVE, SEATED, AppointmentStatus, WaitlistStatus

NEXT_VISITS = 8


@dataclass(frozen=True)
class Card:
    """One figure and the list behind it; `warns` when somebody should look."""

    title: str | Promise
    figure: int | str
    link: str
    note: str | Promise = ""
    warns: bool = False


def cards(*, user: User) -> list[Card]:
    """Today's figures for the locations of a member of staff; three queries and those of the rules."""
    start, end = _today()
    visible = rules.appointments_visible_to(user)
    counts = visible.filter(starts_at__gte=start, starts_at__lt=end).aggregate(
        today=Count("pk", filter=Q(status__in=SEATED)),
        here=Count("pk", filter=Q(status=AppointmentStatus.CHECKED_IN)),
        missed=Count("pk", filter=Q(status=AppointmentStatus.NO_SHOW)),
    )
    pending = visible.filter(status=AppointmentStatus.PENDING, expires_at__gt=timezone.now()).count()
    waits = WaitlistEntry.objects.filter(_waits_where(user)).aggregate(
        offered=Count("pk", filter=Q(status=WaitlistStatus.OFFERED)),
        waiting=Count("pk", filter=Q(status=WaitlistStatus.WAITING)),
    )
    visits = reverse("admin:scheduling_appointment_changelist")
    waitlist = reverse("admin:scheduling_waitlistentry_changelist")
    day = timezone.localdate().isoformat()
    today = f"{visits}?starts_at_from={day}&starts_at_to={day}"
    return [
        Card(_("Visits today"), counts["today"], today),
        Card(_("Checked in"), counts["here"], f"{today}&status__exact=checked_in", _("booked, and waiting now")),
        Card(_("Did not come today"), counts["missed"], f"{today}&status__exact=no_show"),
        Card(_("Waiting for confirmation"), pending, f"{visits}?status__exact=pending"),
        Card(_("Waitlist offers"), waits["offered"], f"{waitlist}?status__exact=offered", _("open now")),
        Card(_("On the waitlist"), waits["waiting"], f"{waitlist}?status__exact=waiting"),
        _late_jobs(user),
    ]


def _late_jobs(user: User) -> Card:
    late = SweepRun.objects.filter(in_trouble()).count()
    stuck = overdue_pending().filter(expires_at__lt=timezone.now() - LATE_AFTER).count()
    return Card(
        _("Late jobs"),
        late,
        f"{reverse('admin:accounts_sweeprun_changelist')}?state=trouble" if rules.sees_all_locations(user) else "",
        _("Bookings that ran out are not being given back.") if stuck else "",
        warns=bool(late or stuck),
    )


def next_visits(*, user: User) -> list[Appointment]:
    """The next visits of today at the person's locations."""
    _start, end = _today()
    soon = timezone.now() - timedelta(minutes=15)
    return list(
        rules.appointments_visible_to(user)
        .filter(status__in=ACTIVE, starts_at__gte=soon, starts_at__lt=end)
        .select_related("patient", "doctor", "location")
        .order_by("starts_at", "pk")[:NEXT_VISITS]
    )


def _waits_where(user: User) -> Q:
    if rules.sees_all_locations(user):
        return Q()
    return Q(location__in=rules.locations_of(user)) | Q(doctor__in=rules.doctors_visible_to(user))


def _today() -> tuple[datetime, datetime]:
    return day_bounds(timezone.localdate(), timezone.get_current_timezone())

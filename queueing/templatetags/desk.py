"""What the desk says in words."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from queueing.estimation import Wait
from queueing.models import Queue, Token, TokenStep
from queueing.states import Arrival, DoctorStatus, Step
from queueing.wait_words import range_in_words
from scheduling.models import Location
from scheduling.templatetags.clinic_time import clinic_clock

register = template.Library()

HOUR = 60

STEPS = {
    Step.JOINED: gettext_lazy("%(code)s checked in"),
    Step.CALLED: gettext_lazy("%(code)s called"),
    Step.RECALLED: gettext_lazy("%(code)s called again"),
    Step.STARTED: gettext_lazy("%(code)s went in"),
    Step.FINISHED: gettext_lazy("%(code)s finished"),
    Step.NO_SHOW: gettext_lazy("%(code)s did not come"),
    Step.PUT_BACK: gettext_lazy("%(code)s put back"),
    Step.LEFT: gettext_lazy("%(code)s left"),
    Step.TRANSFERRED: gettext_lazy("%(code)s transferred"),
    Step.PRIORITISED: gettext_lazy("%(code)s priority changed"),
}


@register.simple_tag
def new_operation() -> str:
    """A name for what is asked for next; the same name twice is done once."""
    return str(uuid4())


@register.filter
def step_words(step: TokenStep) -> str:
    """What happened, such as `C014 called`."""
    return str(STEPS[Step(step.what)]) % {"code": step.token.code}


@register.simple_tag
def since(moment: datetime | None) -> SafeString | str:
    """How long ago something was, in minutes; desk_people.js goes on counting."""
    if moment is None:
        return ""
    minutes = max(0, int((timezone.now() - moment).total_seconds() // 60))
    return format_html('<span class="numeric" data-since="{}">{}</span>', moment.isoformat(), span_words(minutes))


def span_words(minutes: int) -> str:
    """Such as `4 min` or `1 h 20 min`; desk_people.js says it in the same words."""
    hours, rest = divmod(minutes, HOUR)
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


@register.filter
def wait_words(wait: Wait) -> str:
    """How long it will take, such as `about 10 to 25 minutes`."""
    return range_in_words(wait)


@register.simple_tag
def arrival_words(token: Token, location: Location) -> str:
    """How somebody came, seen from what they had booked."""
    said = {"time": clinic_clock(token.booked_for, location)}
    if token.arrival == Arrival.WALK_IN or token.booked_for is None:
        return _("Walk-in")
    if token.arrival == Arrival.EARLY:
        return _("Booked for %(time)s, came early") % said
    if token.arrival == Arrival.LATE:
        return _("Booked for %(time)s, came late") % said
    return _("Booked for %(time)s, on time") % said


@register.simple_tag
def status_words(queue: Queue, location: Location) -> str:
    """How the doctor's day goes, with its minutes."""
    if queue.status == DoctorStatus.RUNNING_LATE and queue.late_minutes:
        words = ngettext("Running %(count)d minute late", "Running %(count)d minutes late", queue.late_minutes)
        return words % {"count": queue.late_minutes}
    if queue.status == DoctorStatus.ON_BREAK and queue.back_at:
        return _("On a break until %(time)s") % {"time": clinic_clock(queue.back_at, location)}
    return str(DoctorStatus(queue.status).label)


@register.filter
def called_words(token: Token) -> str:
    """How often somebody was called."""
    return ngettext("Called once", "Called %(count)d times", token.calls) % {"count": token.calls}

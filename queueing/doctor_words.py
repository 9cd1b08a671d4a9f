"""How a doctor's day goes and where the doctor is, in words for those who wait."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from queueing.models import Queue
from queueing.states import DoctorStatus
from scheduling.templatetags.clinic_time import clinic_clock


def doctor_in_words(queue: Queue) -> str:
    """Such as “Dr Rao is running about 20 minutes late.”"""
    named = {"doctor": queue.doctor.name}
    if queue.status == DoctorStatus.RUNNING_LATE:
        return _late(queue)
    if queue.status == DoctorStatus.ON_BREAK:
        back_at = back_to_come(queue)
        if back_at is None:
            return _("%(doctor)s is on a break.") % named
        back = clinic_clock(back_at, queue.location)
        return _("%(doctor)s is on a break until about %(time)s.") % {**named, "time": back}
    if queue.status == DoctorStatus.FINISHED:
        return _("%(doctor)s has finished for today.") % named
    if queue.status == DoctorStatus.NOT_STARTED:
        return _("%(doctor)s has not started yet.") % named
    return _("%(doctor)s is on time.") % named


def _late(queue: Queue) -> str:
    if not queue.late_minutes:
        return _("%(doctor)s is running late.") % {"doctor": queue.doctor.name}
    words = ngettext(
        "%(doctor)s is running about %(minutes)d minute late.",
        "%(doctor)s is running about %(minutes)d minutes late.",
        queue.late_minutes,
    )
    return words % {"doctor": queue.doctor.name, "minutes": queue.late_minutes}


def back_to_come(queue: Queue) -> datetime | None:
    """When a break is to end: a time that has passed with the doctor still away tells nobody anything."""
    return queue.back_at if queue.back_at and queue.back_at > timezone.now() else None


def room_in_words(name: str) -> str:
    """A room as the clinic writes it; one that is only a number needs a word before it."""
    return _("Room %(number)s") % {"number": name} if name.isdecimal() else name

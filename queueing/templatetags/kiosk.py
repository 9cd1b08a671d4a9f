"""What a kiosk says of a doctor's queue."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from queueing.selectors.kiosk import DoctorOfToday
from queueing.wait_words import range_in_words

register = template.Library()


@register.filter
def waiting_words(found: DoctorOfToday) -> str:
    """How many wait, and how long whoever came last is told to wait: somebody new waits a little longer."""
    if not found.waiting:
        return _("Nobody is waiting.")
    count = ngettext("%(count)d person is waiting.", "%(count)d people are waiting.", found.waiting)
    said = count % {"count": found.waiting}
    if found.line and found.line.waiting:
        said += " " + _("The last of them: %(wait)s.") % {"wait": range_in_words(found.line.waiting[-1].wait)}
    return said

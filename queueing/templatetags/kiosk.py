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
    """How many wait, and how long whoever joins now will."""
    said = _("Nobody is waiting.")
    if found.waiting:
        count = ngettext("%(count)d person is waiting.", "%(count)d people are waiting.", found.waiting)
        said = count % {"count": found.waiting}
    return _("%(waiting)s Your wait: %(range)s.") % {"waiting": said, "range": range_in_words(found.wait)}

"""Writing down which messages go out, so that they can be changed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.actors import from_request
from accounts.back_office import MANAGERS, staff_page
from notifications.services.rules import write_down_defaults
from scheduling.admin.search import read_key
from scheduling.models import Location


@staff_page(roles=MANAGERS)
@require_POST
def write_down(request: HttpRequest) -> HttpResponse:
    """Write the rules that hold as rows: for all places, or for the one that is to have its own."""
    place = None
    if request.POST.get("location"):
        place = get_object_or_404(Location, pk=read_key(request.POST["location"]))
    count = write_down_defaults(actor=from_request(request), location_id=place.pk if place else None)
    if count:
        said = ngettext("%(count)s rule was written down.", "%(count)s rules were written down.", count)
        messages.success(request, said % {"count": count})
    else:
        messages.info(request, _("They are written down already."))
    return redirect("admin:notifications_messagerule_changelist")

"""What is sent about one visit, on its page in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.back_office import staff_page
from notifications.message_words import outcome_of
from notifications.selectors.preview import Planned, Standing, what_will_be_sent
from notifications.states import OF_THE_QUEUE, Kind
from scheduling.admin.columns import on_the_clock
from scheduling.models import Appointment
from scheduling.rules import appointments_visible_to

NOBODY_KNOWS_WHEN = {
    Kind.CONFIRMATION: _("When it is confirmed"),
    Kind.PAID: _("When it is paid"),
    Kind.FEEDBACK: _("After the visit"),
    **dict.fromkeys(OF_THE_QUEUE, _("When their turn comes")),
}


@staff_page()
def visit(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """All that was, is and will be sent about it: a part of the visit's page, or a page of its own without scripts."""
    visits = appointments_visible_to(request.user).select_related("patient", "location", "doctor")
    appointment = get_object_or_404(visits, pk=appointment_id)
    context: dict[str, Any] = {
        "appointment": appointment,
        "lines": [_line(one, appointment) for one in what_will_be_sent(appointment)],
    }
    if getattr(request, "htmx", False):
        return TemplateResponse(request, "admin/notifications/_visit.html", context)
    context |= {**admin.site.each_context(request), "title": _("Messages about %s") % appointment.number}
    return TemplateResponse(request, "admin/notifications/visit.html", context)


def _line(planned: Planned, appointment: Appointment) -> dict[str, Any]:
    return {
        "when": _when(planned, appointment),
        "kind": planned.kind.label,
        "channel": planned.channel.label,
        "words": words_of(planned),
        "message": planned.message,
    }


def _when(planned: Planned, appointment: Appointment) -> str | Promise:
    if planned.when is None:
        return NOBODY_KNOWS_WHEN.get(planned.kind, _("Not known yet"))
    return on_the_clock(planned.when, appointment.location)


def words_of(planned: Planned) -> str | Promise:
    """What came of it, or what will as things stand."""
    if planned.standing in (Standing.WAITING, Standing.PLANNED) and planned.why_not:
        return _("As things stand, it will not be sent. %s") % planned.why_not.label
    if planned.message is not None:
        return outcome_of(planned.message)
    return planned.why_not.label if planned.why_not else _("It will be sent.")

"""What we send about an appointment, and by which ways: a part of its page, or a page of its own without scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.errors import DomainError
from accounts.permissions import secret_link
from notifications.channels.registry import channel_of
from notifications.forms.choices import ChoicesForm
from notifications.models import Message
from notifications.patient_words import lines_of, tells
from notifications.selectors.preview import what_will_be_sent
from notifications.states import ChannelName, Kind, MessageStatus
from scheduling.models import Appointment
from scheduling.services.patients import update_patient
from scheduling.views.appointment import TYPED_ADDRESS, holder_of, is_news
from scheduling.views.links import with_appointment

NEWS = frozenset({Kind.TO_CONFIRM, Kind.TO_PAY, Kind.CONFIRMATION, Kind.RESCHEDULED})
"""What answers a booking."""

SOON = timedelta(minutes=2)
"""So long after a booking the page looks whether the message about it has gone out."""


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_appointment(moved_to="notifications:visit_messages")
def visit_messages(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """Show what was and will be sent; take the choice of ways and language."""
    patient = appointment.patient
    form = ChoicesForm(request.POST) if request.method == "POST" else ChoicesForm.of(patient)
    if request.method == "POST" and form.is_valid():
        try:
            actor = holder_of(request, appointment)
            update_patient(patient_id=patient.pk, changes=form.changes(patient), actor=actor)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. This is how we write to you from now on."))
            return redirect("scheduling:appointment", secret=appointment.secret)
    template = (
        "notifications/visit/_panel.html" if request.headers.get("HX-Request") else "notifications/visit/page.html"
    )
    return render(request, template, {**panel_of(request, appointment), "form": form})


def panel_of(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    """What the panel says."""
    reach = [name for name in ChannelName if channel_of(name).is_configured()]
    planned = what_will_be_sent(appointment)
    news = [one.message for one in planned if one.message is not None and one.kind in NEWS]
    latest = timezone.now() - SOON
    ahead = [one for one in planned if one.message in news and one.why_not is None and one.channel in reach]
    return {
        "appointment": appointment,
        "lines": list(lines_of(planned, reach=reach)),
        "confirmed_to": _address_shown(request, appointment, news),
        "is_on_its_way": any(
            one.message is not None and one.message.status != MessageStatus.SENT and one.message.due_at > latest
            for one in ahead
        ),
    }


def _address_shown(request: HttpRequest, appointment: Appointment, news: list[Message]) -> str:
    """Where the confirmation went, to whoever just gave that address here, or looks after the patient."""
    if not is_news(request, appointment):
        return ""
    typed = request.session.get(TYPED_ADDRESS, "")
    is_theirs = request.user.is_authenticated and appointment.patient.user_id == request.user.pk
    for message in news:
        went_out = tells(message) and message.status == MessageStatus.SENT and message.channel == ChannelName.EMAIL
        if went_out and (is_theirs or message.address.lower() == typed):
            return message.address
    return ""

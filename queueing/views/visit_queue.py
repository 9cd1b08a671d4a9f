"""The queue, as the page of an appointment shows it: when check-in opens, “I'm here”, and then the live place.

The panel is pulled into the appointment's page, and is a page of its own where there are no scripts. `/check-in/`
leads to it from the start page.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import DomainError
from accounts.permissions import public, secret_link
from queueing.errors import CheckInTooEarly
from queueing.models import Feedback, QueuePolicy
from queueing.selectors.day_end import is_over
from queueing.selectors.queues import policy_of
from queueing.selectors.token_states import token_of_visit
from queueing.services.check_in import check_in, require_may_check_in
from queueing.views.token import page_of
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus
from scheduling.views.appointment import holder_of
from scheduling.views.find import look_for
from scheduling.views.links import with_appointment


@secret_link
@require_safe
@with_appointment(moved_to="queueing:visit_queue")
def visit_queue(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """The panel for the appointment's page, or the same as a page."""
    template = "queueing/visit/_panel.html" if request.headers.get("HX-Request") else "queueing/visit/page.html"
    return render(request, template, panel_of(request, appointment))


@secret_link
@require_POST
@with_appointment(moved_to="queueing:visit_queue")
def visit_check_in(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """“I'm here”: a place in the queue, and its page. Pressed twice, it is the same place."""
    try:
        token = check_in(
            appointment_id=appointment.pk,
            actor=holder_of(request, appointment),
            operation=operation_in(request.POST.get("operation", "")),
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("queueing:visit_queue", secret=appointment.secret)
    return redirect("queueing:token", secret=token.secret)


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def find_visit(request: HttpRequest) -> HttpResponse:
    """From a reference and a contact that belong together to where one checks in; else one and the same sentence."""
    form, found, status = look_for(request)
    if found is not None:
        return redirect("queueing:visit_queue", secret=found.secret)
    return render(request, "queueing/visit/find.html", {"form": form}, status=status)


def panel_of(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    """What the queue has to say to a visit; nothing but `appointment` where it has nothing to say."""
    now = timezone.now()
    context: dict[str, Any] = {"appointment": appointment}
    if appointment.status == AppointmentStatus.CONFIRMED:
        return context | {"check_in": check_in_of(request, appointment, now)}
    token = token_of_visit(appointment.pk)
    if token is not None and not is_over(token.queue, now):
        context |= {**page_of(token), "has_place": True}
    if appointment.status == AppointmentStatus.COMPLETED:
        context["may_speak"] = not Feedback.objects.filter(appointment=appointment).exists()
    return context


def check_in_of(request: HttpRequest, appointment: Appointment, now: datetime) -> dict[str, Any]:
    """Whether this visitor may check in now, and if not, when or why not."""
    policy = policy_of(appointment.location_id)
    try:
        require_may_check_in(appointment, policy, actor=holder_of(request, appointment), now=now)
    except CheckInTooEarly:
        return {"opens_at": opening_of(appointment, policy)}
    except DomainError as error:
        return {"refusal": str(error)}
    return {"is_open": True}


def opening_of(appointment: Appointment, policy: QueuePolicy) -> datetime | None:
    """When patients can check in themselves."""
    if appointment.starts_at is None:
        return None
    return appointment.starts_at - timedelta(minutes=policy.early_minutes)


def operation_in(raw: str) -> str:
    """The name that the page gave to a press of its button; empty for what is none."""
    try:
        return str(UUID(raw))
    except ValueError:
        return ""

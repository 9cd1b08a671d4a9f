"""One appointment behind its secret link: see it, confirm it, answer for it, call it off.

Opening any of these pages changes nothing, because mail scanners open links; every change is a button that posts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actors import Actor, from_request
from accounts.errors import DomainError
from accounts.permissions import secret_link
from accounts.services.throttling import count_attempt
from scheduling.calendar_file import calendar_file, google_link, has_times, outlook_link
from scheduling.forms.cancellation import CancellationForm
from scheduling.models import Appointment
from scheduling.selectors.appointments import by_secret
from scheduling.selectors.self_service import (
    Standing,
    claimable_by,
    follow_ups_of,
    link_has_expired,
    standing_of,
    waiting_instead_of,
)
from scheduling.services.lifecycle import (
    cancel_appointment,
    confirm_appointment,
    confirm_attendance,
    require_changeable,
)
from scheduling.services.links import add_to_account, send_fresh_link
from scheduling.services.waitlist import join_for_earlier
from scheduling.views.links import keep_private, with_appointment

JUST_BOOKED = "just_booked"
"""Session key: the id of the appointment whose confirmation is shown."""

TYPED_ADDRESS = "typed_address"
"""Session key: the e-mail address that was typed for it in this browser, which may be shown here again."""

NEWS_LASTS = timedelta(hours=1)


@secret_link
@require_safe
@with_appointment()
def appointment(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """Show the appointment, in the state it is in, with the next useful step."""
    return render(request, "scheduling/appointment/page.html", page_of(request, appointment))


def page_of(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    """What the page says."""
    standing = standing_of(appointment)
    upcoming = standing in {Standing.PENDING, Standing.UPCOMING}
    context: dict[str, Any] = {
        "appointment": appointment,
        "standing": standing,
        "just_booked": is_news(request, appointment),
        "refusal": refusal_to_change(request, appointment) if upcoming else "",
        "claimable": claimable_by(appointment, request.user),
        "follow_ups": follow_ups_of(appointment),
        "waiting": waiting_instead_of(appointment) if upcoming else None,
    }
    if upcoming and has_times(appointment):
        context |= {"google_link": google_link(appointment), "outlook_link": outlook_link(appointment)}
    return context


def is_news(request: HttpRequest, appointment: Appointment) -> bool:
    """Whether this browser has just booked it: the confirmation is shown for a while, refresh or not."""
    booked_here = request.session.get(JUST_BOOKED) == appointment.pk
    return booked_here and appointment.changed_at > timezone.now() - NEWS_LASTS


@secret_link
@require_POST
@with_appointment()
def confirm(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """Confirm a pending appointment before its time runs out."""
    if standing_of(appointment) != Standing.UPCOMING:  # a second press of the button has nothing left to do
        try:
            confirm_appointment(appointment_id=appointment.pk, actor=holder_of(request, appointment))
        except DomainError as error:
            messages.error(request, str(error))
        else:
            request.session[JUST_BOOKED] = appointment.pk
    return to_page(appointment)


@secret_link
@require_POST
@with_appointment()
def answer_attendance(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """“Yes, I'm coming” is noted; “No, I can't” leads to the choice between another time and calling it off."""
    if request.POST.get("answer") != "yes":
        return redirect("scheduling:appointment_cancel", secret=appointment.secret)
    try:
        confirm_attendance(appointment_id=appointment.pk, actor=holder_of(request, appointment))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Thank you. We have told the clinic that you are coming."))
    return to_page(appointment)


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_appointment()
def cancel(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """Ask once more, and why; then give the seat back."""
    if standing_of(appointment) not in {Standing.PENDING, Standing.UPCOMING}:
        return to_page(appointment)
    form = CancellationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            cancel_appointment(
                appointment_id=appointment.pk, message=form.words(), actor=holder_of(request, appointment)
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return to_page(appointment)
    context = {"appointment": appointment, "form": form, "refusal": refusal_to_change(request, appointment)}
    return render(request, "scheduling/appointment/cancel.html", context)


@secret_link
@require_POST
@with_appointment()
def wait_for_earlier(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """Put the patient on the waitlist for a seat before this one; the booking stays until they accept another."""
    if standing_of(appointment) not in {Standing.PENDING, Standing.UPCOMING}:
        return to_page(appointment)
    try:
        join_for_earlier(appointment=appointment, actor=holder_of(request, appointment))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("You are on the list for an earlier time. You keep this one until you accept another.")
        )
    return to_page(appointment)


@secret_link
@require_POST
@with_appointment()
def add_to_my_account(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """Let somebody who holds the link and has signed in find the appointment among their own from now on."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("scheduling:appointment", args=[appointment.secret]))
    try:
        add_to_account(appointment_id=appointment.pk, actor=holder_of(request, appointment))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("This appointment is now among yours."))
    return to_page(appointment)


@secret_link
@require_safe
@with_appointment(moved_to="scheduling:appointment_calendar")
def calendar(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """The appointment as a file for calendars; after a move it carries the same event to its new time."""
    if not has_times(appointment):
        raise Http404
    response = HttpResponse(calendar_file(appointment), content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response["Content-Disposition"] = f'attachment; filename="{appointment.number}.ics"'
    return response


@secret_link
@require_POST
def fresh_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Send a new link to the contact on file of an appointment whose link is too old."""
    appointment = by_secret(secret)
    if appointment is None:
        return keep_private(render(request, "scheduling/appointment/link_unknown.html", status=404))
    if not link_has_expired(appointment):
        return to_page(appointment)
    try:
        count_attempt(subject=f"fresh-link:{appointment.pk}", limit=3, window=timedelta(hours=1))
        send_fresh_link(appointment_id=appointment.pk, actor=holder_of(request, appointment))
    except DomainError as error:
        context = {"appointment": appointment, "secret": secret, "refusal": str(error)}
        return keep_private(render(request, "scheduling/appointment/link_expired.html", context, status=error.status))
    return keep_private(render(request, "scheduling/appointment/link_sent.html", {"appointment": appointment}))


def refusal_to_change(request: HttpRequest, appointment: Appointment) -> str:
    """Why the appointment cannot be moved or cancelled here any more; empty while it can."""
    try:
        require_changeable(appointment, actor=holder_of(request, appointment))
    except DomainError as error:
        return str(error)
    return ""


def holder_of(request: HttpRequest, appointment: Appointment) -> Actor:
    """Whoever holds the link, or, signed in, the person."""
    return from_request(request, link=appointment.pk)


def to_what_is_next(appointment: Appointment) -> HttpResponse:
    """On from a booking that was just made: to where it is paid, if it is confirmed by that, else to its page."""
    if appointment.prepayment and standing_of(appointment) == Standing.PENDING:
        return redirect("payments:checkout", secret=appointment.secret)
    return to_page(appointment)


def to_page(appointment: Appointment) -> HttpResponse:
    """Back to the appointment's page."""
    return redirect("scheduling:appointment", secret=appointment.secret)

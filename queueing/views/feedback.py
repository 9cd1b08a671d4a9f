"""How it was: asked once a visit is over, behind the link of the visit or of the place in the queue."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.errors import DomainError
from accounts.permissions import secret_link
from queueing.forms.feedback import FeedbackForm
from queueing.models import Feedback, Token
from queueing.services.feedback import give_feedback
from queueing.views.token import with_token
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus
from scheduling.views.appointment import holder_of
from scheduling.views.links import with_appointment


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_token
def token_feedback(request: HttpRequest, token: Token) -> HttpResponse:
    """From the page of the place in the queue."""
    return feedback_of(request, token.appointment, back=reverse("queueing:token", args=[token.secret]))


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_appointment(moved_to="queueing:visit_feedback")
def visit_feedback(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """From the page of the appointment."""
    return feedback_of(request, appointment, back=reverse("scheduling:appointment", args=[appointment.secret]))


def feedback_of(request: HttpRequest, appointment: Appointment, *, back: str) -> HttpResponse:
    """Ask, keep the answer once, and thank."""
    if Feedback.objects.filter(appointment=appointment).exists():
        return render(request, "queueing/feedback/thanks.html", {"back": back})
    if appointment.status != AppointmentStatus.COMPLETED:
        messages.info(request, _("You can tell us how it was once the visit is over."))
        return redirect(back)
    form = FeedbackForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            give_feedback(appointment=appointment, actor=holder_of(request, appointment), **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            status = error.status
        else:
            return redirect(request.path)
    context = {"form": form, "back": back, "appointment": appointment}
    return render(request, "queueing/feedback/form.html", context, status=status)

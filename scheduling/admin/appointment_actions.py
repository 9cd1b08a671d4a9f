"""What staff do with appointments: in the list with many, on the page of one with a button each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.actors import Actor, from_request
from accounts.back_office import EVERYBODY, RECEPTION, TextareaWidget, roles_of
from accounts.errors import DomainError
from accounts.roles import Role
from scheduling.admin.batch_actions import run_one_by_one
from scheduling.admin.columns import on_the_clock
from scheduling.models import Appointment
from scheduling.services import lifecycle
from scheduling.services.links import address_on_file, send_fresh_link
from scheduling.signals import asked_who_is_told
from scheduling.states import ACTIVE, AppointmentStatus, sources_of

NOBODY_IS_TOLD = _("Nobody")


class MessageForm(forms.Form):
    """What staff tell the patient with a cancellation."""

    message = forms.CharField(
        label=_("Message to the patient"),
        widget=TextareaWidget(attrs={"rows": 4}),
        max_length=500,
        required=False,
        help_text=_(
            "Stands on the appointment's page, behind the patient's link, and in the message about it, if one is sent. "
            "Leave out medical details."
        ),
    )


class NoAddress(DomainError):
    """There is no e-mail address to send a link to."""

    code = "no_address"
    sentence = _("There is no e-mail address on the record to send the link to.")


@dataclass(frozen=True)
class Step:
    """One thing staff can do with an appointment."""

    title: str | Promise
    explanation: str | Promise
    button: str | Promise
    do: Callable[[Appointment, Actor, str], object]
    possible_from: frozenset[AppointmentStatus]
    roles: frozenset[Role] = RECEPTION
    tells_of: AppointmentStatus | None = None
    sends_link: bool = False
    asks_message: bool = False
    waives_payment: bool = False
    icon: str = ""


def _send_link(appointment: Appointment, actor: Actor) -> None:
    if not send_fresh_link(appointment_id=appointment.pk, actor=actor):
        raise NoAddress


STEPS: dict[str, Step] = {
    "confirm": Step(
        title=_("Confirm"),
        explanation=_("The visit becomes certain and keeps its seat."),
        button=_("Confirm"),
        do=lambda visit, actor, _words: lifecycle.confirm_appointment(appointment_id=visit.pk, actor=actor),
        possible_from=frozenset({AppointmentStatus.PENDING}),
        waives_payment=True,
        tells_of=AppointmentStatus.CONFIRMED,
        icon="check_circle",
    ),
    "check_in": Step(
        title=_("Check in"),
        explanation=_("The patient is here. They take their place in the waiting room."),
        button=_("Check in"),
        do=lambda visit, actor, _words: lifecycle.check_in_appointment(appointment_id=visit.pk, actor=actor),
        possible_from=sources_of(AppointmentStatus.CHECKED_IN),
        icon="how_to_reg",
    ),
    "start": Step(
        title=_("Start"),
        explanation=_("The patient is with the doctor."),
        button=_("Start"),
        do=lambda visit, actor, _words: lifecycle.start_appointment(appointment_id=visit.pk, actor=actor),
        possible_from=sources_of(AppointmentStatus.IN_PROGRESS),
        roles=EVERYBODY,
        icon="play_circle",
    ),
    "complete": Step(
        title=_("Complete"),
        explanation=_("The visit is over. This cannot be undone."),
        button=_("Complete"),
        do=lambda visit, actor, _words: lifecycle.complete_appointment(appointment_id=visit.pk, actor=actor),
        possible_from=sources_of(AppointmentStatus.COMPLETED),
        roles=EVERYBODY,
        icon="task_alt",
    ),
    "no_show": Step(
        title=_("Did not come"),
        explanation=_("The patient did not come. This cannot be undone."),
        button=_("Mark as not come"),
        do=lambda visit, actor, _words: lifecycle.mark_no_show(appointment_id=visit.pk, actor=actor),
        possible_from=sources_of(AppointmentStatus.NO_SHOW),
        icon="person_off",
    ),
    "cancel": Step(
        title=_("Cancel"),
        explanation=_("The seat comes free for others at once, first for the waitlist. This cannot be undone."),
        button=_("Cancel the visit"),
        do=lambda visit, actor, words: lifecycle.cancel_appointment(
            appointment_id=visit.pk, actor=actor, message=words
        ),
        possible_from=sources_of(AppointmentStatus.CANCELLED),
        tells_of=AppointmentStatus.CANCELLED,
        asks_message=True,
        icon="event_busy",
    ),
    "send_link": Step(
        title=_("Send the link again"),
        explanation=_("A fresh link to the appointment goes out by e-mail. The one sent before stops working."),
        button=_("Send the link"),
        do=lambda visit, actor, _words: _send_link(visit, actor),
        possible_from=ACTIVE,
        sends_link=True,
        icon="forward_to_inbox",
    ),
}


def who_is_told(appointment: Appointment, becomes: AppointmentStatus) -> str | Promise:
    """Who hears of it when a visit comes to a state; where nobody would, how staff reach the patient."""
    answers = asked_who_is_told.send(sender=Appointment, appointment=appointment, becomes=becomes)
    told = [sentence for _receiver, sentences in answers for sentence in sentences or ()]
    if told:
        return "; ".join(told)
    patient = appointment.patient
    contact = patient.phone.as_international if patient.phone else address_on_file(appointment)
    if not contact:
        return NOBODY_IS_TOLD
    return _("Nobody: please tell %(name)s yourself, %(contact)s") % {"name": patient.full_name, "contact": contact}


def who_gets_the_link(appointment: Appointment) -> str | Promise:
    """Where a fresh link goes, if anywhere."""
    address = address_on_file(appointment)
    if not address:
        return NOBODY_IS_TOLD
    return _("%(name)s by e-mail, %(address)s") % {"name": appointment.patient.full_name, "address": address}


def _teller(step: Step) -> Callable[[Appointment], str | Promise]:
    if step.sends_link:
        return who_gets_the_link
    becomes = step.tells_of
    return (lambda visit: who_is_told(visit, becomes)) if becomes else lambda _visit: NOBODY_IS_TOLD


def in_words(appointment: Appointment) -> str:
    """Who, with whom, when, and where it stands."""
    when = on_the_clock(appointment.starts_at, appointment.location)
    return f"{appointment.patient.full_name}, {appointment.doctor}, {when} ({appointment.get_status_display()})"


def _explanation(step: Step, queryset: QuerySet[Appointment]) -> str | Promise:
    """What the step does; and that it lets people come who have not paid."""
    if not step.waives_payment:
        return step.explanation
    unpaid = queryset.filter(status=AppointmentStatus.PENDING, prepayment__gt=0).count()
    if not unpaid:
        return step.explanation
    waived = ngettext(
        "One booking waits to be paid. Whoever confirms it waives that: the fee is paid at the clinic.",
        "%(count)d bookings wait to be paid. Whoever confirms them waives that: the fees are paid at the clinic.",
        unpaid,
    ) % {"count": unpaid}
    return f"{step.explanation} {waived}"


def run_step(model_admin: Any, request: HttpRequest, queryset: Any, name: str) -> Any:
    """Ask, then take this step with each appointment."""
    step = STEPS[name]
    form = None
    if step.asks_message:
        form = MessageForm(request.POST if "confirmed" in request.POST else None)

    def do(appointment: Appointment) -> object:
        words = form.cleaned_data["message"] if form is not None else ""
        return step.do(appointment, from_request(request), words)

    return run_one_by_one(
        model_admin,
        request,
        queryset,
        action=name,
        title=step.title,
        explanation=_explanation(step, queryset),
        button=step.button,
        do=do,
        in_words=in_words,
        who_is_told=_teller(step),
        form=form,
    )


class AppointmentActions:
    """The steps as actions of the list, and as buttons of one appointment."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The steps this person may take."""
        roles = roles_of(request.user)
        return {name: (_runner(name), name, step.title) for name, step in STEPS.items() if step.roles & roles}

    def buttons_for(self, request: HttpRequest, appointment: Appointment) -> list[dict[str, Any]]:
        """The steps its state allows and this person may take."""
        roles = roles_of(request.user)
        return [
            {"name": name, "title": step.title, "icon": step.icon}
            for name, step in STEPS.items()
            if appointment.status in step.possible_from and step.roles & roles
        ]


def _runner(name: str) -> Callable[..., Any]:
    return lambda model_admin, request, queryset: run_step(model_admin, request, queryset, name)

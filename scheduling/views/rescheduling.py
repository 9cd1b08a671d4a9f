"""Moving an appointment: choose another time, look at old and new side by side, move.

The seat chosen is held while the person looks; the old one stays theirs until the move is made. The hold's token is
in the address, so that two tabs, Back and refresh each mean the time they show.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import DomainError
from accounts.permissions import secret_link
from scheduling.errors import (
    HoldExpired,
    PatientBusy,
    SameSlot,
    SlotClosed,
    SlotPast,
    SlotTaken,
    SlotUnknown,
    TooLate,
    WrongState,
)
from scheduling.models import Appointment, Hold, Slot
from scheduling.query_values import read_day, read_number
from scheduling.selectors.appointments import by_secret
from scheduling.selectors.availability import nearest_free_slots
from scheduling.selectors.self_service import Standing, hold_of, live_holds_of, standing_of
from scheduling.selectors.terms import terms_of_move
from scheduling.services.holds import extend_hold, hold_seat, release_hold
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.views.appointment import holder_of, refusal_to_change, to_page
from scheduling.views.links import with_appointment
from scheduling.views.picker import Picker, build_picker

_REFUSALS: Mapping[str, str | Promise] = {
    error.code: error.sentence
    for error in (PatientBusy, SameSlot, SlotClosed, SlotPast, SlotTaken, SlotUnknown, TooLate, WrongState)
} | {HoldExpired.code: gettext_lazy("We could not keep the new time any longer. Please choose a time again.")}
"""What the page of times says when it is shown again, by the code in its address."""


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_appointment()
def choose_time(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """Choose another day and time with the same doctor; choosing holds the seat and goes on to the check."""
    if standing_of(appointment) not in {Standing.PENDING, Standing.UPCOMING}:
        return to_page(appointment)
    refusal = refusal_to_change(request, appointment)
    if refusal:
        context = {"appointment": appointment, "refusal": refusal}
        return render(request, "scheduling/appointment/reschedule.html", context)
    if request.method == "POST":
        return _hold_and_check(request, appointment)
    return _times(request, appointment)


def _times(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    lost = _lost_slot(request)
    context = {
        "appointment": appointment,
        "picker": _picker(request, appointment),
        "action": _own_address(request, appointment),
        "refusal_of_time": _REFUSALS.get(request.GET.get("why", "")),
        "lost": lost,
        "nearest": [slot for slot in nearest_free_slots(slot=lost, limit=4) if slot.pk != appointment.slot_id][:3]
        if lost
        else [],
    }
    return render(request, "scheduling/appointment/reschedule.html", context)


@secret_link
@require_safe
@with_appointment()
def times(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """The times of the chosen day once more, for a page that looks every few seconds; 204 while nothing changed."""
    picker = _picker(request, appointment)
    if picker.version == request.GET.get("version"):
        return HttpResponse(status=204)
    context = {
        "picker": picker,
        "action": _own_address(request, appointment),
        "appointment": appointment,
        "poll_url": "scheduling:reschedule_times",
    }
    return render(request, "scheduling/book/_slots.html", context)


def _picker(request: HttpRequest, appointment: Appointment) -> Picker:
    search = {"doctor_id": appointment.doctor_id, "location_id": appointment.location_id}
    held = [hold.slot_id for hold in live_holds_of(name_of_holder(appointment))]
    return build_picker(request=request, search=search, location=appointment.location, held=held)


def _own_address(request: HttpRequest, appointment: Appointment) -> str:
    """This page at the day that is shown, without what was about one visit of it only."""
    day = read_day(request.GET.get("day"))
    address = reverse("scheduling:reschedule", args=[appointment.secret])
    return f"{address}?{urlencode({'day': day.isoformat()})}" if day else address


def _hold_and_check(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """Hold the chosen seat, give back one chosen before, and show the check page."""
    slot_id = read_number(request.POST.get("slot"))
    actor = holder_of(request, appointment)
    holder = name_of_holder(appointment)
    try:
        if slot_id is None:
            raise SlotUnknown
        if slot_id == appointment.slot_id:
            raise SameSlot
        hold = hold_seat(slot_id=slot_id, holder=holder, actor=actor)
    except DomainError as error:
        return _refused(request, appointment, error, slot_id)
    for other in live_holds_of(holder):
        if other.token != hold.token:
            release_hold(token=other.token, actor=actor)
    return redirect("scheduling:reschedule_check", secret=appointment.secret, token=hold.token)


def _refused(
    request: HttpRequest, appointment: Appointment, error: DomainError, slot_id: int | None = None
) -> HttpResponse:
    """Back to the times, where it says why not and what is free near it; to the new time if the move is made."""
    present = by_secret(appointment.secret)
    if present is not None and present.successor is not None:
        return to_page(present.successor)
    refused = {"why": error.code} if slot_id is None else {"lost": str(slot_id), "why": error.code}
    day = read_day(request.GET.get("day"))
    if day is not None:
        refused["day"] = day.isoformat()
    return redirect(f"{reverse('scheduling:reschedule', args=[appointment.secret])}?{urlencode(refused)}")


def _lost_slot(request: HttpRequest) -> Slot | None:
    slot_id = read_number(request.GET.get("lost"))
    if slot_id is None:
        return None
    return Slot.objects.select_related("doctor", "location").filter(pk=slot_id).first()


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_appointment()
def check_move(request: HttpRequest, appointment: Appointment, token: str) -> HttpResponse:
    """Old and new time side by side; the button makes the move."""
    if standing_of(appointment) not in {Standing.PENDING, Standing.UPCOMING}:
        return to_page(appointment)
    hold = hold_of(token=token, holder=name_of_holder(appointment))
    if hold is None:
        return _refused(request, appointment, HoldExpired())
    if request.method == "POST":
        return _move(request, appointment, hold)
    return _check_page(request, appointment, hold)


def _check_page(request: HttpRequest, appointment: Appointment, hold: Hold, error: str = "") -> HttpResponse:
    slot = hold.slot
    terms = terms_of_move(appointment, doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at)
    context = {"appointment": appointment, "hold": hold, "slot": slot, "terms": terms, "error": error}
    return render(request, "scheduling/appointment/reschedule_check.html", context, status=409 if error else 200)


def _move(request: HttpRequest, appointment: Appointment, hold: Hold) -> HttpResponse:
    try:
        successor = reschedule_appointment(
            appointment_id=appointment.pk,
            slot_id=hold.slot_id,
            hold_token=hold.token,
            actor=holder_of(request, appointment),
        )
    except PatientBusy as error:
        return _check_page(request, appointment, hold, error=str(error))
    except DomainError as error:
        return _refused(request, appointment, error, hold.slot_id)
    messages.success(
        request,
        _("Your appointment has been moved. It has a new reference, and this page a new address: bookmark it again."),
    )
    return redirect("scheduling:appointment", secret=successor.secret)


@secret_link
@require_POST
@with_appointment()
def keep_seat(request: HttpRequest, appointment: Appointment, token: str) -> HttpResponse:
    """Hold the chosen seat a while longer."""
    hold = hold_of(token=token, holder=name_of_holder(appointment))
    try:
        if hold is None:
            raise HoldExpired
        extend_hold(token=hold.token, actor=holder_of(request, appointment))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("scheduling:reschedule_check", secret=appointment.secret, token=token)


def name_of_holder(appointment: Appointment) -> str:
    """Who keeps the new seat: the one appointment that is being moved, in whichever tab."""
    return f"move:{appointment.pk}"

"""The end of the wizard: check the answers, book; and what to do when the seat is lost."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.actors import from_request
from accounts.errors import DomainError
from accounts.permissions import public
from scheduling.forms.booking import DetailsForm, PatientForm
from scheduling.models import Patient, Slot
from scheduling.query_values import read_number
from scheduling.selectors.availability import free_slots, nearest_free_slots
from scheduling.selectors.terms import terms_of
from scheduling.services.booking import book_hold
from scheduling.views.appointment import JUST_BOOKED, TYPED_ADDRESS, to_what_is_next
from scheduling.views.drafts import finish_draft
from scheduling.views.wish import wish_for
from scheduling.views.wizard_answers import (
    Booking,
    hold_panel,
    kept_or_lost,
    next_url,
    patient_of,
    step,
    time_url,
    to_lost,
)
from scheduling.views.wizard_time import REFUSALS


@public
@require_http_methods(["GET", "HEAD", "POST"])
@step
def check(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Show all answers with a way to change each; the button books."""
    if "keep" in request.POST and (elsewhere := kept_or_lost(request, booking, "scheduling:book_check")) is not None:
        return elsewhere
    patient = patient_of(request, booking.draft)
    visit = DetailsForm(booking.draft.details)
    if request.method == "POST" and patient is not None and visit.is_valid():
        return _book(request, booking, patient, visit)
    if booking.hold is None:
        return to_lost(booking)
    if patient is None or not visit.is_valid():
        return redirect(next_url(booking))
    return _check_page(request, booking, patient, visit)


def _check_page(
    request: HttpRequest,
    booking: Booking,
    patient: Patient | PatientForm,
    visit: DetailsForm,
    refusal: DomainError | None = None,
) -> HttpResponse:
    context = hold_panel(booking) | {
        "patient": patient if isinstance(patient, Patient) else None,
        "who": patient.cleaned_data if isinstance(patient, PatientForm) else None,
        "visit": visit,
        "refusal": refusal,
        "time_url": time_url(booking),
        **_price(request, booking, patient),
        "patient_url": reverse(_patient_page(request), args=[booking.token]),
        "back": reverse("scheduling:book_details", args=[booking.token]),
    }
    return render(request, "scheduling/book/check.html", context, status=refusal.status if refusal else 200)


def _price(request: HttpRequest, booking: Booking, patient: Patient | PatientForm) -> dict[str, Any]:
    """What the visit costs; and for how many minutes the time is kept for whoever has to pay something first."""
    slot = booking.hold.slot if booking.hold else None
    if slot is None:
        return {}
    known = patient if isinstance(patient, Patient) else None
    terms = terms_of(doctor=slot.doctor, location=slot.location, patient=known, starts_at=slot.starts_at)
    if from_request(request).is_staff:
        terms = terms.at_the_clinic()
    to_the_visit = int((slot.starts_at - timezone.now()).total_seconds()) // 60
    minutes = max(1, min(terms.minutes, to_the_visit))
    return {"terms": terms, "minutes_to_pay": minutes, "hours_to_pay": minutes // 60}


def _patient_page(request: HttpRequest) -> str:
    return "scheduling:book_new_patient" if request.user.is_authenticated else "scheduling:book_who"


def _book(request: HttpRequest, booking: Booking, patient: Patient | PatientForm, visit: DetailsForm) -> HttpResponse:
    whose = patient if isinstance(patient, Patient) else patient.details()
    try:
        appointment = book_hold(token=booking.token, patient=whose, visit=visit.visit(), actor=from_request(request))
    except DomainError as error:
        if error.code == "hold_expired" or booking.hold is None:
            return to_lost(booking)
        return _check_page(request, booking, patient, visit, refusal=error)
    finish_draft(request.session, booking.token, secret=appointment.secret)
    request.session[JUST_BOOKED] = appointment.pk
    request.session[TYPED_ADDRESS] = "" if isinstance(whose, Patient) else whose.email.strip().lower()
    return to_what_is_next(appointment)


@public
@require_GET
@step
def lost(request: HttpRequest, booking: Booking) -> HttpResponse:
    """The seat is no longer kept: says so, keeps the answers, offers the nearest times."""
    if booking.hold is not None:
        return redirect(next_url(booking))
    slot = _slot_of(booking)
    taken = read_number(request.GET.get("lost"))
    context = {
        "token": booking.token,
        "slot": slot,
        "wish": wish_for(slot) if slot else None,
        "typed": bool(booking.draft.who or booking.draft.patient or booking.draft.details),
        "slot_is_free": slot is not None and free_slots(doctor_ids=[slot.doctor_id]).filter(pk=slot.pk).exists(),
        "nearest": nearest_free_slots(slot=slot) if slot else [],
        "refusal": REFUSALS.get(request.GET.get("why", "")) if taken or request.GET.get("why") else None,
        "action": f"{reverse('scheduling:book_hold')}?{booking.draft.query}&from={booking.token}&back=lost",
        "again_url": time_url(booking),
    }
    return render(request, "scheduling/book/lost.html", context)


def _slot_of(booking: Booking) -> Slot | None:
    if booking.draft.slot is None:
        return None
    return Slot.objects.select_related("doctor__specialty", "location").filter(pk=booking.draft.slot).first()

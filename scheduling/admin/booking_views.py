"""Booking for a patient, moving a visit and following one up: pick a free slot, check, do it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import from_request
from accounts.back_office import RECEPTION, SelectWidget, TextareaWidget, TextWidget, staff_page
from accounts.errors import DomainError
from scheduling.admin.appointment_actions import in_words, who_is_told
from scheduling.admin.columns import on_the_clock
from scheduling.admin.scope import narrowed
from scheduling.admin.search import read_key
from scheduling.admin.slot_picker import pick_slot, visible_slot
from scheduling.models import Appointment, Patient, Slot
from scheduling.selectors.search import patients_like
from scheduling.services.booking import VisitDetails, book_slot
from scheduling.services.patients import PatientDetails
from scheduling.services.rescheduling import book_follow_up, reschedule_appointment
from scheduling.states import AppointmentStatus, AppointmentType, Gender, Source, Urgency

PATIENTS_FOUND = 20


class VisitForm(forms.Form):
    """What reception writes down about the visit."""

    reason = forms.CharField(
        label=gettext_lazy("Reason for the visit"), max_length=500, required=False, widget=TextWidget
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=[(kind.value, kind.label) for kind in AppointmentType if kind != AppointmentType.FOLLOW_UP],
        widget=SelectWidget,
    )
    urgency = forms.ChoiceField(label=gettext_lazy("Urgency"), choices=Urgency.choices, widget=SelectWidget)
    special_requirements = forms.CharField(
        label=gettext_lazy("Special requirements"), required=False, widget=TextareaWidget(attrs={"rows": 2})
    )
    notes = forms.CharField(
        label=gettext_lazy("Notes for staff"), required=False, widget=TextareaWidget(attrs={"rows": 2})
    )


class NewPatientForm(VisitForm):
    """The visit of somebody who is new here."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=100, widget=TextWidget)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=100, widget=TextWidget)
    date_of_birth = forms.DateField(
        label=gettext_lazy("Date of birth"), widget=TextWidget(attrs={"type": "date", "class": "fd-date"})
    )
    gender = forms.ChoiceField(
        label=gettext_lazy("Gender"), choices=Gender.choices, widget=SelectWidget, initial=Gender.UNDISCLOSED
    )
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False, widget=TextWidget)
    email = forms.EmailField(label=gettext_lazy("E-mail address"), required=False, widget=TextWidget)

    field_order = ["first_name", "last_name", "date_of_birth", "gender", "phone", "email"]

    def patient(self) -> PatientDetails:
        """What was said about the patient."""
        return PatientDetails(**{name: self.cleaned_data[name] for name in self.field_order})


class FollowUpForm(forms.Form):
    """Why the patient comes again."""

    reason = forms.CharField(
        label=gettext_lazy("Reason for the visit"), max_length=500, required=False, widget=TextWidget
    )


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
    frame = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/scheduling/{template}", frame)


def _link(name: str, *args: Any, **parameters: Any) -> str:
    query = "&".join(f"{key}={value}" for key, value in parameters.items() if value)
    return reverse(f"scheduling_admin:{name}", args=args) + (f"?{query}" if query else "")


def _to_appointment(appointment: Appointment) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:scheduling_appointment_change", args=[appointment.pk]))


@staff_page(roles=RECEPTION)
def book(request: HttpRequest) -> HttpResponseBase:
    """Book for a patient: who, when, what; in any order, from the patient, the calendar or nowhere."""
    patient = _patient(request)
    slot = visible_slot(request, request.GET.get("slot"))
    is_new = request.GET.get("new") == "1"
    kept = {"patient": str(patient.pk) if patient else "", "new": "1" if is_new else ""}
    if slot is None:
        picker = pick_slot(request, kept=kept)
        return _page(request, "pick_slot.html", _("Book for a patient: choose a time"), picker=picker, patient=patient)
    if patient is None and not is_new:
        return _pick_patient(request, slot)
    return _book_form(request, slot, patient)


def _patient(request: HttpRequest) -> Patient | None:
    key = read_key(request.GET.get("patient"))
    return narrowed(Patient.objects.all(), request.user).filter(pk=key).first() if key is not None else None


def _pick_patient(request: HttpRequest, slot: Slot) -> HttpResponse:
    term = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    found = _find_patients(request, term) if term else []
    title = _("Book for a patient: choose the patient")
    return _page(request, "pick_patient.html", title, slot=slot, term=term, found=found, most=PATIENTS_FOUND)


def _find_patients(request: HttpRequest, term: str) -> list[Patient]:
    patients = narrowed(Patient.objects.filter(patients_like(term)), request.user)
    return list(patients[:PATIENTS_FOUND])


def _book_form(request: HttpRequest, slot: Slot, patient: Patient | None) -> HttpResponseBase:
    data = request.POST if request.method == "POST" else None
    form: VisitForm = VisitForm(data) if patient else NewPatientForm(data)
    if form.is_valid():
        who = patient if patient is not None else form.patient()  # type: ignore[attr-defined]
        visit = VisitDetails(**{name: form.cleaned_data[name] for name in VisitForm.base_fields}, source=Source.ADMIN)
        try:
            made = book_slot(slot_id=slot.pk, patient=who, visit=visit, actor=from_request(request))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Booked: %(visit)s.") % {"visit": in_words(made)})
            return _to_appointment(made)
    other_time = _link("book", patient=patient.pk if patient else "", new="" if patient else "1", doctor=slot.doctor_id)
    return _page(
        request,
        "book.html",
        _("Book for a patient: check and book"),
        form=form,
        slot=slot,
        patient=patient,
        other_time=other_time,
    )


def _visible_appointment(request: HttpRequest, appointment_id: int) -> Appointment:
    visits = narrowed(Appointment.objects.select_related("patient", "doctor", "location", "booked_by"), request.user)
    appointment = visits.filter(pk=appointment_id).first()
    if appointment is None:
        raise Http404
    return appointment


@staff_page(roles=RECEPTION)
def move(request: HttpRequest, appointment_id: int) -> HttpResponseBase:
    """Move a visit: pick a free slot, see old and new, move. The old seat is kept until then."""
    appointment = _visible_appointment(request, appointment_id)
    slot = visible_slot(request, request.GET.get("slot"))
    if slot is None:
        picker = pick_slot(request, doctor=appointment.doctor)
        return _page(
            request,
            "pick_slot.html",
            _("Move the visit: choose a time"),
            picker=picker,
            moving=appointment,
            words=in_words(appointment),
        )
    refusal = None
    if request.method == "POST":
        try:
            moved = reschedule_appointment(appointment_id=appointment.pk, slot_id=slot.pk, actor=from_request(request))
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Moved: %(visit)s.") % {"visit": in_words(moved)})
            return _to_appointment(moved)
    return _page(
        request,
        "move.html",
        _("Move the visit: check and move"),
        appointment=appointment,
        old_time=on_the_clock(appointment.starts_at, appointment.location),
        slot=slot,
        refusal=refusal,
        told=who_is_told(appointment, AppointmentStatus.RESCHEDULED),
    )


@staff_page(roles=RECEPTION)
def follow_up(request: HttpRequest, appointment_id: int) -> HttpResponseBase:
    """Book the next visit of the same patient."""
    first = _visible_appointment(request, appointment_id)
    slot = visible_slot(request, request.GET.get("slot"))
    if slot is None:
        picker = pick_slot(request, doctor=first.doctor)
        return _page(
            request, "pick_slot.html", _("Book a follow-up: choose a time"), picker=picker, words=in_words(first)
        )
    form = FollowUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = book_follow_up(
                appointment_id=first.pk,
                slot_id=slot.pk,
                reason=form.cleaned_data["reason"],
                actor=from_request(request),
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Booked: %(visit)s.") % {"visit": in_words(made)})
            return _to_appointment(made)
    other_time = _link("follow_up", first.pk, doctor=slot.doctor_id)
    return _page(
        request,
        "book.html",
        _("Book a follow-up: check and book"),
        form=form,
        slot=slot,
        patient=first.patient,
        other_time=other_time,
    )

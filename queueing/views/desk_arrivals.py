"""Who comes: checking in booked patients, and giving places to those without an appointment."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import from_request
from accounts.errors import DomainError
from queueing import rules
from queueing.forms.desk import FindForm, NewPatientForm, WalkInForm
from queueing.models import Token
from queueing.selectors.desk import MOST_EXPECTED, doctors_today, expected_at, patients_found
from queueing.selectors.queues import policy_of
from queueing.services.check_in import check_in, register_and_join
from queueing.services.operations import LONGEST_NAME
from queueing.views.desk_place import Place, StaffRequest, at_desk
from scheduling.models import Appointment, Patient
from scheduling.query_values import read_number
from scheduling.rules import appointments_visible_to, patients_visible_to


@at_desk
@never_cache
@sensitive_post_parameters("term")
@require_http_methods(["GET", "HEAD", "POST"])
def arrivals(request: StaffRequest, place: Place) -> HttpResponse:
    """Today's visits that have not arrived. What is looked for comes by POST: names stay out of addresses."""
    _require_registering(place)
    return _show_arrivals(request, place)


@at_desk
@never_cache
@require_POST
def arrive(request: StaffRequest, place: Place, appointment_id: int) -> HttpResponse:
    """Check a patient in; pressed twice, they have one place."""
    _require_registering(place)
    visits = appointments_visible_to(request.user).filter(location=place.location)
    if not visits.filter(pk=appointment_id).exists():
        raise Http404
    try:
        token = check_in(appointment_id=appointment_id, actor=from_request(request), operation=_operation(request))
    except DomainError as error:
        return _show_arrivals(request, place, refusal=str(error), status=error.status)
    return _to_token(place, token)


@at_desk
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def walk_in(request: StaffRequest, place: Place) -> HttpResponse:
    """Register somebody without an appointment: a patient on record (`?patient=`), or somebody new."""
    _require_registering(place)
    known = _known_patient(request)
    is_sent = request.method == "POST" and "term" not in request.POST
    data = request.POST if is_sent else None
    doctors = doctors_today(request.user, place.location)
    visit = WalkInForm(data, doctors=doctors, initial={"doctor": read_number(request.GET.get("doctor"))})
    person = None if known else NewPatientForm(data)
    forms = [form for form in (person, visit) if form is not None]
    if not is_sent or [form for form in forms if not form.is_valid()]:
        return _show_walk_in(request, place, known, forms, 400 if is_sent else 200)
    try:
        return _to_token(place, _register(request, place, known, person, visit))
    except DomainError as error:
        _refuse(forms, error)
        return _show_walk_in(request, place, known, forms, error.status)


def _register(
    request: StaffRequest, place: Place, known: Patient | None, person: NewPatientForm | None, visit: WalkInForm
) -> Token:
    patient = known if person is None else person.details()
    assert patient is not None  # a patient on record, or the form for a new one
    return register_and_join(
        doctor_id=visit.cleaned_data["doctor"].pk,
        location_id=place.location.pk,
        patient=patient,
        visit=visit.visit(),
        actor=from_request(request),
        operation=_operation(request),
    )


def _refuse(forms: list[NewPatientForm | WalkInForm], error: DomainError) -> None:
    """Put what the clinic's rules say beside the field they speak of, else above all."""
    for form in forms:
        if error.field in form.fields:
            form.add_error(error.field, str(error))
            return
    forms[0].add_error(None, str(error))


def _show_walk_in(
    request: StaffRequest,
    place: Place,
    known: Patient | None,
    forms: list[NewPatientForm | WalkInForm],
    status: int,
) -> HttpResponse:
    find = FindForm(request.POST if "term" in request.POST else None)
    term = find.cleaned_data["term"] if find.is_bound and find.is_valid() else ""
    context = {
        **place.frame(),
        "known": known,
        "forms": forms,
        "has_errors": any(form.errors for form in forms),
        "find": find,
        "term": term,
        "found": patients_found(request.user, term) if term else [],
        "operation": _operation(request),
    }
    return render(request, "queueing/desk/walk_in.html", context, status=status)


def _known_patient(request: StaffRequest) -> Patient | None:
    raw = request.GET.get("patient")
    if raw is None:
        return None
    key = read_number(raw)
    patient = patients_visible_to(request.user).filter(pk=key).first() if key is not None else None
    if patient is None:
        raise Http404
    return patient


def _show_arrivals(request: StaffRequest, place: Place, *, refusal: str = "", status: int = 200) -> HttpResponse:
    frame = place.frame()
    find = FindForm(request.POST if "term" in request.POST else None)
    term = find.cleaned_data["term"] if find.is_bound and find.is_valid() else ""
    visits = expected_at(place.location, request.user, term=term, now=frame["now"])
    late_before = frame["now"] - timedelta(minutes=policy_of(place.location.pk).late_minutes)
    context = {
        **frame,
        "find": find,
        "term": term,
        "visits": [(visit, _is_late(visit, late_before)) for visit in visits],
        "most": MOST_EXPECTED,
        "token": _arrived_just_now(request, place),
        "refusal": refusal,
    }
    return render(request, "queueing/desk/arrivals.html", context, status=status)


def _is_late(visit: Appointment, late_before: datetime) -> bool:
    return visit.starts_at is not None and visit.starts_at < late_before


def _arrived_just_now(request: StaffRequest, place: Place) -> Token | None:
    """Whose place the address speaks of: the desk was led here after it gave one."""
    tokens = rules.tokens_visible_to(request.user).filter(location=place.location)
    key = read_number(request.GET.get("token"))
    return tokens.select_related("patient", "queue__doctor").filter(pk=key).first() if key is not None else None


def _to_token(place: Place, token: Token) -> HttpResponse:
    return redirect(f"{reverse('queueing:desk_arrivals', kwargs={'slug': place.location.slug})}?token={token.pk}")


def _operation(request: StaffRequest) -> str:
    """The name that the form gave what it asks; kept while somebody corrects what they typed."""
    return request.POST.get("operation", "")[:LONGEST_NAME]


def _require_registering(place: Place) -> None:
    if not place.registers:
        raise Http404

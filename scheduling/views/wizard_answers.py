"""The wizard's pages while a seat is held: who it is for, the details, keeping the seat longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import from_request
from accounts.errors import DomainError
from accounts.permissions import public
from scheduling.forms.booking import SOMEBODY_NEW, DetailsForm, PatientForm, WhoForm
from scheduling.models import Hold, Patient
from scheduling.selectors.people import family_of
from scheduling.selectors.seats import live_hold
from scheduling.services.holds import MOST_EXTENSIONS, extend_hold, release_hold
from scheduling.views.drafts import Draft, load_draft, save_draft, typed

WHO_FIELDS = [
    "first_name",
    "last_name",
    "date_of_birth_day",
    "date_of_birth_month",
    "date_of_birth_year",
    "phone",
    "email",
]
DETAILS_FIELDS = ["reason", "symptoms", "urgency", "special_requirements"]


@dataclass
class Booking:
    """A booking under way: the held seat, if it is still held, and what was typed."""

    token: str
    draft: Draft

    @cached_property
    def hold(self) -> Hold | None:
        """Read when somebody asks: the last press of all leaves the reading to the service that books."""
        return live_hold(self.token)


StepView = Callable[..., HttpResponse]


def step(view: StepView) -> StepView:
    """Hand a page of the wizard its booking. No page of it is kept in a cache; one that is booked leads to the end."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        response = _answer(view, request, token, kwargs)
        add_never_cache_headers(response)
        return response

    return guarded


def _answer(view: StepView, request: HttpRequest, token: str, kwargs: dict[str, Any]) -> HttpResponse:
    draft = load_draft(request.session, token) or Draft()
    if draft.booked:
        return booked_already(request, draft)
    booking = Booking(token=token, draft=draft)
    if draft.slot is None and booking.hold is not None:
        draft.slot, draft.query = booking.hold.slot_id, request.GET.urlencode()
        save_draft(request.session, token, draft)
    return view(request, booking, **kwargs)


def booked_already(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Somebody came back to the form of a finished booking (Back, a second tab, a second press)."""
    return render(request, "scheduling/book/booked_already.html", {"secret": draft.booked})


@public
@require_http_methods(["GET", "HEAD", "POST"])
@step
def who(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Who the appointment is for: one of the family, for somebody signed in who has one; else a form."""
    family = family_of(request.user) if request.user.is_authenticated else []
    if not family:
        return _new_patient(request, booking, back=time_url(booking))
    form = WhoForm(request.POST or None, patients=family, initial={"patient": _chosen(booking.draft)})
    if request.method == "POST":
        return _choose_patient(request, booking, form)
    return _page(request, "who", booking, form, back=time_url(booking))


def _chosen(draft: Draft) -> str | int | None:
    return draft.patient or (SOMEBODY_NEW if draft.who else None)


def _choose_patient(request: HttpRequest, booking: Booking, form: WhoForm) -> HttpResponse:
    valid = form.is_valid()
    if valid and form.cleaned_data["patient"] != SOMEBODY_NEW:
        booking.draft.patient = int(form.cleaned_data["patient"])
        save_draft(request.session, booking.token, booking.draft)
    if (elsewhere := kept_or_lost(request, booking, "scheduling:book_who")) is not None:
        return elsewhere
    if not valid:
        return _page(request, "who", booking, form, back=time_url(booking))
    if form.cleaned_data["patient"] == SOMEBODY_NEW:
        return redirect("scheduling:book_new_patient", token=booking.token)
    return redirect(next_url(booking))


@public
@require_http_methods(["GET", "HEAD", "POST"])
@step
def new_patient(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Somebody the account does not know yet."""
    return _new_patient(request, booking, back=reverse("scheduling:book_who", args=[booking.token]))


def _new_patient(request: HttpRequest, booking: Booking, *, back: str) -> HttpResponse:
    page = request.resolver_match.view_name if request.resolver_match else "scheduling:book_who"
    if request.method != "POST":
        if booking.hold is None:
            return to_lost(booking)
        form = PatientForm(booking.draft.who or None, initial=_known_of(request))
        if booking.draft.who and not form.is_valid():
            form = PatientForm(initial=booking.draft.who | {"date_of_birth": _typed_birthday(booking.draft.who)})
        return _page(request, "new_patient", booking, form, back=back)
    form = PatientForm(request.POST)
    booking.draft.who, booking.draft.patient = typed(request.POST, WHO_FIELDS), None
    save_draft(request.session, booking.token, booking.draft)
    if (elsewhere := kept_or_lost(request, booking, page)) is not None:
        return elsewhere
    if not form.is_valid():
        return _page(request, "new_patient", booking, form, back=back)
    return redirect(next_url(booking))


def _typed_birthday(said: dict[str, str]) -> list[str]:
    return [said.get(f"date_of_birth_{part}", "") for part in ("day", "month", "year")]


def _known_of(request: HttpRequest) -> dict[str, Any]:
    """What the account says already is not asked again."""
    user = request.user
    if not user.is_authenticated:
        return {}
    first, _space, last = user.full_name.rpartition(" ")
    if family_of(user):  # somebody else than the account's owner: only the contact is the same
        return {"phone": str(user.phone or ""), "email": user.email or ""}
    return {"first_name": first, "last_name": last, "phone": str(user.phone or ""), "email": user.email or ""}


@public
@require_http_methods(["GET", "HEAD", "POST"])
@step
def details(request: HttpRequest, booking: Booking) -> HttpResponse:
    """What the visit is about."""
    back = reverse("scheduling:book_who", args=[booking.token])
    if request.method != "POST":
        if booking.hold is None:
            return to_lost(booking)
        form = DetailsForm(initial=booking.draft.details)
        return _page(request, "details", booking, form, back=back)
    form = DetailsForm(request.POST)
    booking.draft.details = typed(request.POST, DETAILS_FIELDS)
    save_draft(request.session, booking.token, booking.draft)
    if (elsewhere := kept_or_lost(request, booking, "scheduling:book_details")) is not None:
        return elsewhere
    if not form.is_valid():
        return _page(request, "details", booking, form, back=back)
    return redirect(next_url(booking))


def patient_of(request: HttpRequest, draft: Draft) -> Patient | PatientForm | None:
    """Whom the draft names: somebody of the family, else a complete form, else nobody yet."""
    if draft.patient is not None:
        family = family_of(request.user) if request.user.is_authenticated else []
        return next((patient for patient in family if patient.pk == draft.patient), None)
    form = PatientForm(draft.who)
    return form if form.is_valid() else None


def next_url(booking: Booking) -> str:
    """The first page whose answer is missing, else "check your answers": so "Change" leads back there."""
    draft = booking.draft
    name = "scheduling:book_check"
    if not DetailsForm(draft.details).is_valid():
        name = "scheduling:book_details"
    if draft.patient is None and not PatientForm(draft.who).is_valid():
        name = "scheduling:book_who"
    return reverse(name, args=[booking.token])


def time_url(booking: Booking) -> str:
    """Back to the times, with the answers that led here; a new choice takes what was typed along."""
    query = f"{booking.draft.query}&from={booking.token}" if booking.draft.query else f"from={booking.token}"
    return f"{reverse('scheduling:book_time')}?{query}"


def to_lost(booking: Booking) -> HttpResponse:
    """To the page that says that the seat is no longer kept, and offers others."""
    return redirect("scheduling:book_lost", token=booking.token)


def kept_or_lost(request: HttpRequest, booking: Booking, page: str) -> HttpResponse | None:
    """What a POST means beside its answers: "Keep my slot" prolongs and shows the page again; a lost seat says so."""
    if booking.hold is None:
        return to_lost(booking)
    if "keep" not in request.POST:
        return None
    try:
        extend_hold(token=booking.token, actor=from_request(request))
    except DomainError as error:
        if error.code == "hold_expired":
            return to_lost(booking)
    return redirect(page, token=booking.token)


@public
@require_POST
@step
def keep(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Keep the seat longer, without leaving the page: answers the panel that says until when."""
    refusal = ""
    try:
        booking.hold = extend_hold(token=booking.token, actor=from_request(request))
    except DomainError as error:
        refusal = str(error)
    return render(request, "scheduling/book/_hold.html", hold_panel(booking) | {"refusal": refusal, "answered": True})


@public
@require_POST
@step
def give_back(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Somebody does not want the seat after all."""
    release_hold(token=booking.token, actor=from_request(request))
    return redirect("scheduling:home")


def hold_panel(booking: Booking) -> dict[str, Any]:
    """What the panel says: until when the seat is kept, in words and for the clock of the page."""
    hold = booking.hold
    return {
        "token": booking.token,
        "hold": hold,
        "slot": hold.slot if hold else None,
        "until": hold.expires_at if hold else None,
        "seconds_left": seconds_until(hold.expires_at) if hold else 0,
        "can_keep": hold is not None and hold.extensions < MOST_EXTENSIONS,
    }


def seconds_until(moment: datetime) -> int:
    """Whole seconds from now; for the page's countdown, whatever the clock of the device says."""
    return max(0, int((moment - timezone.now()).total_seconds()))


def _page(request: HttpRequest, name: str, booking: Booking, form: Any, *, back: str) -> HttpResponse:
    if booking.hold is None:
        return to_lost(booking)
    context = hold_panel(booking) | {"form": form, "back": back, "draft": booking.draft}
    return render(request, f"scheduling/book/{name}.html", context)

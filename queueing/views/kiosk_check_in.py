"""The kiosk, with an appointment: by the code of a message, by reference, or by phone; is this you; the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from accounts.errors import DomainError
from queueing.errors import VisitNotFound
from queueing.forms.kiosk import KioskForm, PhoneForm, ReferenceForm, ScanForm, operation_in
from queueing.models import Token
from queueing.selectors.queues import token_by_secret
from queueing.services.kiosk import Kind, apply_operation, find_visits
from queueing.views.kiosk import actor_at, at_kiosk, paper_of, refused, show
from queueing.views.ticket import ticket_of
from scheduling.models import Appointment, Location

PROOF = ("link", "reference", "phone", "date_of_birth")


@dataclass(frozen=True, slots=True)
class Found:
    """A visit as far as a public screen shows it, and the name of its own check-in."""

    visit: Appointment
    operation: str

    @property
    def initial(self) -> str:
        """Enough to know oneself by."""
        return self.visit.patient.first_name[:1].upper()


@at_kiosk
def appointment(request: HttpRequest, location: Location) -> HttpResponse:
    """Scan the code, or take another way."""
    return _find(request, location, ScanForm, "scan")


@at_kiosk
def by_reference(request: HttpRequest, location: Location) -> HttpResponse:
    """By the reference and a birthday."""
    return _find(request, location, ReferenceForm, "reference")


@at_kiosk
def by_phone(request: HttpRequest, location: Location) -> HttpResponse:
    """By the phone number and a birthday."""
    return _find(request, location, PhoneForm, "phone")


def _find(request: HttpRequest, location: Location, form_class: type[KioskForm], page: str) -> HttpResponse:
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show(request, location, page, {"form": form})
    try:
        visits = find_visits(data=form.said(), location=location, actor=actor_at(request, location))
    except DomainError as error:
        form.refuse(str(error))
        # One status for every miss: the number would tell as much as the words do not.
        return show(
            request, location, page, {"form": form}, status=200 if isinstance(error, VisitNotFound) else error.status
        )
    return _ask_who(request, location, form.said(), visits)


def _ask_who(
    request: HttpRequest, location: Location, proof: dict[str, str], visits: list[Appointment]
) -> HttpResponse:
    own = operation_in(request.POST)
    found = [Found(visit, own if len(visits) == 1 else str(uuid4())) for visit in visits]
    return show(request, location, "confirm", {"found": found, "proof": {k: v for k, v in proof.items() if v}})


@at_kiosk
def check_in(request: HttpRequest, location: Location) -> HttpResponse:
    """Check in, and show the ticket."""
    try:
        made = apply_operation(
            kind=Kind.CHECK_IN,
            data={name: request.POST.get(name, "") for name in (*PROOF, "visit")},
            operation=request.POST.get("operation", ""),
            location=location,
            actor=actor_at(request, location),
        )
    except DomainError as error:
        return refused(request, location, error)
    return show_ticket(request, location, made)


def show_ticket(request: HttpRequest, location: Location, made: object) -> HttpResponse:
    """The place that somebody has now, with what to print."""
    assert isinstance(made, Token)
    token = token_by_secret(made.secret)
    assert token is not None  # it was given out a moment ago
    return show(request, location, "done", {"ticket": ticket_of(token, paper=paper_of(request))})

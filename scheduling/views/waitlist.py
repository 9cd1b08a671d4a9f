"""One place on the waitlist behind its secret link: how it stands, the offer, and the answer to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.actors import from_request
from accounts.errors import DomainError
from accounts.permissions import secret_link
from scheduling.models import Appointment, WaitlistEntry
from scheduling.selectors.terms import terms_of, terms_of_move
from scheduling.selectors.waitlist import Wait, booked_from, entry_by_secret, people_ahead, wait_of
from scheduling.services.waitlist import accept_offer, decline_offer, leave_waitlist
from scheduling.views.appointment import JUST_BOOKED, to_what_is_next
from scheduling.views.links import keep_private
from scheduling.visit_terms import VisitTerms

EntryView = Callable[..., HttpResponse]


def _terms(entry: WaitlistEntry, replaces: Appointment | None) -> VisitTerms | None:
    """What the offered seat costs."""
    slot = entry.offered_slot
    if slot is None:
        return None
    if replaces is not None:
        return terms_of_move(replaces, doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at)
    return terms_of(doctor=slot.doctor, location=slot.location, patient=entry.patient, starts_at=slot.starts_at)


def with_entry(view: EntryView) -> EntryView:
    """Hand a view the waitlist entry behind its secret; an unknown one gets a page that says so."""

    @wraps(view)
    def guarded(request: HttpRequest, secret: str, **kwargs: Any) -> HttpResponse:
        entry = entry_by_secret(secret)
        if entry is None:
            return keep_private(render(request, "scheduling/waitlist/link_unknown.html", status=404))
        return keep_private(view(request, entry, **kwargs))

    return guarded


@secret_link
@require_safe
@with_entry
def waitlist_entry(request: HttpRequest, entry: WaitlistEntry) -> HttpResponse:
    """Say how the wait stands, and show the offer if there is one."""
    wait = wait_of(entry)
    replaces = entry.instead_of if entry.instead_of and entry.instead_of.is_active else None
    context = {
        "entry": entry,
        "replaces": replaces,
        "terms": _terms(entry, replaces) if wait == Wait.OFFERED else None,
        "wait": wait,
        "ahead": people_ahead(entry) if wait == Wait.WAITING else 0,
        "booked": booked_from(entry) if wait == Wait.BOOKED else None,
    }
    return render(request, "scheduling/waitlist/entry.html", context)


@secret_link
@require_POST
@with_entry
def accept(request: HttpRequest, entry: WaitlistEntry) -> HttpResponse:
    """Take the offered seat; a second press leads to the same appointment."""
    try:
        appointment = accept_offer(entry_id=entry.pk, actor=from_request(request))
    except DomainError as error:
        return _refused(request, entry, error)
    request.session[JUST_BOOKED] = appointment.pk
    return to_what_is_next(appointment)


@secret_link
@require_POST
@with_entry
def decline(request: HttpRequest, entry: WaitlistEntry) -> HttpResponse:
    """Say no to this offer and go on waiting."""
    try:
        decline_offer(entry_id=entry.pk, actor=from_request(request))
    except DomainError as error:
        return _refused(request, entry, error)
    messages.success(request, _("You have declined that time. You are still on the list."))
    return redirect("scheduling:waitlist_entry", secret=entry.secret)


@secret_link
@require_POST
@with_entry
def leave(request: HttpRequest, entry: WaitlistEntry) -> HttpResponse:
    """Leave the list for good."""
    leave_waitlist(entry_id=entry.pk, actor=from_request(request))
    return redirect("scheduling:waitlist_entry", secret=entry.secret)


def _refused(request: HttpRequest, entry: WaitlistEntry, error: DomainError) -> HttpResponse:
    messages.error(request, str(error))
    return redirect("scheduling:waitlist_entry", secret=entry.secret)

"""The wizard's question for day and time, and the press that keeps a seat."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.actors import from_request
from accounts.errors import DomainError, TooManyAttempts
from accounts.permissions import public
from scheduling.day_times import times_of, version_of
from scheduling.errors import SlotClosed, SlotPast, SlotTaken, SlotUnknown
from scheduling.models import Slot
from scheduling.query_values import read_day, read_number
from scheduling.selectors.availability import nearest_free_slots
from scheduling.selectors.self_service import live_holds_of
from scheduling.services.holds import hold_seat_from_address, release_hold
from scheduling.views.drafts import move_draft
from scheduling.views.picker import Picker, build_picker
from scheduling.views.wish import Wish, read_token, read_wish, wish_for
from scheduling.views.wizard_choose import open_question

HOLDER_COOKIE = "holder"

REFUSALS: dict[str, type[DomainError]] = {
    error.code: error for error in (SlotTaken, SlotClosed, SlotPast, SlotUnknown, TooManyAttempts)
}


@public
@require_GET
def choose_time(request: HttpRequest) -> HttpResponse:
    """A month of days and the times of one of them."""
    lost = _lost_slot(request)
    wish = read_wish(request)
    if lost is not None and not wish.answered:
        wish = wish_for(lost)
    elsewhere = open_question(request, wish)
    if elsewhere is not None:
        return elsewhere
    picker = _picker(request, wish)
    context = {
        "wish": wish,
        "picker": picker,
        "action": _hold_url(picker, wish),
        "refusal": REFUSALS.get(request.GET.get("why", "")),
        "lost": lost,
        "nearest": nearest_free_slots(slot=lost) if lost else [],
    }
    return with_holder(request, render(request, "scheduling/book/time.html", context))


@public
@require_GET
def times(request: HttpRequest) -> HttpResponse:
    """The times of the chosen day once more, for a page that looks every few seconds; 204 while nothing changed."""
    wish = read_wish(request)
    if not wish.answered:
        return HttpResponse(status=204)
    day = read_day(request.GET.get("day"))
    if day is not None and _version(request, wish, day) == request.GET.get("version"):
        return HttpResponse(status=204)
    picker = _picker(request, wish)
    context: dict[str, Any] = {"picker": picker, "wish": wish, "poll_url": "scheduling:book_times"}
    context["action"] = _hold_url(picker, wish)
    return render(request, "scheduling/book/_slots.html", context)


@public
@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    """Keep a seat and go on; whoever comes too late is told so, with the nearest free times, on the next page.

    Renders nothing and touches no session, so that many can press at once; only what was typed before and is now
    taken along (`from`) needs the session.
    """
    slot_id = read_number(request.POST.get("slot"))
    holder = read_holder(request) or new_holder()
    try:
        if slot_id is None:
            raise SlotUnknown
        kept = hold_seat_from_address(slot_id=slot_id, holder=holder, actor=from_request(request))
    except DomainError as error:
        return _refused(request, slot_id, error)
    took_answers = _take_along(request, kept.token, kept.slot_id)
    if took_answers:
        onwards = reverse("scheduling:book_check", args=[kept.token])  # or to the first answer that is missing
    else:
        onwards = f"{reverse('scheduling:book_who', args=[kept.token])}{_own_query(request)}"
    return with_holder(request, HttpResponseRedirect(onwards, status=303), holder)


def _refused(request: HttpRequest, slot_id: int | None, error: DomainError) -> HttpResponse:
    """Where somebody reads why not, and what is free instead: their booking under way, else the times."""
    refused = {"why": error.code} | ({"lost": str(slot_id)} if slot_id is not None else {})
    token = read_token(request.GET)
    if token and request.GET.get("back") == "lost":
        return HttpResponseRedirect(f"{reverse('scheduling:book_lost', args=[token])}?{urlencode(refused)}", status=303)
    query = request.GET.copy()
    query.update(refused)
    return HttpResponseRedirect(f"{reverse('scheduling:book_time')}?{query.urlencode()}", status=303)


def _take_along(request: HttpRequest, token: str, slot_id: int) -> bool:
    """Answers typed for an earlier hold move to the new one, and the earlier seat is free again. Whether any did."""
    old = read_token(request.GET)
    if not old:
        return False
    moved = move_draft(request.session, old=old, new=token, slot=slot_id, query=_own_query(request).lstrip("?"))
    if moved and old != token:
        release_hold(token=old, actor=from_request(request))
    return moved


def _own_query(request: HttpRequest) -> str:
    """The answers before the hold, without what was about one visit of the page only."""
    query = request.GET.copy()
    for name in ("from", "lost", "why", "version", "back"):
        query.pop(name, None)
    return f"?{query.urlencode()}" if query else ""


def _hold_url(picker: Picker, wish: Wish) -> str:
    """Where a press on a time goes, with the answers that lead back here."""
    day = f"&day={picker.day.isoformat()}" if picker.day else ""
    return f"{reverse('scheduling:book_hold')}?{wish.query}{day}"


def _picker(request: HttpRequest, wish: Wish) -> Picker:
    assert wish.location is not None  # an answered wish has one
    held = _held(request)
    return build_picker(
        request=request, search=wish.search, location=wish.location, held=held, collapse=wish.any_doctor
    )


def _version(request: HttpRequest, wish: Wish, day: date) -> str:
    """The version of a day's times, without the rest of the picker."""
    return version_of(times_of(wish.search, day, held=_held(request), collapse=wish.any_doctor))


def _held(request: HttpRequest) -> set[int]:
    """The slots that this browser keeps."""
    holder = read_holder(request)
    return {kept.slot_id for kept in live_holds_of(holder)} if holder else set()


def _lost_slot(request: HttpRequest) -> Slot | None:
    slot_id = read_number(request.GET.get("lost"))
    if slot_id is None:
        return None
    return Slot.objects.select_related("doctor__specialty", "location").filter(pk=slot_id).first()


def read_holder(request: HttpRequest) -> str:
    """The name this browser was given, if it still looks like one."""
    name = request.COOKIES.get(HOLDER_COOKIE, "")
    plain = name.replace("-", "").replace("_", "")
    return name if len(name) <= 64 and plain.isascii() and plain.isalnum() else ""


def new_holder() -> str:
    """A name for one browser, that nobody guesses: whose hold it is."""
    return secrets.token_urlsafe(18)


def with_holder(request: HttpRequest, response: HttpResponse, holder: str = "") -> HttpResponse:
    """Let the browser keep its name, so that pressing twice keeps one seat, not two."""
    if not read_holder(request):
        response.set_cookie(
            HOLDER_COOKIE,
            holder or new_holder(),
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response

"""The screen of the waiting room. It needs no session and no sign-in, and may stand open for weeks."""

from __future__ import annotations

import hashlib

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from accounts.permissions import public
from queueing import board_words
from queueing.languages import codes_in
from queueing.live_board import BoardRoom, RoomUnknown, build, find_room
from queueing.selectors.queues import policy_of

FRESH_FOR = 1
"""Seconds in which many boards whose sockets are away are answered from one reading."""


@public
@require_safe
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is called and who is next, in the languages of the clinic."""
    doctor = request.GET.get("doctor")
    try:
        location, room = find_room(slug, doctor)
        state = _state_of(room)
    except RoomUnknown:
        return render(request, "queueing/board/unknown.html", status=404)
    query = f"?{urlencode({'doctor': room.doctor_id})}" if room.doctor_id else ""
    languages = policy_of(location.pk).board_languages
    codes = codes_in(languages)
    now = timezone.now()
    context = {
        "location": location,
        "socket": f"/ws/board/{slug}/{query}",
        "state_url": reverse("queueing:board_state", args=[slug]) + query,
        # Rendered by a template, which has escaped what it shows.
        "state": mark_safe(state),  # noqa: S308
        "build": build(languages),
        "words": board_words.every_word(codes),
        "now": now.isoformat(timespec="milliseconds"),
        "clock": board_words.wall_clock(now.astimezone(location.zone)),
    }
    with translation.override(codes[0]):
        response = render(request, "queueing/board/board.html", context)
    patch_cache_control(response, no_store=True)
    return response


@public
@require_safe
def board_state(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The same without the page around it, for screens whose socket is away; 304 while nothing has changed."""
    try:
        _location, room = find_room(slug, request.GET.get("doctor"))
        state = _state_of(room)
    except RoomUnknown:
        return HttpResponse(status=404)
    etag = f'"{hashlib.sha256(state.encode()).hexdigest()[:32]}"'
    response = HttpResponse(state, headers={"ETag": etag})
    patch_cache_control(response, no_cache=True)
    return get_conditional_response(request, etag=etag, response=response) or response


def _state_of(room: BoardRoom) -> str:
    """What the room's screens show now, or did a moment ago. Raises RoomUnknown."""
    state: str | None = cache.get(room.name)
    if state is None:
        [message] = room.read()
        state = message.body
        cache.set(room.name, state, FRESH_FOR)
    return state

"""What is pressed at a queue. A form like any other; the page's script puts the answer into the page.

Every form has a name of its own for what it asks (`operation`): sent twice, it is done once. A press names the version
of the token that the screen showed; a screen that is no longer right is told so, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.actors import Actor, from_request
from accounts.audit import recorded
from accounts.errors import DomainError
from accounts.services.idempotency import AskedBefore, once
from queueing.errors import InvalidDoctorStatus, OperationReused, QueueEmpty, WrongStep
from queueing.models import Queue, Token
from queueing.selectors.desk import columns_of, queue_on_desk
from queueing.services import queues, steps
from queueing.services.operations import LONGEST_NAME
from queueing.services.undoing import undo_step
from queueing.states import DoctorStatus
from queueing.templatetags.desk import status_words
from queueing.views.desk import show_desk
from queueing.views.desk_place import Place, StaffRequest, at_desk, read_version
from scheduling.clock import local_date
from scheduling.models import Doctor

TokenPress = Callable[..., Token]

ON_A_TOKEN: dict[str, TokenPress] = {
    "call": steps.call_token,
    "recall": steps.recall_token,
    "start": steps.start_token,
    "finish": steps.finish_token,
    "no_show": steps.mark_token_no_show,
    "put_back": steps.put_back,
}


@at_desk
@never_cache
@require_POST
def press(request: StaffRequest, place: Place, doctor_id: int) -> HttpResponse:
    """Do what a button of a queue says, once."""
    doctor = place.doctor(doctor_id)
    asked = {name: request.POST.get(name, "") for name in ("press", "minutes", "room")}
    try:
        words = do_once(request, f"{place.location.pk}.{doctor_id}", asked, lambda: _do(request, place, doctor, asked))
    except DomainError as error:
        return refused(request, place, doctor, error)
    return done(request, place, doctor, words)


def do_once(request: StaffRequest, where: str, asked: dict[str, str], do: Callable[[], str]) -> str:
    """What came of a press, in words; of the same press once more, nothing comes."""
    operation = request.POST.get("operation", "")[:LONGEST_NAME]
    if not operation:
        return do()
    said = ""

    def make() -> None:
        nonlocal said
        said = do()

    try:
        once(
            scope=f"queueing.desk.{request.user.pk}",
            key=operation,
            body=f"{where} {sorted(asked.items())}",
            make=make,
            remember=lambda _made: None,
            refusal=OperationReused,
        )
    except AskedBefore:
        return ""
    return said


def done(request: StaffRequest, place: Place, doctor: Doctor, words: str) -> HttpResponse:
    """The queue as it is now, with what was done; without a script, the page one came from."""
    if not getattr(request, "htmx", False):
        return back_to(request, place, doctor)
    said = {"doctor_id": doctor.pk, "words": words}
    return _show_queue(request, place, doctor, said)


def refused(request: StaffRequest, place: Place, doctor: Doctor, error: DomainError) -> HttpResponse:
    """The queue as it is now, and beside it why nothing was done."""
    said = {"doctor_id": doctor.pk, "refusal": str(error)}
    return _show_queue(request, place, doctor, said, status=error.status)


def _show_queue(
    request: StaffRequest, place: Place, doctor: Doctor, said: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """One queue: as a part of the page that a script asks from, else as a page."""
    asks_from = getattr(getattr(request, "htmx", None), "current_url_abs_path", None)
    among_others = asks_from == reverse("queueing:desk_location", kwargs={"slug": place.location.slug})
    columns = columns_of(place.location, [doctor])
    return show_desk(request, place, columns, only=None if among_others else doctor, said=said, status=status)


def back_to(request: StaffRequest, place: Place, doctor: Doctor) -> HttpResponse:
    """Whoever pressed at the desk of a location is shown all its queues again."""
    if request.POST.get("from") == "location":
        return redirect("queueing:desk_location", slug=place.location.slug)
    return redirect("queueing:desk_doctor", slug=place.location.slug, doctor_id=doctor.pk)


# --- The presses ------------------------------------------------------------------------------------------------


def _do(request: StaffRequest, place: Place, doctor: Doctor, asked: dict[str, str]) -> str:
    """What was done, as a sentence. Raises DomainError, Http404."""
    what, _dot, rest = asked["press"].partition(".")
    actor = from_request(request)
    if what in ON_A_TOKEN:
        return _press_token(place, doctor, what, rest, actor)
    if what == "next":
        token = steps.call_next(queue_id=_opened_already(place, doctor).pk, actor=actor)
        return called_words(token)
    if what == "undo":
        return _undo(place, doctor, rest, actor)
    if what == "status":
        return _set_status(place, doctor, rest, asked["minutes"], actor)
    if what == "room":
        queue = queues.set_room(queue_id=_open(place, doctor, actor).pk, room=asked["room"], actor=actor)
        return _("%(doctor)s is in %(room)s.") % {"doctor": doctor.name, "room": queue.place or _("no room")}
    raise WrongStep


def _press_token(place: Place, doctor: Doctor, what: str, rest: str, actor: Actor) -> str:
    token_id, _dot, version = rest.partition(".")
    token = place.token(read_version(token_id), doctor)
    token = ON_A_TOKEN[what](token_id=token.pk, actor=actor, version=read_version(version))
    return pressed_words(what, token)


def pressed_words(what: str, token: Token) -> str:
    """What became of somebody, as a sentence."""
    sentences = {
        "recall": _("%(code)s was called again."),
        "start": _("%(code)s is with the doctor."),
        "finish": _("%(code)s has been seen."),
        "no_show": _("%(code)s did not come."),
        "put_back": _("%(code)s is waiting again."),
    }
    return sentences[what] % {"code": token.code} if what in sentences else called_words(token)


def called_words(token: Token) -> str:
    """Who was called, and where to."""
    if token.room:
        return _("%(code)s was called to %(room)s.") % {"code": token.code, "room": token.room}
    return _("%(code)s was called.") % {"code": token.code}


def _undo(place: Place, doctor: Doctor, rest: str, actor: Actor) -> str:
    step_id = read_version(rest)
    if not _opened_already(place, doctor).steps.filter(pk=step_id).exists():
        raise Http404
    token = undo_step(step_id=step_id, actor=actor)
    return _("Undone. %(code)s: %(status)s.") % {"code": token.code, "status": token.get_status_display()}


def _set_status(place: Place, doctor: Doctor, status: str, raw_minutes: str, actor: Actor) -> str:
    raw_minutes = raw_minutes.strip() if status == DoctorStatus.ON_BREAK else ""
    if status not in DoctorStatus.values:
        raise InvalidDoctorStatus
    if raw_minutes and not (raw_minutes.isascii() and raw_minutes.isdecimal() and len(raw_minutes) < 6):
        raise InvalidDoctorStatus(_("Enter the minutes of the break as a whole number."), field="minutes")
    minutes = int(raw_minutes) if raw_minutes else None
    queue_id = _open(place, doctor, actor).pk
    queue = queues.set_doctor_status(queue_id=queue_id, status=status, minutes=minutes, actor=actor)
    words = {"doctor": doctor.name, "status": status_words(queue, place.location)}
    return _("%(doctor)s: %(status)s.") % words


def _opened_already(place: Place, doctor: Doctor) -> Queue:
    """The queue of today, if anybody is or was in it. Raises QueueEmpty."""
    queue = queue_on_desk(place.location, doctor, timezone.now())
    if queue is None:
        raise QueueEmpty
    return queue


def _open(place: Place, doctor: Doctor, actor: Actor) -> Queue:
    """The queue of today, opened if it is the first time that anybody says something of it."""
    queue = queue_on_desk(place.location, doctor, timezone.now())
    if queue is not None:
        return queue
    with recorded(actor, "queue.open"):
        day = local_date(timezone.now(), place.location.zone)
        return queues.open_queue(doctor=doctor, location=place.location, day=day)

"""Somebody in a queue: why they stand where they stand, and what is done more rarely than calling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actors import Actor, from_request
from accounts.errors import DomainError
from accounts.services.audit_trail import record_view
from queueing.errors import WrongStep
from queueing.forms.desk import LeaveForm, PriorityForm, TransferForm
from queueing.models import Token
from queueing.selectors.desk import others_at
from queueing.selectors.lines import line_of
from queueing.services.priorities import prioritise_token
from queueing.services.steps import leave_queue, mark_token_no_show
from queueing.services.transferring import transfer_token
from queueing.states import UNSEEN
from queueing.views.desk_actions import do_once, done, pressed_words
from queueing.views.desk_place import Place, StaffRequest, at_desk, read_version
from scheduling.models import Doctor

Forms = dict[str, Form]


@at_desk
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def desk_person(request: StaffRequest, place: Place, doctor_id: int, token_id: int) -> HttpResponse:
    """Show somebody in the queue, and change their priority, send them to another doctor, or take them out."""
    doctor = place.doctor(doctor_id)
    token = place.token(token_id, doctor)
    if request.method != "POST":
        record_view(actor=from_request(request), obj=token.appointment)
        return _show(request, place, doctor, token, _forms(token, doctor))
    what = request.POST.get("do", "")
    forms = _forms(token, doctor, what, request)
    refusal = ""
    if what not in DOING or (what in forms and not forms[what].is_valid()):
        refusal = "" if what in forms else str(WrongStep())
        return _show(request, place, doctor, token, forms, refusal=refusal, status=400)
    try:
        words = do_once(request, f"{token.pk}", _asked(request), lambda: _do(request, token, what, forms))
    except DomainError as error:
        return _refuse(request, place, doctor, token, forms, what, error)
    answer = done(request, place, doctor, words)
    if getattr(request, "htmx", False):
        answer["HX-Trigger-After-Settle"] = "desk:done"
        answer["HX-Reswap"] = "none settle:0ms"
    return answer


def _asked(request: StaffRequest) -> dict[str, str]:
    kept = ("do", "version", "doctor", "message", "urgency", "has_special_requirements", "extra_points", "reason")
    return {name: request.POST.get(name, "") for name in kept}


def _forms(token: Token, doctor: Doctor, what: str = "", request: StaffRequest | None = None) -> Forms:
    """The forms of the page; the one that was sent keeps what was typed."""

    def sent(name: str) -> Any:
        return request.POST if request is not None and what == name else None

    others = others_at(token.queue.location, doctor)
    return {
        "priority": PriorityForm(request.POST) if request and what == "priority" else PriorityForm.of(token),
        "transfer": TransferForm(sent("transfer"), doctors=others),
        "leave": LeaveForm(sent("leave")),
    }


def _do(request: StaffRequest, token: Token, what: str, forms: Forms) -> str:
    version = read_version(request.POST.get("version", ""))
    return DOING[what](token, forms.get(what), from_request(request), version)


def _prioritise(token: Token, form: Any, actor: Actor, version: int) -> str:
    prioritise_token(token_id=token.pk, priority=form.priority(), actor=actor, version=version)
    return _("The priority of %(code)s was changed.") % {"code": token.code}


def _transfer(token: Token, form: Any, actor: Actor, version: int) -> str:
    doctor = form.cleaned_data["doctor"]
    moved = transfer_token(token_id=token.pk, doctor_id=doctor.pk, actor=actor, version=version)
    said = {"code": token.code, "doctor": doctor.name, "new": moved.code}
    return _("%(code)s now waits for %(doctor)s as %(new)s.") % said


def _leave(token: Token, form: Any, actor: Actor, version: int) -> str:
    leave_queue(token_id=token.pk, actor=actor, version=version, message=form.cleaned_data["message"])
    return _("%(code)s has left the queue.") % {"code": token.code}


def _no_show(token: Token, _form: Any, actor: Actor, version: int) -> str:
    return pressed_words("no_show", mark_token_no_show(token_id=token.pk, actor=actor, version=version))


DOING: dict[str, Callable[[Token, Any, Actor, int], str]] = {
    "priority": _prioritise,
    "transfer": _transfer,
    "leave": _leave,
    "no_show": _no_show,
}


def _refuse(
    request: StaffRequest, place: Place, doctor: Doctor, token: Token, forms: Forms, what: str, error: DomainError
) -> HttpResponse:
    """The person as they are now, with what was typed and why nothing was done."""
    form, refusal = forms.get(what), str(error)
    if form is not None and error.field in form.fields:
        form.add_error(error.field, refusal)
        refusal = ""
    fresh = place.token(token.pk, doctor)
    return _show(request, place, doctor, fresh, forms, refusal=refusal, status=error.status)


def _show(
    request: StaffRequest,
    place: Place,
    doctor: Doctor,
    token: Token,
    forms: Forms,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    line = line_of(token.queue)
    context = {
        **place.frame(),
        "doctor": doctor,
        "token": token,
        "place_in_line": line.place_of(token.pk),
        "steps": token.steps.select_related("by").order_by("-pk")[:20],
        "can_change": token.status in UNSEEN,
        "forms": forms,
        "all_forms": list(forms.values()),
        "has_errors": any(form.errors for form in forms.values() if form.is_bound),
        "refusal": refusal,
    }
    page = "_person.html" if getattr(request, "htmx", False) else "person.html"
    return render(request, f"queueing/desk/{page}", context, status=status)

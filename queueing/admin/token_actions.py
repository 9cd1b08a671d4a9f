"""What staff do with people in a queue from the list: see what will happen and who is told, then each is reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor, from_request
from accounts.back_office import EVERYBODY, roles_of
from queueing.models import Token
from queueing.services import steps
from scheduling.admin.appointment_actions import NOBODY_IS_TOLD, MessageForm, who_is_told
from scheduling.admin.batch_actions import run_one_by_one
from scheduling.states import AppointmentStatus

Words = str | Promise

LIVE_SCREENS = _("The screen in the waiting room and their own live page")


@dataclass(frozen=True)
class TokenAction:
    """One thing staff can do."""

    title: Words
    explanation: Words
    button: Words
    do: Callable[[Token, Actor, str], object]
    who_is_told: Callable[[Token], Words]
    asks_message: bool = False


ACTIONS: dict[str, TokenAction] = {
    "call": TokenAction(
        title=_("Call"),
        explanation=_("They are called now, whoever else is before them."),
        button=_("Call"),
        do=lambda token, actor, _words: steps.call_token(token_id=token.pk, actor=actor, version=token.version),
        who_is_told=lambda _token: LIVE_SCREENS,
    ),
    "put_back": TokenAction(
        title=_("Put back in the queue"),
        explanation=_("Who was called too soon, or came after all: they wait again, with the time already waited."),
        button=_("Put back"),
        do=lambda token, actor, _words: steps.put_back(token_id=token.pk, actor=actor, version=token.version),
        who_is_told=lambda _token: LIVE_SCREENS,
    ),
    "no_show": TokenAction(
        title=_("Did not come"),
        explanation=_("They were called and did not come. The visit is marked as well. They can be put back later."),
        button=_("Mark as not come"),
        do=lambda token, actor, _words: steps.mark_token_no_show(token_id=token.pk, actor=actor, version=token.version),
        who_is_told=lambda _token: NOBODY_IS_TOLD,
    ),
    "leave": TokenAction(
        title=_("Take out of the queue"),
        explanation=_("They leave without having seen the doctor, and the visit is cancelled."),
        button=_("Take out and cancel the visit"),
        do=lambda token, actor, words: steps.leave_queue(
            token_id=token.pk, actor=actor, version=token.version, message=words
        ),
        who_is_told=lambda token: who_is_told(token.appointment, AppointmentStatus.CANCELLED),
        asks_message=True,
    ),
}


def in_words(token: Token) -> str:
    """The code, who it is, with whom, and where they stand."""
    return f"{token.code}, {token.patient.full_name}, {token.queue.doctor} ({token.get_status_display()})"


def run_action(model_admin: Any, request: HttpRequest, queryset: Any, name: str) -> Any:
    """Ask, then do it with each."""
    chosen = ACTIONS[name]
    form = None
    if chosen.asks_message:
        form = MessageForm(request.POST if "confirmed" in request.POST else None)

    def do(token: Token) -> object:
        words = form.cleaned_data["message"] if form is not None else ""
        return chosen.do(token, from_request(request), words)

    return run_one_by_one(
        model_admin,
        request,
        queryset,
        action=name,
        title=chosen.title,
        explanation=chosen.explanation,
        button=chosen.button,
        do=do,
        in_words=in_words,
        who_is_told=chosen.who_is_told,
        form=form,
    )


class TokenActions:
    """The actions of the list."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """For everybody who works a queue; which rows they see, the list says."""
        if not EVERYBODY & roles_of(request.user):
            return {}
        return {name: (_runner(name), name, chosen.title) for name, chosen in ACTIONS.items()}


def _runner(name: str) -> Callable[..., Any]:
    return lambda model_admin, request, queryset: run_action(model_admin, request, queryset, name)

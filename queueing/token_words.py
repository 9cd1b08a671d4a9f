"""What somebody's page says of their place in the queue: short sentences that need no explaining."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from queueing.doctor_words import doctor_in_words, room_in_words
from queueing.selectors.token_states import Stage, TokenState
from queueing.states import DoctorStatus
from queueing.wait_words import range_in_words
from scheduling.templatetags.clinic_time import clinic_clock


def words_for(state: TokenState) -> dict[str, Any]:
    """All that is said of a token, the same to everybody who looks at it. No name, no secret."""
    return {
        "stage": state.stage.value,
        "token": state.token,
        "queue": state.queue,
        "room": room_in_words(state.room),
        "headline": headline(state),
        "detail": detail(state),
        "why": state.score.own_line if state.score is not None and state.stage == Stage.WAITING else "",
        "doctor_words": doctor_in_words(state.queue) if state.stage in (Stage.WAITING, Stage.NEXT) else "",
        "updated": clinic_clock(state.now, state.queue.location),
    }


def headline(state: TokenState) -> str:
    """The one sentence to read."""
    if state.stage == Stage.WAITING:
        ahead = state.ahead or 0
        return ngettext("%(count)d person is before you", "%(count)d people are before you", ahead) % {"count": ahead}
    if state.stage == Stage.CALLED:
        room = room_in_words(state.room)
        return _("Please go to %(room)s now") % {"room": room} if room else _("Please come in now")
    return {
        Stage.NEXT: _("You are next"),
        Stage.WITH_DOCTOR: _("You are with the doctor"),
        Stage.FINISHED: _("Thank you for coming"),
        Stage.NO_SHOW: _("You were called and were not there"),
        Stage.LEFT: _("You have left the queue"),
        Stage.MOVED: _("You have a new place in the queue"),
        Stage.OVER: _("This visit is over"),
    }[state.stage]


def detail(state: TokenState) -> str:
    """The sentence below it: how long, or what to do."""
    if state.stage in (Stage.WAITING, Stage.NEXT):
        return _how_long(state)
    return {
        Stage.CALLED: _("It is your turn. %(doctor)s is expecting you.") % {"doctor": state.queue.doctor.name},
        Stage.WITH_DOCTOR: "",
        Stage.FINISHED: _("Your visit is over. There is nothing else you need to do here."),
        Stage.NO_SHOW: _("Please go to the desk. They can put you back into the queue."),
        Stage.LEFT: _("Nobody will call you any more. If that is a mistake, go to the desk."),
        Stage.MOVED: _("Press “Refresh” to see it."),
        Stage.OVER: "",
    }[state.stage]


def _how_long(state: TokenState) -> str:
    if state.queue.status == DoctorStatus.FINISHED:
        return _("Please ask at the desk what happens next.")
    if state.wait is None:
        return ""
    return _("It will take %(time)s.") % {"time": range_in_words(state.wait)}

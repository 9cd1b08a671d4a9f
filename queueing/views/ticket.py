"""The ticket on paper: code, doctor, room, and the way to the live place. No name, no reason."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.permissions import secret_link
from queueing.models import Token
from queueing.selectors.lines import line_of
from queueing.states import TokenStatus
from queueing.token_links import link_of
from queueing.views.token import with_token
from queueing.wait_words import place_in_words
from scheduling.qr import svg_of

UNITS_PER_CHARACTER = 60
"""Of a code's width, where a capital is `CAPITAL_UNITS` high: the letters of the largest print."""
PAPERS = ("80", "58")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is printed, and said beside it."""

    token: Token
    url: str
    code: SafeString
    ahead: str
    wait: str
    paper: str

    @property
    def width(self) -> int:
        """Of the drawing of the code, in its own units."""
        return UNITS_PER_CHARACTER * len(self.token.code)


def ticket_of(token: Token, *, paper: str = PAPERS[0]) -> Ticket:
    """A token as it stands now; wants it loaded with its queue, doctor and location."""
    url = link_of(token)
    place = line_of(token.queue).place_of(token.pk)
    if place is None:
        return Ticket(token, url, svg_of(url), "", _where_now(token), paper)
    before = place.position - 1
    ahead = ngettext("%(count)d person is before you.", "%(count)d people are before you.", before) % {"count": before}
    wait = place_in_words(place.position, place.wait, token.queue.status)
    return Ticket(token, url, svg_of(url), ahead if before else "", wait, paper)


def _where_now(token: Token) -> str:
    room = token.room or token.queue.place
    if token.status == TokenStatus.CALLED:
        return _("You are called now: please go to %(room)s.") % {"room": room} if room else _("You are called now.")
    if token.status == TokenStatus.IN_CONSULTATION:
        return _("You are with the doctor.")
    return _("This place in the queue has ended. Please ask at the desk.")


@secret_link
@require_safe
@with_token
def ticket(request: HttpRequest, token: Token) -> HttpResponse:
    """The ticket to print, on paper of 80 mm, or with `?paper=58` of 58 mm."""
    paper = request.GET.get("paper", "")
    found = ticket_of(token, paper=paper if paper in PAPERS else PAPERS[0])
    return render(request, "queueing/ticket/page.html", {"ticket": found, "papers": PAPERS})

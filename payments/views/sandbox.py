"""The sandbox's page, where a test card pays.

It stands for a provider's: the clinic hears what it tells, and gets the browser back, and that is all.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import secret_link
from payments.failure_words import words_for_failure
from payments.models import SandboxSession
from payments.money import from_minor
from payments.providers.registry import is_configured
from payments.providers.sandbox import ASKING, OPEN, PAID
from payments.providers.sandbox_cards import CARDS
from payments.providers.sandbox_page import Telling, answer_bank, is_open, pay, session_by
from payments.services.events import receive_event
from payments.states import ProviderName
from payments.views.handing_over import own_path
from scheduling.views.links import keep_private


@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
def sandbox(request: HttpRequest, reference: str) -> HttpResponse:
    """The form for a card, the bank's question, or that nobody can pay here any more."""
    session = session_by(reference) if is_configured(ProviderName.SANDBOX) else None
    if session is None:
        return keep_private(render(request, "payments/sandbox/unknown.html", status=404))
    if request.method == "POST":
        return keep_private(_press(request, session))
    return keep_private(_page(request, session))


def _press(request: HttpRequest, session: SandboxSession) -> HttpResponse:
    step = request.POST.get("step", "")
    if not is_open(session):
        return _onward(session)
    if step in ("approve", "refuse"):
        return _onward(session, answer_bank(session, approved=step == "approve"))
    card = CARDS.get(request.POST.get("outcome", ""))
    if card is None:
        return _page(request, session, mistake=_("Choose one of the test cards."))
    return _onward(session, pay(session, card))


def _onward(session: SandboxSession, telling: Telling | None = None) -> HttpResponse:
    """Tell the clinic; then back there once it is paid, else to this page again, which says what is the matter."""
    if telling is not None:
        body, headers = telling
        receive_event(provider=ProviderName.SANDBOX, body=body, headers=headers)
    if session.status == PAID:
        return redirect(own_path(session.return_url))
    return redirect("payments:sandbox", reference=session.reference)


def _page(request: HttpRequest, session: SandboxSession, *, mistake: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "session": session,
        "amount": from_minor(session.amount_minor, session.currency),
        "return_url": own_path(session.return_url),
        "cancel_url": own_path(session.cancel_url),
        "is_open": is_open(session),
        "is_paid": session.status == PAID,
        "is_asking": session.status == ASKING,
        "cards": list(CARDS.values()),
        "mistake": mistake,
        "failure": words_for_failure(session.failure) if session.failure and session.status == OPEN else "",
    }
    return render(request, "payments/sandbox/page.html", context, status=400 if mistake else 200)

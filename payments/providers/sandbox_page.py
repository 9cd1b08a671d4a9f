"""What the page of the sandbox does: somebody pays with a test card, or the bank asks and they answer.

Every step is one conditional UPDATE of the sandbox's own books, so that two presses, or two tabs, pay once.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from payments.models import SandboxSession
from payments.providers.contract import Captured, Declined, Lapsed
from payments.providers.sandbox import ASKING, CLOSED, OPEN, PAID, event_of, facts_of
from payments.providers.sandbox_cards import Outcome, TestCard

LATE = timedelta(seconds=15)
"""So long the clinic hears nothing of a payment that is late."""

Telling = tuple[bytes, dict[str, str]]
"""A signed event for the clinic: its body and headers."""


def session_by(reference: str) -> SandboxSession | None:
    """The session of a page."""
    return SandboxSession.objects.filter(reference=reference).first()


def is_open(session: SandboxSession) -> bool:
    """Whether one can still pay here."""
    return session.status in (OPEN, ASKING) and session.expires_at > timezone.now()


def pay(session: SandboxSession, card: TestCard) -> Telling | None:
    """Try to pay with a test card; what the clinic is to be told of it, if anything."""
    if card.outcome == Outcome.DECLINED:
        return _decline(session, "insufficient_funds")
    if card.outcome == Outcome.ASKED:
        _step(session, OPEN, status=ASKING, brand=card.brand, failure="")
        return None
    if card.outcome == Outcome.LAPSED:
        _step(session, OPEN, status=CLOSED)
        return _tell(session)
    tells_at = timezone.now() + LATE if card.outcome == Outcome.LATE else None
    return _capture(session, OPEN, tells_at=tells_at, brand=card.brand)


def answer_bank(session: SandboxSession, *, approved: bool) -> Telling | None:
    """The payer tells their bank whether it is really them (3-D Secure)."""
    if approved:
        return _capture(session, ASKING, tells_at=None)
    _step(session, ASKING, status=OPEN)
    return _decline(session, "authentication_failed")


def _capture(session: SandboxSession, from_status: str, **said: object) -> Telling | None:
    _step(session, from_status, status=PAID, failure="", paid_at=timezone.now(), **said)
    return _tell(session)


def _decline(session: SandboxSession, why: str) -> Telling | None:
    _step(session, OPEN, failure=why)
    return _tell(session)


def _step(session: SandboxSession, from_status: str, **changes: object) -> None:
    """Take a step if the page is still open and where it was; the session is as it is then, either way."""
    rows = SandboxSession.objects.filter(pk=session.pk, status=from_status, expires_at__gt=timezone.now())
    rows.update(**changes)
    session.refresh_from_db()


def _tell(session: SandboxSession) -> Telling | None:
    for fact in facts_of(session):
        if isinstance(fact, Captured | Declined | Lapsed):
            return event_of(session, fact)
    return None

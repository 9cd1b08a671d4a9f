"""What somebody typed while their seat is held: in the session, one draft per hold, so that two tabs do not mix."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase

PREFIX = "draft:"
MOST_DRAFTS = 10
KEPT_SECONDS = 24 * 60 * 60  # what a visitor typed and never sent is not kept longer
LONGEST_ANSWER = 5_000


@dataclass(slots=True)
class Draft:
    """The answers of one booking under way, as they were typed."""

    slot: int | None = None
    query: str = ""
    patient: int | None = None
    who: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    booked: str = ""


def load_draft(session: SessionBase, token: str) -> Draft | None:
    """The draft of a hold, if this browser has one."""
    stored = session.get(PREFIX + token)
    return Draft(**stored) if stored is not None else None


def save_draft(session: SessionBase, token: str, draft: Draft) -> None:
    """Keep the draft; the oldest ones make room."""
    if SESSION_KEY not in session:
        session.set_expiry(KEPT_SECONDS)
    key = PREFIX + token
    session.pop(key, None)
    session[key] = asdict(draft)
    for old in [name for name in session.keys() if name.startswith(PREFIX)][:-MOST_DRAFTS]:  # noqa: SIM118
        del session[old]


def move_draft(session: SessionBase, *, old: str, new: str, slot: int, query: str) -> bool:
    """Take the answers of a hold along to the hold that replaces it; whether this browser had any."""
    draft = load_draft(session, old)
    if draft is None or draft.booked:
        return False
    if old != new:
        session.pop(PREFIX + old, None)
    draft.slot, draft.query = slot, query
    save_draft(session, new, draft)
    return True


def finish_draft(session: SessionBase, token: str, *, secret: str) -> None:
    """Forget what was typed; remember only where the finished booking is."""
    save_draft(session, token, Draft(booked=secret))


def typed(data: Any, names: list[str]) -> dict[str, str]:
    """What was typed into the named fields, kept within reason and free of what no database stores."""
    return {name: data[name][:LONGEST_ANSWER].replace("\x00", "") for name in names if name in data}

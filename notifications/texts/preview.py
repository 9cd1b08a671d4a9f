"""How a text would look, with a visit that never was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import translation

from notifications.states import ChannelName, Kind
from notifications.texts.checking import Problem, check_text
from notifications.texts.composing import Composed, one_kind_of_line_break, put_together
from notifications.texts.languages import shipped_text, written_in
from notifications.texts.mail import mail_context
from notifications.texts.placeholders import MEANINGS, full_values, placeholders_of, values_of
from notifications.texts.sample import sample_facts
from notifications.texts.sms_length import Length, length_of
from notifications.texts.written import Text


def beginning(kind: str, channel: str, language: str) -> tuple[str, str]:
    """Subject and body that a clinic's own text begins with: the fullest of ours that has room."""
    text = shipped_text(kind, channel, language)
    for body in text.bodies:
        if not check_text(kind, channel, text.subject, body, language=language):
            return text.subject, body
    return text.subject, text.bodies[-1]


@dataclass(frozen=True, slots=True)
class Preview:
    """A text as it would go out, or what keeps it from that. `length` is of text messages, `letter` of e-mails."""

    problems: list[Problem]
    composed: Composed | None
    length: Length | None
    letter: dict[str, Any] | None
    language: str
    direction: str


def preview_of(kind: str, channel: str, language: str, *, subject: str, body: str) -> Preview:
    """What the words would become."""
    written = written_in(language)
    direction = "rtl" if written.is_rtl else "ltr"
    problems = check_text(kind, channel, subject, body, language=written.code)
    text = Text(subject=subject, bodies=(one_kind_of_line_break(body),))
    if any(problem.stops for problem in problems):
        return Preview(problems, None, None, None, written.code, direction)
    facts = sample_facts(kind, written.code)
    with translation.override(written.code):
        composed = put_together(facts, kind, channel, written, own=text)
        letter = None
        if channel == ChannelName.EMAIL:
            values = full_values(values_of(facts, channel=channel, written=written))
            letter = mail_context(text.bodies[0], values, button=written.buttons[Kind(kind)], written=written)
    length = length_of(composed.text) if channel == ChannelName.SMS else None
    return Preview(problems, composed, length, letter and {**letter, "link": "#"}, written.code, direction)


def explained(kind: str, channel: str, language: str) -> list[tuple[str, str, str]]:
    """Each placeholder that a text may use: itself, what it stands for, and an example."""
    written = written_in(language)
    with translation.override(written.code):
        values = values_of(sample_facts(kind, written.code), channel=channel, written=written)
    return [(f"{{{name}}}", str(MEANINGS[name]), values[name].full) for name in placeholders_of(kind, channel)]

"""Whether a text that a clinic wrote can be sent, and what is to be mended if not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.states import ChannelName, Kind
from notifications.texts.composing import one_kind_of_line_break, put_together
from notifications.texts.filling import one_line, placeholders_in, stray_braces_in
from notifications.texts.languages import written_in
from notifications.texts.placeholders import NEEDED, placeholders_of
from notifications.texts.sample import sample_facts
from notifications.texts.sms_length import is_gsm, length_of
from notifications.texts.written import Text

WITH_A_SUBJECT: Final = frozenset({ChannelName.EMAIL, ChannelName.PUSH})
LONGEST: Final = {ChannelName.EMAIL: 5000, ChannelName.SMS: 300, ChannelName.PUSH: 300, ChannelName.CALL: 1000}


class Problem(NamedTuple):
    """What is wrong, and with which field; and whether it `stops` the text from being put together at all."""

    field: str
    sentence: str | Promise
    stops: bool = False


def check_text(kind: str, channel: str, subject: str, body: str, *, language: str = "en") -> list[Problem]:
    """What must be mended before the text can be sent; nothing when it can."""
    body = one_kind_of_line_break(body)
    problems = [*_of_subject(channel, subject), *_of_body(channel, body)]
    for field, words in (("subject", subject), ("body", body)):
        problems += _of_placeholders(kind, channel, field, words)
    problems += _of_what_is_needed(kind, channel, subject + body)
    return problems or list(_of_length(kind, channel, subject, body, language))


def _of_subject(channel: str, subject: str) -> Iterator[Problem]:
    if channel in WITH_A_SUBJECT and not subject.strip():
        yield Problem("subject", _("Write a subject: it is what people see first."))
    if channel not in WITH_A_SUBJECT and subject.strip():
        yield Problem("subject", _("Leave this empty: a message by this channel has no subject."))
    if subject.strip() != one_line(subject):
        yield Problem("subject", _("Keep the subject to one line of ordinary signs."))


def _of_body(channel: str, body: str) -> Iterator[Problem]:
    if not body:
        yield Problem("body", _("Write what the message says."), stops=True)
    most = LONGEST[ChannelName(channel)]
    if len(body) > most:
        yield Problem("body", _("Keep the text to %(most)s signs or fewer.") % {"most": most})
    if any(one_line(line) != " ".join(line.split()) for line in body.split("\n")):
        yield Problem("body", _("There are signs in the text that cannot be seen. Type it anew, without copying them."))


def _of_placeholders(kind: str, channel: str, field: str, words: str) -> Iterator[Problem]:
    known = placeholders_of(kind, channel)
    offered = " ".join(f"{{{name}}}" for name in known)
    for name in dict.fromkeys(placeholders_in(words)):
        if name not in known:
            said = {"name": f"{{{name}}}", "known": offered}
            yield Problem(field, _("%(name)s is not known here. You can use %(known)s.") % said, stops=True)
    if stray_braces_in(words):
        sentence = _("A brace stands alone. Placeholders are one word in braces, such as {doctor}.")
        yield Problem(field, sentence, stops=True)


def _of_what_is_needed(kind: str, channel: str, words: str) -> Iterator[Problem]:
    needed = set(NEEDED[Kind(kind)])
    if channel == ChannelName.SMS:  # 70 signs have room for little besides the link, and the link leads to the rest
        needed = (needed if is_gsm(words) else set()) | {"link"}
    for name in sorted(needed - set(placeholders_in(words))):
        yield Problem("body", _("%(name)s is missing: without it, people would have to ask.") % {"name": f"{{{name}}}"})


def _of_length(kind: str, channel: str, subject: str, body: str, language: str) -> Iterator[Problem]:
    if channel != ChannelName.SMS:
        return
    written = written_in(language)
    with translation.override(written.code):
        text = Text(subject=subject, bodies=(body,))
        said = put_together(sample_facts(kind, written.code), kind, channel, written, own=text).text
    length = length_of(said)
    if length.segments > 1:
        counted = {"signs": length.signs, "room": length.room}
        yield Problem(
            "body",
            _("This is too long for one text message: %(signs)s signs, and there is room for %(room)s.") % counted,
        )

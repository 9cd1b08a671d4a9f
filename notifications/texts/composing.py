"""Putting a message together: from its row, a language and the texts, to what a channel hands over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import translation

from notifications.channels.contract import Attachment
from notifications.errors import TextBroken
from notifications.models import Message, MessagePolicy, MessageText
from notifications.states import OF_MONEY, ChannelName, Kind
from notifications.texts.filling import fill, lines_with_values, one_line, placeholders_in, stray_braces_in
from notifications.texts.languages import shipped_text, written_in
from notifications.texts.mail import html_of, plain_of
from notifications.texts.placeholders import (
    GIVE_WAY,
    Facts,
    facts_of,
    full_values,
    placeholders_of,
    values_of,
)
from notifications.texts.sms_length import Value, fit
from notifications.texts.written import Text, Written
from payments.receipt_file import file_name, receipt_file
from payments.selectors.receipts import credit_note_of, receipt_of
from scheduling.calendar_file import calendar_file, has_times

WITH_A_CALENDAR_FILE = frozenset({Kind.CONFIRMATION, Kind.RESCHEDULED, Kind.CANCELLED})

LONGEST_SUBJECT = 200
LONGEST_ON_A_SCREEN = 500
"""Push services take 4 KB, names and addresses included; nobody reads more than a few lines there."""

OwnTexts = Mapping[tuple[str, str, str], Text]
"""Texts of the clinic's own by kind, channel and language."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A message as it goes out. What a call says is `text`. Messages with one `tag` stand in for each other."""

    subject: str
    text: str
    html: str = ""
    link: str = ""
    tag: str = ""
    attachments: tuple[Attachment, ...] = ()


def compose(message: Message, *, language: str, policy: MessagePolicy, own: OwnTexts | None = None) -> Composed:
    """The message in a language. Whoever composes many reads `own_texts` once and hands them over; else one query.

    Raises TextBroken where a text of the clinic's own has a placeholder that does not belong there, or where the row
    speaks of something that is gone.
    """
    written = written_in(language)
    which = (message.kind, message.channel, written.code)
    own = own_texts(MessageText.objects.filter(**_columns(which))) if own is None else own
    text = own.get(which)
    with translation.override(written.code):
        facts = facts_of(message, policy)
        composed = put_together(facts, message.kind, message.channel, written, own=text)
        files = _files_of(message) if message.channel == ChannelName.EMAIL else ()
    return Composed(composed.subject, composed.text, composed.html, facts.link, tag_of(message), files)


def own_texts(among: QuerySet[MessageText] | None = None) -> dict[tuple[str, str, str], Text]:
    """All texts of the clinic's own, or some; one query."""
    texts = MessageText.objects.all() if among is None else among
    rows = texts.values_list("kind", "channel", "language", "subject", "body")
    return {
        (kind, channel, language): Text(subject=subject, bodies=(one_kind_of_line_break(body),))
        for kind, channel, language, subject, body in rows
    }


def _columns(which: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("kind", "channel", "language"), which, strict=True))


def one_kind_of_line_break(text: str) -> str:
    """A text as a form sends it, with the line breaks that ours have."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def put_together(facts: Facts, kind: str, channel: str, written: Written, *, own: Text | None = None) -> Composed:
    """The words of a message about these facts; the clinic's own, if it has any for it. Call it in the language."""
    values = values_of(facts, channel=channel, written=written)
    if own is not None:
        _require_known(own, kind, channel)
    text = own or shipped_text(kind, channel, written.code)
    # A subject is read in a list on a phone: it says days and times as a screen does.
    on_a_screen = full_values(values_of(facts, channel=ChannelName.PUSH, written=written))
    subject = one_line(fill(text.subject, on_a_screen))[:LONGEST_SUBJECT]
    if channel == ChannelName.SMS:
        return Composed("", _sms(text, values), link=facts.link)
    body = text.by_video if facts.is_by_video and text.by_video else _fullest(text, values)
    if channel == ChannelName.EMAIL:
        return _mail(subject, body, values, facts, kind, written)
    return Composed(subject if channel == ChannelName.PUSH else "", _flat(body, values, channel), link=facts.link)


def _require_known(text: Text, kind: str, channel: str) -> None:
    known = placeholders_of(kind, channel)
    for part in (text.subject, *text.bodies):
        if stray_braces_in(part) or set(placeholders_in(part)) - set(known):
            raise TextBroken


def _fullest(text: Text, values: Mapping[str, Value]) -> str:
    """The first body that lacks nothing it speaks of, else the last, without the lines that do."""
    for body in text.bodies:
        if all(values[name].full for name in placeholders_in(body)):
            return body
    return text.bodies[-1]


def _flat(body: str, values: Mapping[str, Value], channel: str) -> str:
    """What a screen shows or a voice says. Raises TextBroken when nothing is left to say."""
    full = full_values(values)
    said = "\n".join(fill(line, full) for line in lines_with_values(body, full)).strip()
    if not said:
        raise TextBroken
    return said[:LONGEST_ON_A_SCREEN] if channel == ChannelName.PUSH else said


def _sms(text: Text, values: Mapping[str, Value]) -> str:
    """One segment, as full as there is room. Never less than the link: a text that cannot fit goes out as several."""
    known = full_values(values)
    bodies = [body for body in text.bodies if all(known[name] for name in placeholders_in(body))] or text.bodies[-1:]
    for body in bodies:
        lines = list(lines_with_values(body, known))
        fitting = fit(lambda chosen, lines=lines: fill("\n".join(lines), chosen), values, GIVE_WAY)  # type: ignore[misc]
        if fitting is not None:
            return fitting
    said = "\n".join(fill(line, known) for line in lines_with_values(bodies[-1], known))
    if not said:
        raise TextBroken
    return said


def _mail(subject: str, body: str, values: Mapping[str, Value], facts: Facts, kind: str, written: Written) -> Composed:
    button = written.buttons[Kind(kind)]
    said = full_values(values)
    plain = plain_of(body, said, button=button, written=written)
    return Composed(subject, plain, html_of(body, said, subject=subject, button=button, written=written), facts.link)


def _files_of(message: Message) -> tuple[Attachment, ...]:
    if message.kind in OF_MONEY:
        return _receipts_of(message)
    visit = message.appointment
    if message.kind not in WITH_A_CALENDAR_FILE or visit is None or not has_times(visit):
        return ()
    return (Attachment(name=f"{visit.number}.ics", content=calendar_file(visit), media_type="text/calendar"),)


def _receipts_of(message: Message) -> tuple[Attachment, ...]:
    """The receipt of what came, or the credit note of what has gone back; while it has not, what it gives back."""
    payment, refund = message.payment, message.refund
    found = credit_note_of(refund) if refund is not None else None
    found = found or (receipt_of(payment) if payment is not None else None)
    if found is None:
        raise TextBroken
    return (Attachment(name=file_name(found), content=receipt_file(found), media_type="application/pdf"),)


def tag_of(message: Message) -> str:
    """What a message is about, as one word: on a phone's screen the news takes the place of what it makes old."""
    if message.token_id is not None:
        return f"token-{message.token_id}"
    if message.kind in OF_MONEY:
        return f"money-{message.payment_id}"
    if message.waitlist_entry_id is not None:
        return f"offer-{message.waitlist_entry_id}"
    return f"visit-{message.appointment_id}"

"""An e-mail from its text: paragraphs, a list of facts, one button; and the same in plain words.

A text is read before it is filled in, so that nothing that somebody typed becomes a paragraph, a fact or a tag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string

from notifications.texts.filling import fill, lines_with_values
from notifications.texts.written import Written

LONGEST_LABEL: Final = 30


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph: lines of words, or facts with a label each."""

    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def blocks_of(body: str, values: Mapping[str, str]) -> list[Block]:
    """The paragraphs of a text with its values, without lines that speak of what is not there."""
    blocks = []
    for paragraph in body.split("\n\n"):
        lines = [line for line in lines_with_values(paragraph.strip("\n"), values) if line.strip()]
        if not lines:
            continue
        labelled = [_labelled(line) for line in lines]
        if len(lines) > 1 and all(labelled):
            blocks.append(Block(facts=tuple((label, fill(rest, values)) for label, rest in filter(None, labelled))))
        else:
            blocks.append(Block(lines=tuple(fill(line, values) for line in lines)))
    return blocks


def _labelled(line: str) -> tuple[str, str] | None:
    """`Label: words` in its two parts."""
    label, colon, rest = line.partition(": ")
    if not colon or not rest.strip() or len(label) > LONGEST_LABEL or "{" in label:
        return None
    return label.strip(), rest.strip()


def plain_of(body: str, values: Mapping[str, str], *, button: str, written: Written) -> str:
    """The e-mail in plain words, with the link on a line of its own."""
    parts = [
        "\n".join([*block.lines, *(f"{label}: {words}" for label, words in block.facts)])
        for block in blocks_of(body, values)
    ]
    sender = [values["clinic"], f"{written.phone}: {values['phone']}" if values["phone"] else ""]
    parts += [f"{button}:\n{values['link']}", written.keep_link, "\n".join(filter(None, sender))]
    return "\n\n".join(parts) + "\n"


def html_of(body: str, values: Mapping[str, str], *, subject: str, button: str, written: Written) -> str:
    """The same as a page of its own, made for a phone."""
    context = mail_context(body, values, button=button, written=written) | {"subject": subject}
    return render_to_string("notifications/email.html", context)


def mail_context(body: str, values: Mapping[str, str], *, button: str, written: Written) -> dict[str, object]:
    """What the page of an e-mail shows; the preview in the back office shows the same."""
    return {
        "language": written.code,
        "direction": "rtl" if written.is_rtl else "ltr",
        "house": settings.CLINIC_NAME,
        "blocks": blocks_of(body, values),
        "button": button,
        "link": values["link"],
        "keep_link": written.keep_link,
        "clinic": values["clinic"],
        "phone_label": written.phone,
        "phone": values["phone"],
    }

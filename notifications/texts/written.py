"""What a language brings for messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from notifications.states import ChannelName, Kind
from notifications.texts.days import Days, Ways
from payments.states import RefundReason


class MoneyBack(StrEnum):
    """How far money is that goes back."""

    DECIDED = "decided"
    SENT = "sent"
    IN_CASH = "in_cash"


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one kind of message by one channel.

    `bodies` go from the fullest to the briefest: the first is sent that says everything and has room. `by_video` stands
    in for them where the visit is a video call.
    """

    bodies: Ways
    subject: str = ""
    by_video: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A language of messages: its texts, what stands around them, and how it says days and times."""

    code: str
    texts: Mapping[tuple[Kind, ChannelName], Text]
    buttons: Mapping[Kind, str]
    days: Days
    phone: str
    keep_link: str
    video_call: str
    room: str
    whys: Mapping[RefundReason, Ways]
    """Why money goes back: as e-mails and calls say it, as screens and text messages do, and at its briefest."""
    money: Mapping[MoneyBack, str]
    """Whether it is on its way, or back."""
    spoken_name: Callable[[str], str] = str
    is_rtl: bool = False


def paragraphs(*texts: str) -> str:
    """Paragraphs with an empty line between them."""
    return "\n\n".join(texts)


def lines(*texts: str) -> str:
    """Lines of one paragraph."""
    return "\n".join(texts)

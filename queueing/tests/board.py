"""Reads what a screen of the waiting room was sent."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LANGUAGE = r'<span class="turn" lang="{}" dir="\w+"(?: hidden)?>(.*?)</span>'


@dataclass(frozen=True)
class Picture:
    """A screen, as one reads it in one language."""

    html: str
    language: str = "en"

    def part(self, name: str) -> str:
        """The HTML of a part, such as `calls` or `doctors`, in this language alone."""
        start = self.html.index(f'id="board-{name}"')
        text = self.html[start : self.html.find("</section>", start)]
        others = rf'<span class="turn" lang="(?!{self.language}")[^>]*>.*?</span>'
        return re.sub(others, "", text, flags=re.DOTALL)

    def words(self, name: str) -> str:
        """What one reads there."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.part(name).partition(">")[2]).split())

    @property
    def called(self) -> list[str]:
        """Who is asked in, the latest first."""
        if "call--over" in self.part("calls"):
            return []
        return _codes(self.part("calls"))

    @property
    def before(self) -> list[str]:
        """Who was asked in before."""
        return _codes(self.part("before"))

    @property
    def feed(self) -> list[int]:
        """The calls, the latest first."""
        return [int(number) for number in re.findall(r'<li data-call="(\d+)" data-at', self.html)]


def _codes(html: str) -> list[str]:
    return re.findall(r'<bdi dir="ltr">(\w+)</bdi>', html)

"""Input that means harm, and the reader that tells whether it came alive.

Every payload calls `zqalive` or brings an element named `zq-alive`; as text both are harmless words.
"""

from __future__ import annotations

from collections.abc import Iterable
from html.parser import HTMLParser

MARKUP = [
    "<script>zqalive(1)</script>",
    "</title></textarea></script><zq-alive>2",
    '"><img src=x onerror=zqalive(3)>',
    "' onmouseover='zqalive(4)' autofocus onfocus='zqalive(4)",
    '" x-init="zqalive(5)" @click="zqalive(5)" hx-on:load="zqalive(5)',
    "javascript:zqalive(6)",
    "--><zq-alive><!--7",
    "<svg/onload=zqalive(8)>",
    "&lt;script&gt;zqalive(9)&lt;/script&gt;&#60;zq-alive&#62;",
    "'}; zqalive(10); //",
    "`${zqalive(11)}`",
    "<a href='data:text/html,<script>zqalive(12)</script>'>12",
]
TEMPLATES = ["{{ 20011|add:40022 }}{% debug %}", "%(name)s %s %d %n {0} {name} {0.__class__}", "${20011*3} #{20011*3}"]
SQL = ["Robert'); DROP TABLE scheduling_patient;--", "' OR '1'='1' /*", "\\'; SELECT pg_sleep(9);--", "%' ESCAPE '_%"]
FORMULAS = ["=HYPERLINK('http://evil')", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", " =1+1", "＝1+1", "\t=1", "\n=1"]
STRANGE = [
    "\u202etxet desrever\u202c",  # right-to-left override
    "zero\u200bwidth\u200d\ufeffspace",
    "👩🏽‍⚕️🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "𝒵𝒶𝓁ℊℴ Z̴̡̛͍͖a̶l̵g̶o̴",
    "𠜎𠜱\U0010fffe",
    "line one\r\nATTENDEE:mailto:evil@example.org\r\nBcc: evil@example.org\r\n\r\nbody",
    "tab\tand\x0bvertical\x1b[31mescape\x7f",
    "İıŞşẞ ﬃ",
]
CORPUS = [*MARKUP, *TEMPLATES, *SQL, *FORMULAS, *STRANGE]
LONG = "zq" * 200_000

CODE = ("on", "x-", "@", ":", "hx-on", "style", "srcdoc")
ADDRESSES = {"href", "src", "action", "formaction", "data", "poster", "background"}


class Reader(HTMLParser):
    """Reads a page as a browser does and notes what of the corpus is more than text."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: list[str] = []
        self.text: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element: it, or what it carries, may be of the corpus."""
        if tag in {"script", "style"}:
            self.inside.append(tag)
        if "zq" in tag:
            self.alive.append(f"<{tag}>")
        for name, value in attrs:
            said = value or ""
            runs = name.startswith(CODE) or (
                name in ADDRESSES and said.strip().lower().startswith(("javascript:", "data:text"))
            )
            if "zq" in name or ("zq" in said and runs):
                self.alive.append(f"<{tag} {name}={said!r}>")
            self.text.append(said)

    def handle_endtag(self, tag: str) -> None:
        """The end of a script."""
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        """Text; inside a script it is code."""
        if self.inside and "zq" in data:
            self.alive.append(f"{self.inside[-1]}: {data[:200]!r}")
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        """What is in a comment may end it."""
        if "zq" in data:
            self.alive.append(f"comment {data[:200]!r}")


def read(page: str) -> Reader:
    """A page, read."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def alive(page: str) -> list[str]:
    """What of the corpus came alive in a page."""
    found = read(page).alive
    evaluated = [word for word in ("60033", "{'False'", "Traceback (most recent") if word in page]
    return found + evaluated


def says(page: str, word: str) -> bool:
    """Whether a page says a word as text or value, as a reader sees it."""
    return flat([word]) in flat(read(page).text)


def flat(texts: Iterable[str]) -> str:
    """Texts without what browsers and forms do with white space."""
    return "".join("".join(texts).split())

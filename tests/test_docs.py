"""What the documents link to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("written", PAGES, ids=lambda written: written.name)
def test_links_lead_somewhere(written: Path):
    for link in LINK.findall(written.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _hash, anchor = link.partition("#")
        target = (written.parent / name) if name else written
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link

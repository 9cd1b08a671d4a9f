"""A receipt as a file to print and to keep: one page of A4, in any of our languages.

The same receipt in the same language is the same bytes whenever it is made.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from payments.models import Receipt
from payments.receipt_words import Line, Sheet, sheet_of

FONTS: Final = Path(__file__).parent / "fonts"
LATIN, DEVANAGARI, ARABIC = "NotoSans", "NotoSansDevanagari", "NotoSansArabic"
FIRST_CHOICE: Final = (ARABIC, DEVANAGARI, LATIN)
"""A line in which one of these has letters is set in it; what it lacks is taken from the others. So the spaces between
Arabic words are of the same font as the words: else each word would be placed by itself, from left to right."""

UNKNOWN: Final = "\ufffd"
EDGE: Final = 20.0
LABEL: Final = 62.0
SMALL, USUAL, LARGE = 9.0, 11.0, 18.0
LEADING: Final = 0.55
"""Millimetres of a line for each point of its letters."""


def receipt_file(receipt: Receipt, *, language: str = "") -> bytes:
    """The receipt as PDF, in the patient's language unless another is asked for. Wants `with_everything`."""
    sheet = sheet_of(receipt, language=language)
    paper = _Paper(sheet)
    paper.set_creation_date(receipt.issued_at)
    paper.write_sheet()
    return bytes(paper.output())


def file_name(receipt: Receipt) -> str:
    """What the file is called."""
    return f"{receipt.number}.pdf"


@cache
def _letters_of(font: str) -> frozenset[int]:
    """The signs that a font has."""
    with TTFont(FONTS / f"{font}-Regular.ttf", lazy=True) as file:
        return frozenset(file.getBestCmap())


def _own_letters(text: str, font: str) -> bool:
    """Whether there are signs in a text for which this font is needed."""
    return any(ord(sign) in _letters_of(font) and ord(sign) not in _letters_of(LATIN) for sign in text)


def _readable(text: str) -> str:
    """A text without signs that cannot be seen, and with a mark for each that no font has."""
    shown = []
    for sign in unicodedata.normalize("NFC", " ".join(text.split())):
        is_known = any(ord(sign) in _letters_of(font) for font in FIRST_CHOICE)
        if unicodedata.category(sign) == "Cf" and sign not in "\u200c\u200d":
            continue
        shown.append(sign if is_known else UNKNOWN)
    return "".join(shown)


class _Paper(FPDF):
    """The page on which a sheet is written."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(format="A4")
        self.sheet = sheet
        self.set_margins(EDGE, EDGE)
        self.set_auto_page_break(auto=True, margin=EDGE)
        self.set_lang(sheet.language)
        self.set_title(f"{sheet.title} {sheet.number}")
        self.set_author(sheet.clinic)
        self._families = self._needed_fonts()
        for family in self._families:
            self.add_font(family, fname=FONTS / f"{family}-Regular.ttf")
        self.add_page()

    def write_sheet(self) -> None:
        """Put everything on the page."""
        sheet = self.sheet
        self._words(sheet.clinic, LARGE)
        for line in sheet.address:
            self._words(line, USUAL)
        self._rule()
        self._words(sheet.title, LARGE)
        self._words(sheet.number, USUAL, is_ltr=True)
        self.ln(5)
        for fact in sheet.facts:
            self._line(fact)
        self._rule()
        for amount in sheet.amounts:
            self._line(amount)
        if sheet.notes:
            self._rule()
        for note in sheet.notes:
            self._words(note, USUAL)

    def _needed_fonts(self) -> list[str]:
        """Those that this sheet needs: a font that is not read costs nothing."""
        sheet = self.sheet
        lines = [text for line in (*sheet.facts, *sheet.amounts) for text in (line.label, line.text)]
        said = "".join([sheet.title, sheet.clinic, *sheet.address, *lines, *sheet.notes])
        return [LATIN, *(font for font in (DEVANAGARI, ARABIC) if _own_letters(said, font))]

    def _rule(self) -> None:
        self.ln(4)
        self.set_draw_color(150)
        self.line(EDGE, self.get_y(), self.w - EDGE, self.get_y())
        self.ln(5)

    def _words(self, text: str, size: float, *, is_ltr: bool = False) -> None:
        self._column(text, size, begin=EDGE, width=self.epw, is_ltr=is_ltr)

    def _line(self, line: Line) -> None:
        """A label, and beside it what it is about; in Arabic the label is on the right."""
        size, top, page = LARGE if line.is_main else USUAL, self.get_y(), self.page
        rest = self.epw - LABEL
        label, text = (EDGE + rest, EDGE) if self.sheet.is_rtl else (EDGE, EDGE + LABEL)
        self.set_text_color(80)
        self._column(line.label, USUAL, begin=label, width=LABEL, height=size * LEADING)
        bottom = self.get_y()
        self.set_text_color(0)
        if self.page == page:
            self.set_y(top)
        self._column(line.text, size, begin=text, width=rest, is_ltr=line.is_ltr)
        self.set_y(max(self.get_y(), bottom) + 1)

    def _column(
        self, text: str, size: float, *, begin: float, width: float, is_ltr: bool = False, height: float = 0.0
    ) -> None:
        """A text in as many lines as it needs, each set by itself: the direction of writing is one of lines."""
        text = _readable(text)
        direction = "rtl" if self.sheet.is_rtl and not is_ltr else "ltr"
        self._choose_font(text, size)
        self.set_text_shaping(use_shaping_engine=True, direction=direction)
        height, align = height or size * LEADING, "R" if self.sheet.is_rtl else "L"
        for line in self._broken(text, width):
            self.set_x(begin)
            # A space first: where a line begins with a sign that its font lacks, fpdf2 takes the font as set from then
            # on, which it is not, and the next line would be drawn with glyphs of another.
            self.cell(width, height, " ", new_x=XPos.LEFT, new_y=YPos.TOP)
            self.cell(width, height, line, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _choose_font(self, text: str, size: float) -> None:
        family = next((font for font in FIRST_CHOICE if font in self._families and _own_letters(text, font)), LATIN)
        self.set_font(family, size=size)
        self.set_fallback_fonts([font for font in self._families if font != family])

    def _broken(self, text: str, width: float) -> list[str]:
        """The lines of a text that fit; a word that is longer than a line is broken, too."""
        room, lines, line = width - 2 * self.c_margin, [], ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if self.get_string_width(longer) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            line = word
            while self.get_string_width(line) > room:
                fits = next(
                    end for end in range(len(line) - 1, 0, -1) if end == 1 or self.get_string_width(line[:end]) <= room
                )
                lines.append(line[:fits])
                line = line[fits:]
        return [*lines, line]

"""Codes that a phone reads off paper and screens."""

from __future__ import annotations

import segno
from django.utils.safestring import SafeString, mark_safe

QUIET_ZONE = 4
"""Modules of white around a code: the standard's, without which some cameras do not find it."""


def svg_of(url: str) -> SafeString:
    """A QR code of an address, as an SVG for inside a page; it fills whatever box it is put into.

    Always black on white, whatever the page's colours are: many readers do not know a light code on dark ground.
    """
    code = segno.make_qr(url, error="m")
    return mark_safe(  # noqa: S308 -- segno writes numbers only; the address is in the modules
        code.svg_inline(border=QUIET_ZONE, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    )

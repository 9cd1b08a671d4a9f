"""QR codes, which a phone reads off paper and screens. Made here: a secret address is no other server's business."""

from __future__ import annotations

import io

import segno
from django.utils.safestring import SafeString, mark_safe

QUIET_ZONE = 4
"""Modules of white around a code: the standard's, without which some cameras do not find it."""


def svg_of(url: str) -> SafeString:
    """A QR code of an address, as an SVG for inside a page or for a file; it fills whatever box it is put into.

    Always black on white, whatever the page's colours are: many readers do not know a light code on dark ground.
    """
    drawn = io.BytesIO()
    segno.make_qr(url, error="m").save(
        drawn,
        kind="svg",
        border=QUIET_ZONE,
        dark="#000",
        light="#fff",
        omitsize=True,
        xmldecl=False,
        nl=False,
        svgclass="qr",
        lineclass=None,
    )
    return mark_safe(drawn.getvalue().decode())  # noqa: S308 -- segno writes numbers; the address is in the modules

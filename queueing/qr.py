"""QR codes that lead to a page. Made here, so that no secret address is shown to somebody else's server."""

from __future__ import annotations

import io

import segno

QUIET_ZONE = 4
"""Modules of white around a code: with less, cameras do not find it on printed paper (ISO/IEC 18004)."""


def svg_of(url: str) -> str:
    """A QR code of an address as an SVG image of its own: black on white, whatever the page around it looks like.

    It carries a viewBox and no size, so that the page decides how large it is.
    """
    drawn = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    code.save(drawn, kind="svg", border=QUIET_ZONE, dark="#000", light="#fff", omitsize=True, xmldecl=False, nl=False)
    return drawn.getvalue().decode()

"""The clinic's pair of keys for push messages (VAPID, RFC 8292): by it push services know who sends.

Browsers bind a subscription to the public key: with another pair, everybody has to ask anew to be told.
"""

from __future__ import annotations

import base64
import re
import time
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02

SIGNATURE_LASTS = 12 * 60 * 60
"""Seconds; push services take no more than a day."""

BASE64 = re.compile(r"[A-Za-z0-9_-]*={0,2}")
SUBJECT = re.compile(r"mailto:[^@\s]+@[^@\s]+|https://[^/\s]+\S*")


class Pair(NamedTuple):
    """Both keys, as browsers and push services write them: base64 for addresses, without padding."""

    private: str
    public: str


def new_pair() -> Pair:
    """A fresh pair."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Pair(_written(key.private_numbers().private_value.to_bytes(32, "big")), _public_of(key))


def fits(private: str, public: str) -> bool:
    """Whether these are two keys, and belong together."""
    try:
        return _public_of(_read(private)) == public
    except ValueError:
        return False


def is_subject(text: str) -> bool:
    """Whether a push service could tell by it whom to write to: a mailto: or https: address."""
    return SUBJECT.fullmatch(text) is not None


def is_configured() -> bool:
    """Whether the clinic has keys."""
    return bool(settings.VAPID_PRIVATE_KEY and settings.VAPID_PUBLIC_KEY)


def signature_for(endpoint: str) -> str:
    """The header by which a push service knows who sends; it is good at that service alone."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + SIGNATURE_LASTS,
        "sub": settings.VAPID_SUBJECT,
    }
    # The library would refuse a subject such as mailto:frontdesk@localhost in other words than config/checks.py.
    signer = Vapid02(_read(settings.VAPID_PRIVATE_KEY), conf={"no-strict": True})
    return str(signer.sign(claims)["Authorization"])


def bytes_of(text: str) -> bytes:
    """What base64 for addresses stands for, padded or not. Raises ValueError."""
    if not BASE64.fullmatch(text):
        raise ValueError
    plain = text.rstrip("=")
    return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))


@lru_cache(maxsize=4)
def _read(private: str) -> ec.EllipticCurvePrivateKey:
    raw = bytes_of(private)
    if len(raw) != 32:
        raise ValueError
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def _public_of(key: ec.EllipticCurvePrivateKey) -> str:
    return _written(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

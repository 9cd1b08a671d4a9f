"""Which addresses push messages may go to.

A browser tells us where its push service is. Whoever pretends to be one must not have us call machines of our own
network: what is named is checked when it is told, where a name leads when it is called (`channels/push_line.py`).
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from notifications.errors import InvalidSubscription
from notifications.push_keys import bytes_of

LONGEST_ENDPOINT = 1024
VISIBLE = re.compile(r"[\x21-\x7e]+")
AUTH_BYTES = 16
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as they are reached from networks without IPv4."""


def require_endpoint(endpoint: str) -> None:
    """Refuse what can be no push service of a browser. Raises InvalidSubscription."""
    if len(endpoint) > LONGEST_ENDPOINT or not VISIBLE.fullmatch(endpoint):
        raise InvalidSubscription(field="endpoint")
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidSubscription(field="endpoint") from None
    is_fine = bool(host) and parts.username is None and parts.password is None and not parts.fragment and port != 0
    if not is_fine or not (_is_public_https(parts.scheme, host) or _is_allowed_nearby(parts.scheme)):
        raise InvalidSubscription(field="endpoint")


def _is_public_https(scheme: str, host: str) -> bool:
    if scheme != "https":
        return False
    try:
        return is_public(host)
    except ValueError:  # it is a name; one without a dot, or with digits last, is none of the internet's
        last = host.rstrip(".").rpartition(".")
        return bool(last[1]) and not last[2].isdigit() and last[2] not in ("local", "localhost", "internal", "lan")


def _is_allowed_nearby(scheme: str) -> bool:
    return settings.PUSH_TO_PRIVATE_ADDRESSES and scheme in ("http", "https")


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's. Raises ValueError for what is no address, such as a name."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.sixtofour or found.teredo:
            return False
        if found in _TRANSLATED:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        elif found.ipv4_mapped:
            found = found.ipv4_mapped
    return found.is_global and not found.is_multicast


def require_keys(public_key: str, auth_secret: str) -> None:
    """Refuse keys that nothing could be encrypted with (RFC 8291). Raises InvalidSubscription."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _uncompressed(bytes_of(public_key)))
    except ValueError:
        raise InvalidSubscription(field="p256dh") from None
    try:
        is_fine = len(bytes_of(auth_secret)) == AUTH_BYTES
    except ValueError:
        is_fine = False
    if not is_fine:
        raise InvalidSubscription(field="auth")


def _uncompressed(raw: bytes) -> bytes:
    if len(raw) != 65 or raw[0] != 4:
        raise ValueError
    return raw

"""A throw-away push service in threads (RFC 8030): it checks who sends, keeps what it is given, fails as it is told.

It hands out subscriptions as a browser would, and knows their secrets, so that tests can read what was sent.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from testing.http_server import Handler, HttpServer

LARGEST = 4096
SIGNED = re.compile(r"vapid t=(?P<head>[\w-]+)\.(?P<claims>[\w-]+)\.(?P<signature>[\w-]+),\s*k=(?P<key>[\w-]+)")
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
A_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Fault:
    """What happens to one request instead of an answer of success. `status` 0 hangs, or closes the line; one
    that `drips` comes a little at a time, for some seconds.
    """

    status: int = 0
    retry_after: str = ""
    location: str = ""
    hangs: bool = False
    drips: bool = False


GONE = Fault(410)
UNKNOWN = Fault(404)
TOO_MANY = Fault(429)
AWAY = Fault(503)
HANG = Fault(hangs=True)
DRIP = Fault(201, drips=True)
CLOSE = Fault()


@dataclass(frozen=True)
class Push:
    """One message that was taken, as the browser reads it."""

    device: str
    said: dict[str, Any]
    headers: dict[str, str]
    claims: dict[str, Any]
    size: int


@dataclass
class Device:
    """A browser: its name at the push service, and the keys that only it has."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def keys(self) -> dict[str, str]:
        """What it tells a site."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": written(point), "auth": written(self.secret)}


@dataclass
class PushServer(HttpServer):
    """A push service on a free port of this machine, from `start` to `stop`.

    - `pushes`: what was taken, in order. `requests`: the path of every request; `connections`: by which they came.
    - `refusals`: why requests were refused that no fault explains; empty while we keep to the protocol.
    - `faults`: what happens to the next requests, one each.
    - `public_key`: the one key by which it takes messages, if it is told one.
    """

    public_key: str = ""
    devices: dict[str, Device] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)

    @property
    def handler(self) -> type[Handler]:
        """What serves one request."""
        return _Handler

    def device(self) -> Device:
        """A new browser."""
        made = Device(secrets.token_urlsafe(12))
        self.devices[made.name] = made
        return made

    def endpoint(self, device: Device) -> str:
        """Where messages for a browser are handed over."""
        return f"{self.origin}/send/{device.name}"


class _Handler(Handler):
    def serve(self, body: bytes) -> None:
        """Take a message for a browser."""
        service: PushServer = self.server.owner
        with service.lock:
            service.requests.append(self.path)
            service.connections.add(self.client_address)
            fault = service.faults.popleft() if service.faults else None
        if fault is not None and not fault.status:
            if fault.hangs:
                service.released.wait()
            self.close_connection = True
        elif fault is not None and fault.drips:
            self._drip(fault.status)
        elif fault is not None:
            more = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self.answer(fault.status, headers=more | ({"Location": fault.location} if fault.location else {}))
        else:
            self._take(body)

    def _drip(self, status: int) -> None:
        with suppress(ConnectionError):
            self.wfile.write(f"HTTP/1.1 {status} Here\r\n".encode())
            for number in range(80):
                self.wfile.write(f"X-{number}: more\r\n".encode())
                if self.server.owner.released.wait(0.05):
                    break
            self.wfile.write(b"Content-Length: 0\r\n\r\n")

    def _take(self, content: bytes) -> None:
        service: PushServer = self.server.owner
        device = service.devices.get(self.path.removeprefix("/send/"))
        try:
            if device is None:
                raise Refused(404, "nobody has that address")
            push = self._read(device, content)
        except Refused as refused:
            service.refusals.append(refused.words)
            self.answer(refused.status)
            return
        with service.lock:
            service.pushes.append(push)
            number = len(service.pushes)
        self.answer(201, headers={"Location": f"{service.origin}/messages/{number}"})

    def _read(self, device: Device, content: bytes) -> Push:
        claims = read_signature(self.headers, self.server.owner)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers.get("content-encoding") != "aes128gcm":
            raise Refused(400, "not encrypted as RFC 8188 says")
        if not headers.get("ttl", "").isdecimal():
            raise Refused(400, "no TTL")
        if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
            raise Refused(400, "no such urgency")
        if "topic" in headers and not TOPIC.fullmatch(headers["topic"]):
            raise Refused(400, "no such topic")
        if len(content) > LARGEST:
            raise Refused(413, "too large")
        try:
            said = http_ece.decrypt(content, private_key=device.key, auth_secret=device.secret, version="aes128gcm")
        except (http_ece.ECEException, ValueError) as error:
            raise Refused(400, "not encrypted for this browser") from error
        return Push(device.name, json.loads(said), headers, claims, len(content))


class Refused(Exception):
    """Something in a request is not as the protocol says."""

    def __init__(self, status: int, words: str) -> None:
        self.status, self.words = status, words
        super().__init__(words)


def read_signature(headers: Message, service: PushServer) -> dict[str, Any]:
    """The claims of whoever sends (RFC 8292), checked as a push service does. Raises Refused."""
    found = SIGNED.fullmatch(headers.get("Authorization", ""))
    if found is None:
        raise Refused(401, "not signed")
    if service.public_key and found["key"] != service.public_key:
        raise Refused(403, "signed by another key")
    head, claims = json.loads(plain(found["head"])), json.loads(plain(found["claims"]))
    signature = plain(found["signature"])
    half = len(signature) // 2
    proof = utils.encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), plain(found["key"]))
    try:
        key.verify(proof, f"{found['head']}.{found['claims']}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Refused(403, "the signature is wrong") from None
    left = claims.get("exp", 0) - time.time()
    if head.get("alg") != "ES256" or claims.get("aud") != f"http://{headers['Host']}" or not 0 < left <= A_DAY:
        raise Refused(403, "signed for another service, or for another time")
    if not str(claims.get("sub", "")).startswith(("mailto:", "https://")):
        raise Refused(403, "nobody to write to")
    return dict(claims)


def plain(text: str) -> bytes:
    """What base64 for addresses stands for."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def written(raw: bytes) -> str:
    """In base64 for addresses."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

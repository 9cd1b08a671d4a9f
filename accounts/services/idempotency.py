"""Doing once what a program may ask for many times: its line was cut, its user pressed twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from accounts.errors import DomainError
from accounts.models import IdempotentRequest

KEPT = timedelta(hours=48)
"""So long after a request the same key finds what came of it; `housekeeping.py` then clears it away."""

Made = TypeVar("Made")


class AskedBefore(Exception):
    """The request was answered before; `made` is what came of it."""

    def __init__(self, made: Any) -> None:
        super().__init__("asked before")
        self.made = made


def once(
    *,
    scope: str,
    key: str,
    body: str,
    make: Callable[[], Made],
    remember: Callable[[Made], Any],
    refusal: type[DomainError],
) -> Made:
    """Run `make` unless the request was answered before, in which case it raises AskedBefore.

    `scope` is who asks for what, `key` their name for the request, `body` what they ask; with another body it raises
    `refusal`. The claim on the key, what `make` writes, and what `remember` says of it are one transaction: of twenty
    that come at once, one makes it and the others wait and are told. What fails leaves the key free.
    """
    claim = _hashed("key", f"{scope}\n{key}")
    body = _hashed("body", body)
    try:
        with transaction.atomic():
            asked = _claimed(claim, body)
            made = make()
            IdempotentRequest.objects.filter(pk=asked.pk).update(made=remember(made))
    except _Claimed:
        before = IdempotentRequest.objects.filter(key=claim).first()
        if before is None or before.body != body:
            raise refusal from None
        raise AskedBefore(before.made) from None
    return made


class _Claimed(Exception):
    """Somebody was first."""


def _claimed(claim: str, body: str) -> IdempotentRequest:
    try:
        return IdempotentRequest.objects.create(key=claim, body=body)
    except IntegrityError as error:  # the caller's transaction is over
        raise _Claimed from error


def _hashed(what: str, text: str) -> str:
    return salted_hmac(f"accounts.idempotency.{what}", text, algorithm="sha256").hexdigest()

"""Doing once what a screen may send twice: a double click, a device that did not hear the answer.

Every screen makes a name of its own for each thing it asks for (`operation`). The name, what is written, and what came
of it are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable

from accounts.services.idempotency import AskedBefore, once
from queueing.errors import OperationReused
from queueing.models import Token
from queueing.selectors.queues import tokens_with_everything

LONGEST_NAME = 100


def token_once(*, operation: str, scope: str, asked: str, make: Callable[[], Token]) -> Token:
    """Run `make` unless this operation was done before; then the token that came of it, as it is now.

    Without an `operation` it just runs. `scope` is who asks for what, `asked` all they say about it: the same name
    with something else raises OperationReused.
    """
    if not operation:
        return make()
    try:
        return once(
            scope=f"queueing.{scope}",
            key=operation[:LONGEST_NAME],
            body=asked,
            make=make,
            remember=lambda token: token.pk,
            refusal=OperationReused,
        )
    except AskedBefore as before:
        return tokens_with_everything().get(pk=before.made)

"""Sending the few e-mails that somebody asks for on a page and waits for.

Everything that the clinic sends of its own accord belongs to the notifications above.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from threading import Thread
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

log = logging.getLogger(__name__)


def mail_after_commit(*, to: str, language: str, template: str, context: Mapping[str, Any]) -> None:
    """Render `<template>_subject.txt` and `<template>.txt` in a language and send them once the transaction is safe.

    The sending happens beside the request: a page that writes to somebody answers as fast as one that does not, so
    nobody learns from a clock whether an address is known. A failure is logged.
    """
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}_subject.txt", dict(context)).split())
        body = render_to_string(f"{template}.txt", dict(context))
    message = EmailMessage(subject=subject, body=body, to=[to])
    transaction.on_commit(Thread(target=_send, args=(message,), name="mail").start)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception:  # the person has had their answer; what is left is to let the clinic know
        log.exception("An e-mail that somebody asked for could not be sent")

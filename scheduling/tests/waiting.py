"""Waiting for what happens beside a request."""

from __future__ import annotations

import time

from django.core import mail
from django.core.mail import EmailMessage


def wait_for_mail(number: int, seconds: float = 5) -> list[EmailMessage]:
    """The mails sent so far, once there are `number` of them."""
    ends = time.monotonic() + seconds
    while len(mail.outbox) < number and time.monotonic() < ends:
        time.sleep(0.01)
    return list(mail.outbox)

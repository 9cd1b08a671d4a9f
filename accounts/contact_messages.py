"""The messages that prove an address: a code, or the news that one can sign in already. For pages and programs."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.contacts import Contact
from accounts.delivery import DeliveryFailed, send_text

logger = logging.getLogger(__name__)


def code_text(code: str, *, host: str) -> str:
    """The text message with a code. Its last line lets browsers fill it in."""
    return _("Your code for the clinic is %(code)s.") % {"code": code} + f"\n\n@{host} #{code}"


def already_registered_text() -> str:
    """The text message that tells what no page and no answer tells: this number is registered already."""
    return _("Somebody tried to register this number, but you can sign in with it already.")


def send_code(*, contact: Contact, code: str) -> None:
    """Send the code that proves `contact`; raises DeliveryFailed. Never call it inside a transaction."""
    if contact.phone:
        send_text(to=contact.phone, body=code_text(code, host=urlsplit(settings.BASE_URL).hostname or ""))
    else:
        _send_mail(contact.email, "account/email/email_confirmation", {"code": code})


def send_already_registered(*, contact: Contact) -> None:
    """Tell whoever reads `contact` that they can sign in already; raises DeliveryFailed. Outside a transaction, too."""
    if contact.phone:
        send_text(to=contact.phone, body=already_registered_text())
        return
    forgotten = settings.BASE_URL + reverse("account_reset_password")
    context = {"email": contact.email, "password_reset_url": forgotten}
    _send_mail(contact.email, "account/email/account_already_exists", context)


def _send_mail(to: str, template: str, context: dict[str, Any]) -> None:
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    try:
        send_mail(subject, render_to_string(f"{template}_message.txt", context), None, [to])
    except (OSError, SMTPException) as error:
        logger.warning("A sign-in mail could not be sent: %s", type(error).__name__)
        raise DeliveryFailed from error

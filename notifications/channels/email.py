"""E-mail: a text and the same as a page, with files, through whatever Django sends mail by."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from django.utils.crypto import salted_hmac

from notifications.channels import smtp
from notifications.channels.contract import Parcel, PermanentRefusal, Receipt, Unclear
from notifications.states import NotSent

PROVIDER = "mail"
CHARSET = re.compile(r";\s*charset=[^;]*", re.I)
"""Django names it by itself."""
CONSOLE = "django.core.mail.backends.console.EmailBackend"


class EmailChannel:
    """Sends e-mail; a mail server cannot be asked what it has."""

    def is_configured(self) -> bool:
        """Whether there is a mail server."""
        return bool(settings.EMAIL_BACKEND != CONSOLE)

    def send(self, parcel: Parcel) -> Receipt:
        """Hand a letter to the mail server."""
        recipient = _plain(parcel.address)
        letter = compose_letter(parcel)
        backend = mail.get_connection()
        if isinstance(backend, EmailBackend):
            sender = sanitize_address(letter.from_email, "utf-8")
            content = letter.message().as_bytes(linesep="\r\n")
            smtp.hand_over(backend=backend, sender=sender, recipient=recipient, content=content)
        else:
            try:
                backend.send_messages([letter])
            except OSError as error:
                raise Unclear(f"The mail backend failed: {type(error).__name__}") from error
        return Receipt(provider=PROVIDER, provider_id=letter.extra_headers["Message-ID"])

    def ask(self, parcel: Parcel) -> Receipt | None:  # noqa: ARG002
        """Nobody can tell. What is sent again has the same Message-ID, by which mailboxes know it."""
        return None


def message_id_of(parcel: Parcel) -> str:
    """The Message-ID: the same whenever a message is sent again, and no other message's, of another database either."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    mark = salted_hmac("notifications.message_id", f"{parcel.message_id} {parcel.link}").hexdigest()[:16]
    return f"<{parcel.message_id}.{mark}@{host}>"


def compose_letter(parcel: Parcel) -> EmailMultiAlternatives:
    """A letter with everything it carries."""
    headers = {
        "Message-ID": message_id_of(parcel),
        "Auto-Submitted": "auto-generated",  # RFC 3834: nothing that answers by itself answers this
        "X-Auto-Response-Suppress": "OOF, AutoReply",  # the same for Exchange
        "Content-Language": parcel.language,
        **parcel.headers,
    }
    letter = EmailMultiAlternatives(
        subject=" ".join(parcel.subject.split()),
        body=parcel.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[parcel.address],
        headers=headers,
    )
    if parcel.html:
        letter.attach_alternative(parcel.html, "text/html")
    for file in parcel.attachments:
        letter.attach(file.name, file.content, CHARSET.sub("", file.media_type))
    return letter


def _plain(address: str) -> str:
    """An address as mail servers are told it."""
    try:
        validate_email(address)
    except ValidationError as error:
        raise PermanentRefusal("It is no e-mail address.", why=NotSent.BAD_ADDRESS) from error
    return sanitize_address(address, "utf-8")

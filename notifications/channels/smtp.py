"""Hands letters to a mail server so that it is known what became of each: Django's backend does not say.

The line is opened as Django opens it (EMAIL_URL), and kept from one letter to the next, whichever thread sends it.
"""

from __future__ import annotations

import logging
import os
import re
import smtplib
import ssl
import threading
import time
from contextlib import suppress
from typing import NoReturn

from django.core.mail.backends.smtp import EmailBackend

from notifications.channels.contract import PermanentRefusal, TryLater, Unclear
from notifications.states import NotSent

logger = logging.getLogger(__name__)

IDLE_SECONDS = 10
LETTERS_A_LINE = 50
"""Servers close a line that brings too many; nothing is lost by another one."""

ENHANCED = re.compile(rb"\s*(?P<code>[245]\.(?P<subject>\d{1,3})\.(?P<detail>\d{1,3}))\b")
POLICY = re.compile(rb"relay|spam|blocked|block ?list|black ?list|policy|authenti|denied|permitted|reputation", re.I)
ADDRESS_CODES = (550, 551, 553, 556)
TOO_LARGE = 552
CLOSING = 421

_idle: list[_Line] = []
_lock = threading.Lock()


class _Line:
    """An open line to the mail server, and how much it has been used."""

    def __init__(self, backend: EmailBackend, key: tuple[object, ...]) -> None:
        self.backend, self.key = backend, key
        self.letters, self.used_at = 0, time.monotonic()

    @property
    def smtp(self) -> smtplib.SMTP:
        """What speaks."""
        assert self.backend.connection is not None, "the line is closed"
        return self.backend.connection

    def is_good_for(self, key: tuple[object, ...]) -> bool:
        """Whether another letter may go by it."""
        is_fresh = time.monotonic() - self.used_at <= IDLE_SECONDS
        return self.key == key and is_fresh and self.letters < LETTERS_A_LINE

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close it without a word: it is dead, or it is the line of the process we were forked from."""
        if self.backend.connection is not None:
            self.backend.connection.close()
            self.backend.connection = None

    def end(self) -> None:
        """Say goodbye, and close it."""
        if self.key[0] == os.getpid():
            try:
                self.smtp.quit()
            except (smtplib.SMTPException, OSError):
                logger.debug("The mail server had closed the line.")
        self.close()


def hand_over(*, backend: EmailBackend, sender: str, recipient: str, content: bytes) -> None:
    """Hand one letter to the mail server. Raises PermanentRefusal, TryLater, Unclear."""
    line = _addressed(backend, sender, recipient, len(content))
    try:
        code, answer = line.smtp.data(content)
    except smtplib.SMTPDataError as error:
        said = error.smtp_error
        _refused_letter(line, error.smtp_code, said if isinstance(said, bytes) else said.encode())
    except (smtplib.SMTPException, OSError) as error:
        line.close()
        raise Unclear(f"The line broke while the mail server had the letter: {type(error).__name__}") from error
    if code != 250:
        _refused_letter(line, code, answer)
    _keep(line)


def let_go() -> None:
    """Say goodbye to the mail server on every line that is kept."""
    while True:
        with _lock:
            if not _idle:
                return
            line = _idle.pop()
        line.end()


def _addressed(backend: EmailBackend, sender: str, recipient: str, size: int) -> _Line:
    """A line on which the server has taken sender and recipient."""
    line, is_new = _line(backend)
    try:
        _address(line, sender, recipient, size)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        line.close()
        if is_new:
            raise TryLater(f"The mail server broke the line: {type(error).__name__}") from error
        return _addressed(backend, sender, recipient, size)  # what was kept had died meanwhile
    return line


def _line(backend: EmailBackend) -> tuple[_Line, bool]:
    """A line that was kept, or a new one, and which of both."""
    key = (os.getpid(), backend.host, backend.port, backend.username, backend.use_tls, backend.use_ssl)
    while True:
        with _lock:
            line = _idle.pop() if _idle else None
        if line is None:
            return _opened(backend, key), True
        if line.is_good_for(key):
            return line, False
        line.end()


def _opened(backend: EmailBackend, key: tuple[object, ...]) -> _Line:
    try:
        backend.open()
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
        logger.error("The mail server does not let us in: %s. Messages wait; see EMAIL_URL.", type(error).__name__)
        raise TryLater(f"The mail server does not let us in: {type(error).__name__}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise TryLater(f"The mail server could not be reached: {type(error).__name__}") from error
    finally:
        if backend.connection is None:
            with suppress(smtplib.SMTPException, OSError):
                backend.close()  # what was opened half way; there is nobody to say goodbye to
    return _Line(backend, key)


def _keep(line: _Line) -> None:
    """For the next letter."""
    line.letters, line.used_at = line.letters + 1, time.monotonic()
    with _lock:
        _idle.append(line)


def _address(line: _Line, sender: str, recipient: str, size: int) -> None:
    smtp = line.smtp
    smtp.ehlo_or_helo_if_needed()
    options = [f"size={size}"] if smtp.has_extn("size") else []
    options += ["body=8bitmime"] if smtp.has_extn("8bitmime") else []
    code, answer = smtp.mail(sender, options)
    if code != 250:
        _refused_sender(line, code, answer)
    code, answer = smtp.rcpt(recipient)
    if code not in (250, 251):
        _refused_recipient(line, code, answer)


def _refused_sender(line: _Line, code: int, answer: bytes) -> NoReturn:
    said = _ready_again(line, code, answer)
    if code == TOO_LARGE:
        raise PermanentRefusal(said)
    if code >= 500:  # no fault of the letter's, and none of whom it is for
        logger.error("The mail server refuses DEFAULT_FROM_EMAIL as a sender (%s). Messages wait.", said)
    raise TryLater(said)


def _refused_recipient(line: _Line, code: int, answer: bytes) -> NoReturn:
    said = _ready_again(line, code, answer)
    if code < 500:
        raise TryLater(said)
    if _is_about_the_address(code, answer, plain_codes=ADDRESS_CODES):
        raise PermanentRefusal(said, why=NotSent.BAD_ADDRESS, stop=True)
    raise PermanentRefusal(said)


def _refused_letter(line: _Line, code: int, answer: bytes) -> NoReturn:
    said = _ready_again(line, code, answer)
    if code < 500:
        raise TryLater(said)
    if _is_about_the_address(code, answer, plain_codes=()):
        raise PermanentRefusal(said, why=NotSent.BAD_ADDRESS, stop=True)
    raise PermanentRefusal(said)


def _ready_again(line: _Line, code: int, answer: bytes) -> str:
    """Keep the line for the next letter; what the server said, without its words: they repeat the address."""
    try:
        is_alive = code != CLOSING and line.smtp.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        is_alive = False
    if is_alive:
        _keep(line)
    else:
        line.close()
    enhanced = ENHANCED.match(answer)
    return f"SMTP {code} {enhanced['code'].decode()}" if enhanced else f"SMTP {code}"


def _is_about_the_address(code: int, answer: bytes, *, plain_codes: tuple[int, ...]) -> bool:
    """Whether a server says that there is no such mailbox, and not that it does not like us (RFC 3463)."""
    enhanced = ENHANCED.match(answer)
    if enhanced is None:
        return code in plain_codes and not POLICY.search(answer)
    subject, detail = int(enhanced["subject"]), int(enhanced["detail"])
    of_the_sender = detail in (7, 8)
    return (subject == 1 and not of_the_sender) or (subject == 2 and detail == 1)

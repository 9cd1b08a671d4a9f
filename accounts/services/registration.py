"""Registering through a program, and proving the address afterwards.

Nobody learns here who else is registered. Whoever registers gets an account of their own and may use it at once, but
the address stays a claim until a code from its mailbox or phone proves it. Somebody else's address can be claimed just
the same: then no code is sent, the person whose address it is reads that they can sign in already, and the claim comes
to nothing. A claim keeps nobody from registering the address.
"""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.contact_messages import send_already_registered, send_code
from accounts.contacts import Contact, read_contact
from accounts.delivery import DeliveryFailed
from accounts.errors import DomainError, TooManyAttempts
from accounts.models import ContactClaim, User
from accounts.roles import Role
from accounts.selectors.contacts import contact_is_taken
from accounts.services.sign_ins import Tokens, sign_in
from accounts.services.throttling import count_attempt
from accounts.services.users import ContactTaken, assign_role

CODES_PER_CONTACT = 5
CODE_WINDOW = timedelta(minutes=15)
CODE_LIFETIME = timedelta(minutes=15)
CLAIM_LIFETIME = timedelta(days=14)
GUESSES = 3

logger = logging.getLogger(__name__)


class NothingToVerify(DomainError):
    """No address of theirs waits to be proven."""

    code = "nothing_to_verify"
    sentence = _("There is nothing to confirm.")


class CodeExpired(DomainError):
    """The code is too old, or somebody guessed too often."""

    code = "code_expired"
    sentence = _("This code does not work any more. Ask for a new one.")


class IncorrectCode(DomainError):
    """It is another code."""

    code = "incorrect_code"
    sentence = _("This code is not right. Check the newest message and try again.")
    status = 400


def register_by_program(*, contact: Contact, password: str, full_name: str, language: str, actor: Actor) -> Tokens:
    """Register a patient, sign them in, and send what proves `contact`. The same for every contact, taken or not.

    `password` has passed the validators. Never call it inside a transaction: it hashes, and sends a message.
    """
    user = User(full_name=full_name, language=language)
    user.set_password(password)  # slow on purpose, so before the transaction begins
    may_send = _may_send(contact)
    # A code that nobody is sent could only be guessed: there is none, or codes would come without end.
    code = _code_for(contact) if may_send else ""
    with recorded(actor, "user.register"):
        user.save()
        assign_role(user=user, role=Role.PATIENT, actor=actor)
        _claim(user, contact, code)
        signed_in = sign_in(user=user, actor=Actor(label=f"user:{user.pk}", user=user, address=actor.address))
    if may_send:
        try:
            _send(contact, code)
        except DeliveryFailed:
            logger.warning("No code reached whoever registered. They are registered, and can ask for another one.")
    return signed_in


def resend_code(*, user: User) -> None:
    """Send another code; the one before does not work any more.

    Raises NothingToVerify, TooManyAttempts and DeliveryFailed. Never call it inside a transaction.
    """
    claim = ContactClaim.objects.filter(user=user).first()
    if claim is None:
        raise NothingToVerify
    contact = read_contact(claim.address)
    count_code(contact)
    code = _code_for(contact)
    _claim(user, contact, code)
    _send(contact, code)


def verify_contact(*, user: User, code: str, actor: Actor) -> None:
    """Put the claimed address on `user`, who has the code: from now on they sign in by it everywhere.

    Raises NothingToVerify, CodeExpired, IncorrectCode, and ContactTaken when somebody else has proven it meanwhile.
    """
    # One statement, and none of a transaction that rolls back: two guesses at the same moment are two guesses.
    counted = ContactClaim.objects.filter(user=user, code_expires_at__gt=timezone.now(), attempts__lt=GUESSES).update(
        attempts=F("attempts") + 1
    )
    claim = ContactClaim.objects.filter(user=user).first()
    if claim is None:
        raise NothingToVerify
    if not counted:
        raise CodeExpired
    if not constant_time_compare(claim.code_digest, _digest(user, code)):
        raise IncorrectCode(field="code")
    _prove(user, claim, actor)


def count_code(contact: Contact) -> None:
    """Count a code that is to be sent, from wherever: nobody's phone rings without end. Raises TooManyAttempts."""
    count_attempt(subject=f"code-to:{contact}", limit=CODES_PER_CONTACT, window=CODE_WINDOW)


def _may_send(contact: Contact) -> bool:
    """Whether one more message may go there; counts it."""
    try:
        count_code(contact)
    except TooManyAttempts:
        return False
    return True


def _code_for(contact: Contact) -> str:
    """A new code; none for an address that somebody signs in by."""
    return "" if contact_is_taken(contact) else f"{secrets.randbelow(1_000_000):06d}"


def _claim(user: User, contact: Contact, code: str) -> None:
    now = timezone.now()
    ContactClaim.objects.update_or_create(
        user=user,
        defaults={
            "address": str(contact),
            "expires_at": now + CLAIM_LIFETIME,
            "code_digest": _digest(user, code) if code else "",
            "code_expires_at": now + CODE_LIFETIME,
            "attempts": 0,
        },
    )


def _digest(user: User, code: str) -> str:
    return salted_hmac("accounts.registration", f"{user.pk}:{code}", algorithm="sha256").hexdigest()


def _send(contact: Contact, code: str) -> None:
    if code:
        send_code(contact=contact, code=code)
    else:
        send_already_registered(contact=contact)


def _prove(user: User, claim: ContactClaim, actor: Actor) -> None:
    contact = read_contact(claim.address)
    try:
        with recorded(actor, "user.prove_contact"):
            if not ContactClaim.objects.filter(pk=claim.pk).delete()[0]:
                raise NothingToVerify
            if contact_is_taken(contact):
                raise ContactTaken
            _put(user, contact)
    except IntegrityError as error:
        raise ContactTaken from error


def _put(user: User, contact: Contact) -> None:
    if contact.phone:
        user.phone, user.phone_verified = contact.phone, True
        user.save(update_fields=["phone", "phone_verified"])
        return
    user.email = contact.email
    user.save(update_fields=["email"])
    EmailAddress.objects.create(user=user, email=contact.email, primary=True, verified=True)

"""How django-allauth is fitted to Frontdesk: phones, texts, verification, where people land."""

from __future__ import annotations

import ipaddress
import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage, PhoneVerificationStage
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.api.errors import is_for_programs
from accounts.contact_messages import already_registered_text, code_text
from accounts.delivery import DeliveryFailed, send_text
from accounts.models import User
from accounts.models.users import UserManager
from accounts.phone_numbers import read_phone

logger = logging.getLogger(__name__)

NO_MATCH = gettext_lazy("This e-mail address or phone number and this password do not belong together.")
"""The same words whether or not somebody signs in with that address."""


class PhoneField(forms.CharField):
    """A phone number as people type it, cleaned to +447700900123."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Phone number"))
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}))
        super().__init__(max_length=40, **kwargs)

    def clean(self, value: Any) -> str:
        """The number in its international form."""
        typed = super().clean(value)
        if not typed:
            return ""
        phone = read_phone(typed)
        if not phone:
            raise ValidationError(_("Enter a phone number, such as 020 7946 0958."), code="invalid_phone")
        return phone


class AccountAdapter(DefaultAccountAdapter):
    """What allauth asks of a project."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": NO_MATCH,
        "phone_password_mismatch": NO_MATCH,
        "username_password_mismatch": NO_MATCH,
        "invalid_login": NO_MATCH,
        "incorrect_code": gettext_lazy("This code is not right. Check the newest message and try again."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "enter_current_password": gettext_lazy("This is not your current password."),
        "too_many_login_attempts": gettext_lazy("Too many attempts. Please wait a few minutes and try again."),
        "rate_limited": gettext_lazy("Too many attempts. Please wait a few minutes and try again."),
    }

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff land in the back office, patients on their own page."""
        if getattr(request.user, "is_staff", False):
            return reverse("admin:index")
        try:
            return reverse("scheduling:me")
        except NoReverseMatch:
            return "/"

    get_signup_redirect_url = get_login_redirect_url

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Somebody whose address was never entered into allauth's list was registered by staff, who vouch for it."""
        if user.email and not EmailAddress.objects.filter(user=user).exists():
            EmailAddress.objects.get_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def get_login_stages(self) -> list[str]:
        """Allauth's stages, where only the contact that somebody signs in with has to be proven."""
        ours = {
            "allauth.account.stages.PhoneVerificationStage": "accounts.adapter.ProvePhone",
            "allauth.account.stages.EmailVerificationStage": "accounts.adapter.ProveEmail",
        }
        return [ours.get(path, path) for path in super().get_login_stages()]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; when the mail server is away say so instead of failing."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            logger.warning("A sign-in mail could not be sent: %s", type(error).__name__)
            self._say_that_sending_failed()

    def phone_form_field(self, **kwargs: Any) -> forms.Field:
        """Phone numbers as people type them."""
        return PhoneField(**kwargs)

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        """The number of `user`, and whether it was proven."""
        return (str(user.phone), user.phone_verified) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        """Store a new number."""
        user.phone, user.phone_verified = phone, verified
        user.save(update_fields=["phone", "phone_verified"])

    def set_phone_verified(self, user: User, phone: str) -> None:
        """The number was proven."""
        User.objects.filter(pk=user.pk, phone=phone).update(phone_verified=True)
        user.phone_verified = True

    def get_user_by_phone(self, phone: str) -> User | None:
        """Whoever signs in by this number, however it is typed."""
        number = read_phone(phone)
        return User.objects.filter(phone=number).first() if number else None

    def send_verification_code_sms(self, user: User, phone: str, code: str, **kwargs: Any) -> None:  # noqa: ARG002
        """Text a code."""
        host = self.request.get_host().split(":")[0]
        self._text(phone, code_text(code, host=host))

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        """Text what a page must not tell: nobody signs in with this number."""
        self._text(phone, _("Somebody asked for a sign-in code for this number, but nobody signs in with it."))

    def send_account_already_exists_sms(self, phone: str) -> None:
        """Text what a page must not tell: this number is registered already."""
        self._text(phone, already_registered_text())

    def _text(self, phone: str, body: str) -> None:
        try:
            send_text(to=phone, body=body)
        except DeliveryFailed:
            self._say_that_sending_failed()

    def _say_that_sending_failed(self) -> None:
        if is_for_programs(self.request):  # there is no page to say it on
            return
        messages.error(self.request, str(DeliveryFailed.sentence))

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Attempts are counted for a person and an address together: nobody locks out somebody else."""
        return f"{request.META.get('REMOTE_ADDR', '')}:{login_of(request, credentials)}"


class ProveEmail(EmailVerificationStage):
    """Somebody who has no e-mail address has none to prove."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Ask for the code from the mail, where there is an address."""
        user = self.login.user
        if (user is not None and not user.email) or (user is None and not self.login.email):
            return None, True
        result: tuple[HttpResponse | None, bool] = super().handle()
        return result


class ProvePhone(PhoneVerificationStage):
    """Somebody who has an e-mail address proves that instead."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Ask for the code from the text message, where there is only a number."""
        user = self.login.user
        if user is not None and user.email:
            return None, True
        result: tuple[HttpResponse | None, bool] = super().handle()
        return result


def login_of(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """Whom an attempt to sign in is about, spelled in one way: guesses are counted by it."""
    given = credentials or {}
    typed = given.get("email") or given.get("phone") or given.get("username") or ""
    if not typed and request is not None:
        typed = request.POST.get("login", "")
    return read_phone(str(typed)) or UserManager.normalize_address(str(typed)) or ""


def address_of(request: HttpRequest) -> str | None:
    """The network address, or None on a socket without one; `TrustedProxies` has put it where everybody reads it."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None

"""The forms of signing in and registering, each with one field for an e-mail address or a phone number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.userkit import filter_users_by_email
from allauth.core import context
from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.actors import from_request
from accounts.contacts import Contact, read_contact
from accounts.errors import TooManyAttempts
from accounts.models import User
from accounts.selectors.contacts import contact_is_taken
from accounts.services.registration import CODE_WINDOW, count_code
from accounts.services.throttling import count_attempt
from accounts.services.users import ContactTaken, register_user

CODES_PER_ADDRESS = 30


def _password_rules() -> str:
    return " ".join(password_validation.password_validators_help_texts())


class ContactField(forms.CharField):
    """An e-mail address or a phone number; cleans to a `Contact`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("E-mail address or phone number"))
        kwargs.setdefault("error_messages", {"required": _("Enter your e-mail address or phone number.")})
        widget = forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"})
        super().__init__(max_length=254, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        """Tell the two apart."""
        return read_contact(super().clean(value))


def _password_field(*, label: Any, autocomplete: str, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=1024,
        help_text=help_text,
        error_messages={"required": _("Enter a password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


class SignInForm(allauth_forms.LoginForm):
    """Contact and password. Pasting and password managers are welcome."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = ContactField()
        self.fields["password"] = _password_field(label=_("Password"), autocomplete="current-password")
        self.order_fields(["login", "password"])

    def clean_login(self) -> str:
        """As allauth wants it: text."""
        return str(self.cleaned_data["login"])


class RegistrationForm(allauth_forms.SignupForm):
    """Name, contact and password. Whether the contact is registered already is told only to whoever reads it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("email", "phone", "password1"):
            self.fields.pop(name, None)
        self.fields["full_name"] = forms.CharField(
            label=_("Your name"),
            max_length=150,
            error_messages={"required": _("Enter your name.")},
            widget=forms.TextInput(attrs={"autocomplete": "name"}),
        )
        self.fields["contact"] = ContactField()
        self.fields["password1"] = _password_field(
            label=_("Password"), autocomplete="new-password", help_text=lazy(_password_rules, str)()
        )
        self.order_fields(["full_name", "contact", "password1"])

    def clean(self) -> dict[str, Any]:
        """Check the password against the person; find out quietly whether the contact is taken."""
        cleaned: dict[str, Any] = self.cleaned_data
        contact = cleaned.get("contact")
        if contact is not None:
            cleaned["email"], cleaned["phone"] = contact.email, contact.phone
            self.account_already_exists = contact_is_taken(contact)
        if "password1" in cleaned:
            self._check_password(cleaned["password1"], contact or Contact(), cleaned.get("full_name", ""))
        return cleaned

    def _check_password(self, password: str, contact: Contact, full_name: str) -> None:
        person = User(email=contact.email or None, phone=contact.phone or None, full_name=full_name)
        try:
            password_validation.validate_password(password, person)
        except forms.ValidationError as error:
            self.add_error("password1", error)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Register, or pretend to: the page that follows is the same, and takes as long."""
        if self.account_already_exists:
            User().set_password(self.cleaned_data["password1"])
            return self._pretend(request)
        try:
            return self.save(request), None
        except ContactTaken:
            return self._pretend(request)

    def _pretend(self, request: HttpRequest) -> tuple[None, HttpResponse]:
        self.account_already_exists = True
        _user, response = super().try_save(request)
        return None, response

    def save(self, request: HttpRequest) -> User:
        """Through the service that everybody registers people with."""
        data = self.cleaned_data
        return register_user(
            email=data["email"],
            phone=data["phone"],
            password=data["password1"],
            full_name=data["full_name"],
            language=get_language() or settings.LANGUAGE_CODE,
            verified=False,
            actor=from_request(request),
        )


class RequestCodeForm(allauth_forms.RequestLoginCodeForm):
    """Where to send a one-time code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("email", "phone"):
            self.fields.pop(name, None)
        self.fields["contact"] = ContactField()
        self._user: User | None = None

    def clean(self) -> dict[str, Any]:
        """Find whom to send to, and count: nobody's phone is rung without end."""
        cleaned: dict[str, Any] = self.cleaned_data
        contact = cleaned.get("contact")
        if contact is None:
            return cleaned
        address = from_request(context.request).address
        try:
            count_attempt(subject=f"code-from:{address}", limit=CODES_PER_ADDRESS, window=CODE_WINDOW)
            count_code(contact)
        except TooManyAttempts as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        cleaned["email"], cleaned["phone"] = contact.email, contact.phone
        self._user = _user_of(contact)
        return cleaned


def _user_of(contact: Contact) -> User | None:
    if contact.phone:
        user = get_adapter().get_user_by_phone(contact.phone)
        return user if user is not None and user.is_active else None
    users = filter_users_by_email(contact.email, is_active=True, prefer_verified=True, for_login=True)
    return users[0] if users else None


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    """A new password. Who has just signed in by a code may have forgotten the old one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _undecorate(self)
        if signed_in_by_code(context.request):
            del self.fields["oldpassword"]


class SetPasswordForm(allauth_forms.SetPasswordForm):
    """A first password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _undecorate(self)


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """Where to send the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _undecorate(self)


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):
    """The new password behind the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _undecorate(self)


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _undecorate(self)


class CodeForm(allauth_forms.ConfirmLoginCodeForm):
    """A code from a message."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _as_code(self.fields["code"])


class EmailCodeForm(allauth_forms.ConfirmEmailVerificationCodeForm):
    """The code that proves an address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _as_code(self.fields["code"])


class PhoneCodeForm(allauth_forms.VerifyPhoneForm):
    """The code that proves a number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _as_code(self.fields["code"])


def signed_in_by_code(request: HttpRequest, within: timedelta = timedelta(minutes=15)) -> bool:
    """Whether the person behind the request proved by a code who they are, just now."""
    since = (timezone.now() - within).timestamp()
    user = request.user if request.user.is_authenticated else None
    records = get_authentication_records(request, user)
    return any(record["method"] == "code" and record["at"] >= since for record in records)


def _as_code(field: forms.Field) -> None:
    """Codes fill themselves in from the message, on a keyboard of digits."""
    field.label = _("Code")
    field.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none"}


def _undecorate(form: forms.Form) -> None:
    """Labels say what a field is for: no placeholders, no markup in hints, no password typed twice."""
    form.fields.pop("password2", None)
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.help_text = lazy(_password_rules, str)() if name == "password1" else ""
    if "email" in form.fields:
        form.fields["email"].label = _("E-mail address")

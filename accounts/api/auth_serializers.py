"""What the sign-in endpoints take and answer."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from accounts.api.serializers import StrictSerializer
from accounts.contacts import Contact, read_contact
from accounts.models import ContactClaim, User
from accounts.phone_numbers import read_phone
from accounts.services.sign_ins import Tokens

LONGEST_PASSWORD = 1024
LONGEST_ADDRESS = 254
LONGEST_TOKEN = 2000
LONGEST_CODE = 40


class PasswordField(serializers.CharField):
    """A password, blanks and all."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True, **kwargs)


class LoginField(serializers.CharField):
    """An e-mail address or a phone number, however it is typed; becomes a `Contact`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_ADDRESS, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Tell the two apart."""
        try:
            return read_contact(super().run_validation(data))
        except DjangoValidationError as error:
            raise ValidationError(error.messages, code="invalid_contact") from error


class PhoneNumberField(serializers.CharField):
    """A phone number as people type it; becomes +447700900123."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The number in its international form."""
        phone = read_phone(super().to_internal_value(data))
        if not phone:
            raise ValidationError(_("Enter a phone number, such as 020 7946 0958."), code="invalid_phone")
        return phone


class UserSerializer(serializers.ModelSerializer[User]):
    """Somebody who signs in."""

    phone = serializers.CharField(read_only=True, allow_null=True, help_text="In E.164, such as +447700900123.")
    roles = serializers.SerializerMethodField()
    unproven_contact = serializers.SerializerMethodField(
        help_text="The address or number they registered with, until `verify/` has its code."
    )

    class Meta:
        model = User
        fields = ["id", "email", "phone", "full_name", "language", "roles", "is_staff", "unproven_contact"]
        read_only_fields = fields

    def get_roles(self, user: User) -> list[str]:
        """The names of their roles."""
        return sorted(user.groups.values_list("name", flat=True))

    def get_unproven_contact(self, user: User) -> str | None:
        """What still waits for its code."""
        return ContactClaim.objects.filter(user=user).values_list("address", flat=True).first()

    def to_representation(self, instance: User) -> dict[str, Any]:
        """The user; a number as it is stored."""
        shown: dict[str, Any] = super().to_representation(instance)
        shown["phone"] = str(instance.phone) if instance.phone else None
        return shown


class ProfileSerializer(StrictSerializer):
    """What people change about themselves."""

    full_name = serializers.CharField(max_length=150, required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class RegistrationSerializer(StrictSerializer):
    """Somebody new: an e-mail address or a phone number, and a password."""

    email = serializers.EmailField(max_length=LONGEST_ADDRESS, required=False)
    phone = PhoneNumberField(required=False)
    password = PasswordField()
    full_name = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False, default=settings.LANGUAGE_CODE)

    def validate_email(self, address: str) -> str:
        """As it is stored: in lower case, which some letters are longer in."""
        lowered = User.objects.normalize_address(address) or ""
        if len(lowered) > LONGEST_ADDRESS:
            raise ValidationError(_("This address is too long."), code="max_length")
        return lowered

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One way to reach them, and a password that is hard to guess."""
        given = [name for name in ("email", "phone") if name in attrs]
        if len(given) != 1:
            sentence = _("Give an e-mail address or a phone number: one of the two.")
            raise ValidationError({"email": [ErrorDetail(str(sentence), code="one_contact")]})
        attrs["contact"] = Contact(email=attrs.get("email", ""), phone=attrs.get("phone", ""))
        person = User(email=attrs.get("email"), phone=attrs.get("phone"), full_name=attrs["full_name"])
        check_password("password", attrs["password"], person)
        return attrs


class SignInSerializer(StrictSerializer):
    """Who signs in, and how they prove it."""

    login = LoginField(help_text="An e-mail address or a phone number, however it is typed.")
    password = PasswordField()
    code = serializers.CharField(
        max_length=LONGEST_CODE,
        required=False,
        default="",
        allow_blank=True,
        help_text="From an authenticator app, or a recovery code, for those who have set up a second step.",
    )


class RefreshSerializer(StrictSerializer):
    """The newest refresh token."""

    refresh = serializers.CharField(max_length=LONGEST_TOKEN)


class CodeSerializer(StrictSerializer):
    """A code from a message."""

    code = serializers.CharField(max_length=LONGEST_CODE)


class ChangePasswordSerializer(StrictSerializer):
    """The old password and the new one."""

    old_password = PasswordField()
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The new one is hard to guess."""
        check_password("new_password", attrs["new_password"], self.context["user"])
        return attrs


class TokensSerializer(serializers.Serializer[Tokens]):
    """Tokens of a sign-in."""

    access = serializers.CharField(help_text="For `Authorization: Bearer`, as long as `expires_in` says.")
    refresh = serializers.CharField(help_text="For `token/refresh/`, once: keep the one that comes with the answer.")
    expires_in = serializers.IntegerField(help_text="Seconds until `access` ends.")


class SignedInSerializer(TokensSerializer):
    """Tokens of a sign-in, and whose they are."""

    user = UserSerializer(source="sign_in.user")


def check_password(field: str, password: str, person: User) -> None:
    """Refuse a password that is easily guessed, beside its field."""
    try:
        password_validation.validate_password(password, person)
    except DjangoValidationError as error:
        details = [ErrorDetail(one.messages[0], code=one.code or "invalid") for one in error.error_list]
        raise ValidationError({field: details}) from error

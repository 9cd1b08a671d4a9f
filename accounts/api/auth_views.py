"""Registering and signing in for programs, below /api/v1/auth/. The services do the work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import logout, update_session_auth_hash
from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.api.auth_serializers import (
    ChangePasswordSerializer,
    CodeSerializer,
    ProfileSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    SignedInSerializer,
    SignInSerializer,
    TokensSerializer,
    UserSerializer,
)
from accounts.api.authentication import Unasked
from accounts.api.credentials import forget_guesses, user_with
from accounts.api.permissions import Public, SignedIn
from accounts.api.preconditions import conditional, require_match, tagged
from accounts.api.serializers import StrictSerializer
from accounts.api.views import ApiView
from accounts.models import SignIn, User
from accounts.services.registration import register_by_program, resend_code, verify_contact
from accounts.services.second_factor import pass_second_factor
from accounts.services.sign_ins import Tokens, change_password, end_sign_in, rotate, sign_in
from accounts.services.throttling import count_attempt
from accounts.services.users import change_profile

WINDOW = timedelta(minutes=10)
PASSWORDS_PER_PERSON = 10
NO_STORE = {"Cache-Control": "no-store"}

_USER = {
    "id": 12,
    "email": "ada@example.org",
    "phone": None,
    "full_name": "Ada Okafor",
    "language": "en",
    "roles": ["patient"],
    "is_staff": False,
    "unproven_contact": None,
}
_NEW_USER = {**_USER, "email": None, "unproven_contact": "ada@example.org"}
_TOKENS = {"access": "eyJhbGciOi…", "refresh": "eyJhbGciOi…", "expires_in": 300}


def _asked(value: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample("request", value=value, request_only=True)


def _answered(value: dict[str, Any], status: int = 200) -> OpenApiExample:
    return OpenApiExample("answer", value=value, response_only=True, status_codes=[str(status)])


class _Counted(ApiView):
    """Counts how often a network address asks."""

    def count(self, what: str, limit: int) -> None:
        """Count one more; raises TooManyAttempts. A limit of 0 does not count."""
        if limit:
            count_attempt(subject=f"{what}:{self.actor.address}", limit=limit, window=WINDOW)

    def acting_as(self, user: User) -> Actor:
        """Somebody who has just proven who they are."""
        return Actor(label=f"user:{user.pk}", user=user, address=self.actor.address)

    @property
    def user(self) -> User:
        """Whoever is signed in."""
        assert isinstance(self.visitor, User)  # SignedIn lets nobody else in
        return self.visitor

    @property
    def sign_in(self) -> SignIn | None:
        """What the program's tokens live by; None when somebody asks from the pages."""
        return self.request.auth if isinstance(self.request.auth, SignIn) else None

    def valid(self, kind: Any, **context: Any) -> dict[str, Any]:
        """The body, in the shape of a serializer."""
        serializer = kind(data=self.request.data, context=context)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values


class Register(_Counted):
    """Become a patient who signs in."""

    permission_classes = [Public]
    authentication_classes = [Unasked]

    @extend_schema(
        summary="Register",
        auth=[],
        request=RegistrationSerializer,
        responses={201: SignedInSerializer},
        examples=[
            _asked({"email": "ada@example.org", "password": "seven green bottles", "full_name": "Ada Okafor"}),
            _answered({**_TOKENS, "user": _NEW_USER}, 201),
        ],
    )
    def post(self, request: Request) -> Response:
        """Register with an e-mail address or a phone number, and be signed in at once.

        A code goes to the address; `verify/` takes it, and from then on people sign in with the address everywhere.
        The answer is the same when somebody signs in by this address already: only its mailbox learns that.
        """
        data = self.valid(RegistrationSerializer)
        self.count("register", settings.REGISTRATIONS_PER_ADDRESS)
        made = register_by_program(
            contact=data["contact"],
            password=data["password"],
            full_name=data["full_name"],
            language=data["language"],
            actor=self.actor,
        )
        return Response(SignedInSerializer(made).data, status=201, headers=NO_STORE)


class Verify(_Counted):
    """Prove the address that one registered with."""

    permission_classes = [SignedIn]

    @extend_schema(
        summary="Prove the address one registered with",
        request=CodeSerializer,
        responses={200: UserSerializer},
        examples=[_asked({"code": "123456"}), _answered(_USER)],
    )
    def post(self, request: Request) -> Response:
        """Enter the code from the message. Three wrong ones, or a quarter of an hour, and it works no more."""
        data = self.valid(CodeSerializer)
        self.count("verify", settings.CODES_PER_ADDRESS)
        verify_contact(user=self.user, code=data["code"], actor=self.actor)
        return tagged(request, UserSerializer(self.user).data)


class VerifyResend(_Counted):
    """Get another code."""

    permission_classes = [SignedIn]
    without_body = ("post",)
    more_troubles = (503,)

    @extend_schema(summary="Get another code", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Send another code to the address that one registered with; the one before works no more."""
        self.valid(StrictSerializer)
        self.count("resend", settings.CODES_PER_ADDRESS)
        resend_code(user=self.user)
        return Response(status=204)


class Token(_Counted):
    """Sign in."""

    permission_classes = [Public]
    authentication_classes = [Unasked]

    @extend_schema(
        summary="Sign in",
        auth=[],
        request=SignInSerializer,
        responses={200: SignedInSerializer},
        examples=[
            _asked({"login": "ada@example.org", "password": "seven green bottles"}),
            _answered({**_TOKENS, "user": _USER}),
        ],
    )
    def post(self, request: Request) -> Response:
        """Get tokens for an e-mail address or a phone number and a password.

        Who has set up a second step sends its `code` too; without it the answer is 401 `second_factor_required`.
        """
        data = self.valid(SignInSerializer)
        self.count("token", settings.SIGN_INS_PER_ADDRESS)
        user = user_with(request._request, data["login"], data["password"])
        actor = self.acting_as(user)
        second_factor = pass_second_factor(user=user, code=data["code"], actor=actor)
        forget_guesses(request._request, data["login"], user)
        made = sign_in(user=user, actor=actor, second_factor=second_factor)
        return Response(SignedInSerializer(made).data, headers=NO_STORE)


class TokenRefresh(_Counted):
    """Stay signed in."""

    permission_classes = [Public]
    authentication_classes = [Unasked]

    @extend_schema(
        summary="Renew the tokens of a sign-in",
        auth=[],
        request=RefreshSerializer,
        responses={200: TokensSerializer},
        examples=[_asked({"refresh": "eyJhbGciOi…"}), _answered(_TOKENS)],
    )
    def post(self, request: Request) -> Response:
        """Get the next pair of tokens. A refresh token works once; one presented again later ends the sign-in."""
        data = self.valid(RefreshSerializer)
        made: Tokens = rotate(refresh=data["refresh"], actor=self.actor)
        return Response(TokensSerializer(made).data, headers=NO_STORE)


class SignOut(_Counted):
    """Sign out."""

    permission_classes = [SignedIn]
    without_body = ("post",)

    @extend_schema(summary="Sign out", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End this sign-in at once: neither its access tokens nor its refresh token open anything any more."""
        self.valid(StrictSerializer)
        if self.sign_in is not None:
            end_sign_in(sign_in=self.sign_in, actor=self.actor)
        else:
            logout(request._request)
        return Response(status=204)


class Me(_Counted):
    """Whoever is signed in."""

    permission_classes = [SignedIn]

    @extend_schema(summary="Read who is signed in", responses={200: UserSerializer}, examples=[_answered(_USER)])
    def get(self, request: Request) -> Response:
        """Who is signed in, and as what."""
        return tagged(request, UserSerializer(self.user).data)

    @extend_schema(
        summary="Change one's name or language",
        request=ProfileSerializer,
        responses={200: UserSerializer},
        examples=[_asked({"full_name": "Ada Okafor"}), _answered(_USER)],
    )
    @conditional
    def patch(self, request: Request) -> Response:
        """Change one's name or language."""
        data = self.valid(ProfileSerializer)
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=self.user.pk)
            require_match(request, UserSerializer(user).data)
            change_profile(user=user, actor=self.actor, **data)
        return tagged(request, UserSerializer(user).data)


class Password(_Counted):
    """Change the password."""

    permission_classes = [SignedIn]

    @extend_schema(
        summary="Change the password",
        request=ChangePasswordSerializer,
        responses={204: None},
        examples=[_asked({"old_password": "seven green bottles", "new_password": "eight brown bottles"})],
    )
    def post(self, request: Request) -> Response:
        """Give oneself another password. Whoever is signed in elsewhere with the old one is signed out."""
        data = self.valid(ChangePasswordSerializer, user=self.user)
        count_attempt(subject=f"password:{self.user.pk}", limit=PASSWORDS_PER_PERSON, window=WINDOW)
        change_password(
            user=self.user,
            old=data["old_password"],
            new=data["new_password"],
            actor=self.actor,
            keep=self.sign_in,
        )
        if self.sign_in is None:
            update_session_auth_hash(request._request, self.user)
        get_adapter().send_notification_mail("account/email/password_changed", self.user)
        return Response(status=204)

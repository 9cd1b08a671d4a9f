"""Push messages for programs that run in a browser: which key to ask with, and which browsers hear of one's family."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.permissions import Public, SignedIn
from accounts.api.serializers import KeyField, StrictSerializer
from accounts.api.views import ApiView, ApiViewSet
from notifications import push_keys
from notifications.api.push_examples import KEY, subscriptions
from notifications.errors import PushNotConfigured
from notifications.models import PushSubscription
from notifications.push_addresses import LONGEST_ENDPOINT
from notifications.selectors.subscriptions import subscriptions_of
from notifications.services.subscriptions import Browser, subscribe, unsubscribe_user
from scheduling.api.fields import LineField, MomentField


class BrowserKeysSerializer(StrictSerializer):
    """The keys by which only the browser can read what is sent to it (RFC 8291), in base64 for addresses."""

    p256dh = LineField(max_length=120, help_text="A public key: a point of the curve P-256.")
    auth = LineField(max_length=60, help_text="16 bytes.")


class BrowserSerializer(StrictSerializer):
    """A subscription as browsers write it: `JSON.stringify(subscription)`."""

    endpoint = LineField(max_length=LONGEST_ENDPOINT, help_text="Where its push service takes messages: https, public.")
    keys = BrowserKeysSerializer()
    expirationTime = serializers.FloatField(  # noqa: N815
        required=False, allow_null=True, help_text="Taken, and not needed: push services tell when a browser is gone."
    )

    def browser(self) -> Browser:
        """As services want it."""
        said = self.validated_data
        return Browser(said["endpoint"], said["keys"]["p256dh"], said["keys"]["auth"])


class PushSubscriptionSerializer(serializers.Serializer[Any]):
    """A browser that hears of all whom somebody looks after. Its address is nobody's to read again."""

    id = KeyField()
    service = serializers.SerializerMethodField(help_text="The host of its push service.")
    created_at = MomentField()
    used_at = MomentField(allow_null=True, help_text="When a message was last handed over; noted once a day.")

    def get_service(self, subscription: PushSubscription) -> str:
        """The host."""
        return urlsplit(subscription.endpoint).hostname or ""


class PushKeySerializer(serializers.Serializer[Any]):
    """What `pushManager.subscribe()` wants as `applicationServerKey`."""

    public_key = serializers.CharField()


class PushKeyView(ApiView):
    """The clinic's public key."""

    permission_classes: ClassVar[Any] = [Public]
    more_troubles = (409,)

    @KEY(PushKeySerializer)
    def get(self, request: Request) -> Response:
        """The key. Raises PushNotConfigured."""
        if not push_keys.is_configured():
            raise PushNotConfigured
        return Response({"public_key": settings.VAPID_PUBLIC_KEY})


@extend_schema_view(**subscriptions(BrowserSerializer, PushSubscriptionSerializer))
class PushSubscriptionViewSet(ApiViewSet):
    """The visitor's browsers."""

    queryset = PushSubscription.objects.all()
    serializer_class = PushSubscriptionSerializer
    permission_classes: ClassVar[Any] = [SignedIn]

    def get_queryset(self) -> QuerySet[PushSubscription]:
        """Those that the visitor asked for."""
        return subscriptions_of(self.request.user)

    def list(self, request: Request) -> Response:
        """All of them, the latest first."""
        return self.listed(self.get_queryset())

    @idempotent
    def create(self, request: Request) -> PushSubscription:
        """Let a browser hear of the visitor's family."""
        said = BrowserSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return subscribe(browser=said.browser(), user=request.user, actor=self.actor)

    def show_made(self, made: PushSubscription) -> Response:
        """What was asked for."""
        shown = dict(PushSubscriptionSerializer(made).data)
        return Response(shown, status=201, headers={"Location": f"{reverse('api:push-subscription-list')}{made.pk}/"})

    def remember(self, made: PushSubscription) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> PushSubscription | None:
        """It again."""
        return self.get_queryset().filter(pk=remembered).first()

    def destroy(self, request: Request, pk: str) -> Response:
        """Let it hear no more."""
        if not unsubscribe_user(subscription_id=self.key(), user=request.user, actor=self.actor):
            raise Http404
        return Response(status=204)

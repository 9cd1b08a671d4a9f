"""A small API on the ground that all endpoints share, to try the ground by itself. It counts attempts."""

from __future__ import annotations

import django_filters
from django.apps import apps
from django.db import transaction
from django.urls import URLPattern, URLResolver, include, path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from accounts.api.filters import DayFilter, FlagFilter, KeyFilter
from accounts.api.idempotency import idempotent
from accounts.api.permissions import Managers, Public, SignedIn, Staff
from accounts.api.preconditions import conditional, require_match, tagged
from accounts.api.serializers import KeyField, StrictModelSerializer, StrictSerializer
from accounts.api.views import ApiView, ApiViewSet
from accounts.errors import DomainError
from accounts.models import AttemptCounter


class TooOdd(DomainError):
    """A rule that says no, and names the field."""

    code = "too_odd"
    sentence = "That is too odd."
    field = "attempts"


class Shown(StrictModelSerializer):
    class Meta:
        model = AttemptCounter
        fields = ("id", "subject", "attempts")


class Wanted(StrictSerializer):
    subject = serializers.CharField(max_length=100)
    attempts = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    doctor = KeyField(required=False)
    inner = serializers.ListField(child=serializers.CharField(), required=False)
    sure = serializers.BooleanField(required=False)
    fee = serializers.DecimalField(max_digits=8, decimal_places=2, required=False)


class Filters(django_filters.FilterSet):
    id = KeyFilter()
    day = DayFilter(field_name="window_start", lookup_expr="date")
    odd = FlagFilter(field_name="attempts")


class Counters(ApiViewSet):
    """Lists, makes, shows and changes counters."""

    queryset = AttemptCounter.objects.all()
    serializer_class = Shown
    filterset_class = Filters
    permission_classes = [Public]

    def list(self, request: Request) -> Response:
        return self.listed(self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        return tagged(request, Shown(self.get_object()).data)

    @idempotent
    def create(self, request: Request) -> AttemptCounter:
        wanted = Wanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = {"attempts": 1} | wanted.validated_data
        if values["attempts"] == 999:
            raise TooOdd
        if values["attempts"] == 998:
            raise RuntimeError("a fault of ours, with a secret in it")
        return AttemptCounter.objects.create(
            subject=values["subject"], attempts=values["attempts"], window_start=timezone.now()
        )

    @conditional
    def partial_update(self, request: Request, pk: str) -> Response:
        with transaction.atomic():
            counter = AttemptCounter.objects.select_for_update().get(pk=self.get_object().pk)
            require_match(request, Shown(counter).data)
            counter.attempts += 1
            counter.save()
        return tagged(request, Shown(counter).data)

    def show_made(self, made: AttemptCounter) -> Response:
        return Response(Shown(made).data, status=201)

    def remember(self, made: AttemptCounter) -> int:
        return made.pk

    def recall(self, remembered: int) -> AttemptCounter | None:
        return AttemptCounter.objects.filter(pk=remembered).first()


class _Page(ApiView):
    def get(self, request: Request) -> Response:
        return Response({"actor": self.actor.label})

    def post(self, request: Request) -> Response:
        return Response({"actor": self.actor.label})


class ForSignedIn(_Page):
    permission_classes = [SignedIn]


class ForStaff(_Page):
    permission_classes = [Staff]


class ForManagers(_Page):
    permission_classes = [Managers]


class Forgotten(_Page):
    """Names no permission."""


router = SimpleRouter()
router.register("counters", Counters, basename="try-counter")

tried: list[URLPattern | URLResolver] = [
    path("", include(router.urls)),
    path("signed-in/", ForSignedIn.as_view()),
    path("staff/", ForStaff.as_view()),
    path("managers/", ForManagers.as_view()),
    path("forgotten/", Forgotten.as_view()),
]
urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/try/", include(tried)), path("", include("config.urls"))]
handler400 = "config.error_pages.bad_request"
handler403 = "config.error_pages.permission_denied"
handler404 = "config.error_pages.page_not_found"
handler500 = "config.error_pages.server_error"


def rows() -> dict[str, int]:
    """How many rows every table has."""
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}

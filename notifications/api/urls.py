"""The addresses of the API that are about messages. Some lie beside those of the clinic's part, on the same things."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from notifications.api.messages import VisitMessagesViewSet
from notifications.api.push import PushKeyView, PushSubscriptionViewSet

router = SimpleRouter()
router.register("push/subscriptions", PushSubscriptionViewSet, basename="push-subscription")

VISIT_MESSAGES = VisitMessagesViewSet.as_view({"get": "list"})

urlpatterns: list[URLPattern | URLResolver] = [
    path("appointments/<int:pk>/messages/", VISIT_MESSAGES, name="appointment-messages"),
    path("push/key/", PushKeyView.as_view(), name="push-key"),
    path("", include(router.urls)),
]

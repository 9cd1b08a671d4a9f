"""The addresses of the API that are about messages. They lie beside those of the clinic's part, on the same things."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from notifications.api.messages import VisitMessagesViewSet

VISIT_MESSAGES = VisitMessagesViewSet.as_view({"get": "list"})

urlpatterns: list[URLPattern | URLResolver] = [
    path("appointments/<int:pk>/messages/", VISIT_MESSAGES, name="appointment-messages"),
]

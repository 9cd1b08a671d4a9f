"""Pages of messages."""

from django.urls import URLPattern, path

from notifications.views import links, me, push, visit_messages, webhooks

app_name = "notifications"
urlpatterns: list[URLPattern] = [
    path("a/<str:secret>/push/", push.visit_push, name="visit_push"),
    path("t/<str:secret>/push/", push.token_push, name="token_push"),
    path("push-worker.js", push.worker, name="push_worker"),
    path("m/<str:code>/", links.follow, name="link"),
    path("a/<str:secret>/messages/", visit_messages.visit_messages, name="visit_messages"),
    path("me/messages/", me.my_messages, name="my_messages"),
    path("webhooks/twilio/status/", webhooks.twilio_status, name="twilio_status"),
    path("webhooks/twilio/inbound/", webhooks.twilio_inbound, name="twilio_inbound"),
]

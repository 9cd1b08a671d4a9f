"""Pages of messages."""

from django.urls import URLPattern, path

from notifications.views import links, me, visit_messages, webhooks

app_name = "notifications"
urlpatterns: list[URLPattern] = [
    path("m/<str:code>/", links.follow, name="link"),
    path("a/<str:secret>/messages/", visit_messages.visit_messages, name="visit_messages"),
    path("me/messages/", me.my_messages, name="my_messages"),
    path("webhooks/twilio/status/", webhooks.twilio_status, name="twilio_status"),
    path("webhooks/twilio/inbound/", webhooks.twilio_inbound, name="twilio_inbound"),
]

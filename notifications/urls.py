"""Pages of messages."""

from django.urls import URLPattern, path

from notifications.views import links, webhooks

app_name = "notifications"
urlpatterns: list[URLPattern] = [
    path("m/<str:code>/", links.follow, name="link"),
    path("webhooks/twilio/status/", webhooks.twilio_status, name="twilio_status"),
    path("webhooks/twilio/inbound/", webhooks.twilio_inbound, name="twilio_inbound"),
]

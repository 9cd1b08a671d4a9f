"""Pages of messages."""

from django.urls import URLPattern, path

from notifications.views import links

app_name = "notifications"
urlpatterns: list[URLPattern] = [
    path("m/<str:code>/", links.follow, name="link"),
]

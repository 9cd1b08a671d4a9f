"""Pages of the back office beside the lists and forms of messages."""

from django.urls import URLPattern, path

from notifications.admin import rule_views, visit_views

app_name = "notifications_admin"
urlpatterns: list[URLPattern] = [
    path("visit/<int:appointment_id>/", visit_views.visit, name="visit"),
    path("rules/write-down/", rule_views.write_down, name="write_down"),
]

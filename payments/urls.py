"""Pages of money."""

from django.urls import URLPattern, path

from payments.views import sandbox

app_name = "payments"
urlpatterns: list[URLPattern] = [
    path("sandbox/<str:reference>/", sandbox.sandbox, name="sandbox"),
]

"""Pages of the ground floor."""

from django.urls import URLPattern, path

from scheduling.views import home

app_name = "scheduling"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
]

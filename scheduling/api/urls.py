"""The addresses of the clinic's part of the API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from scheduling.api.clinic import DoctorViewSet, LocationViewSet, SpecialtyViewSet

router = SimpleRouter()
router.register("locations", LocationViewSet, basename="location")
router.register("specialties", SpecialtyViewSet, basename="specialty")
router.register("doctors", DoctorViewSet, basename="doctor")

urlpatterns: list[URLPattern | URLResolver] = [path("", include(router.urls))]

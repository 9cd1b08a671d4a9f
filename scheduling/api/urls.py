"""The addresses of the clinic's part of the API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from scheduling.api.appointments import AppointmentViewSet
from scheduling.api.calendar import BulkSlotsView, SlotBatchViewSet, SlotViewSet
from scheduling.api.calendar_free_times import AvailabilityViewSet
from scheduling.api.calendar_hours import HoursViewSet, TimeOffViewSet
from scheduling.api.clinic import DoctorViewSet, LocationViewSet, SpecialtyViewSet
from scheduling.api.holds import HoldViewSet, SlotHoldViewSet
from scheduling.api.patients import PatientViewSet
from scheduling.api.waitlist import WaitlistViewSet

router = SimpleRouter()
router.register("locations", LocationViewSet, basename="location")
router.register("specialties", SpecialtyViewSet, basename="specialty")
router.register("doctors", DoctorViewSet, basename="doctor")
router.register("availability/rules", HoursViewSet, basename="availability-rule")
router.register("time-off", TimeOffViewSet, basename="time-off")
router.register("slots/batches", SlotBatchViewSet, basename="slot-batch")
router.register("slots", SlotViewSet, basename="slot")
router.register("holds", HoldViewSet, basename="hold")
router.register("appointments", AppointmentViewSet, basename="appointment")
router.register("patients", PatientViewSet, basename="patient")
router.register("waitlist", WaitlistViewSet, basename="waitlist")

urlpatterns: list[URLPattern | URLResolver] = [
    path("availability/", AvailabilityViewSet.as_view({"get": "list"}), name="availability"),
    path("slots/bulk/", BulkSlotsView.as_view(), name="slot-bulk"),
    path("slots/<int:pk>/hold/", SlotHoldViewSet.as_view({"post": "create"}), name="slot-hold"),
    path("", include(router.urls)),
]

"""The addresses of the queue's part of the API. Some lie beside those of the clinic's part, on the same things."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from queueing.api.doctors import DoctorStatusViewSet
from queueing.api.emergencies import EmergencyViewSet
from queueing.api.queues import QueueViewSet
from queueing.api.reports import AppointmentReportView, QueueReportView
from queueing.api.tokens import TokenViewSet
from queueing.api.visits import VisitQueueViewSet

router = SimpleRouter()
router.register("queues", QueueViewSet, basename="queue")
router.register("tokens", TokenViewSet, basename="token")
router.register("emergencies", EmergencyViewSet, basename="emergency")

DOCTOR_STATUS = DoctorStatusViewSet.as_view({"patch": "partial_update"})
VISIT_QUEUE = VisitQueueViewSet.as_view({"get": "retrieve"})
VISIT_FEEDBACK = VisitQueueViewSet.as_view({"post": "create"})

urlpatterns: list[URLPattern | URLResolver] = [
    path("doctors/<int:pk>/status/", DOCTOR_STATUS, name="doctor-status"),
    path("appointments/<int:pk>/queue/", VISIT_QUEUE, name="appointment-queue"),
    path("appointments/<int:pk>/feedback/", VISIT_FEEDBACK, name="appointment-feedback"),
    path("reports/queue/", QueueReportView.as_view(), name="report-queue"),
    path("reports/appointments/", AppointmentReportView.as_view(), name="report-appointments"),
    path("", include(router.urls)),
]

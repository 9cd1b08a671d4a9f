"""The addresses of the API that are about money. Some lie beside those of the clinic's part, on the same things."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from payments.api.payments import PaymentViewSet, ReceiptViewSet, VisitPaymentsViewSet
from payments.api.reports import RevenueReportView

router = SimpleRouter()
router.register("payments", PaymentViewSet, basename="payment")
router.register("receipts", ReceiptViewSet, basename="receipt")

VISIT_PAYMENTS = VisitPaymentsViewSet.as_view({"get": "retrieve", "post": "create"})

urlpatterns: list[URLPattern | URLResolver] = [
    path("appointments/<int:pk>/payments/", VISIT_PAYMENTS, name="appointment-payments"),
    path("reports/revenue/", RevenueReportView.as_view(), name="report-revenue"),
    path("", include(router.urls)),
]

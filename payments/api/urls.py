"""The addresses of the API that are about money."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from payments.api.reports import RevenueReportView

urlpatterns: list[URLPattern | URLResolver] = [
    path("reports/revenue/", RevenueReportView.as_view(), name="report-revenue"),
]

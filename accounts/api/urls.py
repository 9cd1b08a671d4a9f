"""The addresses of signing in for programs, below /api/v1/auth/."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

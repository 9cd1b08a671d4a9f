"""The addresses of the REST API: version 1, its OpenAPI document, and pages to browse it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from accounts.permissions import public


@lru_cache(maxsize=32)
def _document(_language: str) -> bytes:
    """The OpenAPI document; the same until the program changes, so it is put together once for a language."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@public
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """What the API takes and answers, in OpenAPI 3.1."""
    return HttpResponse(_document(get_language() or "en"), content_type="application/json")


@public
@require_safe
def docs(request: HttpRequest) -> HttpResponseBase:
    """The same for people: every call with its examples, to be tried in place. Needs no network but ours."""
    return render(request, "api/docs.html")


@public
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Where to read on."""
    return JsonResponse(
        {
            "version": "1",
            "openapi": request.build_absolute_uri(reverse("api_schema")),
            "documentation": request.build_absolute_uri(reverse("api_docs")),
        }
    )


version_1: list[URLPattern | URLResolver] = [
    path("", index, name="index"),
    path("auth/", include("accounts.api.urls")),
    path("", include("scheduling.api.urls")),
]

urlpatterns = [
    path("v1/", include((version_1, "api"))),
    path("schema/", schema, name="api_schema"),
    path("docs/", docs, name="api_docs"),
]

"""The addresses of the REST API: version 1, its OpenAPI document, and pages to browse it."""

from __future__ import annotations

import json
from functools import lru_cache, wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator

from accounts.api.errors import plain_answer
from accounts.permissions import View, public

READING = ("GET", "HEAD")


def only_read(view: View) -> View:
    """Nothing can be sent there: other methods are refused in the shape of the API's errors, token or not."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in READING:
            return view(request, *args, **kwargs)
        sentence = _("This address can only be read.")
        return plain_answer(405, "method_not_allowed", sentence, headers={"Allow": ", ".join(READING)})

    return csrf_exempt(guarded)


@lru_cache(maxsize=32)
def _document(_language: str, urls: str) -> bytes:
    """The OpenAPI document of a module of URLs; the same until the program changes, so it is put together once."""
    document: dict[str, Any] = SchemaGenerator(urlconf=urls).get_schema(request=None, public=True)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@public
@only_read
def schema(request: HttpRequest) -> HttpResponse:
    """What the API takes and answers, in OpenAPI 3.1."""
    return HttpResponse(_document(get_language() or "en", settings.ROOT_URLCONF), content_type="application/json")


@public
@only_read
def docs(request: HttpRequest) -> HttpResponseBase:
    """The same for people: every call with its examples, to be tried in place. Needs no network but ours."""
    return render(request, "api/docs.html")


@public
@only_read
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
    path("", include("notifications.api.urls")),
    path("", include("payments.api.urls")),
    path("", include("queueing.api.urls")),
    path("", include("scheduling.api.urls")),
]

urlpatterns = [
    path("v1/", include((version_1, "api"))),
    path("schema/", schema, name="api_schema"),
    path("docs/", docs, name="api_docs"),
]

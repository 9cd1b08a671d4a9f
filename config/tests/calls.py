"""Every call of the API, as its OpenAPI document lists them: what tests walk through."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

METHODS = {"get", "post", "put", "patch", "delete"}
JSON = "application/json"


@dataclass(frozen=True)
class Call:
    """One operation of the document."""

    method: str
    path: str
    operation: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def kind(self) -> str:
        """What it is about: the path up to what names one thing, such as `slots/batches`."""
        return self.path.removeprefix("/api/v1/").partition("/{")[0].strip("/")

    @property
    def has_object(self) -> bool:
        """Whether the address names one thing."""
        return "{" in self.path

    @cached_property
    def name(self) -> str:
        """The name of its URL."""
        return resolve(self.address("1")).view_name

    @cached_property
    def permission(self) -> str:
        """Whom it is for."""
        matched = resolve(self.address("1"))
        view = matched.func.cls()
        view.action = getattr(matched.func, "actions", {}).get(self.method.lower())
        return str(view.get_permissions()[0].permission)

    def address(self, key: object) -> str:
        """Where to call it, about one thing."""
        return re.sub(r"{[^}]*}", str(key), self.path)

    def headers(self) -> set[str]:
        """The headers that it reads."""
        return {one["name"] for one in self.operation.get("parameters", []) if one["in"] == "header"}

    def parameters(self) -> set[str]:
        """What the address may say."""
        return {one["name"] for one in self.operation.get("parameters", []) if one["in"] == "query"}

    def bodies(self) -> list[dict[str, Any]]:
        """The examples of what may be sent; one that is empty where nothing is."""
        content = self.operation.get("requestBody", {}).get("content", {}).get(JSON, {})
        return [deepcopy(one["value"]) for one in content.get("examples", {}).values()] or [{}]


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


@cache
def calls() -> list[Call]:
    """All of them."""
    return [
        Call(method.upper(), path, operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]

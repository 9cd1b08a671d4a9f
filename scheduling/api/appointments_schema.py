"""How the OpenAPI document says which fields of a body go together."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension


class TogetherSchema(OpenApiSerializerExtension):
    """The fields as always, and `together`: words of JSON Schema about them."""

    together: dict[str, Any] = {}

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Both."""
        schema: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, **self.together}


def one_of(*names: str) -> dict[str, Any]:
    """At least one of these fields."""
    return {"anyOf": [{"required": [name]} for name in names]}


def whole(*names: str, without: tuple[str, ...]) -> dict[str, Any]:
    """All of these fields, and none of those."""
    return {"required": [*names], "not": one_of(*without)}

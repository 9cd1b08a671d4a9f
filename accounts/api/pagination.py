"""Long lists come in pages that stay right while rows are added: by cursor, not by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from accounts.api.errors import InvalidFields

LARGEST_PAGE = 200


class Cursor(CursorPagination):
    """`?cursor=` continues, `?page_size=` says how many (50 unless told, 200 at most).

    A view names its `ordering`; the last column of it must be unique, and the first never empty. The answer is
    `{"next": url or null, "previous": url or null, "results": [...]}`.
    """

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = LARGEST_PAGE
    ordering = ("-id",)
    parameters = ("cursor", "page_size")

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Sequence[str]:
        """The order of the view, else the newest first."""
        return tuple(getattr(view, "ordering", None) or self.ordering)

    def get_page_size(self, request: Request) -> int:
        """How many rows were asked for. Raises InvalidFields for what is no number from 1 to 200."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 5 and 1 <= int(asked) <= LARGEST_PAGE):
            raise InvalidFields({"page_size": [_("This is a number from 1 to 200.")]}, code="invalid")
        return int(asked)

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any] | None:
        """The page. Raises InvalidFields for a cursor that is none of ours."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, TypeError, OverflowError, DataError) as error:
            raise InvalidFields({"cursor": [self.invalid_cursor_message]}, code="invalid") from error

    def decode_cursor(self, request: Request) -> Any:
        """Where the page begins. Raises InvalidFields instead of a plain 404: it is the request that is wrong."""
        try:
            return super().decode_cursor(request)
        except Exception as error:
            raise InvalidFields({"cursor": [self.invalid_cursor_message]}, code="invalid") from error

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page, in the words of OpenAPI 3.1: what may be null is a type of its own there."""
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        for name, cursor in (("next", "cD00ODY"), ("previous", "cj0xJnA9NDg3")):
            example = f"http://api.example.org/api/v1/appointments/?cursor={cursor}%3D"
            described["properties"][name] = {"type": ["string", "null"], "format": "uri", "example": example}
        described["required"] = ["next", "previous", "results"]
        return described

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters, with what they may be."""
        described: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in described:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"minimum": 1, "maximum": LARGEST_PAGE, "default": self.page_size}
        return described

"""Long lists come in pages that stay right while rows are added: by cursor, not by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import Cursor as Place
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from accounts.api.errors import InvalidFields

LARGEST_PAGE = 200
BETWEEN = ","
"""Stands between the columns of a position; only the first one may hold it."""


class Cursor(CursorPagination):
    """`?cursor=` continues, `?page_size=` says how many (50 unless told, 200 at most).

    A view names its `ordering`: one or two columns in one direction, never empty, the last one unique. The answer is
    `{"next": url or null, "previous": url or null, "results": [...]}`.

    A cursor names the row where a page ends by all columns of the order. (The one of REST framework names the first
    column and counts rows from there: where many slots begin at nine, one that goes makes it pass over another.)
    """

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = LARGEST_PAGE
    ordering: Sequence[str] = ("-id",)
    parameters = ("cursor", "page_size")
    invalid_cursor_message = _("This is no cursor of this list. Please begin again without one.")

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

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        """The page. Raises InvalidFields for a cursor that is none of ours."""
        self.request, self.base_url = request, request.build_absolute_uri()
        self.page_size = self.get_page_size(request)
        self.ordering = self.get_ordering(request, queryset, view)
        self.cursor = self.decode_cursor(request)
        backwards = self.cursor is not None and self.cursor.reverse
        rows = queryset.order_by(*self.ordering)
        if backwards:
            rows = rows.reverse()
        try:
            if self.cursor is not None:
                rows = rows.filter(self._beyond(self.cursor.position, backwards))
            found = list(rows[: self.page_size + 1])
        except (ValidationError, ValueError, TypeError, OverflowError, DataError) as error:
            raise InvalidFields({"cursor": [self.invalid_cursor_message]}, code="invalid") from error
        self.page = found[: self.page_size]
        more = len(found) > self.page_size
        if backwards:
            self.page.reverse()
        self.has_next = backwards or more
        self.has_previous = more if backwards else self.cursor is not None
        return self.page

    def get_next_link(self) -> str | None:
        """The address of the page after this one; an empty one leads nowhere."""
        return self._link(self.page[-1], reverse=False) if self.page and self.has_next else None

    def get_previous_link(self) -> str | None:
        """The address of the page before this one; an empty one leads nowhere."""
        return self._link(self.page[0], reverse=True) if self.page and self.has_previous else None

    def _link(self, row: Any, *, reverse: bool) -> str:
        """The address of the page that begins beyond a row."""
        position = BETWEEN.join(str(getattr(row, column.lstrip("-"))) for column in self.ordering)
        address: str = self.encode_cursor(Place(offset=0, reverse=reverse, position=position))
        return address

    def _beyond(self, position: str | None, backwards: bool) -> Q:
        """What lies after a position, in the order in which rows are read. Raises ValueError for none of ours."""
        columns = [column.lstrip("-") for column in self.ordering]
        values = (position or "").rsplit(BETWEEN, len(columns) - 1)
        if position is None or len(values) != len(columns):
            raise ValueError(position)
        after = "lt" if self.ordering[0].startswith("-") != backwards else "gt"
        first, last = columns[0], columns[-1]
        farther = Q(**{f"{first}__{after}": values[0]})
        if first == last:
            return farther
        ties = Q(**{first: values[0], f"{last}__{after}": values[-1]})
        # The first condition follows from the others; it is what lets an index begin at the right place.
        return Q(**{f"{first}__{after}e": values[0]}) & (farther | ties)

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

"""What every endpoint is built on."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404
from django.utils.cache import patch_cache_control
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, UnsupportedMediaType
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.actors import Actor, from_request
from accounts.api.errors import InvalidFields, LengthRequired
from accounts.api.permissions import Nobody
from accounts.api.serializers import LARGEST_KEY, StrictSerializer
from accounts.models import User


class _Endpoint(APIView):
    """Names its permission, knows who acts, and takes no parameter that it does not know.

    `permission_classes` holds for every action that `permissions_by_action` does not name.
    """

    permission_classes: ClassVar[Any] = [Nobody]
    permissions_by_action: ClassVar[dict[str, type[BasePermission]]] = {}
    query_parameters: tuple[str, ...] = ()
    """Parameters of the address that the endpoint reads, besides filters and paging."""
    without_body: tuple[str, ...] = ()
    """Actions (or methods, in lower case) that take no body; DELETE never does. What comes all the same is refused."""
    http_method_names = ("get", "head", "post", "put", "patch", "delete")

    def get_permissions(self) -> Any:
        """The permission of the action under way."""
        named = self.permissions_by_action.get(getattr(self, "action", None) or "")
        return [named()] if named else super().get_permissions()

    @cached_property
    def actor(self) -> Actor:
        """Who acts, for the services and the audit trail."""
        plain = self.request._request
        plain.user = self.request.user
        return from_request(plain)

    @property
    def visitor(self) -> User | AnonymousUser:
        """Who asks, for the rules."""
        user: User | AnonymousUser = self.request.user
        return user

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before the handler runs: permissions and throttles, then what kind of body comes and the parameters."""
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        self._require_readable(request)
        self._require_known_parameters(request)
        if {request.method.lower(), getattr(self, "action", None)} & {"delete", *self.without_body}:
            StrictSerializer(data=request.data).is_valid(raise_exception=True)

    def perform_authentication(self, request: Request) -> None:
        """Find out who asks. A wrong token counts like any other request."""
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            self.check_throttles(request)
            raise

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> None:
        """Turn somebody away. That counts like any other request."""
        self.check_throttles(request)
        super().permission_denied(request, message, code)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """The answer. It is for whoever asked, and may have changed when they ask again."""
        finished: Response = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(finished, private=True, no_cache=True)
        return finished

    def known_parameters(self) -> tuple[str, ...]:
        """What the address may say."""
        return self.query_parameters

    def _require_readable(self, request: Request) -> None:
        """Refuse what would be passed over as if it were empty: a body of another kind, or without its length."""
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            raise LengthRequired
        if request.META.get("CONTENT_LENGTH") in (None, "", "0"):
            return
        if request.negotiator.select_parser(request, request.parsers) is None:
            raise UnsupportedMediaType(request.content_type[:100])

    def _require_known_parameters(self, request: Request) -> None:
        given = dict(request.query_params.lists())
        unknown = sorted(given.keys() - set(self.known_parameters()))
        if unknown:
            sentence = _("There is no such parameter here.")
            raise InvalidFields({name[:100]: [sentence] for name in unknown[:10]}, code="unknown_parameter")
        repeated = [name for name, values in given.items() if len(values) > 1]
        if repeated:
            raise InvalidFields({name: [_("This comes more than once.")] for name in repeated}, code="invalid")


class ApiView(_Endpoint):
    """One address that is no list of things."""


class ApiViewSet(_Endpoint, GenericViewSet[Any]):
    """A list of things and each of them. Subclasses write the actions they offer and call services.

    `filterset_class` (django-filter), `query_parameters`, and paging are what the list's address may say; a single
    thing takes only `query_parameters_by_action`.
    """

    query_parameters_by_action: ClassVar[dict[str, tuple[str, ...]]] = {}
    lookup_value_regex = r"[0-9]{1,19}"

    def known_parameters(self) -> tuple[str, ...]:
        """What the address may say."""
        if self.action in self.query_parameters_by_action:
            return self.query_parameters_by_action[self.action]
        if self.action != "list":
            return self.query_parameters
        filterset = getattr(self, "filterset_class", None)
        filters = tuple(filterset.base_filters) if filterset else ()
        paging = tuple(self.paginator.parameters) if self.paginator else ()
        return (*self.query_parameters, *filters, *paging)

    def get_object(self) -> Any:
        """The thing in the address, of those the visitor may see; else Http404."""
        found = self.get_queryset().filter(pk=self.key()).first()
        if found is None:
            raise Http404
        return found

    def key(self, name: str = "pk") -> int:
        """A number in the address. Raises Http404 for one that no row has."""
        number = int(self.kwargs[name])
        if not 0 < number <= LARGEST_KEY:
            raise Http404
        return number

    def listed(self, rows: QuerySet[Any]) -> Response:
        """One page of the rows that the address describes."""
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

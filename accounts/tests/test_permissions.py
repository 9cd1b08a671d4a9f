"""Every URL names its permission (house rule 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, include, path
from django.views import View
from rest_framework.views import APIView

from accounts.api.permissions import Nobody
from accounts.api.views import ApiView, ApiViewSet
from accounts.models import User
from accounts.permissions import public, secret_link, signed_in, staff
from accounts.tests import ground
from accounts.tests.factories import make_user

PERMISSIONS = {"public", "secret_link", "signed_in", "staff"}
PERMISSIONS_OF_ENDPOINTS = PERMISSIONS | {"reception", "managers"}

GUARDED_ELSEWHERE = {
    "admin/": (
        *("django.contrib.admin", "unfold", "import_export"),
        *("accounts", "config", "scheduling", "notifications", "payments"),
    ),
    # The admin site lets only staff in (AdminSite.admin_view), each list asks its ModelAdmin for the role. That
    # nothing slipped past the site is tried below.
    "accounts/": ("allauth",),
    # allauth's own pages ask for signing in, or for the step of it, themselves.
}


def _views(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        where = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, where)
        else:
            yield where, pattern.callback


def _is_guarded_elsewhere(path: str, view: Callable[..., Any]) -> bool:
    return any(
        path.startswith(prefix) and view.__module__.split(".")[0] in {package.split(".")[0] for package in packages}
        for prefix, packages in GUARDED_ELSEWHERE.items()
    )


def _names_its_permission(view: Callable[..., Any]) -> bool:
    return getattr(view, "permission", None) in PERMISSIONS or (_is_endpoint(view) and _is_named(view))


def _is_endpoint(view: Callable[..., Any]) -> bool:
    """Whether it is an endpoint of the API; others of REST framework's views do not count as ours."""
    return issubclass(getattr(view, "cls", object), ApiView | ApiViewSet)


def _is_named(view: Callable[..., Any]) -> bool:
    """Whether each action, or each method, of an endpoint gets a permission that says whom it is for."""
    actions = getattr(view, "actions", None)  # of a viewset; everything else is one action without a name
    named = [
        permission.permission
        for action in (set(actions.values()) if actions else [None])
        for permission in _asked(view, action).get_permissions()
    ]
    return bool(named) and set(named) <= PERMISSIONS_OF_ENDPOINTS


def _asked(view: Callable[..., Any], action: str | None) -> Any:
    endpoint = view.cls(**view.initkwargs)  # type: ignore[attr-defined]
    endpoint.action = action
    return endpoint


def _nameless(patterns: list[URLPattern | URLResolver]) -> list[str]:
    return [
        where
        for where, view in _views(patterns)
        if not _names_its_permission(view) and not _is_guarded_elsewhere(where, view)
    ]


def test_every_url_names_its_permission() -> None:
    assert _nameless(get_resolver().url_patterns) == []


def test_a_new_view_of_ours_without_a_permission_is_found_even_under_accounts() -> None:
    def forgetful(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    patterns: list[URLPattern | URLResolver] = [
        path("new/", forgetful),
        path("accounts/", include([path("x/", forgetful)])),
    ]
    assert _nameless(patterns) == ["new/", "accounts/x/"]


def test_an_endpoint_without_a_permission_is_found_and_so_is_one_action_without() -> None:
    class Half(ground.Counters):
        permissions_by_action: ClassVar[dict[str, Any]] = {"create": Nobody}

    patterns: list[URLPattern | URLResolver] = [
        path("whole/", ground.Counters.as_view({"get": "list", "post": "create"})),
        path("half/", Half.as_view({"get": "list", "post": "create"})),
        path("page/", ground.ForStaff.as_view()),
        path("forgotten/", ground.Forgotten.as_view()),
        path("foreign/", APIView.as_view()),
    ]
    assert _nameless(patterns) == ["half/", "forgotten/", "foreign/"]


@pytest.mark.django_db
def test_nobody_enters_any_page_of_the_back_office_without_signing_in(client: Client) -> None:
    open_pages = []
    for where, _view in _views(get_resolver().url_patterns):
        if where.startswith("admin/") and "(?P" not in where and where != "admin/logout/":
            response = client.get("/" + re.sub(r"<[^>]+>", "1", where))
            if response.status_code != 302 or not response["Location"].startswith(
                ("/accounts/login/", "/admin/login/")
            ):
                open_pages.append((where, response.status_code))
    assert open_pages == []


@pytest.mark.django_db
def test_no_page_of_the_back_office_opens_for_patients(client: Client) -> None:
    client.force_login(make_user(), settings.AUTHENTICATION_BACKENDS[1])
    statuses = {
        client.get("/" + re.sub(r"<[^>]+>", "1", where), follow=True).status_code
        for where, _view in _views(get_resolver().url_patterns)
        if where.startswith("admin/") and "(?P" not in where
    }
    assert statuses == {403}


class _Page(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


@pytest.mark.parametrize(
    ("decorate", "anonymous", "patient", "member_of_staff"),
    [(public, 200, 200, 200), (secret_link, 200, 200, 200), (signed_in, 302, 200, 200), (staff, 302, 403, 200)],
)
def test_class_based_views_are_guarded_alike(
    decorate: Callable[..., Any], anonymous: int, patient: int, member_of_staff: int
) -> None:
    view = decorate(_Page.as_view())
    assert view.permission == decorate.__name__
    assert _status(view, AnonymousUser()) == anonymous
    assert _status(view, User(email="a@example.org")) == patient
    assert _status(view, User(email="a@example.org", is_staff=True)) == member_of_staff


def _status(view: Callable[..., HttpResponse], user: User | AnonymousUser) -> int:
    request = RequestFactory().get("/page/")
    request.user = user
    try:
        return view(request).status_code
    except PermissionDenied:
        return 403

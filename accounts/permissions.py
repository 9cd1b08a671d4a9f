"""Every view says who may enter, in one word that a test can read.

A decorated view carries `view.permission`; `accounts/tests/test_permissions.py` walks the URL map and fails
on a view that carries none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def _named(name: str, view: View, guarded: View) -> View:
    wrapper = wraps(view)(guarded)
    wrapper.permission = name  # type: ignore[attr-defined]
    return wrapper


def public(view: View) -> View:
    """Everybody may enter."""
    return _named("public", view, lambda request, *args, **kwargs: view(request, *args, **kwargs))


def secret_link(view: View) -> View:
    """Whoever holds the secret in the URL may enter; the view looks it up and answers 404 without."""
    return _named("secret_link", view, lambda request, *args, **kwargs: view(request, *args, **kwargs))


def signed_in(view: View) -> View:
    """Only somebody who has signed in; others are sent to sign in and come back."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return _named("signed_in", view, guarded)


def staff(view: View) -> View:
    """Only staff; the view narrows further by location and role (`rules.py` of its app)."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return _named("staff", view, guarded)

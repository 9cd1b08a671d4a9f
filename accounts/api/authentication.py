"""Who a request comes from: somebody signed in on the pages, or a program with a token."""

from __future__ import annotations

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class PagesSession(SessionAuthentication):
    """The session of the pages. Changes need the token that protects forms (header `X-CSRFToken`)."""

    def authenticate_header(self, request: Request) -> str:
        """What to ask of whoever is not signed in."""
        return 'Bearer realm="frontdesk"'

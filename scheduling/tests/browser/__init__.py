"""Pages in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route


def hear_nothing(page: Page) -> None:
    """Keep from a page what happens elsewhere, before it is opened: it learns of a time that went when it is pressed.

    Otherwise live updates race the press, and mostly win.
    """
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    page.route(re.compile("version="), _answer_looks)


def _answer_looks(route: Route) -> None:
    """Nothing changed, say the page's own looks; whatever a person asks for goes through."""
    if route.request.method == "GET" and route.request.headers.get("hx-request"):
        route.fulfill(status=204)
    else:
        route.continue_()

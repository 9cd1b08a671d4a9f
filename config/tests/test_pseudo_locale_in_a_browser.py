"""Pages whose words are longer than in English still fit a phone: nothing is cut off, nothing scrolls sideways."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse

from config.tests.pseudo import CODE, pseudo_locale
from scheduling.tests.booking import time_url
from scheduling.tests.factories import SlotFactory, book, in_hours

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CUT_OFF = """() => [...document.querySelectorAll('body *')].filter(element => {
    const words = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const box = element.getBoundingClientRect();
    const hidden = element.closest('.visually-hidden, [hidden], dialog:not([open])') || !element.checkVisibility();
    if (!words || hidden || !box.width) return false;
    const style = getComputedStyle(element);
    const isCut = style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1
        || style.overflowY === 'hidden' && element.scrollHeight > element.clientHeight + 1;
    return isCut || box.left < -1 || box.right > document.documentElement.clientWidth + 1;
}).map(element => element.outerHTML.slice(0, 200))"""


def test_longer_words_fit_a_phone(page, live_server) -> None:
    visit = book(SlotFactory.create(starts_at=in_hours(48)))
    free = SlotFactory.create(starts_at=in_hours(50), doctor=visit.doctor, location=visit.location)
    page.set_viewport_size({"width": 390, "height": 844})
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": CODE, "url": live_server.url}])
    cancel = reverse("scheduling:appointment_cancel", args=[visit.secret])
    paths = ("/", time_url(free), reverse("scheduling:appointment", args=[visit.secret]), cancel, "/accounts/signup/")
    with pseudo_locale():
        for path in paths:
            page.goto(live_server.url + path)
            assert "⟦" in page.locator("h1").inner_text(), path
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
            assert page.evaluate(CUT_OFF) == [], path

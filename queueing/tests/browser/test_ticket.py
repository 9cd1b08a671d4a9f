"""The ticket as paper: wide as the roll, its code high enough to be read across a room, its QR code whole."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import segno
from django.conf import settings
from django.urls import reverse
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from queueing.models import Token
from queueing.tests.factories import a_doctor, walk_in
from scheduling.qr import QUIET_ZONE
from scheduling.tests.browser.test_book import check, watched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PIXELS_PER_MM = 96 / 25.4
NewContext = Callable[..., BrowserContext]


@pytest.fixture
def token() -> Token:
    """Somebody with a long name of a doctor and a room."""
    doctor, location = a_doctor(
        name="Dr Bartholomew Featherstonehaugh-Montgomery", room="Consulting room 12, first floor"
    )
    return walk_in(doctor, location, first_name="Wilhelmina", last_name="Zq")


@pytest.fixture
def printed(new_context: NewContext, live_server: Any, token: Token) -> Callable[[str], Page]:
    """The ticket as a printer gets it, four dots to a pixel of the screen's."""

    def draw(paper: str) -> Page:
        context = new_context(
            viewport={"width": round(int(paper) * PIXELS_PER_MM), "height": 700}, device_scale_factor=4
        )
        page = watched(context.new_page())
        page.goto(f"{live_server.url}{reverse('queueing:ticket', args=[token.secret])}?paper={paper}")
        check(page)
        page.emulate_media(media="print")
        return page

    return draw


def picture(part: Locator) -> Image.Image:
    return Image.open(io.BytesIO(part.screenshot())).convert("L")


def dark_box(image: Image.Image) -> tuple[int, int, int, int]:
    """The smallest box around all that is dark."""
    box = image.point(lambda light: 255 if light < 128 else 0).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("paper", ["80", "58"])
@pytest.mark.parametrize("code", ["C014", "A001", "AB1234"])
def test_the_code_is_twenty_millimetres_high_and_fits(
    printed: Callable[[str], Page], token: Token, paper: str, code: str
) -> None:
    Token.objects.filter(pk=token.pk).update(code=code)
    page = printed(paper)
    left, top, right, bottom = dark_box(picture(page.locator(".ticket__code")))
    per_mm = PIXELS_PER_MM * 4
    assert 20 <= (bottom - top) / per_mm <= 24
    assert int(paper) * 0.7 <= (right - left) / per_mm <= int(paper) - 8
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize("paper", ["80", "58"])
def test_the_qr_code_is_whole_and_leads_to_the_live_place(
    printed: Callable[[str], Page], token: Token, paper: str
) -> None:
    page = printed(paper)
    image = picture(page.locator(".ticket__qr .qr"))
    wanted = segno.make_qr(f"{settings.BASE_URL}/t/{token.secret}/", error="m")
    modules = wanted.symbol_size(border=QUIET_ZONE)[0]
    step = image.width / modules
    seen = [
        [int(image.getpixel((int((x + 0.5) * step), int((y + 0.5) * step))) < 128) for x in range(modules)]
        for y in range(modules)
    ]
    assert seen == [[int(bool(module)) for module in row] for row in wanted.matrix_iter(border=QUIET_ZONE)]
    left, _top, right, _bottom = dark_box(image)
    assert (right - left) / (PIXELS_PER_MM * 4) >= 25
    assert step / (PIXELS_PER_MM * 4) >= 0.5  # what a phone's camera tells apart on thermal paper


@pytest.mark.parametrize("paper", ["80", "58"])
def test_it_is_one_page_of_the_rolls_width(printed: Callable[[str], Page], paper: str) -> None:
    page = printed(paper)
    document = page.pdf(prefer_css_page_size=True)
    assert document.count(b"/Type /Page\n") + document.count(b"/Type/Page/") + document.count(b"/Type /Page ") == 1
    box = document.split(b"/MediaBox [")[1].split(b"]")[0].split()
    assert float(box[2]) / 72 * 25.4 == pytest.approx(int(paper), abs=0.5)


def test_paper_says_no_name_and_no_way_out(printed: Callable[[str], Page]) -> None:
    page = printed("80")
    words = page.locator("body").inner_text()
    assert "Wilhelmina" not in words
    assert "We will call" in words
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_text("Use 58 mm")).to_be_hidden()


def test_it_is_printed_by_a_press_alone(new_context: NewContext, live_server: Any, token: Token) -> None:
    page = new_context().new_page()
    page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    page.goto(f"{live_server.url}{reverse('queueing:ticket', args=[token.secret])}")
    assert page.evaluate("window.printed") == 0
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") == 1

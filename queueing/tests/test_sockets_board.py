"""The door of `/ws/board/<slug>/`: who may look, what may be asked for, and what is said when not."""

from __future__ import annotations

import asyncio

import pytest

from accounts.live import pulse as pulse_module
from accounts.live.guards import Close, addresses
from queueing.models import Token
from queueing.services.steps import call_next
from queueing.tests.board import Picture
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.factories import CLINIC
from scheduling.tests.viewers import viewers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live_updates")]


@pytest.fixture
def token(transactional_db):
    walk_in(*a_doctor())
    return Token.objects.select_related("queue", "location").get()  # whole, for the event loop may not read


@pytest.fixture
async def visit():
    """Opens sockets."""
    async with viewers() as visit:
        yield visit


def address(token, query=""):
    return f"/ws/board/{token.location.slug}/{query}"


async def code_of(visitor):
    """With which code a socket is closed."""
    said = await visitor.receive_output(timeout=5)
    assert said["type"] == "websocket.close", said
    return said["code"]


async def test_a_screen_is_shown_the_state_and_each_call(visit, token):
    screens = [await visit(address(token)), await visit(address(token, f"?doctor={token.queue.doctor_id}"))]
    for screen in screens:
        assert Picture(await screen.receive_from(timeout=5)).called == []
    await asyncio.to_thread(_call, token)
    for screen in screens:
        assert Picture(await screen.receive_from(timeout=5)).called == ["A001"]


def _call(token):
    from django.db import connection

    call_next(queue_id=token.queue_id, actor=CLINIC)
    connection.close()


async def test_a_screen_hears_that_the_link_is_alive(visit, token, monkeypatch):
    monkeypatch.setattr(pulse_module, "EVERY", 0.05)
    screen = await visit(address(token))
    await screen.receive_from(timeout=5)
    for _ in range(3):
        assert (await screen.receive_from(timeout=5)).startswith('<time datetime="20')


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://testserver.evil.example", "https://testserver"]
)
async def test_a_page_of_somebody_elses_is_turned_away(visit, token, origin):
    assert not (await visit(address(token), origin=origin)).accepted


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/ws/board/nowhere/", Close.UNKNOWN),
        ("/ws/board/{slug}/?doctor=999999", Close.UNKNOWN),
        ("/ws/board/{slug}/?doctor=", Close.UNKNOWN),
        ("/ws/board/{slug}/?doctor=%00%ff", Close.UNKNOWN),
        ("/ws/board/{slug}/?doctor=1&doctor=x", Close.UNKNOWN),
        ("/ws/board/{slug}/?" + "x" * 300, Close.BAD_FRAME),
    ],
)
async def test_what_there_is_not_closes_with_a_reason(visit, token, path, code):
    assert await code_of(await visit(path.format(slug=token.location.slug))) == code


async def test_one_address_opens_no_more_than_it_may(visit, token, settings):
    settings.SOCKETS_PER_ADDRESS = 2
    addresses.paces.clear()
    screens = [await visit(address(token)) for _ in range(3)]
    assert await code_of(screens[-1]) == Close.TOO_MANY
    addresses.paces.clear()


async def test_who_talks_to_a_board_is_shown_out(visit, token):
    screen = await visit(address(token))
    await screen.receive_from(timeout=5)
    await screen.send_to("x" * 2000)
    assert await code_of(screen) == Close.TOO_LARGE

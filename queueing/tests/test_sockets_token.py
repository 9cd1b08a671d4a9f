"""The door of `/ws/token/<secret>/`: who may look, and what is said when not."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper

from accounts.live.guards import Close, OpenSockets
from queueing.selectors.day_end import day_is_over_at
from queueing.services import steps
from queueing.services.transferring import transfer_token
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.conversations import in_thread
from scheduling.tests.factories import CLINIC
from scheduling.tests.viewers import viewers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live_updates")]


@pytest.fixture
def token(transactional_db):
    return walk_in(*a_doctor())


@pytest.fixture
async def visit():
    """Opens sockets."""
    async with viewers() as visit:
        yield visit


def address(token, query="?language=en"):
    return f"/ws/token/{token.secret}/{query}"


async def hears(page, words, seconds=5):
    """The next message with these words, past others and signs of life."""
    async with asyncio.timeout(seconds):
        while words not in (said := await page.receive_from(timeout=seconds)):
            pass
    return said


async def code_of(page):
    """With which code a socket is closed, past whatever is said before."""
    while (said := await page.receive_output(timeout=5))["type"] != "websocket.close":
        pass
    return said["code"]


async def test_the_holder_of_the_link_is_shown_the_place_and_what_changes(visit, token):
    page = await visit(address(token))
    assert token.code in await hears(page, "You are next")
    await in_thread(steps.call_token)(token_id=token.pk, actor=CLINIC)
    said = await hears(page, "Please go to Room 1 now")
    assert token.secret not in said


async def test_there_is_a_sign_of_life_while_nothing_changes(visit, token, monkeypatch):
    monkeypatch.setattr("accounts.live.pulse.EVERY", 0.05)
    page = await visit(address(token))
    await hears(page, "You are next")
    assert await hears(page, "<time ")


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://evil.example", "https://testserver", "http://testserver.evil.example"],
)
async def test_pages_of_others_are_refused(visit, token, origin):
    page = await visit(address(token), origin=origin)
    assert page.accepted is False


async def test_a_secret_that_is_none_is_told_so(visit, token):
    for secret in (token.secret[:-1], token.secret.swapcase(), str(token.pk), "x" * 300, "%00", token.code):
        page = await visit(f"/ws/token/{secret}/")
        assert await code_of(page) == 4404, secret


@pytest.mark.parametrize("query", ["?language=xx", "?language=en%00", "?language=" + "e" * 300])
async def test_a_language_that_is_none_is_told_so(visit, token, query):
    assert await code_of(await visit(address(token, query))) == 4400


@pytest.mark.parametrize("query", ["", "?", "?colour=red"])
async def test_without_a_language_it_is_the_clinics(visit, token, query):
    await hears(await visit(address(token, query)), "You are next")


async def test_the_old_link_of_somebody_who_was_transferred_shows_the_new_place(visit, token):
    moved = await in_thread(transfer)(token)
    assert moved.code in await hears(await visit(address(token)), "You are next")


def transfer(token):
    other, _location = a_doctor(token.location)
    return transfer_token(token_id=token.pk, doctor_id=other.pk, actor=CLINIC)


async def test_when_the_day_is_over_the_socket_is_closed_and_none_opens(visit, token):
    over = day_is_over_at(token.day, token.queue.location)
    with time_machine.travel(over - timedelta(seconds=1), tick=True):
        page = await visit(address(token))
        await hears(page, token.code)
        assert await code_of(page) == 4404
    with time_machine.travel(over + timedelta(seconds=1)):
        assert await code_of(await visit(address(token))) == 4404


async def test_who_talks_is_closed(visit, token):
    page = await visit(address(token))
    for _turn in range(6):
        await page.send_to(text_data="hello")
    assert await code_of(page) == 4429
    page = await visit(address(token))
    await page.send_to(text_data="x" * 2000)
    assert await code_of(page) == 4413


async def test_an_address_has_only_so_many_sockets(visit, token, monkeypatch):
    monkeypatch.setattr("accounts.live.viewers.addresses", OpenSockets(lambda: 2))
    for _turn in range(2):
        await hears(await visit(address(token)), token.code)
    assert await code_of(await visit(address(token))) == 4429


async def test_what_fails_at_the_door_is_written_down_and_tried_again_later(visit, token, monkeypatch, caplog):
    def fails(*_args, **_kwargs):
        raise OperationalError("the database is away")

    caplog.set_level("WARNING", "frontdesk.live")
    path = address(token)
    with monkeypatch.context() as patched:
        patched.setattr(CursorWrapper, "execute", fails)
        assert await code_of(await visit(path)) == Close.TRY_AGAIN
    assert "could not show a socket" in caplog.text
    assert "the database is away" in caplog.text
    assert token.secret not in caplog.text
    await hears(await visit(path), "You are next")


async def test_no_log_has_the_secret(visit, token, caplog):
    caplog.set_level(logging.DEBUG)
    await hears(await visit(address(token)), token.code)
    await code_of(await visit(f"/ws/token/{token.secret}x/"))
    assert token.secret not in caplog.text

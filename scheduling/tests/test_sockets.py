"""The door of `/ws/slots/<doctor>/`: who may look, what may be asked for, and what is said when not."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.live.guards import Close, OpenSockets
from scheduling.clock import local_date
from scheduling.services.holds import hold_seat
from scheduling.tests.factories import VISITOR, SlotFactory, in_hours
from scheduling.tests.viewers import viewers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live_updates")]


@pytest.fixture
def slot(transactional_db):
    return SlotFactory(starts_at=in_hours(48).replace(hour=10))


@pytest.fixture
async def visit():
    """Opens sockets."""
    async with viewers() as visit:
        yield visit


def address(slot, **query):
    query = {"day": local_date(slot.starts_at, slot.location.zone), "location": slot.location_id} | query
    return f"/ws/slots/{slot.doctor_id}/?" + "&".join(f"{name}={value}" for name, value in query.items())


async def code_of(visitor):
    """With which code a socket is closed."""
    said = await visitor.receive_output(timeout=5)
    assert said["type"] == "websocket.close", said
    return said["code"]


async def test_a_page_of_ours_is_shown_the_day_and_what_changes(visit, slot):
    page = await visit(address(slot))
    assert f'id="slot-{slot.pk}" name="slot"' in await page.receive_from(timeout=5)
    await asyncio.to_thread(_hold, slot)
    assert f'id="slot-{slot.pk}" aria-disabled="true"' in await page.receive_from(timeout=5)


def _hold(slot):
    from django.db import connection

    hold_seat(slot_id=slot.pk, holder="somebody", actor=VISITOR)
    connection.close()


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://evil.example",
        "https://testserver",
        "http://testserver.evil.example",
        "http://testserver:81",
    ],
)
async def test_pages_of_others_are_refused(visit, slot, origin):
    page = await visit(address(slot), origin=origin)
    assert page.accepted is False


@pytest.mark.parametrize(
    "query", ["", "?colour=red", "?location={location}", "?day={day}", "?day={day}&location={location}"]
)
async def test_every_way_to_look_is_let_in(visit, slot, query):
    query = query.format(day=local_date(slot.starts_at, slot.location.zone), location=slot.location_id)
    page = await visit(f"/ws/slots/{slot.doctor_id}/{query}")
    assert page.accepted
    if "day" in query:
        assert f"slot-{slot.pk}" in await page.receive_from(timeout=5)
    else:
        assert await page.receive_nothing(0.3)


@pytest.mark.parametrize("doctor", ["999999", "0", "x", "-1", "1.5", "9" * 30, "%00"])
async def test_a_doctor_who_is_not_there_is_told_so(visit, slot, doctor):
    page = await visit(f"/ws/slots/{doctor}/")
    assert await code_of(page) == 4404


@pytest.mark.parametrize("location", ["999999", "x", "", "0"])
async def test_a_location_that_is_not_there_is_told_so(visit, slot, location):
    assert await code_of(await visit(address(slot, location=location))) == 4404


@pytest.mark.parametrize(
    "day",
    ["", "x", "2026-13-01", "2026-02-30", "0001-01-01", "9999-12-31", "today", "%00", "%ff", "2026-01-01" + "0" * 300],
)
async def test_a_day_that_is_none_is_told_so(visit, slot, day):
    assert await code_of(await visit(address(slot, day=day))) == 4400


async def test_a_day_without_times_is_an_empty_list(visit, slot):
    page = await visit(address(slot, day=timezone.now().date() + timedelta(days=700)))
    text = await page.receive_from(timeout=5)
    assert "times__list" in text
    assert "button" not in text


async def test_who_talks_too_much_is_closed(visit, slot):
    page = await visit(address(slot))
    await page.receive_from(timeout=5)
    for _turn in range(5):
        await page.send_to(text_data="hello")
    assert await page.receive_nothing(0.1)
    await page.send_to(text_data="hello")
    assert await code_of(page) == 4429


@pytest.mark.parametrize("said", [{"text_data": "x" * 2000}, {"bytes_data": b"x" * 2000}])
async def test_who_says_too_much_at_once_is_closed(visit, slot, said):
    page = await visit(address(slot))
    await page.receive_from(timeout=5)
    await page.send_to(**said)
    assert await code_of(page) == 4413


async def test_an_address_has_only_so_many_sockets(visit, slot, settings, monkeypatch):
    monkeypatch.setattr("accounts.live.viewers.addresses", OpenSockets(lambda: 2))
    for _turn in range(2):
        page = await visit(address(slot))
        await page.receive_from(timeout=5)
    assert await code_of(await visit(address(slot))) == 4429


async def test_a_state_that_cannot_be_read_is_tried_again_later(visit, slot, monkeypatch):
    def fails(*_args, **_kwargs):
        raise OperationalError("the database is away")

    path = address(slot)
    with monkeypatch.context() as patched:
        patched.setattr(CursorWrapper, "execute", fails)
        assert await code_of(await visit(path)) == Close.TRY_AGAIN
    await (await visit(path)).receive_from(timeout=5)

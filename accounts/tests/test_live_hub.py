"""The hub: who hears what, in which order, and what is never said twice."""

from __future__ import annotations

import asyncio
import threading

import pytest

from accounts.live import hub as hub_module
from accounts.live import sockets
from accounts.live.guards import Close
from accounts.live.hub import Hub
from accounts.live.published import Published
from accounts.live.renderer import renderer
from accounts.tests.ears import Ear


@pytest.fixture
async def hub():
    made = Hub()
    yield made
    for socket in list(made._joined):
        made.leave(socket)
    await asyncio.gather(*made._under_way, return_exceptions=True)
    await asyncio.to_thread(renderer.stop)


async def settle():
    """Let what was written reach the other side."""
    for _turn in range(5):
        await asyncio.sleep(0)


def told(version, body="state", *, room="room", part="part"):
    return Published(room=room, part=part, version=version, body=body)


async def test_everybody_in_a_room_hears_the_same(hub):
    ears = [Ear() for _ in range(3)]
    for ear in ears:
        await hub.join(ear.socket, "room")
    outside = Ear()
    await hub.join(outside.socket, "other room")
    hub.deliver(told(1))
    await settle()
    assert [ear.texts for ear in ears] == [["state"]] * 3
    assert outside.texts == []


async def test_who_joined_a_part_hears_of_no_other(hub):
    ear = Ear()
    await hub.join(ear.socket, "room", "mine")
    hub.deliver(told(1, "theirs", part="theirs"))
    hub.deliver(told(1, "mine", part="mine"))
    await settle()
    assert ear.texts == ["mine"]


async def test_what_comes_late_is_not_told_any_more(hub):
    ear = Ear()
    await hub.join(ear.socket, "room")
    for version, body in ((5, "newest"), (4, "older"), (5, "as old"), (6, "newer")):
        hub.deliver(told(version, body))
    hub.deliver(told(1, "of another part", part="other"))
    await settle()
    assert ear.texts == ["newest", "newer", "of another part"]


async def test_what_did_not_change_is_not_told_again(hub):
    ear = Ear()
    await hub.join(ear.socket, "room")
    hub.deliver(told(1, "same"))
    hub.deliver(told(2, "same"))
    hub.deliver(told(1, "old"))
    await settle()
    assert ear.texts == ["same"]


async def test_a_clock_that_was_set_back_silences_nobody(hub):
    ear = Ear()
    await hub.join(ear.socket, "room")
    hub.deliver(told(10 * hub_module.CLOCK_SET_BACK, "before"))
    hub.deliver(told(8 * hub_module.CLOCK_SET_BACK, "after"))
    await settle()
    assert ear.texts == ["before", "after"]


async def test_who_left_hears_nothing_and_empty_rooms_are_forgotten(hub):
    ear = Ear()
    await hub.join(ear.socket, "room")
    await hub.join(ear.socket, "second room")
    hub.leave(ear.socket, "room")
    hub.deliver(told(1))
    hub.deliver(told(1, room="second room"))
    hub.leave(ear.socket)
    hub.leave(ear.socket)
    hub.deliver(told(2, "later", room="second room"))
    await settle()
    assert ear.texts == ["state"]
    assert not hub.is_busy()
    assert hub.listened("") == set()
    assert hub._joined == {}


async def test_rooms_are_found_by_how_they_begin(hub):
    for name in ("slots:5:-:-", "slots:50:-:-", "events:5"):
        await hub.join(Ear().socket, name)
    assert hub.listened("slots:5:") == {"slots:5:-:-"}


async def test_the_state_is_read_once_for_all_who_come_together(hub):
    reads = []

    def state():
        reads.append(threading.current_thread().name)
        return [told(len(reads), f"state {len(reads)}")]

    ears = [Ear() for _ in range(50)]
    await asyncio.gather(*(hub.join(ear.socket, "room", state=state) for ear in ears))
    await settle()
    assert [ear.texts for ear in ears] == [["state 1"]] * 50
    assert reads == ["live-renderer"]


async def test_who_comes_later_gets_what_was_told_since(hub):
    first, later = Ear(), Ear()
    await hub.join(first.socket, "room", state=lambda: [told(1, "at first")])
    hub.deliver(told(2, "since"))
    await hub.join(later.socket, "room", state=lambda: [told(1, "at first")])
    await settle()
    assert first.texts == ["at first", "since"]
    assert later.texts == ["since"]


async def test_a_change_told_while_the_state_is_read_counts_more_than_the_state(hub):
    reading, go_on = threading.Event(), threading.Event()

    def state():
        reading.set()
        assert go_on.wait(10)
        return [told(1, "as it was")]

    ear = Ear()
    joining = asyncio.ensure_future(hub.join(ear.socket, "room", state=state))
    await asyncio.to_thread(reading.wait, 10)
    hub.deliver(told(2, "as it is"))
    go_on.set()
    await joining
    await settle()
    assert ear.texts == ["as it is"]


async def test_who_leaves_while_the_state_is_read_hears_nothing(hub):
    go_on = threading.Event()
    ear = Ear()
    joining = asyncio.ensure_future(hub.join(ear.socket, "room", state=lambda: go_on.wait(10) and [told(1)]))
    await settle()
    hub.leave(ear.socket)
    go_on.set()
    await joining
    hub.deliver(told(2))
    await settle()
    assert ear.texts == []
    assert not hub.is_busy()


async def test_a_state_that_cannot_be_read_lets_nobody_in(hub):
    def fails():
        raise LookupError

    ear = Ear()
    with pytest.raises(LookupError):
        await hub.join(ear.socket, "room", state=fails)
    assert not hub.is_busy()


async def test_states_are_read_again_by_and_by(hub, monkeypatch):
    monkeypatch.setattr(hub_module, "READ_AGAIN_EVERY", 0.05)
    monkeypatch.setattr(hub_module, "FRESH_FOR", 0.0)
    reads = []

    def state():
        reads.append(1)
        return [told(len(reads), "first" if len(reads) == 1 else "later")]

    ear = Ear()
    await hub.join(ear.socket, "room", state=state)
    async with asyncio.timeout(10):
        while len(reads) < 4:
            await asyncio.sleep(0.01)
    assert ear.texts == ["first", "later"]


async def test_threads_can_tell(hub):
    ear = Ear()
    await hub.join(ear.socket, "room")
    await asyncio.to_thread(hub.deliver_soon, [told(1), told(2, "later")])
    await settle()
    assert ear.texts == ["state", "later"]


def test_without_an_event_loop_nobody_is_told():
    hub = Hub()
    hub.deliver_soon([told(1)])
    asyncio.run(hub.join(Ear().socket, "room"))
    hub.deliver_soon([told(1)])  # the loop is closed


async def test_a_room_remembers_only_so_many_parts(hub, monkeypatch):
    monkeypatch.setattr(hub_module, "MOST_PARTS", 3)
    await hub.join(Ear().socket, "room")
    for number in range(5):
        hub.deliver(told(1, part=str(number)))
    assert hub.parts("room") == ["2", "3", "4"]


async def test_who_does_not_read_is_closed_and_holds_up_nobody(hub, monkeypatch):
    monkeypatch.setattr(sockets, "MOST_UNSENT", 1000)
    slow, quick = Ear(slow=True), Ear()
    for ear in (slow, quick):
        await hub.join(ear.socket, "room")
    for version in range(1, 20):
        hub.deliver(told(version, str(version) * 300))
        await settle()
    assert len(quick.texts) == 19
    assert slow.socket.is_closing
    assert slow.socket._unsent < 3000
    slow.reads.set()
    await settle()
    assert slow.codes == [Close.SLOW]


async def test_after_closing_nothing_is_written(hub):
    ear = Ear()
    await hub.join(ear.socket, "room")
    ear.socket.close(Close.NOT_SIGNED_IN)
    ear.socket.close(Close.SLOW)
    hub.deliver(told(1))
    await settle()
    assert ear.messages == [{"type": "websocket.close", "code": 4401}]


def test_what_travels_arrives_as_it_was():
    message = told(7, 'a "body"\nof two lines, Zoë', part="p:1")
    assert Published.from_wire(message.to_wire()) == message


@pytest.mark.parametrize("data", [b"", b"\xff", b"{}\n", b"[]\nbody", b'["room", "part", "1"]\nbody', b"17\n"])
def test_what_is_no_message_is_refused(data):
    with pytest.raises(ValueError):
        Published.from_wire(data)

"""What an answer says about the rest of the messages that wait for a gateway."""

from __future__ import annotations

import pytest

from notifications.channels import PermanentRefusal, TryLater, Unclear
from notifications.channels.registry import channel_of
from notifications.services.lanes import MOST_REFUSALS, Lane
from notifications.services.outcomes import Answer
from notifications.states import ChannelName


def lane(name: ChannelName) -> Lane:
    return Lane(name, channel_of(name))


@pytest.mark.parametrize("answer", [TryLater(), Unclear()])
def test_a_gateway_that_is_out_of_order_is_left_alone_after_some_tries(answer: Answer) -> None:
    one = lane(ChannelName.SMS)
    for _time in range(MOST_REFUSALS):
        assert not one.is_closed
        one.hear(answer)
    assert one.is_closed


def test_a_gateway_that_asks_for_rest_has_it_at_once() -> None:
    one = lane(ChannelName.SMS)
    one.hear(PermanentRefusal())
    assert not one.is_closed
    one.hear(TryLater(after=30))
    assert one.is_closed


@pytest.mark.parametrize("answer", [TryLater(after=3600), TryLater(), Unclear()])
def test_one_browsers_push_service_holds_up_nobody_elses(answer: Answer) -> None:
    one = lane(ChannelName.PUSH)
    for _time in range(2 * MOST_REFUSALS):
        one.hear(answer)
    assert not one.is_closed

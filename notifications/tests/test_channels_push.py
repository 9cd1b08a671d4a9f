"""Push messages leave encrypted and signed, here to a push service of our own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from notifications.channels import Parcel, PermanentRefusal, TryLater, Unclear
from notifications.channels.registry import channel_of, let_go
from notifications.models import PushSubscription
from notifications.push_keys import new_pair
from notifications.states import ChannelName, DeliveryStatus, NotSent
from notifications.tests.pushing import NEARBY, PAIR, browser, subscribed
from scheduling.tests.factories import PatientFactory
from testing.push_server import AWAY, CLOSE, DRIP, GONE, HANG, TOO_MANY, UNKNOWN, Fault, PushServer

pytestmark = pytest.mark.django_db

TITLE, WORDS = "It is your turn", "Please come to room 3. कृपया आइए।"
LINK = "http://testserver/m/abcdefghijkl/"


@pytest.fixture
def service() -> Iterator[PushServer]:
    with PushServer(public_key=PAIR.public) as running, override_settings(**NEARBY):
        yield running
        assert running.refusals == []
    let_go()


@pytest.fixture
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for an answer gives up at once."""
    monkeypatch.setattr("notifications.channels.push_line.TIMEOUT_SECONDS", 0.3)


def parcel(subscription: PushSubscription | None = None, **changes: Any) -> Parcel:
    values: dict[str, Any] = {"message_id": 12, "address": str(subscription.pk if subscription else 1)}
    values |= {"subject": TITLE, "text": WORDS, "language": "hi", "link": LINK, "tag": "token-12"}
    return Parcel(**{**values, **changes})


def send(what: Parcel) -> Any:
    return channel_of(ChannelName.PUSH).send(what)


def test_a_message_reaches_the_browser_readable_to_it_alone(service: PushServer) -> None:
    subscription, device = subscribed(service, patient=PatientFactory())
    receipt = send(parcel(subscription))
    (push,) = service.pushes
    assert push.device == device.name
    assert push.said == {"title": TITLE, "body": WORDS, "link": LINK, "tag": "token-12", "language": "hi"}
    assert push.claims["aud"] == service.origin
    assert push.claims["sub"] == "mailto:desk@localhost"
    assert (receipt.provider, receipt.provider_id) == ("push", "1")
    assert receipt.delivery_status == DeliveryStatus.UNKNOWN


@pytest.mark.parametrize("name", ["a\0b", "a" * 201])
def test_a_number_that_the_database_would_not_take_is_left_out(service: PushServer, name: str) -> None:
    """Anybody may run a push service, and what cannot be written down would end the run for everybody."""
    subscription, _device = subscribed(service, patient=PatientFactory())
    service.faults.append(Fault(status=201, location=f"/messages/{name}"))
    assert send(parcel(subscription)).provider_id == ""


def test_the_next_message_goes_by_the_same_connection(service: PushServer) -> None:
    subscription, _device = subscribed(service, patient=PatientFactory())
    for _time in range(3):
        send(parcel(subscription))
    assert len(service.pushes) == 3
    assert len(service.connections) == 1


@pytest.mark.parametrize(
    ("left", "ttl", "urgency"),
    [
        (300, 300, "high"),
        (-5, 0, "high"),
        (2 * 3600, 7200, "normal"),
        (900_000, 86_400, "normal"),
        (None, 86_400, "normal"),
    ],
)
def test_a_message_says_how_long_it_makes_sense_and_whether_it_is_urgent(
    service: PushServer, left: int | None, ttl: int, urgency: str
) -> None:
    subscription, _device = subscribed(service, patient=PatientFactory())
    send(parcel(subscription, expires_at=left and timezone.now() + timedelta(seconds=left)))
    (push,) = service.pushes
    assert ttl - 5 <= int(push.headers["ttl"]) <= ttl
    assert push.headers["urgency"] == urgency


@pytest.mark.parametrize(("tag", "topic"), [("token-12", "token-12"), ("", None), ("a b", None), ("x" * 33, None)])
def test_news_takes_the_place_of_what_is_still_on_its_way(service: PushServer, tag: str, topic: str | None) -> None:
    subscription, _device = subscribed(service, patient=PatientFactory())
    send(parcel(subscription, tag=tag))
    assert service.pushes[0].headers.get("topic") == topic


def test_the_longest_message_in_the_widest_letters_fits(service: PushServer) -> None:
    subscription, _device = subscribed(service, patient=PatientFactory())
    send(parcel(subscription, subject="क" * 200, text="ख" * 500))
    assert service.pushes[0].size < 4096


@pytest.mark.parametrize("fault", [GONE, UNKNOWN])
def test_a_browser_that_is_gone_is_forgotten_whomever_it_heard_of(service: PushServer, fault: Fault) -> None:
    subscription, device = subscribed(service, patient=PatientFactory())
    other, _device = subscribed(service, patient=PatientFactory())
    again = PushSubscription.objects.get(pk=subscription.pk)
    again.pk, again.patient = None, PatientFactory()
    again.save()
    service.faults.append(fault)
    with pytest.raises(PermanentRefusal) as refused:
        send(parcel(subscription))
    assert (refused.value.why, refused.value.stop) == (NotSent.BAD_ADDRESS, False)
    assert device.name not in refused.value.detail
    assert list(PushSubscription.objects.all()) == [other]


def test_a_browser_that_asked_to_be_left_alone_meanwhile_is(service: PushServer) -> None:
    subscription, _device = subscribed(service, patient=PatientFactory())
    last = parcel(subscription)
    subscription.delete()
    for what in (last, parcel(address="no number"), parcel(address="1" * 30)):
        with pytest.raises(PermanentRefusal) as refused:
            send(what)
        assert refused.value.why == NotSent.NO_ADDRESS
    assert service.requests == []


IN_TWO_MINUTES = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [
        (TOO_MANY, None, None),
        (AWAY, None, None),
        (Fault(500), None, None),
        (Fault(502), None, None),
        (Fault(429, retry_after="40"), 40, 40),
        (Fault(503, retry_after="99999999"), 3600, 3600),
        (Fault(429, retry_after=IN_TWO_MINUTES), 0, 120),
        (Fault(429, retry_after="soon"), None, None),
        (Fault(503, retry_after="Mon, 01 Jan 2001 00:00:00 GMT"), 0, 0),
    ],
)
def test_a_busy_push_service_is_tried_later_and_as_late_as_it_asks(
    service: PushServer, fault: Fault, least: float | None, most: float | None
) -> None:
    subscription, _device = subscribed(service, patient=PatientFactory())
    service.faults.append(fault)
    with pytest.raises(TryLater) as later:
        send(parcel(subscription))
    if least is None or most is None:
        assert later.value.after is None
    else:
        assert later.value.after is not None
        assert least <= later.value.after <= most
    assert PushSubscription.objects.count() == 1


@pytest.mark.parametrize("status", [400, 405, 413, 304])
def test_what_a_push_service_does_not_take_is_not_tried_again(service: PushServer, status: int) -> None:
    subscription, _device = subscribed(service, patient=PatientFactory())
    service.faults.append(Fault(status))
    with pytest.raises(PermanentRefusal) as refused:
        send(parcel(subscription))
    assert refused.value.why == NotSent.REFUSED
    assert PushSubscription.objects.count() == 1


def test_a_push_service_leads_nowhere_else(service: PushServer) -> None:
    subscription, device = subscribed(service, patient=PatientFactory())
    service.faults.append(Fault(307, location=f"{service.endpoint(device)}/elsewhere"))
    with pytest.raises(PermanentRefusal):
        send(parcel(subscription))
    assert len(service.requests) == 1


def test_keys_that_are_not_those_of_the_subscription_are_told_to_whoever_runs_the_clinic(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with PushServer(public_key=new_pair().public) as service, override_settings(**NEARBY):
        subscription, device = subscribed(service, patient=PatientFactory())
        with caplog.at_level(logging.ERROR), pytest.raises(PermanentRefusal):
            send(parcel(subscription))
        assert service.refusals == ["signed by another key"]
    let_go()
    assert "VAPID_" in caplog.text
    assert device.name not in caplog.text


@pytest.mark.usefixtures("in_haste")
@pytest.mark.parametrize("fault", [HANG, CLOSE, DRIP])
def test_an_answer_that_does_not_come_leaves_it_unclear(service: PushServer, fault: Fault) -> None:
    subscription, device = subscribed(service, patient=PatientFactory())
    service.faults.append(fault)
    with pytest.raises(Unclear) as unclear:
        send(parcel(subscription))
    assert device.name not in unclear.value.detail
    assert channel_of(ChannelName.PUSH).ask(parcel(subscription)) is None


def test_a_push_service_that_is_not_reached_certainly_has_nothing() -> None:
    with override_settings(**NEARBY):
        service = PushServer().start()
        subscription, device = subscribed(service, patient=PatientFactory())
        service.stop()
        with pytest.raises(TryLater) as later:
            send(parcel(subscription))
        assert device.name not in later.value.detail
    let_go()


def test_a_name_that_leads_into_our_own_network_is_not_spoken_to(service: PushServer) -> None:
    """What is told is only a name; where it leads is seen when it is called."""
    subscription, device = subscribed(service, patient=PatientFactory())
    named = service.endpoint(device).replace("127.0.0.1", "localhost")
    PushSubscription.objects.filter(pk=subscription.pk).update(endpoint=named)
    send(parcel(subscription))
    let_go()
    with pytest.MonkeyPatch.context() as patch, override_settings(PUSH_TO_PRIVATE_ADDRESSES=False):
        patch.setattr("notifications.channels.push.require_endpoint", lambda endpoint: None)
        with pytest.raises(PermanentRefusal) as refused:
            send(parcel(subscription))
    assert refused.value.why == NotSent.BAD_ADDRESS
    assert len(service.requests) == 1


def test_an_address_that_is_allowed_no_more_is_not_called(service: PushServer) -> None:
    subscription, _device = subscribed(service, patient=PatientFactory())
    with override_settings(PUSH_TO_PRIVATE_ADDRESSES=False), pytest.raises(PermanentRefusal) as refused:
        send(parcel(subscription))
    assert refused.value.why == NotSent.BAD_ADDRESS
    assert service.requests == []


def test_it_is_noted_when_a_browser_was_last_reached_but_not_each_time(
    service: PushServer, django_assert_num_queries: Any
) -> None:
    subscription, _device = subscribed(service, patient=PatientFactory())
    send(parcel(subscription))
    used_at = PushSubscription.objects.get().used_at
    assert used_at is not None
    with django_assert_num_queries(1):
        send(parcel(subscription))
    assert PushSubscription.objects.get().used_at == used_at


def test_without_keys_there_is_no_gateway() -> None:
    assert not channel_of(ChannelName.PUSH).is_configured()
    with override_settings(**NEARBY):
        assert channel_of(ChannelName.PUSH).is_configured()


def test_keys_that_are_broken_in_the_database_are_nobody_elses_trouble(service: PushServer) -> None:
    one = browser()
    broken = PushSubscription.objects.create(
        patient=PatientFactory(),
        endpoint=service.origin,
        endpoint_digest="x",
        public_key="broken",
        auth_secret=one.auth_secret,
    )
    with pytest.raises(PermanentRefusal) as refused:
        send(parcel(broken))
    assert refused.value.why == NotSent.BAD_ADDRESS

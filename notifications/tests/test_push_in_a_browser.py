"""Push in a real browser: asked for in one press, shown when nothing of ours is open, and stopped in one press.

The push services of browser makers are out of reach here. What a subscription looks like is therefore put into the page
in their place, with a push service of our own behind it; what that was given is handed to the browser's service worker
by the same door by which the browser itself would. All else is as in life.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import override_settings
from playwright.sync_api import expect

from accounts.actors import system
from notifications.channels.registry import let_go
from notifications.models import Message, MessageRule, PushSubscription
from notifications.push_keys import new_pair
from notifications.services.outbox import send_due
from notifications.states import ChannelName, Kind, MessageStatus
from notifications.tests.pushing import NEARBY, PAIR
from queueing.models import Token
from queueing.services import steps
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.factories import CLINIC, SlotFactory, book, in_hours
from testing.push_server import Device, PushServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TURN, STOP = "Tell me when it is my turn", "Stop messages on this device"
ON_ITS_WAY = 15_000

IN_PLACE_OF_THE_MAKERS_SERVICE = """
(([endpoint, keys]) => {
  const taken = (key) => ({
    endpoint,
    options: { applicationServerKey: new Uint8Array(key).buffer },
    toJSON: () => ({ endpoint, keys }),
    unsubscribe: async () => { sessionStorage.removeItem("kept"); return true; },
  });
  const kept = () => JSON.parse(sessionStorage.getItem("kept"));
  PushManager.prototype.getSubscription = async () => kept() && taken(kept());
  PushManager.prototype.subscribe = async (options) => {
    window.askedWith = options.userVisibleOnly;
    sessionStorage.setItem("kept", JSON.stringify([...options.applicationServerKey]));
    return taken(kept());
  };
  window.isSubscribed = () => kept() !== null;
})(%s)
"""


@pytest.fixture
def service() -> Iterator[PushServer]:
    with PushServer(public_key=PAIR.public) as running, override_settings(**NEARBY):
        yield running
        assert running.refusals == []
    let_go()


@pytest.fixture
def phone(service: PushServer, page: Any) -> Device:
    """The page's browser, as the push service knows it."""
    made = service.device()
    page.add_init_script(IN_PLACE_OF_THE_MAKERS_SERVICE % json.dumps([service.endpoint(made), made.keys]))
    return made


def allow(page: Any, live_server: Any) -> None:
    page.context.grant_permissions(["notifications"], origin=live_server.url)


def a_token() -> Token:
    return walk_in(*a_doctor())


def deliver(page: Any, live_server: Any, said: dict[str, Any]) -> None:
    """Hand a message to the service worker, as the browser does with what it has decrypted."""
    line = page.context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    line.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    line.send("ServiceWorker.enable")
    while not found:
        page.wait_for_timeout(20)  # lets events in
    where = {"origin": live_server.url, "registrationId": found[-1]["registrationId"]}
    line.send("ServiceWorker.deliverPushMessage", {**where, "data": json.dumps(said)})
    line.detach()


SHOWN = """async (count) => {
  const registration = await navigator.serviceWorker.getRegistration("/");
  const found = await registration.getNotifications();
  const plain = ({ title, body, tag, lang, dir, data }) => ({ title, body, tag, lang, dir, link: data.link });
  return found.length >= count ? found.map(plain) : null;
}"""


def notifications(page: Any) -> list[dict[str, Any]]:
    """What the browser shows, as soon as it shows something."""
    return page.wait_for_function(SHOWN, arg=1, timeout=ON_ITS_WAY).json_value()


def test_whoever_waits_is_called_by_their_phone_and_a_press_opens_their_place(
    page: Any, live_server: Any, service: PushServer, phone: Device
) -> None:
    token = a_token()
    allow(page, live_server)
    page.goto(f"{live_server.url}/t/{token.secret}/")
    page.get_by_role("button", name=TURN).click()
    expect(page.get_by_role("button", name=STOP)).to_be_visible(timeout=ON_ITS_WAY)
    expect(page.get_by_role("button", name=STOP)).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Done. You will hear from us on this device.")
    assert page.evaluate("window.askedWith") is True
    assert Axe().run(page).violations_count == 0

    steps.call_token(token_id=token.pk, actor=CLINIC)
    send_due(actor=system("test"))
    message = Message.objects.get(kind=Kind.YOUR_TURN, channel=ChannelName.PUSH)
    assert message.status == MessageStatus.SENT, message.error
    (push,) = service.pushes
    assert push.device == phone.name

    deliver(page, live_server, push.said)
    (shown,) = notifications(page)
    assert (shown["title"], shown["body"]) == (message.subject, message.body)
    assert (shown["tag"], shown["lang"], shown["dir"]) == (f"token-{token.pk}", "en", "ltr")
    assert token.appointment.patient.first_name not in json.dumps(push.said)

    opened = page.context.service_workers[0].evaluate(PRESS)
    assert opened == f"{live_server.url}/m/{message.code}/"
    page.goto(opened)
    assert urlsplit(page.url).path == f"/t/{token.secret}/"


PRESS = """async () => {
  const [notification] = await self.registration.getNotifications();
  return new Promise((resolve) => {
    // Only a person's own press lets a worker open a window.
    self.clients.openWindow = async (url) => resolve(url);
    self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  });
}"""


@pytest.mark.usefixtures("phone")
def test_news_takes_the_place_of_what_it_makes_old_and_arabic_reads_from_the_right(page: Any, live_server: Any) -> None:
    token = a_token()
    allow(page, live_server)
    page.goto(f"{live_server.url}/t/{token.secret}/")
    page.get_by_role("button", name=TURN).click()
    expect(page.get_by_role("button", name=STOP)).to_be_visible(timeout=ON_ITS_WAY)
    said = {"title": "قريب", "body": "دورك بعد قليل", "link": "https://elsewhere.example/t/x/?y=1", "tag": "token-1"}
    for title in ("قريب", "حان دورك"):
        deliver(page, live_server, said | {"title": title, "language": "ar"})
        page.wait_for_function(
            """async (title) => {
              const registration = await navigator.serviceWorker.getRegistration("/");
              return (await registration.getNotifications()).some((one) => one.title === title);
            }""",
            arg=title,
            timeout=ON_ITS_WAY,
        )
    (shown,) = notifications(page)
    assert (shown["title"], shown["dir"]) == ("حان دورك", "rtl")
    opened = page.context.service_workers[0].evaluate(PRESS)
    assert opened == f"{live_server.url}/t/x/?y=1"  # never anywhere but here


def test_it_stops_in_one_press_and_a_page_that_comes_back_knows_how_it_stands(
    page: Any, live_server: Any, service: PushServer, phone: Device
) -> None:
    visit = book(SlotFactory(starts_at=in_hours(48)))
    MessageRule.objects.create(kind=Kind.REMINDER, channel=ChannelName.PUSH, offset_minutes=60)
    allow(page, live_server)
    page.goto(f"{live_server.url}/a/{visit.secret}/")
    page.get_by_role("button", name="Remind me on this device").click()
    stop = page.get_by_role("button", name=STOP)
    expect(stop).to_be_visible(timeout=ON_ITS_WAY)
    row = PushSubscription.objects.get()
    assert (row.patient, row.endpoint) == (visit.patient, service.endpoint(phone))
    page.reload()
    stop.click(timeout=ON_ITS_WAY)
    expect(page.get_by_role("button", name="Remind me on this device")).to_be_visible(timeout=ON_ITS_WAY)
    expect(page.locator("[data-push-said]")).to_have_text("Done. This device gets no more messages about you.")
    assert not PushSubscription.objects.exists()
    page.wait_for_function("!window.isSubscribed()")


@pytest.mark.usefixtures("service")
def test_what_the_browser_refuses_is_said_in_words_and_nothing_is_written(page: Any, live_server: Any) -> None:
    """Nothing is put in the browser's place here: it has no push service to reach, and says so."""
    token = a_token()
    page.goto(f"{live_server.url}/t/{token.secret}/")
    button = page.get_by_role("button", name=TURN)
    expect(button).to_be_visible(timeout=ON_ITS_WAY)
    button.click()  # the browser denies by itself what nobody is there to allow
    words = page.locator("[data-push-words]:visible")
    expect(words).to_contain_text("messages", timeout=ON_ITS_WAY)
    allow(page, live_server)
    button.click()
    expect(words).to_have_text(
        "Your browser could not set up messages just now. Please try again in a minute.", timeout=ON_ITS_WAY
    )
    expect(button).to_be_enabled()
    assert not PushSubscription.objects.exists()


@pytest.mark.usefixtures("phone")
def test_when_the_clinic_takes_other_keys_a_page_asks_anew(page: Any, live_server: Any) -> None:
    token, other = a_token(), new_pair()
    allow(page, live_server)
    page.goto(f"{live_server.url}/t/{token.secret}/")
    page.get_by_role("button", name=TURN).click()
    expect(page.get_by_role("button", name=STOP)).to_be_visible(timeout=ON_ITS_WAY)
    with override_settings(VAPID_PRIVATE_KEY=other.private, VAPID_PUBLIC_KEY=other.public):
        page.reload()
        button = page.get_by_role("button", name=TURN)
        expect(button).to_be_visible(timeout=ON_ITS_WAY)
        assert page.evaluate("window.isSubscribed()") is False
        button.click()
        expect(page.get_by_role("button", name=STOP)).to_be_visible(timeout=ON_ITS_WAY)
        assert page.evaluate("window.isSubscribed()") is True


def test_nothing_is_offered_where_it_could_not_be_kept(page: Any, live_server: Any) -> None:
    token = a_token()
    with page.expect_response(lambda answer: answer.url.endswith("/push/")) as answered:
        page.goto(f"{live_server.url}/t/{token.secret}/")
    assert answered.value.status == 204  # no keys
    assert page.get_by_role("button", name=TURN).count() == 0
    page.add_init_script("delete window.PushManager")
    with override_settings(**NEARBY):
        page.goto(f"{live_server.url}/t/{token.secret}/")
        page.wait_for_load_state("networkidle")
        assert page.get_by_role("button", name=TURN).count() == 0

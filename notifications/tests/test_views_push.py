"""What the pages of a visit and of a place in the queue offer to a browser, and what the worker is."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from notifications.models import MessageRule, PushSubscription
from notifications.states import ChannelName, Kind
from notifications.tests.pushing import KEYS, PAIR, browser, form_of
from queueing.models import Token
from queueing.services import steps
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Appointment
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.tests.factories import CLINIC, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db
ON, OFF = 'data-push-press="on"', 'data-push-press="off"'
TURN, REMIND = "Tell me when it is my turn", "Remind me on this device"


@pytest.fixture(autouse=True)
def _keys() -> Any:
    with override_settings(**KEYS):
        yield


def a_visit() -> Appointment:
    return book(SlotFactory(starts_at=in_hours(48)))


def a_token() -> Token:
    return walk_in(*a_doctor())


def address(about: Appointment | Token) -> str:
    return reverse(f"notifications:{'token' if isinstance(about, Token) else 'visit'}_push", args=[about.secret])


def shown(about: Appointment | Token, device: str = "") -> str:
    answer = Client().get(address(about), {"device": device} if device else {})
    assert answer.status_code == 200
    return answer.content.decode()


def start(about: Appointment | Token, **changes: str) -> Any:
    return Client().post(address(about), form_of(browser()) | changes)


def stop(about: Appointment | Token, endpoint: str = browser().endpoint) -> Any:
    return Client().delete(
        address(about), f"endpoint={endpoint}", content_type="application/x-www-form-urlencoded;charset=UTF-8"
    )


def hash_of(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


BOTH = pytest.mark.parametrize("make", [a_visit, a_token])


@BOTH
def test_a_browser_starts_to_hear_and_stops_in_one_press_each(make: Any) -> None:
    about = make()
    assert ON in shown(about)
    assert f'data-push-key="{PAIR.public}"' in shown(about)
    answer = start(about)
    assert (answer.status_code, OFF in answer.content.decode()) == (200, True)
    assert "Done. You will hear from us on this device." in answer.content.decode()
    row = PushSubscription.objects.get()
    assert (row.patient, row.user, row.endpoint) == (about.patient, None, browser().endpoint)
    assert OFF in shown(about, hash_of(row.endpoint))
    assert ON in shown(about, hash_of("https://push.example/another"))
    answer = stop(about)
    assert (answer.status_code, ON in answer.content.decode()) == (200, True)
    assert "data-push-unneeded" in answer.content.decode()
    assert not PushSubscription.objects.exists()


@BOTH
def test_who_changes_it_is_answered_in_private_and_pages_are_in_no_cache(make: Any) -> None:
    about = make()
    for answer in (Client().get(address(about)), start(about), stop(about)):
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert browser().endpoint not in answer.content.decode()


def test_a_browser_that_hears_of_somebody_else_is_left_as_it_is() -> None:
    visit, other = a_visit(), a_visit()
    start(visit)
    start(other)
    answer = stop(visit)
    assert "data-push-unneeded" not in answer.content.decode()
    assert PushSubscription.objects.get().patient == other.patient


def test_stopping_twice_or_what_never_began_does_no_harm() -> None:
    visit = a_visit()
    assert [stop(visit).status_code, stop(visit, "").status_code, stop(visit, "%FF").status_code] == [200, 200, 200]


@BOTH
@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "https://192.168.0.1/x"},
        {"endpoint": "http://push.example/x"},
        {"endpoint": ""},
        {"p256dh": "x" * 5000},
        {"auth": ""},
    ],
)
def test_what_is_no_browser_is_refused_in_words(make: Any, changes: dict[str, str]) -> None:
    answer = start(make(), **changes)
    assert answer.status_code == 400
    assert "Messages cannot be set up on this device. Nothing has changed." in answer.content.decode()
    assert ON in answer.content.decode()
    assert not PushSubscription.objects.exists()


@BOTH
def test_nothing_is_offered_where_nothing_would_be_sent(make: Any) -> None:
    about = make()
    with override_settings(VAPID_PRIVATE_KEY=""):
        assert Client().get(address(about)).status_code == 204
        assert start(about).status_code == 204
    about.patient.wants_push = False
    about.patient.save()
    assert Client().get(address(about)).status_code == 204
    assert start(about).status_code == 204
    assert not PushSubscription.objects.exists()


def test_whoever_wants_nothing_any_more_can_still_stop() -> None:
    visit = a_visit()
    start(visit)
    visit.patient.wants_push = False
    visit.patient.save()
    assert stop(visit).status_code == 200
    assert not PushSubscription.objects.exists()


def test_what_is_offered_is_what_the_rules_of_the_place_send() -> None:
    visit, token = a_visit(), a_token()
    assert TURN in shown(visit)
    assert TURN in shown(token)
    for about in (visit, token):
        rule = {"kind": Kind.REMINDER, "channel": ChannelName.PUSH, "offset_minutes": 60}
        MessageRule.objects.create(location=about.location, **rule)
    assert REMIND in shown(visit)
    assert Client().get(address(token)).status_code == 204  # no rule speaks of the turn
    MessageRule.objects.create(location=visit.location, kind=Kind.YOUR_TURN, channel=ChannelName.PUSH)
    words = start(visit).content.decode()
    assert "reminds you of your visit and tells you when it is your turn" in words


def test_only_whoever_holds_the_link_may_ask() -> None:
    visit, token = a_visit(), a_token()
    for about in (visit, token):
        wrong = address(about).replace(about.secret, about.secret[:-1] + "x")
        assert Client().get(wrong).status_code == 404
        assert Client().post(wrong, form_of(browser())).status_code == 404
        assert Client().delete(wrong).status_code == 404
        forged = Client(enforce_csrf_checks=True).post(address(about), form_of(browser()))
        assert forged.status_code == 403
    assert not PushSubscription.objects.exists()


def test_a_link_of_a_visit_that_moved_leads_on() -> None:
    visit = a_visit()
    moved = reschedule_appointment(
        appointment_id=visit.pk,
        slot_id=SlotFactory(doctor=visit.doctor, location=visit.location, starts_at=in_hours(60)).pk,
        actor=CLINIC,
    )
    answer = Client().get(address(visit))
    assert (answer.status_code, answer["Location"]) == (302, address(moved))


def test_pages_bring_the_script_and_the_place_for_the_panel() -> None:
    visit, token = a_visit(), a_token()
    for page, about in (("scheduling:appointment", visit), ("queueing:token", token)):
        html = Client().get(reverse(page, args=[about.secret])).content.decode()
        assert "frontdesk/push.js" in html
        assert f'data-push-panel="{address(about)}"' in html
    steps.call_token(token_id=token.pk, actor=CLINIC)
    steps.start_token(token_id=token.pk, actor=CLINIC)
    html = Client().get(reverse("queueing:token", args=[token.secret])).content.decode()
    assert f'data-push-panel="{address(token)}" data-for="waiting next" hidden' in html


def test_the_worker_may_speak_for_the_whole_site_and_is_asked_for_anew() -> None:
    with override_settings(CLINIC_NAME='</script>"Harbour" \u2028'):
        answer = Client().get("/push-worker.js")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert (answer["Service-Worker-Allowed"], answer["Cache-Control"]) == ("/", "no-cache")
    script = answer.content.decode()
    assert '"Harbour"' not in script
    assert "</script>" not in script
    assert "fetch" not in script
    assert "caches" not in script
    assert Client().post("/push-worker.js").status_code == 405

"""Browsers that ask to be woken: what is taken, what is refused, and how it ends."""

from __future__ import annotations

import socket
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import translation

from accounts.models import User
from notifications.errors import InvalidSubscription, PushNotConfigured
from notifications.models import MessageRule, PushSubscription
from notifications.push_addresses import is_public
from notifications.selectors.subscriptions import digest_of, hears_of, is_in_use, offer_for, subscriptions_of
from notifications.services.subscriptions import (
    MOST_BROWSERS,
    Browser,
    forget_subscription,
    subscribe,
    unsubscribe,
    unsubscribe_user,
)
from notifications.states import ChannelName, Kind
from notifications.tests.pushing import KEYS, NEARBY, browser
from scheduling.models import Patient
from scheduling.tests.factories import CLINIC, LocationFactory, PatientFactory
from testing.threads import run_together

pytestmark = pytest.mark.django_db
ENDPOINT = "https://push.example/send/abc"


@pytest.fixture(autouse=True)
def _keys() -> Any:
    with override_settings(**KEYS):
        yield


def user(name: str = "ann") -> User:
    return User.objects.create_user(f"{name}@clinic.example")


def test_a_browser_that_asks_twice_has_one_row_with_its_newest_keys() -> None:
    patient, first, second = PatientFactory(), browser(), browser()
    one = subscribe(browser=first, patient=patient, actor=CLINIC)
    with translation.override("es"):
        again = subscribe(browser=second, patient=patient, actor=CLINIC)
    assert again.pk == one.pk
    row = PushSubscription.objects.get()
    assert (row.public_key, row.auth_secret, row.language) == (second.public_key, second.auth_secret, "es")
    assert (row.patient, row.user) == (patient, None)


def test_one_browser_may_hear_of_several_patients_and_of_a_users_family() -> None:
    anna, bert, somebody = PatientFactory(), PatientFactory(), user()
    subscribe(browser=browser(), patient=anna, actor=CLINIC)
    subscribe(browser=browser(), patient=bert, actor=CLINIC)
    one = subscribe(browser=browser(), user=somebody, actor=CLINIC)
    again = subscribe(browser=browser(), user=somebody, actor=CLINIC)
    assert one.pk == again.pk
    assert PushSubscription.objects.count() == 3
    assert list(subscriptions_of(somebody)) == [one]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whose", ["patient", "user"])
def test_a_browser_that_asks_many_times_at_once_has_one_row(whose: str) -> None:
    person: dict[str, Any] = {whose: PatientFactory() if whose == "patient" else user()}

    def ask() -> int:
        with override_settings(**KEYS):
            return subscribe(browser=browser(), actor=CLINIC, **person).pk

    outcomes = run_together([partial(ask)] * 8)
    assert {outcome.answer for outcome in outcomes} == {PushSubscription.objects.get().pk}


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "push.example/abc",
        "http://push.example/abc",
        "ftp://push.example/abc",
        "javascript:alert(1)",
        "https://",
        "https:///abc",
        "https://user:secret@push.example/abc",
        "https://push.example/abc#part",
        "https://push.example/a b",
        "https://push.example/\r\nHost: other",
        "https://push.example/é",
        "https://push.example:99999/abc",
        "https://push.example:0/abc",
        "https://[::1/abc",
        "https://push.example/" + "x" * 1100,
        # Machines of our own network, in each way they can be written.
        "https://localhost/abc",
        "https://database/abc",
        "https://printer.local/abc",
        "https://metadata.internal/abc",
        "https://127.0.0.1/abc",
        "https://127.1/abc",
        "https://2130706433/abc",
        "https://0x7f.0.0.1/abc",
        "https://10.0.0.7/abc",
        "https://172.16.1.1/abc",
        "https://192.168.1.1/abc",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/abc",
        "https://0.0.0.0/abc",
        "https://224.0.0.1/abc",
        "https://[::1]/abc",
        "https://[fe80::1]/abc",
        "https://[fd00::1]/abc",
        "https://[::ffff:10.0.0.1]/abc",
        "https://[64:ff9b::a00:1]/abc",
        "https://[2002:a00:1::]/abc",
    ],
)
def test_an_address_that_is_no_push_service_is_refused(endpoint: str) -> None:
    with pytest.raises(InvalidSubscription) as refused:
        subscribe(browser=browser(endpoint), patient=PatientFactory(), actor=CLINIC)
    assert refused.value.field == "endpoint"
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:APA91b",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QO",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAB%2b",
        "https://push.example.:8443/abc",
        "https://8.8.8.8/abc",
        "https://[2001:4860:4860::8888]/abc",
    ],
)
def test_the_push_services_of_browsers_are_taken(endpoint: str) -> None:
    assert subscribe(browser=browser(endpoint), patient=PatientFactory(), actor=CLINIC).endpoint == endpoint


@override_settings(**NEARBY)
def test_a_machine_nearby_is_called_where_a_test_asks_for_it_and_no_other_scheme() -> None:
    assert subscribe(browser=browser("http://127.0.0.1:9/abc"), patient=PatientFactory(), actor=CLINIC)
    with pytest.raises(InvalidSubscription):
        subscribe(browser=browser("file:///etc/passwd"), patient=PatientFactory(), actor=CLINIC)


def test_numbers_that_stand_for_a_machine_of_ours_are_seen_through() -> None:
    """What a resolver makes of 127.1 is what counts."""
    found = socket.getaddrinfo("127.1", 443, type=socket.SOCK_STREAM)[0][4][0]
    assert not is_public(str(found))
    assert is_public("64:ff9b::808:808")
    assert is_public("::ffff:8.8.8.8")


GOOD = browser()


@pytest.mark.parametrize(
    ("public_key", "auth", "field"),
    [
        ("", GOOD.auth_secret, "p256dh"),
        ("no key at all", GOOD.auth_secret, "p256dh"),
        (GOOD.public_key[:-4], GOOD.auth_secret, "p256dh"),
        ("B" + "A" * 86, GOOD.auth_secret, "p256dh"),  # no point of the curve
        ("A" + GOOD.public_key[1:], GOOD.auth_secret, "p256dh"),
        (GOOD.public_key, "", "auth"),
        (GOOD.public_key, "AAAA", "auth"),
        (GOOD.public_key, GOOD.auth_secret + "AAAA", "auth"),
        (GOOD.public_key, "é" * 22, "auth"),
    ],
    ids=["no key", "text", "short", "off curve", "other kind", "no secret", "short secret", "long secret", "signs"],
)
def test_keys_that_nothing_could_be_encrypted_with_are_refused(public_key: str, auth: str, field: str) -> None:
    with pytest.raises(InvalidSubscription) as refused:
        subscribe(browser=Browser(ENDPOINT, public_key, auth), patient=PatientFactory(), actor=CLINIC)
    assert refused.value.field == field


def test_keys_with_their_padding_are_the_same_keys() -> None:
    padded = Browser(ENDPOINT, GOOD.public_key + "=", GOOD.auth_secret + "==")
    row = subscribe(browser=padded, patient=PatientFactory(), actor=CLINIC)
    assert (row.public_key, row.auth_secret) == (GOOD.public_key, GOOD.auth_secret)


@override_settings(VAPID_PRIVATE_KEY="")
def test_without_keys_of_the_clinic_nobody_can_ask() -> None:
    with pytest.raises(PushNotConfigured):
        subscribe(browser=browser(), patient=PatientFactory(), actor=CLINIC)


def test_one_browser_too_many_takes_the_place_of_the_first() -> None:
    patient, other = PatientFactory(), PatientFactory()
    subscribe(browser=browser(f"{ENDPOINT}/0"), patient=other, actor=CLINIC)
    for number in range(MOST_BROWSERS + 2):
        subscribe(browser=browser(f"{ENDPOINT}/{number}"), patient=patient, actor=CLINIC)
    kept = PushSubscription.objects.filter(patient=patient).order_by("pk").values_list("endpoint", flat=True)
    assert list(kept) == [f"{ENDPOINT}/{number}" for number in range(2, MOST_BROWSERS + 2)]
    assert PushSubscription.objects.filter(patient=other).exists()


def test_a_browser_stops_hearing_of_one_patient_and_goes_on_hearing_of_another() -> None:
    anna, bert = PatientFactory(), PatientFactory()
    for patient in (anna, bert):
        subscribe(browser=browser(), patient=patient, actor=CLINIC)
    assert unsubscribe(endpoint=ENDPOINT, patient=anna, actor=CLINIC)
    assert not unsubscribe(endpoint=ENDPOINT, patient=anna, actor=CLINIC)
    assert not hears_of(anna, digest=digest_of(ENDPOINT))
    assert hears_of(bert, digest=digest_of(ENDPOINT))
    assert is_in_use(digest_of(ENDPOINT))


def test_whoever_stops_hears_nothing_by_way_of_their_family_either() -> None:
    somebody = user()
    patient = PatientFactory(user=somebody)
    subscribe(browser=browser(), user=somebody, actor=CLINIC)
    assert hears_of(patient, digest=digest_of(ENDPOINT))
    assert unsubscribe(endpoint=ENDPOINT, patient=patient, actor=CLINIC)
    assert not hears_of(patient, digest=digest_of(ENDPOINT))
    assert not is_in_use(digest_of(ENDPOINT))


def test_nobody_ends_what_somebody_else_asked_for() -> None:
    ann, ben = user("ann"), user("ben")
    anns = subscribe(browser=browser(), user=ann, actor=CLINIC)
    of_a_patient = subscribe(browser=browser(), patient=PatientFactory(user=ben), actor=CLINIC)
    assert not unsubscribe_user(subscription_id=anns.pk, user=ben, actor=CLINIC)
    assert not unsubscribe_user(subscription_id=of_a_patient.pk, user=ben, actor=CLINIC)
    assert unsubscribe_user(subscription_id=anns.pk, user=ann, actor=CLINIC)
    assert list(PushSubscription.objects.all()) == [of_a_patient]


def test_a_browser_that_is_gone_hears_of_nobody() -> None:
    for patient in (PatientFactory(), PatientFactory()):
        subscribe(browser=browser(), patient=patient, actor=CLINIC)
    other = subscribe(browser=browser("https://push.example/other"), patient=PatientFactory(), actor=CLINIC)
    forget_subscription(endpoint_digest=digest_of(ENDPOINT))
    assert list(PushSubscription.objects.all()) == [other]


def test_a_page_offers_only_what_would_be_sent() -> None:
    location, patient = LocationFactory(), PatientFactory()
    by_default = offer_for(patient, location_id=location.pk)
    assert (by_default.of_the_queue, by_default.of_the_visit) == (True, False)
    MessageRule.objects.create(location=location, kind=Kind.REMINDER, channel=ChannelName.PUSH, offset_minutes=60)
    own = offer_for(patient, location_id=location.pk)
    assert (own.of_the_queue, own.of_the_visit) == (False, True)
    assert not offer_for(Patient(wants_push=False), location_id=location.pk)
    with override_settings(VAPID_PUBLIC_KEY=""):
        assert not offer_for(patient, location_id=location.pk)


def test_what_a_browser_asks_for_goes_with_its_patient_or_user() -> None:
    patient, somebody = PatientFactory(), user()
    subscribe(browser=browser(), patient=patient, actor=CLINIC)
    subscribe(browser=browser(), user=somebody, actor=CLINIC)
    patient.delete()
    somebody.delete()
    assert not PushSubscription.objects.exists()
    assert not connection.needs_rollback

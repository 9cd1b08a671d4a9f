"""Who is behind a socket, and for how long."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings as current
from django.contrib.auth import update_session_auth_hash
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.actors import system
from accounts.live import visitors
from accounts.live.guards import Close
from accounts.live.sockets import Socket
from accounts.live.visitors import Guest, Watch, credential_in, credential_of, recognise
from accounts.roles import Role
from accounts.services import sign_ins
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db
CLINIC = system("test")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def handshake(client=None, token=None, cookie=None):
    key = cookie if cookie is not None else client.cookies[current.SESSION_COOKIE_NAME].value if client else None
    headers = [(b"cookie", f"other=1; {current.SESSION_COOKIE_NAME}={key}".encode())] if key is not None else []
    return {"headers": [*headers, *([(b"authorization", f"Bearer {token}".encode())] if token else [])]}


def shown_by(client):
    return credential_in(handshake(client))


def is_known(credential):
    return bool(recognise([credential]))


@pytest.fixture
def patient():
    return make_user()


@pytest.fixture
def clerk():
    return make_user(Role.RECEPTION)


def test_a_session_and_a_token_say_who_it_is(patient, clerk):
    cookie = shown_by(signed_in(patient))
    token = credential_in(handshake(token=sign_ins.sign_in(user=clerk, actor=CLINIC).access))
    assert recognise([cookie, token]) == {cookie: patient, token: clerk}


def test_who_shows_a_token_is_not_known_by_a_cookie(patient):
    client = signed_in(patient)
    assert credential_in(handshake(client, token="nonsense")) is None


@pytest.mark.parametrize("cookie", ["", "x" * 32, "../../etc/passwd", "x" * 5000, "\xe4", "a'b", "%00"])
def test_cookies_that_open_nothing(cookie):
    credential = credential_in(handshake(cookie=cookie))
    assert credential is None or not is_known(credential)


def test_a_session_of_nobody_opens_nothing():
    client = Client()
    session = client.session
    session["cart"] = 1
    session.save()
    assert not is_known(shown_by(client))


def test_signing_out_ends_it(patient):
    client = signed_in(patient)
    credential = shown_by(client)
    assert is_known(credential)
    client.logout()
    assert not is_known(credential)


def test_a_session_that_ran_out_ends_it(patient):
    credential = shown_by(signed_in(patient))
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert not is_known(credential)


def test_deactivating_somebody_ends_it(patient):
    shown = [shown_by(signed_in(patient)), credential_of(sign_ins.sign_in(user=patient, actor=CLINIC).access)]
    assert len(recognise(shown)) == 2
    patient.is_active = False
    patient.save()
    assert recognise(shown) == {}


def test_a_new_password_ends_what_was_opened_with_the_old_one(patient):
    here, elsewhere = signed_in(patient), signed_in(patient)
    shown = [shown_by(elsewhere), credential_of(sign_ins.sign_in(user=patient, actor=CLINIC).access)]
    request = RequestFactory().get("/")
    request.session, request.user = here.session, patient
    patient.set_password("another long enough password")
    patient.save()
    update_session_auth_hash(request, patient)
    request.session.save()
    assert recognise(shown) == {}
    here.cookies[current.SESSION_COOKIE_NAME] = request.session.session_key
    assert is_known(shown_by(here))


def test_staff_who_were_idle_too_long_are_not_known_and_an_open_socket_is_no_activity(clerk, settings):
    settings.STAFF_IDLE_SECONDS = 900
    client = signed_in(clerk)
    client.get("/admin/")
    credential = shown_by(client)
    with time_machine.travel(timezone.now() + timedelta(seconds=890)):
        assert is_known(credential)
    with time_machine.travel(timezone.now() + timedelta(seconds=901)):
        assert not is_known(credential)


def test_patients_may_be_idle(patient, settings):
    client = signed_in(patient)
    client.get("/me/")
    credential = shown_by(client)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert is_known(credential)


def test_where_staff_need_a_second_factor_those_without_are_not_known(patient, clerk, settings):
    settings.STAFF_NEED_SECOND_FACTOR = True
    patients, clerks = shown_by(signed_in(patient)), shown_by(signed_in(clerk))
    assert recognise([patients, clerks]) == {patients: patient}
    Authenticator.objects.create(user=clerk, type=Authenticator.Type.TOTP, data={})
    assert recognise([patients, clerks]) == {patients: patient, clerks: clerk}


def test_a_token_ends_with_its_sign_in_and_by_itself(patient):
    signed = sign_ins.sign_in(user=patient, actor=CLINIC)
    credential = credential_of(signed.access)
    assert is_known(credential)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert not is_known(credential)
        assert credential_of(signed.access) is None
    sign_ins.end_sign_in(sign_in=signed.sign_in, actor=CLINIC)
    assert not is_known(credential)


@pytest.mark.parametrize("second_factor", [True, False])
def test_everybody_is_recognised_in_four_queries(second_factor, settings, django_assert_num_queries):
    settings.STAFF_NEED_SECOND_FACTOR = second_factor
    people = [make_user(role) for role in (Role.PATIENT, Role.RECEPTION, Role.MANAGER) * 4]
    shown = [shown_by(signed_in(person)) for person in people]
    shown += [credential_of(sign_ins.sign_in(user=person, actor=CLINIC).access) for person in people[::3]]
    for some in ([shown[1], shown[-1]], shown):
        with django_assert_num_queries(3 + second_factor):
            assert recognise(some)


@pytest.fixture
def doorkeeper():
    """Ends the thread that asks the database, which else holds on to the test's database for a while."""
    yield
    visitors.doorkeeper.stop()


# --- The watch ---------------------------------------------------------------------------------------------------


def guest_of(credential):
    said = []

    async def send(message):
        said.append(message)

    guest = Guest(Socket(send), credential)
    guest.said = said
    return guest


async def closed_with(guest, within=10.0):
    async with asyncio.timeout(within):
        while not guest.said:
            await asyncio.sleep(0.01)
    return guest.said[0]["code"]


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(visitors, "LOOK_EVERY", 0.02)


@pytest.mark.django_db(transaction=True)
async def test_the_watch_closes_those_who_may_not_stay_and_nobody_else(doorkeeper, patient, clerk, quick):
    def expel_staff(here):
        return {guest: Close.NOT_PERMITTED for guest, user in here.items() if user.is_staff}

    leaving, staying = await visitors.ask(signed_in, patient), await visitors.ask(signed_in, patient)
    guests = [guest_of(shown_by(client)) for client in (leaving, staying, await visitors.ask(signed_in, clerk))]
    watch = Watch(expel_staff)
    for guest in guests:
        watch.add(guest)
    assert await closed_with(guests[2]) == Close.NOT_PERMITTED
    await visitors.ask(leaving.logout)
    assert await closed_with(guests[0]) == Close.NOT_SIGNED_IN
    await asyncio.sleep(0.2)
    assert guests[1].said == []
    for guest in guests:
        watch.remove(guest)
    assert watch._task is None


@pytest.mark.django_db(transaction=True)
async def test_when_nobody_can_be_looked_at_nobody_stays_for_long(doorkeeper, patient, quick, monkeypatch, caplog):
    monkeypatch.setattr(visitors, "UNSURE_AFTER", 0.3)

    def fail(here):
        raise ConnectionError("the database is away")

    guest = guest_of(shown_by(await visitors.ask(signed_in, patient)))
    watch = Watch(fail)
    watch.add(guest)
    began = time.monotonic()
    assert await closed_with(guest) == Close.TRY_AGAIN
    assert time.monotonic() - began >= 0.25, "closed before anybody was unsure"
    watch.remove(guest)

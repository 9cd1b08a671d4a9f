"""The page of the waiting-room screen: open to everybody, whole without a script, cheap to ask again."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from queueing.models import QueuePolicy
from queueing.services.steps import call_next
from queueing.tests.factories import a_doctor, walk_in
from scheduling.tests.factories import CLINIC, DoctorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return a_doctor()


@pytest.fixture
def address(place):
    return f"/board/{place[1].slug}/"


def test_everybody_sees_who_is_called_without_a_session(client, place, address):
    token = walk_in(*place)
    call_next(queue_id=token.queue_id, actor=CLINIC)
    answer = client.get(address)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "A001" in text
    assert "Please come in" in text
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in text
    assert f'data-socket="/ws/board/{place[1].slug}/"' in text


def test_the_page_is_in_the_first_language_of_the_clinic(client, place, address):
    QueuePolicy.objects.create(location=place[1], board_languages="ar en")
    text = client.get(address).content.decode()
    assert '<html lang="ar" dir="rtl">' in text
    assert "غرفة الانتظار" in text


def test_a_board_of_one_doctor_keeps_to_them(client, place, address):
    other = DoctorFactory(locations=[place[1]], name="Dr Grace Hopper")
    walk_in(*place), walk_in(other, place[1])
    text = client.get(f"{address}?doctor={other.pk}").content.decode()
    assert "Dr Grace Hopper" in text
    assert place[0].name not in text
    assert f"?doctor={other.pk}" in text.partition('data-state="')[2].partition('"')[0]


@pytest.mark.parametrize("path", ["/board/nowhere/", "/board/{slug}/?doctor=999999", "/board/{slug}/?doctor=x"])
def test_a_board_that_does_not_exist_says_so_in_a_sentence(client, place, path):
    answer = client.get(path.format(slug=place[1].slug))
    assert answer.status_code == 404
    assert "a place, or a doctor, that we do not know" in answer.content.decode()
    state = client.get(path.format(slug=place[1].slug).replace("/?", "/state/?").removesuffix("/"), follow=True)
    assert state.status_code == 404


def test_what_has_not_changed_is_not_sent_again(client, place, address):
    token = walk_in(*place)
    first = client.get(f"{address}state/")
    assert first.status_code == 200
    again = client.get(f"{address}state/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    call_next(queue_id=token.queue_id, actor=CLINIC)
    cache.clear()  # a second later
    changed = client.get(f"{address}state/", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert "Please come in" in changed.content.decode()


def test_many_screens_that_ask_are_answered_from_one_reading(client, place, address, django_assert_num_queries):
    client.get(f"{address}state/")
    with django_assert_num_queries(1):  # which place it is
        client.get(f"{address}state/")


@pytest.mark.parametrize("path", ["", "state/"])
def test_looking_is_all_one_can_do(client, address, path):
    assert client.post(f"{address}{path}").status_code == 405


def test_what_a_clinic_types_is_shown_and_not_run(client, place, address):
    doctor, _ = place
    doctor.name = doctor.room = "<script>alert(1)</script>"
    doctor.save()
    token = walk_in(*place)
    call_next(queue_id=token.queue_id, actor=CLINIC)
    text = client.get(address).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text

"""A walk through the patients' pages in a language that nobody speaks: whatever stays in English was not translated."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import AttemptCounter
from config.tests.doors import DOORS, Door, addresses
from config.tests.payments_to_look_at import payments_in_each_stage
from config.tests.pseudo import CODE, Reader, marked, pseudo_locale
from config.tests.test_nobody_sees_anothers_data import fillings
from config.tests.world import BACKEND, World
from queueing.models import Token
from queueing.services.check_in import register_and_join
from queueing.tests.kiosks import typed
from scheduling.models import Appointment, WaitlistEntry
from scheduling.services.booking import VisitDetails
from scheduling.states import AppointmentType
from scheduling.tests.booking import DETAILS, WHO, answer_all, hold, page, press, time_url
from scheduling.tests.factories import CLINIC

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("what pages say comes of the same queries of both databases"),
]

NOT_WALKED = {"health", "health_live", "choose_language", "api_docs", "api_schema", "admin:login"}
LEADS_AWAY = ("/language/", "/admin/", "/accounts/logout/")


class Forms(HTMLParser):
    """The forms of a page: where each goes, and what it carries."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            is_walked = said.get("method") == "post" and not said.get("action", "").startswith(LEADS_AWAY)
            self.found.append((said.get("action", "") if is_walked else "-", {}, []))
        elif self.found and said.get("name"):
            _action, carried, asked = self.found[-1]
            if said.get("type") == "hidden":
                carried[said["name"]] = said.get("value", "")
            elif tag in ("input", "textarea", "select"):
                asked.append(said["name"])

    def answers(self, here: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Each form left empty, and each filled with what cannot be."""
        for action, carried, asked in self.found:
            if action != "-":
                yield action or here, carried
                yield action or here, {**carried, **dict.fromkeys(asked, "?")}


class Walker:
    """A browser that reads every page it is shown."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.found: dict[str, str] = {}
        self.seen = 0
        self.client = self.somebody()

    def somebody(self) -> Client:
        """A browser that asks for the language."""
        client = Client(raise_request_exception=False, HTTP_ACCEPT_LANGUAGE=CODE)
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = CODE
        return client

    def signs_in(self, user: Any) -> None:
        """Go on as somebody whom we know."""
        self.client = self.somebody()
        self.client.force_login(user, BACKEND)

    def reads(self, answer: Any, place: str) -> Any:
        """What the page says; where it leads on, what is said there."""
        for _step in range(4):
            if answer.status_code not in (301, 302, 303) or answer.url.startswith("http"):
                break
            answer = self.client.get(answer.url)
        if "html" in answer.headers.get("Content-Type", ""):
            self.seen += 1
            for text in self.reader.plain_english(answer.content.decode()):
                self.found.setdefault(text, place)
        return answer

    def get(self, path: str, **query: str) -> Any:
        """Look at a page."""
        return self.reads(self.client.get(path, query), path)

    def post(self, path: str, said: dict[str, str] | None = None) -> Any:
        """Send a form."""
        return self.reads(self.client.post(path, said or {}), f"{path} with {sorted(said or {})}")

    def answers_wrongly(self, path: str) -> None:
        """Every form of a page, as somebody fills it in who has misunderstood all of it."""
        shown = self.client.get(path)
        forms = Forms()
        forms.feed(shown.content.decode() if "html" in shown.headers.get("Content-Type", "") else "")
        for action, said in forms.answers(path):
            AttemptCounter.objects.all().delete()
            cache.clear()
            self.post(action, said)


@pytest.fixture
def walker(world: World) -> Iterator[Walker]:
    """Fails in the end when anything was read that stayed in English."""
    with pseudo_locale():
        walker = Walker(Reader("Ann Lee", *WHO.values(), *DETAILS.values()))
        yield walker
    assert not walker.found, "\n".join(f"{text!r} on {place}" for text, place in walker.found.items())


def paths_of(doors: set[Door], words: list[str]) -> list[str]:
    """The addresses of the patients' pages behind some doors."""
    names = [name for name, _pattern in addresses() if DOORS.get(name) in doors]
    names = [name for name in names if not name.startswith(("api:", "notifications:twilio")) and name not in NOT_WALKED]
    return sorted({path for name in names for path in fillings(name, words) if not path.startswith(LEADS_AWAY)})


def pages_in_each_state() -> Iterator[str]:
    """The pages of a visit, of a place in a queue and of a wait in each state there is, and of links to nothing."""
    kinds: tuple[tuple[str, Any], ...] = (("/a/", Appointment), ("/t/", Token), ("/waitlist/", WaitlistEntry))
    for place, model in kinds:
        secrets = {row.status: row.secret for row in model.objects.order_by("pk")}
        paths = paths_of({Door.SECRET}, [*secrets.values()])
        yield from (path for path in paths if path.startswith(place))
    yield from paths_of({Door.SECRET}, ["unknown"])


def test_what_was_not_translated_is_found(db: None) -> None:
    """Else a walk would find nothing whatever it read."""
    with pseudo_locale(), translation.override(CODE):
        known, unknown = translation.gettext("Cancel"), translation.gettext("Nobody translates this")
    html = f"<p>{known}: <b>{marked('See %(name)s') % {'name': marked('Dr Who')}}</b>10:00</p>"
    assert Reader().plain_english(html) == []
    html += f'<i data-states="waiting called" data-say="One {{n}}">{unknown}</i><b lang="en">Hi</b>'
    html += f'<img alt="Plain {known}">'
    assert Reader().plain_english(html) == ["10:00 Nobody translates this", "One {n}", "Plain"]


def _who_comes_later(world: World) -> None:
    """Somebody whose place goes by when they came, whom others may go before."""
    register_and_join(
        doctor_id=world.doctors["here"].pk,
        location_id=world.here.pk,
        patient=world.patients["cleo"],
        visit=VisitDetails(type=AppointmentType.WALK_IN),
        actor=CLINIC,
        operation="",
    )


def test_pages_behind_secrets(world: World, walker: Walker) -> None:
    _who_comes_later(world)
    for token in Token.objects.all():
        walker.get(reverse("queueing:token", args=[token.secret]))
    walker.get(reverse("scheduling:appointment", args=[world.visits["here_old_link"].secret]))
    for path in pages_in_each_state():
        walker.get(path)
    assert walker.seen > 100


def test_forms_behind_secrets(world: World, walker: Walker) -> None:
    visit, wait, token = world.visits["here_confirmed"], world.waits["here"], world.today.tokens["here_waiting"]
    for path in paths_of({Door.SECRET}, [visit.secret]):
        walker.answers_wrongly(path)
    for path in paths_of({Door.SECRET}, [wait.secret, token.secret]):
        walker.answers_wrongly(path)
    for path in paths_of({Door.SECRET}, [world.visits["there_pending"].secret]):
        walker.post(path)


def test_the_wizard(world: World, walker: Walker) -> None:
    slot = world.free["here"]
    for path in (reverse("scheduling:book"), time_url(slot), time_url(slot, why="slot_taken", lost=slot.pk)):
        walker.get(path)
        walker.answers_wrongly(path)
    token = hold(walker.client, slot)
    for name in ("book_who", "book_new_patient", "book_details", "book_check", "book_lost"):
        walker.answers_wrongly(page(name, token))
    answer_all(walker.client, token)
    walker.get(page("book_check", token))
    walker.post(page("book_check", token))
    walker.get(page("book_check", token))
    walker.reads(press(walker.client, slot), "a seat that is taken")
    for path in paths_of({Door.EVERYBODY}, [world.here.slug]):
        if path.startswith(("/book/", "/waitlist/", "/find/", "/check-in/")):
            walker.get(path)
            walker.answers_wrongly(path)


def test_the_kiosk(world: World, walker: Walker) -> None:
    start = reverse("queueing:kiosk", args=[world.here.slug])
    for path in paths_of({Door.EVERYBODY}, [world.here.slug, "nowhere"]):
        if path.startswith("/kiosk/") and path != start:
            walker.get(path)
            walker.answers_wrongly(path)
            walker.post(path, typed(doctor=str(world.doctors["here"].pk)))
    walker.post(start, typed(language=CODE))


def test_accounts(world: World, walker: Walker) -> None:
    for path in paths_of({Door.EVERYBODY}, ["x-y"]):
        if path.startswith("/accounts/") or path == "/":
            walker.get(path)
            walker.answers_wrongly(path)
    walker.signs_in(world.people["one"].user)
    for path in paths_of({Door.SIGNED_IN, Door.FAMILY}, [str(world.patients["anna"].pk)]):
        walker.get(path)
        walker.answers_wrongly(path)
        walker.signs_in(world.people["one"].user)


def test_pages_of_what_went_wrong(world: World, walker: Walker) -> None:
    with translation.override(CODE):
        for template in ("400.html", "403.html", "403_csrf.html", "404.html", "413.html", "429.html", "500.html"):
            walker.reads(HttpResponse(render_to_string(template)), template)
    walker.get("/nowhere/")


def test_paying(walker: Walker, settings: Any) -> None:
    settings.PAYMENTS_SANDBOX = True
    with translation.override(CODE):  # what a provider is told of a payment is in the payer's language
        pages = list(payments_in_each_stage())
    for path in pages:
        walker.get(path)
        if path.endswith("/pay/") or path.startswith("/sandbox/"):
            walker.answers_wrongly(path)
    assert walker.seen > 40

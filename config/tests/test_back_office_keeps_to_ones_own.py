"""Guarantee 15 in the back office: roles and locations decide what every list, form, action and search may reach."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.core import mail
from django.db.models import Model
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import AuditEntry, User
from accounts.roles import Role
from config.tests.test_nobody_sees_anothers_data import said_by
from config.tests.world import Person, World, differences, rows_now
from scheduling.models import Appointment, Patient, Slot
from scheduling.services.links import send_fresh_link
from scheduling.tests.factories import CLINIC

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("who may see what is asked with the same queries of both databases"),
]

EVERYBODY, DESK, MANAGER, NOBODY = {"doctor", "desk", "manager"}, {"desk", "manager"}, {"manager"}, set[str]()


@dataclass(frozen=True)
class Rights:
    """Who may do what with a kind of record."""

    see: set[str]
    add: set[str]
    change: set[str]
    delete: set[str]


TABLE = {
    "accounts_user": Rights(MANAGER, MANAGER, MANAGER, NOBODY),
    "accounts_auditentry": Rights(MANAGER, NOBODY, NOBODY, NOBODY),
    "accounts_auditseal": Rights(MANAGER, NOBODY, NOBODY, NOBODY),
    "accounts_attemptcounter": Rights(MANAGER, NOBODY, NOBODY, NOBODY),
    "accounts_sweeprun": Rights(MANAGER, NOBODY, NOBODY, NOBODY),
    "accounts_worker": Rights(MANAGER, NOBODY, NOBODY, NOBODY),
    "scheduling_appointment": Rights(EVERYBODY, DESK, EVERYBODY, NOBODY),
    "scheduling_availability": Rights(EVERYBODY, DESK, DESK, DESK),
    "scheduling_doctor": Rights(EVERYBODY, MANAGER, MANAGER, NOBODY),
    "scheduling_hold": Rights(DESK, NOBODY, NOBODY, NOBODY),
    "scheduling_location": Rights(EVERYBODY, MANAGER, MANAGER, NOBODY),
    "scheduling_patient": Rights(EVERYBODY, DESK, EVERYBODY, NOBODY),
    "scheduling_slot": Rights(EVERYBODY, DESK, DESK, DESK),
    "scheduling_slotbatch": Rights(EVERYBODY, DESK, NOBODY, NOBODY),
    "scheduling_specialty": Rights(EVERYBODY, MANAGER, MANAGER, MANAGER),
    "scheduling_staffassignment": Rights(MANAGER, MANAGER, MANAGER, MANAGER),
    "scheduling_timeoff": Rights(EVERYBODY, DESK, DESK, DESK),
    "scheduling_waitlistentry": Rights(EVERYBODY, NOBODY, NOBODY, NOBODY),
    "queueing_queuepolicy": Rights(EVERYBODY, MANAGER, MANAGER, MANAGER),
    "queueing_queue": Rights(EVERYBODY, NOBODY, NOBODY, NOBODY),
    "queueing_token": Rights(EVERYBODY, NOBODY, NOBODY, NOBODY),
    "queueing_emergencyrequest": Rights(EVERYBODY, NOBODY, NOBODY, NOBODY),
    "queueing_feedback": Rights(EVERYBODY, NOBODY, NOBODY, NOBODY),
    "payments_doctorterms": Rights(DESK, MANAGER, MANAGER, MANAGER),
    "payments_ledgerentry": Rights(DESK, NOBODY, NOBODY, NOBODY),
    "payments_payment": Rights(EVERYBODY, NOBODY, NOBODY, NOBODY),
    "payments_paymentpolicy": Rights(DESK, MANAGER, MANAGER, MANAGER),
    "payments_receipt": Rights(DESK, NOBODY, NOBODY, NOBODY),
    "payments_refund": Rights(EVERYBODY, NOBODY, NOBODY, NOBODY),
    "payments_sandboxsession": Rights(NOBODY, NOBODY, NOBODY, NOBODY),
    "payments_statementline": Rights(DESK, NOBODY, NOBODY, NOBODY),
    "payments_webhookevent": Rights(DESK, NOBODY, NOBODY, NOBODY),
    "notifications_message": Rights(EVERYBODY, NOBODY, NOBODY, NOBODY),
    "notifications_messagerule": Rights(EVERYBODY, MANAGER, MANAGER, MANAGER),
    "notifications_messagepolicy": Rights(EVERYBODY, MANAGER, MANAGER, MANAGER),
    "notifications_suppression": Rights(DESK, DESK, NOBODY, NOBODY),
    "notifications_pushsubscription": Rights(MANAGER, NOBODY, NOBODY, NOBODY),
    "notifications_messagetext": Rights(DESK, MANAGER, MANAGER, MANAGER),
}
EXPORTS = {"scheduling_patient": DESK, "scheduling_appointment": DESK}
STAFF = ["doctor_here", "desk_here", "manager"]


def role_of(person: Person) -> str:
    return person.name.split("_")[0]


def may_see(world: World, person: Person, row: Any) -> bool:
    """Whether a record is this person's business, whatever their role may do with it."""
    if role_of(person) == "manager":
        return True
    own = world.here if person.name.endswith("_here") else world.there
    if isinstance(row, Patient):
        return row.pk in person.patients
    if isinstance(row, Appointment):
        return row.pk in person.visits
    match row._meta.model_name:
        case "location":
            return bool(row == own)
        case "doctor":
            return own in row.locations.all()
        case "hold":
            return bool(row.slot.location == own)
        case "timeoff":
            return row.location == own or (row.doctor is not None and own in row.doctor.locations.all())
        case "waitlistentry":
            return row.location == own and (role_of(person) == "desk" or row.patient_id in person.patients)
        case "specialty" | "messagetext":
            return True
        case "queue":
            return row.location == own and (role_of(person) == "desk" or row.doctor.user == person.user)
        case "token" | "feedback":
            visit = row.appointment
            return visit.location == own and (role_of(person) == "desk" or row_doctor(row).user == person.user)
        case "message":
            return row.location == own and (role_of(person) == "desk" or is_of_a_patient_of(person, row))
        case "doctorterms":
            return own in row.doctor.locations.all()
        case "payment" | "refund" | "webhookevent" | "ledgerentry" | "receipt":
            payment = payment_of(row)
            return payment.location == own and (role_of(person) == "desk" or payment.appointment_id in person.visits)
        case "suppression":
            return Patient.objects.filter(pk__in=person.patients, email=row.address).exists()
    return hasattr(row, "location") and bool(row.location == own)


def is_of_a_patient_of(person: Person, row: Any) -> bool:
    """Whether a message is about a visit to this doctor, or an offer to somebody who is their patient."""
    visit = row.token.appointment if row.token is not None else row.appointment
    if visit is not None:
        return bool(visit.doctor.user == person.user)
    return row.patient_id in person.patients


def payment_of(row: Any) -> Any:
    """Whose money a row of the books is about."""
    if row._meta.model_name == "receipt":
        return row.entry.payment
    return getattr(row, "payment", row)


def row_doctor(row: Any) -> Any:
    """Whose queue a token is in, and whose visit was spoken of."""
    return row.queue.doctor if hasattr(row, "queue") else row.appointment.doctor


def registered() -> dict[str, Any]:
    return {f"{m._meta.app_label}_{m._meta.model_name}": site for m, site in admin.site._registry.items()}


def samples(world: World, person: Person, model: type[Model]) -> Iterator[tuple[Any, bool]]:
    """One or two rows that are this person's business, and one or two that are not."""
    rows = world.objects(model)
    for mine in (True, False):
        of_this_kind = [row for row in rows if may_see(world, person, row) == mine]
        for row in [*of_this_kind[:1], *of_this_kind[1:][-1:]]:
            yield row, mine


def outcome(response: Any) -> str:
    """What happened, in a word."""
    if response.status_code == 302:
        return "sign in" if "/login/" in response.headers["Location"] else "elsewhere"
    return {200: "in", 403: "refused", 404: "refused"}.get(response.status_code, str(response.status_code))


def test_every_list_of_the_back_office_is_in_the_table() -> None:
    assert sorted(registered()) == sorted(TABLE), "say in TABLE who may do what with the new kind of record"
    exporting = {name for name, site in registered().items() if hasattr(site, "has_export_permission")}
    assert exporting == EXPORTS.keys()


@pytest.mark.parametrize("name", STAFF)
def test_lists_and_records_open_for_whom_the_table_says_and_tell_no_more(world: World, name: str) -> None:
    person = world.people[name]
    client, role, problems = person.client(), role_of(person), []

    def look(address: str, expected: set[str]) -> None:
        response = client.get(address)
        problems.extend(f"{address}: {word}" for word in world.leaks(person, said_by(response), asked=address))
        if outcome(response) not in expected:
            problems.append(f"{address}: {outcome(response)}, not {expected}")

    before = rows_now()
    for label, site in registered().items():
        rights = TABLE[label]
        look(reverse(f"admin:{label}_changelist"), {"in"} if role in rights.see else {"refused"})
        add = {"elsewhere"} if label in {"scheduling_appointment", "scheduling_slotbatch"} else {"in"}
        look(reverse(f"admin:{label}_add"), add if role in rights.add else {"refused", *(add - {"in"})})
        if label in EXPORTS:
            look(reverse(f"admin:{label}_export"), {"in"} if role in EXPORTS[label] else {"refused"})
        for row, mine in samples(world, person, site.model):
            opens = {"in"} if mine and role in rights.see else {"refused", "elsewhere"}
            look(reverse(f"admin:{label}_change", args=[row.pk]), opens)
            look(reverse(f"admin:{label}_history", args=[row.pk]), opens)
            deletes = {"in"} if mine and role in rights.delete else {"refused", "elsewhere"}
            look(reverse(f"admin:{label}_delete", args=[row.pk]), deletes)
    assert problems == []
    assert differences(before, rows_now()) == []


@pytest.mark.parametrize("name", ["anonymous", "one"])
def test_nobody_else_comes_in_at_all(world: World, name: str) -> None:
    client, before, problems = world.people[name].client(), rows_now(), []
    for label, site in registered().items():
        row = world.objects(site.model)[:1]
        pages: list[tuple[str, list[Any]]] = [("changelist", []), ("add", [])]
        pages += [(page, [row[0].pk]) for page in ("change", "history", "delete") if row]
        pages += [("export", [])] if label in EXPORTS else []
        for page, args in pages:
            address = reverse(f"admin:{label}_{page}", args=args)
            for response in (client.get(address), client.post(address, {"post": "yes"})):
                if outcome(response) not in {"sign in", "refused"}:
                    problems.append(f"{address}: {outcome(response)}")
    assert problems == []
    assert differences(before, rows_now()) == []


@pytest.mark.parametrize("name", ["doctor_here", "desk_here", "desk_there"])
def test_no_form_and_no_action_reaches_what_is_not_ones_own(world: World, name: str) -> None:
    person = world.people[name]
    client, before, problems = person.client(), rows_now(), []
    for address, body in forbidden_posts(world, person):
        response = client.post(address, body)
        problems += [f"{address} {body}: {word}" for word in world.leaks(person, said_by(response), asked=address)]
        if response.status_code >= 500:
            problems.append(f"{address} {body}: {response.status_code}")
    assert problems == []
    assert differences(before, rows_now()) == []


def forbidden_posts(world: World, person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
    """A form for everything that this person may not change."""
    role = role_of(person)
    for label, site in registered().items():
        foreign = [row for row, mine in samples(world, person, site.model) if not mine]
        rights = TABLE[label]
        for row in foreign or ([] if role in rights.change else world.objects(site.model)[:1]):
            yield reverse(f"admin:{label}_change", args=[row.pk]), forged(world, row)
            yield reverse(f"admin:{label}_delete", args=[row.pk]), {"post": "yes"}
        if role not in rights.add:
            yield reverse(f"admin:{label}_add"), forged(world, None)
        for action in actions_of(site, world):
            body = {
                "action": action,
                "_selected_action": [row.pk for row in foreign],
                "confirmed": "yes",
                "post": "yes",
            }
            if foreign:
                yield reverse(f"admin:{label}_changelist"), {**body, "message": "x", "select_across": "0"}
        if label in EXPORTS:
            yield reverse(f"admin:{label}_export"), {"format": "0", "export_items": [row.pk for row in foreign]}
    for visit in [row for row, mine in samples(world, person, Appointment) if not mine]:
        for page in ("move", "follow_up"):
            address = reverse(f"scheduling_admin:{page}", args=[visit.pk])
            yield f"{address}?slot={world.free['here'].pk}", {"confirmed": "yes", "reason": "x"}
    yield from forbidden_bookings(world, person)


def forbidden_bookings(world: World, person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
    """Booking for somebody else's patient, or into somebody else's slot."""
    own, other = ("here", "there") if person.name.endswith("_here") else ("there", "here")
    stranger = next(patient for patient in world.patients.values() if patient.pk not in person.patients)
    friend = Patient.objects.get(pk=min(person.patients))
    visit = {"reason": "x", "type": "online", "urgency": "low", "status": "completed"}
    book = reverse("scheduling_admin:book")
    yield f"{book}?slot={world.free[own].pk}&patient={stranger.pk}", visit
    yield f"{book}?slot={world.free[other].pk}&patient={friend.pk}", visit
    hours = {"start_time": "09:00", "end_time": "10:00", "duration_minutes": "20", "capacity": "1"}
    days = {"start_date": "2027-03-01", "end_date": "2027-03-02"}
    place, doctor = getattr(world, other), world.doctors[other]
    bulk = {"doctor": doctor.pk, "location": place.pk, "make": "1", **hours, **days}
    yield reverse("scheduling_admin:bulk_slots"), bulk
    for kind in ("timeoff", "availability", "slot"):
        there = {"doctor": doctor.pk, "location": place.pk}
        yield reverse(f"admin:scheduling_{kind}_add"), forged(world, None) | there


def actions_of(site: Any, world: World) -> list[str]:
    """Every action of a list, whoever it is offered to."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=world.people["manager"].user.pk)  # type: ignore[union-attr]
    return [*site.get_actions(request), "delete_selected", "export_admin_action"]


def forged(world: World, row: Any) -> dict[str, Any]:
    """A body that would change whatever it reaches."""
    return {
        "first_name": "Forged",
        "last_name": "Forged",
        "date_of_birth": "1970-01-01",
        "phone": "020 7946 0999",
        "email": "forged@example.org",
        "notes": "forged",
        "urgency": "high",
        "status": "completed",
        "name": "Forged",
        "capacity": "9",
        "taken": "0",
        "is_open": "",
        "is_active": "",
        "full_name": "Forged",
        "roles": Role.MANAGER,
        "is_superuser": "1",
        "is_staff": "1",
        "user": world.people["desk_here"].user.pk,
        "locations": world.there.pk,  # type: ignore[union-attr]
        "start_date": "2027-05-01",
        "start_time": "00:00",
        "end_date": "2027-05-02",
        "end_time": "12:00",
        "reason": "forged",
        "weekdays": "1",
        "valid_from": "2027-01-01",
        "slot_minutes": "20",
        "seen": "",
        "date": "2027-05-01",
        "time": "09:00",
        "minutes": "20",
        "fee": "0",
        "gender": "other",
        "language": "en",
        "breaks-TOTAL_FORMS": "0",
        "breaks-INITIAL_FORMS": "0",
        "appointments-TOTAL_FORMS": "0",
        "appointments-INITIAL_FORMS": "0",
        "id": str(row.pk) if row else "",
        "_save": "Save",
    }


@pytest.mark.parametrize("name", ["doctor_here", "desk_there", "manager"])
def test_no_choice_and_no_search_offers_what_is_not_ones_own(world: World, name: str) -> None:
    person = world.people[name]
    client, problems = person.client(), []
    stranger = next((one for one in world.patients.values() if one.pk not in person.patients), world.patients["anna"])
    words = ["", stranger.last_name[:-1], str(stranger.phone)[3:-1], stranger.email[:-1], stranger.number]
    for address in [*choices(), *searches(words)]:
        response = client.get(address)
        problems += [f"{address}: {word}" for word in world.leaks(person, said_by(response), asked=address)]
        if response.status_code >= 500:
            problems.append(f"{address}: {response.status_code}")
    assert problems == []


def choices() -> Iterator[str]:
    """The choices that forms load bit by bit, of every field of every kind of record that points somewhere."""
    for site in registered().values():
        for column in site.model._meta.get_fields():
            if getattr(column, "related_model", None) and getattr(column, "concrete", False):
                opts = site.model._meta
                where = f"app_label={opts.app_label}&model_name={opts.model_name}&field_name={column.name}"
                yield f"{reverse('admin:autocomplete')}?{where}&term="


SEARCHED = ("scheduling_patient", "scheduling_appointment", "scheduling_waitlistentry", "accounts_user")
SEARCHED += ("notifications_message", "notifications_suppression")


def searches(words: list[str]) -> Iterator[str]:
    """Every search there is."""
    for word in words:
        for label in SEARCHED:
            yield reverse(f"admin:{label}_changelist") + "?" + urlencode({"q": word})
        yield reverse("admin:search") + "?" + urlencode({"s": word, "extended": "1"})
        yield reverse("scheduling_admin:book") + "?" + urlencode({"q": word, "slot": Slot.objects.last().pk})  # type: ignore[union-attr]
    for extra in ("?view=week", "?view=day", f"?doctor={Slot.objects.first().doctor_id}", "?move=1"):  # type: ignore[union-attr]
        yield reverse("scheduling_admin:calendar") + extra
    yield reverse("admin:index")


def test_leave_of_a_doctor_who_works_elsewhere_too_names_only_ones_own_patients(world: World) -> None:
    person = world.people["desk_here"]
    visit = world.visits["cleo_both_there"]
    slot = visit.slot
    assert slot is not None
    form = forged(world, None) | {"doctor": world.doctors["both"].pk, "location": "", "reason": "away"}
    form |= {"start_date": f"{slot.starts_at:%Y-%m-%d}", "end_date": f"{slot.ends_at + timedelta(days=1):%Y-%m-%d}"}
    response = person.client().post(reverse("admin:scheduling_timeoff_add"), form)
    assert response.status_code == 200
    assert f"decision_{visit.pk}" in response.content.decode()
    assert world.leaks(person, said_by(response)) == []


def test_who_worked_at_a_desk_sees_nothing_of_it_from_another(world: World) -> None:
    person = world.people["desk_here"]
    assert person.user is not None
    visit = {"reason": "x", "type": "online", "urgency": "low"}
    booking = f"{reverse('scheduling_admin:book')}?slot={world.free['here'].pk}&patient={world.patients['dora'].pk}"
    assert person.client().post(booking, visit).status_code == 302
    made = Appointment.objects.get(booked_by=person.user)
    person.user.assignment.locations.set([world.there])  # type: ignore[attr-defined]
    assert made.secret not in person.client().get("/me/").content.decode()
    Patient.objects.filter(pk=made.patient_id).update(email="")
    person.client().post("/find/by-email/", {"email": person.user.email})
    assert send_fresh_link(appointment_id=made.pk, actor=CLINIC) is False
    time.sleep(0.2)  # mails go out beside the request
    assert mail.outbox == []


ORACLES = {
    "scheduling_appointment": [
        "secret__startswith=a",
        "booking_key__startswith=a",
        "patient__user__password__startswith=md5",
        "patient__appointments__reason__startswith=xboth_there",
        "patient__medical_history__contains=history",
        "booked_by__password__startswith=m",
        "location__appointments__secret__startswith=a",
        "doctor__user__password__startswith=m",
    ],
    "scheduling_patient": ["user__password__startswith=m", "appointments__secret__gt=a", "waitlist__secret__gt=a"],
    "scheduling_waitlistentry": ["secret__startswith=a", "patient__appointments__secret__gt=a", "hold__token__gt=a"],
    "scheduling_hold": ["token__startswith=a", "holder__startswith=b", "user__password__gt=a"],
    "scheduling_slot": ["appointments__secret__gt=a", "holds__token__gt=a", "appointments__patient__last_name__gt=a"],
    "notifications_message": [
        "code__startswith=a",
        "appointment__secret__gt=a",
        "patient__medical_history__contains=a",
    ],
    "notifications_suppression": ["address__startswith=a"],
    "accounts_user": ["password__startswith=md5", "patients__medical_history__contains=a", "emailaddress__verified=1"],
}


@pytest.mark.parametrize("name", ["desk_there", "manager"])
def test_no_filter_in_an_address_is_a_way_to_guess_secrets(world: World, name: str) -> None:
    client, answered = world.people[name].client(), []
    for label, filters in ORACLES.items():
        if role_of(world.people[name]) not in TABLE[label].see:
            continue
        for wanted in filters:
            response = client.get(reverse(f"admin:{label}_changelist") + "?" + wanted)
            if response.status_code not in {302, 400, 403}:
                answered.append(f"{label}?{wanted}: {response.status_code}")
    assert answered == []


def test_an_export_holds_only_ones_own_and_is_written_down(world: World) -> None:
    person = world.people["desk_here"]
    for label in EXPORTS:
        response = person.client().post(reverse(f"admin:{label}_export"), {"format": "0"})
        assert response.headers["Content-Type"].startswith("text/csv"), response.content[:500]
        assert world.leaks(person, said_by(response)) == []
        assert b"Annalast" in response.content
    assert AuditEntry.objects.filter(action="export", actor=f"user:{person.user.pk}").exists()  # type: ignore[union-attr]

"""The kiosk, without an appointment: whom to see, who it is, what it is about, check the answers, the ticket.

Each page carries the answers of those before, so that nothing is left on the device or on the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import DomainError
from queueing.forms.kiosk import FIRST_AVAILABLE, DoctorForm, KioskForm, PersonForm, ReasonForm, operation_in
from queueing.selectors.kiosk import DoctorOfToday, doctors_of_today, specialties_of
from queueing.selectors.queues import policy_of
from queueing.services.kiosk import OF_SPECIALTY, Kind, apply_operation
from queueing.views.kiosk import actor_at, at_kiosk, show
from queueing.views.kiosk_check_in import show_ticket
from scheduling.models import Location

BIRTHDAY = tuple(f"date_of_birth_{part}" for part in ("day", "month", "year"))
QUESTIONS = {
    "doctor": ("doctor",),
    "who": ("first_name", "last_name", *BIRTHDAY, "phone", "email"),
    "about": ("reason", "urgency"),
}
"""What each page asks, in their order."""
CHECK = "check"


@dataclass
class Answers:
    """What was said so far."""

    posted: QueryDict
    doctors: list[DoctorOfToday]

    @cached_property
    def forms(self) -> dict[str, KioskForm]:
        """The questions with their answers."""
        return {page: self._form(page, self.posted) for page in QUESTIONS}

    def _form(self, page: str, data: QueryDict | None, **options: object) -> KioskForm:
        if page == "doctor":
            return DoctorForm(data, wishes=self.wishes, **options)
        return (PersonForm if page == "who" else ReasonForm)(data, **options)

    @cached_property
    def wishes(self) -> list[tuple[str, str]]:
        """What can be said of whom to see, with its words. Of several specialties nobody is sent to just any."""
        specialties = specialties_of(self.doctors)
        anybody = [(FIRST_AVAILABLE, _("First available doctor"))] if len(specialties) <= 1 else []
        firsts = [
            (f"{OF_SPECIALTY}{specialty.pk}", _("First available: %(specialty)s") % {"specialty": specialty.name})
            for specialty, _count in specialties
        ]
        return [*anybody, *firsts, *((str(found.doctor.pk), found.doctor.name) for found in self.doctors)]

    @property
    def firsts(self) -> list[tuple[str, str]]:
        """The wishes for whoever is first that spare somebody a choice: among two doctors or more of one kind."""
        specialties = specialties_of(self.doctors)
        several = {f"{OF_SPECIALTY}{specialty.pk}" for specialty, count in specialties if count > 1}
        offered = several if len(specialties) > 1 else {FIRST_AVAILABLE}
        return [(wish, words) for wish, words in self.wishes if wish in offered]

    def was_asked(self, page: str) -> bool:
        """Whether the page was answered, well or badly."""
        return any(name in self.posted for name in QUESTIONS[page])

    def asked_again(self, page: str) -> KioskForm:
        """The question with its answer, such as it is, and no complaint."""
        said: dict[str, Any] = {name: self.posted.get(name, "") for name in QUESTIONS[page] if name in self.posted}
        if said and page == "who":
            said["date_of_birth"] = [self.posted.get(name, "") for name in BIRTHDAY]
        return self._form(page, None, initial=said)

    def carried_by(self, page: str) -> list[tuple[str, str]]:
        """The answers to all other questions."""
        names = [name for other, asked in QUESTIONS.items() if other != page for name in asked]
        return [(name, str(self.posted[name])) for name in names if name in self.posted]

    def said(self) -> dict[str, str]:
        """All answers, as an operation takes them; the doctor as posted, whoever takes patients now."""
        said = {name: value for form in self.forms.values() for name, value in form.said().items()}
        return {"doctor": str(self.posted.get("doctor", "")), **said}

    @property
    def chosen(self) -> str:
        """Whom somebody wished for, in words."""
        return dict(self.wishes).get(str(self.posted.get("doctor", "")), "")


@at_kiosk
def walk_in(request: HttpRequest, location: Location) -> HttpResponse:
    """The next question that has no good answer, else all answers to check, else the ticket."""
    doctors = doctors_of_today(location, now=timezone.now())
    is_last = request.POST.get("step") == CHECK  # perhaps once more: then it has a ticket, whatever was said since
    if not is_last and not (doctors and policy_of(location.pk).takes_walk_ins):
        return show(request, location, "no_walk_ins")
    answers = Answers(request.POST, doctors)
    changed = request.POST.get("change", "")
    if changed in QUESTIONS:
        return _ask(request, location, answers, changed, answers.asked_again(changed))
    for page, form in answers.forms.items():
        if not answers.was_asked(page):
            return _ask(request, location, answers, page, answers.asked_again(page))
        if not form.is_valid() and not (is_last and page == "doctor"):
            return _ask(request, location, answers, page, form)
    if is_last:
        return _join(request, location, answers)
    return _check(request, location, answers)


def _ask(
    request: HttpRequest, location: Location, answers: Answers, page: str, form: KioskForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "doctors": answers.doctors,
        "firsts": answers.firsts,
        "carried": answers.carried_by(page),
        "step": page,
    }
    return show(request, location, page, context, status=status)


def _check(
    request: HttpRequest, location: Location, answers: Answers, refusal: DomainError | None = None
) -> HttpResponse:
    said = {name: value for form in answers.forms.values() for name, value in form.cleaned_data.items()}
    urgencies = dict(answers.forms["about"].fields["urgency"].choices)  # type: ignore[attr-defined]
    context = {
        "said": said | {"urgency": urgencies[said["urgency"]]},
        "chosen": answers.chosen,
        "carried": answers.carried_by(CHECK),
        "refusal": refusal,
        "step": CHECK,
    }
    return show(request, location, "check", context, status=refusal.status if refusal else 200)


def _join(request: HttpRequest, location: Location, answers: Answers) -> HttpResponse:
    """Register; what the service refuses is said beside its question, or above the answers.

    Whether a doctor still takes anybody is asked only of whoever has no ticket yet.
    """
    try:
        made = apply_operation(
            kind=Kind.WALK_IN,
            data=answers.said(),
            operation=operation_in(request.POST),
            location=location,
            actor=actor_at(request, location),
        )
    except DomainError as error:
        for page, form in answers.forms.items():
            if error.field in form.fields:
                form.refuse(str(error), error.field)
            if not form.is_valid():
                return _ask(request, location, answers, page, form, status=error.status)
        return _check(request, location, answers, error)
    return show_ticket(request, location, made)

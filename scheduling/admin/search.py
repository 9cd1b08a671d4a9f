"""Finding patients and appointments by whatever people read out."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.back_office import phone_digits
from accounts.back_office_forms import is_key
from scheduling.selectors.search import patient_key


def read_key(text: str | None) -> int | None:
    """A row's key as it comes in an address or a form; None for anything that is none."""
    return int(text) if text and is_key(text) else None


class PatientSearch:
    """A search that knows patients' numbers and phones; `patient_path` leads from the list's rows to the patient."""

    patient_path: ClassVar[str] = ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By number or phone where the term is one, else by the search fields."""
        number = patient_key(search_term)
        if number is not None:
            return queryset.filter(**{f"{self.patient_path}pk": number}), False
        digits = phone_digits(search_term)
        if digits:
            return queryset.filter(**{f"{self.patient_path}phone__contains": digits}), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[misc]

"""Finding people by what was typed of their name."""

from __future__ import annotations

import pytest

from scheduling.models import Patient
from scheduling.selectors.search import patients_like
from scheduling.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kept", ["D'Souza", "D’Souza"])
@pytest.mark.parametrize("typed", ["d'souza", "D’Souza", "mei d`souza"])
def test_a_name_is_found_however_either_writes_its_apostrophe(kept: str, typed: str) -> None:
    patient = PatientFactory(first_name="Mei", last_name=kept)
    PatientFactory(first_name="Mei", last_name="Souza")
    assert list(Patient.objects.filter(patients_like(typed))) == [patient]

"""Patients from a file: tried first, every row answered for, nobody registered twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.roles import Role
from scheduling.models import Patient
from scheduling.services.patient_import import RowOutcome, UnreadableFile, import_patients
from scheduling.tests.back_office import staff
from scheduling.tests.factories import CLINIC, PatientFactory

pytestmark = pytest.mark.django_db
FILE = """first_name,last_name,date_of_birth,phone,email,address
Ada,Okafor,1990-02-03,'+442079460456,,1 Mill Lane
Ada,Okafor,1990-02-03,020 7946 0456,,2 Other Lane
Bo,Lee,03/02/1990,020 7946 0999,,
,Nameless,1990-02-03,020 7946 0998,,
"""


def outcomes(text: str, *, dry_run: bool) -> list[str]:
    """What becomes of each row."""
    return [str(row.outcome) for row in import_patients(text=text, actor=CLINIC, dry_run=dry_run).rows]


def test_a_dry_run_says_what_the_real_one_does_and_changes_nothing() -> None:
    tried = outcomes(FILE, dry_run=True)
    assert tried == ["new", "known", "refused", "refused"]
    assert not Patient.objects.exists()
    assert outcomes(FILE, dry_run=False) == tried
    assert Patient.objects.get().address == "1 Mill Lane"


def test_somebody_registered_before_is_left_alone() -> None:
    known = PatientFactory.create(first_name="Ada", last_name="Okafor", address="Kept")
    said = f"first_name,last_name,date_of_birth,phone,address\nAda,Okafor,{known.date_of_birth},020 7946 0123,New"
    report = import_patients(text=said, actor=CLINIC)
    assert report.count(RowOutcome.KNOWN) == 1
    assert Patient.objects.get().address == "Kept"


@pytest.mark.parametrize(
    "text", ["", "x", "first_name,last_name\nA,B", "first_name,last_name,date_of_birth,phone,role\n", '"a\x00', "\x00"]
)
def test_what_is_no_table_of_patients_gets_a_sentence(text: str) -> None:
    with pytest.raises(UnreadableFile):
        import_patients(text=text, actor=CLINIC)


def test_the_command_tries_first_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "patients.csv"
    file.write_text(FILE, encoding="utf-8")
    call_command("import_patients", str(file), "--dry-run")
    assert "line 4: Bo Lee: Refused. Write the date of birth like 1980-05-17." in capsys.readouterr().out
    assert not Patient.objects.exists()
    call_command("import_patients", str(file))
    assert Patient.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("import_patients", str(tmp_path / "missing.csv"))


def test_reception_looks_at_the_rows_before_they_are_imported() -> None:
    client = staff(Role.RECEPTION)
    url = reverse("scheduling_admin:import_patients")
    page = client.post(url, {"file": SimpleUploadedFile("p.csv", FILE.encode())})
    assert page.context["new"] == 1
    assert not Patient.objects.exists()
    kept = page.context["form"].initial["text"]
    assert client.post(url, {"text": kept, "import": "yes"}).status_code == 302
    assert Patient.objects.count() == 1
    assert staff(Role.DOCTOR).get(url).status_code == 403
    wrong = client.post(url, {"file": SimpleUploadedFile("p.csv", b"\xff\xfe\x00")})
    assert "file" in wrong.context["form"].errors

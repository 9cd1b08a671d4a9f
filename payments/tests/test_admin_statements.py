"""Statements in the back office: tried first, imported, and decided about by those whose place it is."""

from __future__ import annotations

from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from payments.models import LedgerEntry, StatementImport, StatementLine
from payments.states import LineStatus, PaymentStatus
from payments.tests.statements import bring_in, by_transfer, line, text_of
from scheduling.tests.back_office import staff
from scheduling.tests.factories import LocationFactory

pytestmark = pytest.mark.django_db

IMPORT = reverse("payments_admin:import_statement")
LINES = reverse("payments_admin:statement_lines")


def text(response):
    """What stands on the page."""
    return " ".join(unescape(response.content.decode()).split())


def upload(client, location, content, **more):
    """Choose a file and look."""
    content = content if isinstance(content, bytes) else content.encode()
    return client.post(IMPORT, {"location": location.pk, "file": SimpleUploadedFile("november.csv", content), **more})


@pytest.mark.parametrize("page", [IMPORT, LINES])
def test_reception_and_managers_only(page, client):
    assert client.get(page).status_code == 302
    assert staff(Role.DOCTOR, LocationFactory()).get(page).status_code == 403
    assert staff(Role.RECEPTION, LocationFactory()).get(page).status_code == 200
    assert staff(Role.MANAGER).get(page).status_code == 200


def test_looked_at_first_then_imported():
    payment = by_transfer()
    client = staff(Role.RECEPTION, payment.location)
    content = text_of(
        line(payment), line(payment, amount="1.00"), line(words="<b>rent</b>"), "broken,sixty", line(amount="-5")
    )
    looked = upload(client, payment.location, b"\xef\xbb\xbf" + content.encode())

    assert "Nothing is changed yet." in text(looked)
    assert "Matched and booked: 1; Nearly matches: please decide: 1; Matches nothing: 1; Imported before: 0;" in text(
        looked
    )
    assert "Rows that cannot be read: 1; Money that went out, skipped: 1." in text(looked)
    assert payment.number in text(looked)
    assert "<b>rent</b>" not in looked.content.decode()
    assert not StatementImport.objects.exists()

    form = looked.context["form"]
    kept = {"location": payment.location_id, "text": form["text"].value(), "file_name": form["file_name"].value()}
    done = client.post(IMPORT, {**kept, "import": "yes"})
    assert "Imported. Matched and booked: 1;" in text(done)
    assert "Import 3 lines" not in text(done)
    statement = StatementImport.objects.get()
    assert (statement.file_name, statement.lines.count()) == ("november.csv", 3)
    assert statement.imported_by is not None
    payment.refresh_from_db()
    assert (payment.status, payment.received_by) == (PaymentStatus.PAID, statement.imported_by)

    again = upload(client, payment.location, content)
    assert "Imported before: 3" in text(again)
    assert 'name="import"' not in again.content.decode()


def test_what_cannot_be_read_is_said_beside_what_was_chosen():
    location = LocationFactory()
    client = staff(Role.RECEPTION, location)

    assert "No line names the columns." in text(upload(client, location, "hello"))
    assert "The file is too large" in text(upload(client, location, b"x" * (1536 * 1024 + 1)))
    assert "Save the file as CSV in UTF-8" in text(upload(client, location, b"a\0b"))
    assert "Choose a file." in text(client.post(IMPORT, {"location": location.pk}))
    assert "Select a valid choice" in text(upload(client, location, text_of(line()), currency="£"))

    unclear = upload(client, location, "Date,Amount\n03/04/2026,5\n")
    assert "can be read in two ways" in text(unclear)
    kept = {"location": location.pk, "text": unclear.context["form"]["text"].value(), "order": "day_first"}
    assert "Matches nothing: 1" in text(client.post(IMPORT, kept))


def test_nobody_imports_for_another_place():
    payment = by_transfer()
    response = upload(staff(Role.RECEPTION, LocationFactory()), payment.location, text_of(line(payment)))

    assert "Select a valid choice" in text(response)
    assert payment.number not in text(response)


def test_open_lines_with_what_they_may_be_for():
    payment = by_transfer()
    bring_in(payment.location, line(payment, amount="70.00", payer="<i>Ada</i>"), line(words="rent"))
    client = staff(Role.RECEPTION, payment.location)
    page = client.get(LINES)

    assert f"Book on {payment.number}" in text(page)
    assert payment.appointment.patient.full_name in text(page)
    assert "The reference is right, but the amount is another" in text(page)
    assert "<i>Ada</i>" not in page.content.decode()

    near = StatementLine.objects.get(status=LineStatus.NEAR)
    done = client.post(reverse("payments_admin:resolve_line", args=[near.pk]), {"payment": payment.pk}, follow=True)
    assert f"Booked on {payment.number}." in text(done)
    again = client.post(reverse("payments_admin:resolve_line", args=[near.pk]), {"payment": payment.pk}, follow=True)
    assert LedgerEntry.objects.count() == 1
    assert "Booked on" not in text(again)


def test_a_line_is_booked_on_a_payment_that_is_named_or_set_aside():
    payment = by_transfer()
    bring_in(payment.location, line(words="rent"), line(words="visit", amount=payment.amount))
    client = staff(Role.RECEPTION, payment.location)
    rent, visit = StatementLine.objects.order_by("row")

    def press(line, **said):
        return text(client.post(reverse("payments_admin:resolve_line", args=[line.pk]), said, follow=True))

    assert "We do not know that payment." in press(visit, said="PAY-1", book="yes")
    assert f"Booked on {payment.number}." in press(visit, said=payment.number, book="yes")
    assert "The line is set aside." in press(rent, aside="yes")
    assert "This line is no longer open." in press(rent, aside="yes")
    assert "No line is open here." in text(client.get(LINES))


def test_lines_of_other_places_are_nobodys_business():
    payment = by_transfer()
    bring_in(payment.location, line(payment, amount="70.00"))
    kept = StatementLine.objects.get()
    client = staff(Role.RECEPTION, LocationFactory())

    assert payment.number not in text(client.get(LINES, {"location": payment.location_id}))
    assert client.post(reverse("payments_admin:resolve_line", args=[kept.pk]), {"aside": "yes"}).status_code == 404
    assert client.get(reverse("admin:payments_statementline_changelist")).context["cl"].result_count == 0
    manager = staff(Role.MANAGER)
    assert payment.number in text(manager.get(LINES, {"location": payment.location_id}))
    assert manager.get(reverse("admin:payments_statementline_changelist")).context["cl"].result_count == 1
    assert manager.get(reverse("admin:payments_statementline_change", args=[kept.pk])).status_code == 200


def test_many_open_lines_cost_as_many_queries_as_one():
    payment = by_transfer()
    client = staff(Role.RECEPTION, payment.location)
    client.get(LINES)  # whatever is read once and kept
    counts = []
    for many in (1, 6):
        bring_in(payment.location, *(line(payment, amount=f"{many}.{cent:02}") for cent in range(many)))
        with CaptureQueriesContext(connection) as queries:
            client.get(LINES)
        counts.append(len(queries))

    assert counts[0] == counts[1]


class TestByHand:
    def run(self, tmp_path, capsys, content, *more):
        """What the command says of a file."""
        path = tmp_path / "november.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        call_command("import_statement", str(path), *more)
        return capsys.readouterr().out

    def test_it_tells_of_every_row_and_names_nobody(self, tmp_path, capsys):
        payment = by_transfer()
        content = text_of(line(payment), line(payment, amount="1.00", payer="ADA OKAFOR"), "broken,sixty")
        place = f"--location={payment.location.slug}"
        tried = self.run(tmp_path, capsys, content, place, "--dry-run")
        assert not StatementImport.objects.exists()
        done = self.run(tmp_path, capsys, content, place)

        assert done == tried.replace("Would be", "Done")
        assert "line 4: " in done
        assert f"line 3: The payment of this reference is paid already: {payment.number}" in done
        assert "Matched and booked: 1; Nearly matches: please decide: 1;" in done
        assert "ADA" not in done
        assert "Imported before: 2" in self.run(tmp_path, capsys, content, place)

    def test_what_cannot_be(self, tmp_path, capsys):
        location = LocationFactory()
        for content, more, words in (
            ("hello", [], "No line names the columns"),
            ("date,amount\n03/04/2026,5\n", [], "two ways"),
            ("date,amount\n", ["--location=nowhere"], "short name"),
        ):
            with pytest.raises(CommandError, match=words):
                self.run(tmp_path, capsys, content, f"--location={location.slug}", *more)
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("import_statement", str(tmp_path / "none.csv"), f"--location={location.slug}")
        told = self.run(
            tmp_path, capsys, "date,amount\n03/04/2026,5\n", f"--location={location.slug}", "--days=day_first"
        )
        assert "Matches nothing: 1" in told

"""The SQL of one real booking, written down so that others can send it again for other bookings.

The statements come from the product itself (`record`), so they are the same however the product changes. Whatever
belongs to one booking carries its number, and the number is replaced by a mark.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

NUMBER = "@number@"
PATIENT = "@patient@"
APPOINTMENT = "@appointment@"
MARKS = {"scheduling_patient": PATIENT, "scheduling_appointment": APPOINTMENT}


class Cursor(Protocol):
    """As much of a database cursor as playing needs."""

    def execute(self, sql: str) -> Any: ...
    def fetchone(self) -> Any: ...


@dataclass(slots=True)
class Transcript:
    """Statements with marks, in order, transaction control included."""

    statements: list[str] = field(default_factory=list)

    def without_transactions(self) -> list[str]:
        """The statements that ask or change something."""
        control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
        return [statement for statement in self.statements if not statement.upper().startswith(control)]


def mark(statements: list[str], *, number: int, patient: int, appointment: int, secret: str) -> Transcript:
    """Replace what belongs to this one booking by marks. The link's secret must differ from booking to booking."""
    marked = []
    for statement in statements:
        text = " ".join(statement.split())
        for value, stand_in in (
            (secret, f"secret-{NUMBER}"),
            (str(number), NUMBER),
            (str(patient), PATIENT),
            (str(appointment), APPOINTMENT),
        ):
            text = text.replace(value, stand_in)
        marked.append(text)
    return Transcript(marked)


def inserts_into(statement: str) -> str:
    """The mark whose value this statement brings back, or ""."""
    for table, stand_in in MARKS.items():
        if statement.startswith(f'INSERT INTO "{table}"') and " RETURNING " in statement:
            return stand_in
    return ""


def play(transcript: Transcript, number: int, cursor: Cursor) -> None:
    """Send the statements for the booking `number`."""
    known = {NUMBER: str(number)}
    for statement in transcript.statements:
        text = statement
        for stand_in, value in known.items():
            text = text.replace(stand_in, value)
        cursor.execute(text)
        made = inserts_into(statement)
        if made:
            known[made] = str(cursor.fetchone()[0])


def pgbench_script(transcript: Transcript, *, first: int, per_client: int) -> str:
    """The same for pgbench: each of its clients has a run of numbers of its own."""
    lines = [f"\\set number {first} + :client_id * {per_client} + :done", "\\set done :done + 1"]
    for statement in transcript.statements:
        text = statement.replace(NUMBER, ":number").replace(PATIENT, ":patient_id").replace(APPOINTMENT, ":visit_id")
        made = inserts_into(statement)
        if made:
            lines.append(f"{text} \\gset {'patient_' if made == PATIENT else 'visit_'}")
        else:
            lines.append(f"{text};")
    return "\n".join(lines) + "\n"

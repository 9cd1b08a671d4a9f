"""Reads the audit trail and its seals again and says what does not fit."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from accounts import audit_triggers
from accounts.models import AuditEntry, AuditSeal
from accounts.services.audit_sealing import digest_of


@dataclass(slots=True)
class Verification:
    """What was read, and what was found wrong with it."""

    sealed: int = 0
    unsealed: int = 0
    head: str = ""
    findings: list[str] = field(default_factory=list)


def verify_trail(*, known_head: str = "") -> Verification:
    """Recompute every seal. `known_head` is a digest noted elsewhere earlier; the chain must still contain it."""
    result = Verification()
    last_id, known = 0, not known_head
    for seal in AuditSeal.objects.order_by("last_id").iterator():
        result.findings += _faults_of(seal, previous_digest=result.head, after=last_id)
        result.sealed += seal.entries
        result.head, last_id = seal.digest, seal.last_id
        known = known or seal.digest == known_head
    if not known:
        result.findings.append(
            _("The chain does not contain the known seal %(digest)s: seals were removed.") % {"digest": known_head}
        )
    result.unsealed = AuditEntry.objects.filter(pk__gt=last_id).count()
    result.findings += [
        _("The database lacks %(name)s.") % {"name": name} for name in audit_triggers.missing(connection)
    ]
    return result


def _faults_of(seal: AuditSeal, *, previous_digest: str, after: int) -> list[str]:
    """What does not fit about one seal and the entries it covers."""
    faults = []
    if seal.previous_digest != previous_digest:
        faults.append(
            _("Seal %(seal)s does not follow the one before it: a seal is missing or changed.") % {"seal": seal}
        )
    entries = AuditEntry.objects.filter(pk__gt=after, pk__lte=seal.last_id).order_by("pk")
    found = entries.aggregate(number=Count("pk"), first=Min("pk"), last=Max("pk"))
    if found["number"] < seal.entries:
        faults.append(
            _("Entries %(seal)s: %(missing)d of %(entries)d are missing.")
            % {"seal": seal, "missing": seal.entries - found["number"], "entries": seal.entries}
        )
    elif found["number"] > seal.entries:
        faults.append(
            _("Entries %(seal)s: %(added)d turned up after they were sealed.")
            % {"seal": seal, "added": found["number"] - seal.entries}
        )
    elif digest_of(entries.iterator(), seal.previous_digest) != seal.digest:
        faults.append(_("Entries %(seal)s: at least one was changed after they were sealed.") % {"seal": seal})
    return faults

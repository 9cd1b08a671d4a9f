"""The append-only audit trail and the seals over it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One change of one row, or one look at a patient's record. Written by triggers; never changed."""

    at = models.DateTimeField(_("when"), db_index=True)
    actor = models.CharField(_("who"), max_length=100)
    verb = models.CharField(_("what"), max_length=100)
    address = models.CharField(_("from"), max_length=64, blank=True)
    action = models.CharField(_("change"), max_length=10)  # insert, update, delete, view, export
    object_type = models.CharField(_("kind of object"), max_length=100)  # the table's name
    object_id = models.CharField(_("object"), max_length=64)
    changes = models.JSONField(_("values before and after"), default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]
        indexes = [models.Index(fields=["object_type", "object_id", "id"], name="audit_object")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.verb} {self.object_type}:{self.object_id}"


class AuditSeal(models.Model):
    """A hash over a run of audit entries and the seal before it; tampering breaks the chain."""

    first_id = models.BigIntegerField(_("first entry"))
    last_id = models.BigIntegerField(_("last entry"), unique=True)
    entries = models.PositiveIntegerField(_("entries"))
    digest = models.CharField(_("hash"), max_length=64)
    previous_digest = models.CharField(_("hash before"), max_length=64, blank=True)
    sealed_at = models.DateTimeField(_("sealed"), auto_now_add=True)

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        ordering = ["last_id"]

    def __str__(self) -> str:
        return f"{self.first_id}-{self.last_id}"

"""When each periodic job ran, what came of it, and which workers are there to run them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SweepRun(models.Model):
    """One periodic job (a sweep over rows that are due): when it is due next, and its last run.

    `claimed_until` keeps two workers from running the same sweep at one time; a worker that dies lets it lapse.
    """

    name = models.CharField(_("job"), max_length=60, unique=True)
    due_at = models.DateTimeField(_("due"))
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    seconds = models.FloatField(_("seconds it took"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=200, blank=True)
    backlog = models.PositiveIntegerField(
        _("still due"), null=True, blank=True, help_text=_("How many rows were due when the last run had ended.")
    )
    error = models.TextField(_("error"), blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)

    class Meta:
        verbose_name = _("periodic job")
        verbose_name_plural = _("periodic jobs")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Worker(models.Model):
    """One `manage.py worker`: a cluster of processes that takes up tasks, and a supervisor that replaces it.

    `beat_at` is written by the cluster's own processes whenever they take up a task. Processes that live and take up
    none look well to everybody else; this row grows old.
    """

    name = models.CharField(_("worker"), max_length=100, unique=True)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    beat_at = models.DateTimeField(_("last sign of work"), null=True, blank=True)
    restarts = models.PositiveIntegerField(_("times its cluster was replaced"), default=0)
    restarted_at = models.DateTimeField(_("last replaced"), null=True, blank=True)
    trouble = models.CharField(_("why it was replaced"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["-started_at", "name"]

    def __str__(self) -> str:
        return self.name

"""The back office of the cellar: people who sign in, and the audit trail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.actors import from_request
from accounts.back_office import (
    MANAGERS,
    AdminPasswordChangeForm,
    BackOfficeAdmin,
    BackOfficeForm,
    ChangeList,
    CheckboxesWidget,
    ReadOnlyAdmin,
    action,
    display,
    phone_digits,
)
from accounts.models import AttemptCounter, AuditEntry, AuditSeal, SweepRun, User, Worker
from accounts.moment_filter import MomentFilter
from accounts.roles import STAFF_ROLES, Role
from accounts.selectors.sign_ins import open_sign_ins_of
from accounts.selectors.sweeps import in_trouble, is_late
from accounts.services.sign_ins import end_sign_ins
from accounts.services.users import set_roles, vouch_for_address

MOST_PROGRAMS = 20


class UserForm(BackOfficeForm):
    """Somebody who signs in, and their roles."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.choices,
        widget=CheckboxesWidget,
        required=False,
        help_text=_(
            "Everybody but patients may sign in to the back office: with a one-time code, or with the password they "
            "choose by “I have forgotten my password”. Reception and doctors see the places given to them under "
            "“Who works where”."
        ),
    )

    class Meta:
        model = User
        fields = ["full_name", "email", "phone", "language", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["roles"] = list(self.instance.groups.values_list("name", flat=True))

    def clean(self) -> dict[str, Any] | None:
        """Somebody must be reachable to sign in, but for patients whose address waits for its proof."""
        cleaned = super().clean() or {}
        reachable = cleaned.get("email") or cleaned.get("phone")
        unproven = self.instance.pk and not self.initial.get("email") and not self.initial.get("phone")
        if not reachable and not self.errors and (not unproven or set(cleaned.get("roles", ())) & set(STAFF_ROLES)):
            self.add_error("email", _("Enter an e-mail address or a phone number to sign in by."))
        return cleaned


@admin.register(User)
class UserAdmin(BackOfficeAdmin, DjangoUserAdmin):
    """People who sign in. Nobody is deleted: clearing “active” ends their sessions and keeps what they did."""

    form = UserForm
    add_form = UserForm
    change_password_form = AdminPasswordChangeForm
    viewers = changers = adders = MANAGERS
    list_display = ["name", "email", "phone", "role_names", "is_active", "last_login"]
    list_filter = ["is_active", "is_staff", "groups", ("last_login", MomentFilter)]
    search_fields = ["full_name", "email"]
    search_help_text = _("Name, e-mail address or phone number, however it is spelled")
    ordering = ["full_name", "email"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["full_name", ("email", "phone"), "language"]}),
        (_("Access"), {"fields": ["roles", "is_active", "last_login", "date_joined", "programs"]}),
    ]
    add_fieldsets = [(None, {"fields": ["full_name", ("email", "phone"), "language", "roles", "is_active"]})]
    readonly_fields = ["last_login", "date_joined", "programs"]
    actions = ["sign_out_programs"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        """Everybody, with their roles in one more query."""
        return super().get_queryset(request).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Managers, but only a superuser changes a superuser: nobody lifts themselves up."""
        if isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[User], search_term: str
    ) -> tuple[models.QuerySet[User], bool]:
        """Find by phone in any spelling too."""
        digits = phone_digits(search_term)
        if digits:
            return queryset.filter(phone__contains=digits), False
        return super().get_search_results(request, queryset, search_term)

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        """Save, with the roles, and with the address to sign in by."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        actor = from_request(request)
        set_roles(user=obj, roles=[Role(name) for name in form.cleaned_data["roles"]], actor=actor)
        if "email" in form.changed_data:
            vouch_for_address(user=obj, actor=actor)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set somebody's password, ascribed."""
        with self.ascribed(request, "password"):
            return super().user_change_password(request, id, form_url)

    @action(description=_("Sign out their programs"), permissions=["change"])
    def sign_out_programs(self, request: HttpRequest, queryset: models.QuerySet[User]) -> None:
        """End every sign-in of their apps and programs, at once. Browsers stay signed in."""
        theirs = [user for user in queryset if self.has_change_permission(request, user)]
        ended = sum(end_sign_ins(user=user, actor=from_request(request)) for user in theirs)
        sentence = ngettext("%(count)d program was signed out.", "%(count)d programs were signed out.", ended)
        messages.success(request, sentence % {"count": ended})

    @display(description=_("signed in by programs"))
    def programs(self, user: User) -> str:
        """The sign-ins of their apps and programs that still hold."""
        held = open_sign_ins_of(user).order_by("-used_at")[:MOST_PROGRAMS]
        lines = [
            [date_format(localtime(at), "DATETIME_FORMAT") for at in (one.created_at, one.used_at)] for one in held
        ]
        return format_html_join(mark_safe("<br>"), gettext("since {}, last used {}"), lines) or "-"

    @display(description=_("name"), ordering="full_name")
    def name(self, user: User) -> str:
        """How they are called."""
        return str(user)

    @display(description=_("roles"))
    def role_names(self, user: User) -> str:
        """In words."""
        labels = dict(Role.choices)
        names = [str(labels.get(group.name, group.name)) for group in user.groups.all()]
        return ", ".join([*([str(_("Superuser"))] if user.is_superuser else []), *names])


class AuditChangeList(ChangeList):
    """The list of audit entries, with the names of who acted in one query."""

    def get_results(self, request: HttpRequest) -> None:
        """Add the names to the rows of this page."""
        super().get_results(request)
        keys = {entry.actor.removeprefix("user:") for entry in self.result_list if entry.actor.startswith("user:")}
        people = {str(user.pk): str(user) for user in User.objects.filter(pk__in=keys)} if keys else {}
        for entry in self.result_list:
            entry.actor_name = people.get(entry.actor.removeprefix("user:"), entry.actor)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The audit trail. The database itself refuses to change or delete it."""

    list_display = ["at", "who", "verb", "action", "object_type", "object_id", "address"]
    list_filter = [("at", MomentFilter)]
    search_fields = ["^actor", "^verb", "=object_id", "^object_type"]
    search_help_text = _("Who (user:12), what (appointment.cancel), kind of object or its number")
    list_per_page = 100

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list that knows names."""
        return AuditChangeList

    @display(description=_("who"), ordering="actor")
    def who(self, entry: AuditEntry) -> str:
        """By name, where it was a user."""
        return str(getattr(entry, "actor_name", entry.actor))


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    """The hashes over the audit trail."""

    list_display = ["sealed_at", "first_id", "last_id", "entries", "digest"]
    ordering = ["-last_id"]


@admin.register(AttemptCounter)
class AttemptCounterAdmin(ReadOnlyAdmin):
    """Who was stopped for trying too often."""

    list_display = ["subject", "window_start", "attempts"]
    search_fields = ["^subject"]
    ordering = ["-window_start"]


class TroubleFilter(admin.SimpleListFilter):
    """Jobs that somebody should look at."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Late or failing ones together: what the first page counts."""
        return [("trouble", _("Late or failing"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[SweepRun]) -> models.QuerySet[SweepRun]:
        """Those in trouble, when asked."""
        return queryset.filter(in_trouble()) if self.value() == "trouble" else queryset


@admin.register(SweepRun)
class SweepRunAdmin(ReadOnlyAdmin):
    """The periodic jobs: when each ran last, how long it took, what it left, and how it went."""

    list_display = ["name", "state", "due_at", "finished_at", "took", "outcome", "backlog", "failures", "fault"]
    list_filter = [TroubleFilter]
    ordering = ["name"]

    @display(
        description=_("state"), label={"late": "danger", "failing": "danger", "running": "info", "well": "success"}
    )
    def state(self, run: SweepRun) -> tuple[str, Any]:
        """In one word."""
        if is_late(run):
            return "late", _("Late")
        if run.failures:
            return "failing", _("Failing")
        if run.claimed_until is not None and run.claimed_until > timezone.now():
            return "running", _("Running")
        return "well", _("Well")

    @display(description=_("seconds it took"), ordering="seconds")
    def took(self, run: SweepRun) -> str:
        """To the hundredth."""
        return "" if run.seconds is None else number_format(run.seconds, 2)

    @display(description=_("error"))
    def fault(self, run: SweepRun) -> str:
        """Its last line; the whole stands on the job's page."""
        return run.error.strip().rpartition("\n")[2][:120]


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """The workers: when each last took something up, and how often it had to be replaced."""

    list_display = ["name", "started_at", "beat_at", "restarts", "restarted_at", "trouble"]
    ordering = ["-started_at", "name"]


def hide(*labels: str) -> None:
    """Take lists of other packages out of the back office: secrets, and what a clinic never needs."""
    for model in list(admin.site._registry):
        if model._meta.label_lower in labels:
            admin.site.unregister(model)


hide("auth.group", "account.emailaddress", "account.emailconfirmation", "mfa.authenticator")
hide("django_q.schedule", "django_q.success", "django_q.failure", "django_q.ormq")  # "Jobs" tells what they do
hide("axes.accessattempt", "axes.accesslog", "axes.accessfailurelog", "axes.accessattemptexpiration")

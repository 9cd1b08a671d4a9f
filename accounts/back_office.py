"""What every page of the back office is made of.

The only module that imports django-unfold: plain Django admin is one import away. It also brings the rules that
no list or form may forget: roles decide who enters, forms offer only what the person may see, saves are ascribed
in the audit trail, touch only the fields that changed, and notice when somebody else was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm
from unfold.views import ChangeList
from unfold.widgets import (
    UnfoldAdminAutocompleteModelChoiceFieldWidget as AutocompleteWidget,
)
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget as CheckboxesWidget,
)
from unfold.widgets import (
    UnfoldAdminDateWidget as DateWidget,
)
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget as IntegerWidget,
)
from unfold.widgets import (
    UnfoldAdminSelectWidget as SelectWidget,
)
from unfold.widgets import (
    UnfoldAdminTextareaWidget as TextareaWidget,
)
from unfold.widgets import (
    UnfoldAdminTextInputWidget as TextWidget,
)
from unfold.widgets import (
    UnfoldAdminTimeWidget as TimeWidget,
)
from unfold.widgets import (
    UnfoldBooleanWidget as BooleanWidget,
)

from accounts.actors import from_request
from accounts.audit import recorded
from accounts.back_office_forms import BackOfficeForm, is_key
from accounts.errors import DomainError
from accounts.history import steps_of
from accounts.permissions import staff
from accounts.phone_numbers import phone_digits
from accounts.roles import STAFF_ROLES, Role

__all__ = [
    "EVERYBODY",
    "MANAGERS",
    "NOBODY",
    "RECEPTION",
    "AdminPasswordChangeForm",
    "AutocompleteSelectFilter",
    "AutocompleteWidget",
    "BackOfficeAdmin",
    "BackOfficeForm",
    "BackOfficeInline",
    "BooleanWidget",
    "ChangeList",
    "CheckboxesWidget",
    "ChoicesDropdownFilter",
    "DateWidget",
    "ExportForm",
    "IntegerWidget",
    "RangeDateFilter",
    "ReadOnlyAdmin",
    "SelectWidget",
    "StackedInline",
    "TabularInline",
    "TextWidget",
    "TextareaWidget",
    "TimeWidget",
    "action",
    "display",
    "phone_digits",
    "roles_of",
    "staff_page",
]

admin.site.index_title = _("Back office")

NOBODY: frozenset[Role] = frozenset()
MANAGERS = frozenset({Role.MANAGER})
RECEPTION = frozenset({Role.RECEPTION, Role.MANAGER})
EVERYBODY = frozenset(STAFF_ROLES)


def roles_of(user: Any) -> frozenset[str]:
    """The roles of somebody who is signed in, read once per request; a superuser has all of the staff's."""
    if not user.is_active or not user.is_staff:
        return frozenset()
    if user.is_superuser:
        return frozenset(EVERYBODY)
    if not hasattr(user, "_back_office_roles"):
        user._back_office_roles = frozenset(user.groups.values_list("name", flat=True)) & frozenset(EVERYBODY)
    roles: frozenset[str] = user._back_office_roles
    return roles


def staff_page(*, roles: frozenset[Role] = EVERYBODY) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A page of the back office beside the lists and forms, for staff with one of `roles`."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not roles & roles_of(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        page = admin.site.admin_view(staff(guarded))
        page.permission = "staff"  # type: ignore[attr-defined]
        return page

    return decorate


class RoleAccess:
    """Who may look, add, change and delete, by role. Mixed into admin classes and inlines."""

    viewers: ClassVar[frozenset[Role]] = EVERYBODY
    adders: ClassVar[frozenset[Role]] = NOBODY
    changers: ClassVar[frozenset[Role]] = NOBODY
    deleters: ClassVar[frozenset[Role]] = NOBODY

    @staticmethod
    def has_role(request: HttpRequest, roles: frozenset[Role]) -> bool:
        """Whether the person has one of `roles`."""
        return bool(roles & roles_of(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the app shows up for this person at all."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Viewers, and whoever may change."""
        return bool((self.viewers | self.changers) & roles_of(request.user))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Adders only."""
        return bool(self.adders & roles_of(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Changers only."""
        return bool(self.changers & roles_of(request.user))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleters only: most of what a clinic writes down stays."""
        return bool(self.deleters & roles_of(request.user))


class OffersOnlyWhatOneSees:
    """Form fields that point at other records offer, and accept, only those that this person may see."""

    admin_site: admin.AdminSite

    def _narrowed(self, field: Any, request: HttpRequest) -> Any:
        if field is None or not hasattr(field, "queryset"):
            return field
        related = self.admin_site._registry.get(field.queryset.model)
        if related is not None:
            field.queryset = related.get_queryset(request)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Narrow the choices of a foreign key."""
        return self._narrowed(super().formfield_for_foreignkey(db_field, request, **kwargs), request)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Narrow the choices of a many-to-many field."""
        return self._narrowed(super().formfield_for_manytomany(db_field, request, **kwargs), request)  # type: ignore[misc]


class BackOfficeInline(RoleAccess, OffersOnlyWhatOneSees, TabularInline):
    """Rows inside another record's form."""

    extra = 0

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The column's name for those who do not see the head of the table."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = str(field.label)
        return field


class BackOfficeAdmin(RoleAccess, OffersOnlyWhatOneSees, ModelAdmin):
    """The admin class of everything in the back office."""

    form = BackOfficeForm
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50
    list_filter_submit = True
    list_filter_sheet = True
    compressed_fields = True
    warn_unsaved_form = True
    save_on_top = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """All fields but the hidden one, which the page's template places."""
        return [name for name in super().get_fields(request, obj) if name != "seen"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Room for three lines of text, not ten; an address without a scheme is https."""
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 3
        return field

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list offers to filter by: in an address anybody could guess a secret letter by letter."""
        first = lookup.split(LOOKUP_SEP)[0]
        offered = {item[0] if isinstance(item, (list, tuple)) else item for item in self.list_filter}
        columns = {"pk"} | {field.name for field in self.opts.get_fields()}
        if first in columns and first not in {str(name).split(LOOKUP_SEP)[0] for name in offered}:
            return False
        if lookup.endswith(f"{LOOKUP_SEP}id{LOOKUP_SEP}exact") and not is_key(value):
            return False
        return super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, under the name of what it lists."""
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What happened to this record, from the audit trail."""
        record = self.get_object(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("What happened to %(record)s") % {"record": record},
            "steps": steps_of(record),
            "back": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[record.pk]),
        }
        return TemplateResponse(request, "admin/history_page.html", context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, carrying what a service refused a moment ago."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save; what a service refuses comes back as a sentence beside everything that was typed."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        verb = f"{self.opts.model_name}.{'change' if object_id else 'add'}"
        try:
            with recorded(from_request(request), f"admin.{verb}"):
                return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask before deleting; the deletion is ascribed."""
        try:
            with self.ascribed(request, "delete"):
                return super().delete_view(request, object_id, extra_context)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        """Run an action on rows whose keys are numbers that a database knows."""
        if not all(key.isdecimal() and len(key) <= 18 for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("The rows of an action are keys.")
        return super().response_action(request, queryset)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        """Delete what was chosen in a list, ascribed."""
        with recorded(from_request(request), f"admin.{self.opts.model_name}.delete"):
            super().delete_queryset(request, queryset)

    @contextmanager
    def ascribed(self, request: HttpRequest, verb: str) -> Iterator[None]:
        """Ascribe the writes of a POST; a page that is only looked at opens no transaction."""
        if request.method != "POST":
            yield
            return
        with recorded(from_request(request), f"admin.{self.opts.model_name}.{verb}"):
            yield

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool) -> None:
        """Write only what was changed: a form that is open for an hour must not undo what others did."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        changed = {name for name in form.changed_data if name in columns}
        if changed:
            stamps = {name for name in columns if getattr(obj._meta.get_field(name), "auto_now", False)}
            obj.save(update_fields=changed | stamps)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the audit trail has it, and Django's own log would keep names that were erased."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing, as above."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing, as above."""


class ReadOnlyAdmin(BackOfficeAdmin):
    """What the database writes and nobody edits."""

    viewers = MANAGERS
    list_disable_select_all = True

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None."""
        return {}

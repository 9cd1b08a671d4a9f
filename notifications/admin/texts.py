"""The words of messages in the back office: which there are, a form that checks them, and how they would look."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.back_office import MANAGERS, RECEPTION, BackOfficeAdmin, BackOfficeForm, SelectWidget, staff_page
from notifications.models import MessageText
from notifications.states import ChannelName, Kind
from notifications.texts.checking import check_text
from notifications.texts.languages import NAMES, WRITTEN
from notifications.texts.preview import beginning, explained, preview_of

CHANGES_AT = "admin:notifications_messagetext_change"
ADDS_AT = "admin:notifications_messagetext_add"
PREVIEWS_AT = "admin:notifications_messagetext_preview"


class MessageTextForm(BackOfficeForm):
    """A text with its placeholders checked."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=list(NAMES.items()), widget=SelectWidget, required=False
    )

    class Meta:
        model = MessageText
        fields = "__all__"  # the admin class chooses

    def clean(self) -> dict[str, Any] | None:
        """What cannot be sent is not saved."""
        cleaned = super().clean() or {}
        which = [cleaned.get(name) or getattr(self.instance, name) for name in ("kind", "channel", "language")]
        if all(which):
            kind, channel, language = which
            said = cleaned.get("subject", ""), cleaned.get("body", "")
            for problem in check_text(kind, channel, *said, language=language):
                if problem.field in self.fields and problem.field not in self.errors:
                    self.add_error(problem.field, str(problem.sentence))
        return cleaned


class Line(NamedTuple):
    """A kind of message by one channel, in the list."""

    channel: str
    begins: str
    is_own: bool
    preview: str
    change: str


@admin.register(MessageText)
class MessageTextAdmin(BackOfficeAdmin):
    """Texts of the clinic's own. What has none is said in the words that Frontdesk brings: deleting goes back there."""

    form = MessageTextForm
    viewers, adders, changers, deleters = RECEPTION, MANAGERS, MANAGERS, MANAGERS
    fields = ["kind", "channel", "language", "subject", "body"]
    change_form_template = "admin/notifications/message_text_form.html"

    class Media:
        js = ("frontdesk/message_text.js",)

    def get_urls(self) -> list[URLPattern]:
        """The preview besides."""
        page = staff_page(roles=RECEPTION)(self.preview)
        return [path("preview/", page, name="notifications_messagetext_preview"), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A text stays one of its kind."""
        return ["kind", "channel", "language"] if obj is not None else []

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Room to write, and no wrapping of the signs that are typed."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "body":
            field.widget.attrs |= {"rows": 14, "dir": "auto"}
            field.strip = False
            field.help_text = _(
                "An empty line begins a new paragraph. Lines such as “When: {day}” become a list of facts. A line "
                "whose placeholder has nothing to say is left out."
            )
        if field is not None and db_field.name == "subject":
            field.widget.attrs["dir"] = "auto"
            field.help_text = _("Of e-mails, and the first line of push messages. Empty for text messages and calls.")
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new text begins with the words it is to replace."""
        asked = _asked(request.GET)
        if asked is None:
            return {"language": "en"}
        subject, body = beginning(*asked)
        kind, channel, language = asked
        return {"kind": kind, "channel": channel, "language": language, "subject": subject, "body": body}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the placeholders and the preview of what stands in the form."""
        form = context["adminform"].form
        which = {name: _standing(form, name) for name in ("kind", "channel", "language")}
        asked = _asked(which)
        if asked is not None:
            said = {name: _standing(form, name) for name in ("subject", "body")}
            context |= {"preview": preview_of(*asked, **said), "placeholders": explained(*asked)}
        context["preview_address"] = reverse(PREVIEWS_AT)
        context["kept"] = {name: value for name, value in which.items() if kwargs.get("obj") is not None}
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Every text there is in one language: the clinic's own, else ours as a beginning."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        language = request.GET.get("language", "")
        language = language if language in WRITTEN else "en"
        context = {
            **self.admin_site.each_context(request),
            "title": _("Message texts"),
            "language": language,
            "direction": "rtl" if WRITTEN[language].is_rtl else "ltr",
            "languages": NAMES.items(),
            "groups": self._groups(language),
            "may_change": self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/notifications/message_texts.html", context)

    def _groups(self, language: str) -> list[tuple[str, list[Line]]]:
        own = {(text.kind, text.channel): text for text in MessageText.objects.filter(language=language)}
        return [
            (str(kind.label), [_line(kind, channel, language, own.get((kind, channel))) for channel in ChannelName])
            for kind in Kind
        ]

    def preview(self, request: HttpRequest) -> HttpResponseBase:
        """How a text would look: what a form holds at the moment (POST), or what is sent as it is now (GET)."""
        given = request.POST if request.method == "POST" else request.GET
        asked = _asked(given)
        context: dict[str, Any] = {**self.admin_site.each_context(request), "title": _("Preview")}
        if asked is not None:
            said = _typed(given) if request.method == "POST" else _in_force(*asked)
            context |= {"preview": preview_of(*asked, **said), "placeholders": explained(*asked)}
            context["what"] = f"{Kind(asked[0]).label}, {ChannelName(asked[1]).label}, {NAMES[asked[2]]}"
        part = "part" in request.GET
        name = "admin/notifications/_preview.html" if part else "admin/notifications/message_text_preview.html"
        return TemplateResponse(request, name, context)


def _asked(given: Any) -> tuple[str, str, str] | None:
    """Kind, channel and language, if they are ones that there are."""
    kind, channel, language = (str(given.get(name, "")) for name in ("kind", "channel", "language"))
    if kind in Kind.values and channel in ChannelName.values and language in WRITTEN:
        return kind, channel, language
    return None


def _standing(form: Any, name: str) -> str:
    """What stands in a field of the form now; of one that cannot be changed, what is stored."""
    return str(form[name].value() or "") if name in form.fields else str(getattr(form.instance, name) or "")


def _typed(given: Any) -> dict[str, str]:
    return {name: str(given.get(name, ""))[:10_000] for name in ("subject", "body")}


def _in_force(kind: str, channel: str, language: str) -> dict[str, str]:
    """The words that are sent as things are."""
    own = MessageText.objects.filter(kind=kind, channel=channel, language=language).first()
    if own is not None:
        return {"subject": own.subject, "body": own.body}
    subject, body = beginning(kind, channel, language)
    return {"subject": subject, "body": body}


def _line(kind: Kind, channel: ChannelName, language: str, own: MessageText | None) -> Line:
    subject, body = (own.subject, own.body) if own is not None else beginning(kind, channel, language)
    which = urlencode({"kind": kind.value, "channel": channel.value, "language": language})
    return Line(
        channel=str(channel.label),
        begins=subject or body,
        is_own=own is not None,
        preview=f"{reverse(PREVIEWS_AT)}?{which}",
        change=reverse(CHANGES_AT, args=[own.pk]) if own is not None else f"{reverse(ADDS_AT)}?{which}",
    )

"""Actions on what was ticked in a list: say what will happen and who is told, ask, do each, report each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.errors import DomainError

MOST_AT_ONCE = 200
"""More than that is a mistake, or a job for a command."""

Words = str | Promise


def run_one_by_one(
    model_admin: Any,
    request: HttpRequest,
    queryset: Any,
    *,
    action: str,
    title: Words,
    explanation: Words,
    button: Words,
    do: Callable[[Any], object],
    in_words: Callable[[Any], Words] = str,
    who_is_told: Callable[[Any], Words] | None = None,
    form: forms.Form | None = None,
) -> HttpResponseBase:
    """Show the page that asks; once somebody pressed `button`, do each row on its own and report each.

    A row that is refused does not stop the others. `form` asks for more, such as a message; `do` reads it.
    """
    count = queryset.count()
    if count > MOST_AT_ONCE:
        messages.error(request, _("Choose at most %(most)s at a time.") % {"most": MOST_AT_ONCE})
        return redirect(request.get_full_path())
    rows = list(queryset)
    context = {
        **admin.site.each_context(request),
        "title": title,
        "opts": None,
        "model_options": model_admin.opts,
        "action": action,
        "explanation": explanation,
        "button": button,
        "form": form,
        "back": request.get_full_path(),
    }
    if "confirmed" in request.POST and (form is None or form.is_valid()):
        results = [(row, in_words(row), *_outcome(row, do)) for row in rows]
        done = sum(1 for _row, _words, ok, _sentence in results if ok)
        summary = ngettext("%(done)s of %(count)s was done.", "%(done)s of %(count)s were done.", count) % {
            "done": done,
            "count": count,
        }
        context |= {"results": results, "summary": summary}
        return TemplateResponse(request, "admin/scheduling/action_report.html", context)
    context |= {
        "rows": [(row, in_words(row), who_is_told(row) if who_is_told else "") for row in rows],
        "shows_who_is_told": who_is_told is not None,
        "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/scheduling/action_confirm.html", context)


def _outcome(row: Any, do: Callable[[Any], object]) -> tuple[bool, Words]:
    try:
        do(row)
    except DomainError as refusal:
        return False, refusal.sentence
    return True, _("Done")

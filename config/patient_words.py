"""Every sentence that a patient may read, found in the source: what each language has to have words for.

Templates are read by Django itself, so that a message is exactly what will be asked for; Python by its syntax tree.
What staff alone read is in English, and is not looked at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import allauth
import django
from django.conf import settings
from django.template import Template
from django.template.base import FilterExpression, Node, Variable
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils import translation
from django.utils.functional import Promise

from config.po_files import Entry, Key

TEMPLATES = (
    "templates/*.html",
    "templates/partials/*.html",
    "templates/account/**/*.*",
    "templates/mfa/**/*.html",
    "notifications/templates/notifications/push/*.*",
    "scheduling/templates/scheduling/**/*.*",
    "notifications/templates/notifications/me/*.html",
    "notifications/templates/notifications/visit/*.html",
    "payments/templates/payments/pay/*.html",
    "payments/templates/payments/payment/*.html",
    "payments/templates/payments/receipt/*.html",
    "payments/templates/payments/sandbox/*.html",
    "payments/templates/payments/visit/*.html",
    "queueing/templates/queueing/board/*.html",
    "queueing/templates/queueing/feedback/*.html",
    "queueing/templates/queueing/kiosk/*.html",
    "queueing/templates/queueing/ticket/*.html",
    "queueing/templates/queueing/token/*.html",
    "queueing/templates/queueing/visit/*.html",
)
PYTHON = (
    "accounts/adapter.py",
    "accounts/contact_messages.py",
    "accounts/contacts.py",
    "accounts/delivery.py",
    "accounts/errors.py",
    "accounts/forms.py",
    "accounts/middleware.py",
    "accounts/phone_numbers.py",
    "accounts/services/users.py",
    "config/error_pages.py",
    "notifications/forms/*.py",
    "notifications/patient_words.py",
    "notifications/services/inbound.py",
    "notifications/views/*.py",
    "payments/errors.py",
    "payments/failure_words.py",
    "payments/forms/checkout.py",
    "payments/method_words.py",
    "payments/providers/sandbox_cards.py",
    "payments/receipt_words.py",
    "payments/services/starting.py",
    "payments/views/payment.py",
    "payments/views/sandbox.py",
    "queueing/board_words.py",
    "queueing/doctor_words.py",
    "queueing/errors.py",
    "queueing/forms/feedback.py",
    "queueing/forms/help.py",
    "queueing/forms/kiosk.py",
    "queueing/priority.py",
    "queueing/services/check_in.py",
    "queueing/services/emergencies.py",
    "queueing/services/feedback.py",
    "queueing/services/kiosk.py",
    "queueing/templatetags/kiosk.py",
    "queueing/token_words.py",
    "queueing/views/feedback.py",
    "queueing/views/kiosk*.py",
    "queueing/views/ticket.py",
    "queueing/views/token.py",
    "queueing/views/visit_queue.py",
    "queueing/wait_words.py",
    "scheduling/calendar_file.py",
    "scheduling/clock_words.py",
    "scheduling/day_times.py",
    "scheduling/errors.py",
    "scheduling/forms/*.py",
    "scheduling/services/booking.py",
    "scheduling/services/lifecycle.py",
    "scheduling/services/links.py",
    "scheduling/services/patients.py",
    "scheduling/services/rescheduling.py",
    "scheduling/services/visit_details.py",
    "scheduling/services/waitlist.py",
    "scheduling/states.py",
    "scheduling/templatetags/*.py",
    "scheduling/views/*.py",
)
BORROWED_TEMPLATES = (
    (Path(allauth.__file__).parent / "templates", "account/messages/*.txt"),
    (Path(allauth.__file__).parent / "templates", "mfa/messages/*.txt"),
)
BORROWED_PYTHON = (
    (Path(django.__file__).parents[1], "django/contrib/auth/password_validation.py"),
    (Path(allauth.__file__).parents[1], "allauth/account/adapter.py"),
    (Path(allauth.__file__).parents[1], "allauth/mfa/adapter.py"),
)
"""What others wrote that stands on our pages, and that they have not translated into all of our languages."""

_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun"
_MONTHS = "January February March April May June July August September October November December"
_SHORT_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
BORROWED_SINGLY: dict[tuple[Path, str], frozenset[str]] = {
    (Path(django.__file__).parents[1], "django/utils/dates.py"): frozenset(
        f"{_DAYS} {_MONTHS} {_SHORT_MONTHS}".split()
    ),
    (Path(django.__file__).parents[1], "django/core/validators.py"): frozenset(
        {
            "Enter a valid email address.",
            "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
            "Null characters are not allowed.",
        }
    ),
    (Path(django.__file__).parents[1], "django/forms/fields.py"): frozenset(
        {
            "This field is required.",
            "Enter a whole number.",
            "Select a valid choice. %(value)s is not one of the available choices.",
        }
    ),
    (Path(allauth.__file__).parents[1], "allauth/account/fields.py"): frozenset({"Email", "Forgot your password?"}),
    (Path(allauth.__file__).parents[1], "allauth/account/forms.py"): frozenset({"Current Password", "New Password"}),
    (Path(allauth.__file__).parents[1], "allauth/mfa/totp/forms.py"): frozenset({"Authenticator code"}),
    (Path(allauth.__file__).parents[1], "allauth/mfa/webauthn/forms.py"): frozenset(
        {
            "Passwordless",
            "Enabling passwordless operation allows you to sign in using just this key, but imposes additional "
            "requirements such as biometrics or PIN protection.",
        }
    ),
}
"""The same of files of which little else is ever seen by patients. In Hindi Django misspells months."""

_MESSAGE, _PLURAL, _CONTEXT = "message", "plural", "context"
_CALLS: dict[str, tuple[str, ...]] = {
    "_": (_MESSAGE,),
    "gettext": (_MESSAGE,),
    "gettext_lazy": (_MESSAGE,),
    "gettext_noop": (_MESSAGE,),
    "ngettext": (_MESSAGE, _PLURAL),
    "ngettext_lazy": (_MESSAGE, _PLURAL),
    "pgettext": (_CONTEXT, _MESSAGE),
    "pgettext_lazy": (_CONTEXT, _MESSAGE),
    "npgettext": (_CONTEXT, _MESSAGE, _PLURAL),
    "npgettext_lazy": (_CONTEXT, _MESSAGE, _PLURAL),
}


def patient_messages() -> dict[Key, Entry]:
    """Every message, with the files it stands in."""
    found: dict[Key, Entry] = {}
    for place, entry in _all():
        known = found.setdefault(entry.key, entry)
        known.plural = known.plural or entry.plural
        known.places.add(place)
    return found


def _all() -> Iterator[tuple[str, Entry]]:
    ours = Path(settings.BASE_DIR)
    for place, source in _files([(ours, path) for path in TEMPLATES]):
        yield from ((place, entry) for entry in messages_of_template(source))
    for place, source in _files([(ours, path) for path in PYTHON]):
        yield from ((place, entry) for entry in messages_of_python(source))
    for place, source in _files(BORROWED_TEMPLATES):
        if not (ours / "templates" / place).exists():  # ours goes before theirs
            yield from ((f"allauth/{place}", entry) for entry in messages_of_template(source))
    for place, source in _files(BORROWED_PYTHON):
        yield from ((place, entry) for entry in messages_of_python(source))
    for file, wanted in BORROWED_SINGLY.items():
        for place, source in _files([file]):
            found = (entry for entry in messages_of_python(source) if entry.message in wanted and not entry.context)
            yield from ((place, entry) for entry in found)


def _files(patterns: Iterable[tuple[Path, str]]) -> Iterator[tuple[str, str]]:
    """Each file's name from its root, and its text."""
    for root, pattern in patterns:
        for file in sorted(root.glob(pattern)):
            yield file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")


# --- Templates --------------------------------------------------------------------------------------------------


def messages_of_template(source: str) -> Iterator[Entry]:
    """What a template says, as it will ask for it."""
    for node in _nodes(Template(source).nodelist):
        if isinstance(node, BlockTranslateNode):
            yield _of_block(node)
        elif isinstance(node, TranslateNode):
            said = node.filter_expression.var
            if isinstance(said, str) or said.literal is not None:
                message = said if isinstance(said, str) else str(said.literal)
                yield Entry(message.replace("%", "%%"), context=_constant(node.message_context))
        yield from (Entry(message) for message in _filled_in(node))


def _nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for name in node.child_nodelists:
            yield from _nodes(getattr(node, name, None) or ())


def _of_block(node: BlockTranslateNode) -> Entry:
    message, _names = node.render_token_list(node.singular)
    plural = node.render_token_list(node.plural)[0] if node.plural else ""
    return Entry(message, context=_constant(node.message_context), plural=plural)


def _constant(expression: FilterExpression | None) -> str:
    return str(expression.var.literal) if expression is not None else ""


def _filled_in(node: Node) -> Iterator[str]:
    """`_("...")` within the braces of a template: by itself or as what a filter is given."""
    for expression in _expressions(vars(node).values()):
        parts = [expression.var, *(value for _function, values in expression.filters for _is, value in values)]
        yield from (str(part.literal) for part in parts if isinstance(part, Variable) and part.translate)
        with translation.override(None):  # what a filter is given is resolved already: it says itself in any language
            yield from [str(part) for part in parts if isinstance(part, Promise)]


def _expressions(values: Iterable[Any]) -> Iterator[FilterExpression]:
    for value in values:
        if isinstance(value, FilterExpression):
            yield value
        elif isinstance(value, dict):
            yield from _expressions(value.values())
        elif isinstance(value, list | tuple):
            yield from _expressions(value)


# --- Python -----------------------------------------------------------------------------------------------------


def messages_of_python(source: str) -> Iterator[Entry]:
    """What the calls of gettext and its kin say in a file."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        parts = _CALLS.get(name)
        if parts is not None and (said := _constants(node.args)) and len(said) >= len(parts):
            named = dict(zip(parts, said, strict=False))
            yield Entry(named[_MESSAGE], context=named.get(_CONTEXT, ""), plural=named.get(_PLURAL, ""))


def _constants(arguments: Sequence[ast.expr]) -> list[str]:
    """The texts a call begins with."""
    texts: list[str] = []
    for argument in arguments:
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            break
        texts.append(argument.value)
    return texts

"""What was sent to somebody signed in, and to those whom they look after."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.permissions import signed_in
from notifications.patient_words import line_of
from notifications.rules import messages_of_family
from notifications.states import DeliveryStatus, MessageStatus

PER_PAGE = 20

WENT_OUT = Q(status=MessageStatus.SENT) & ~Q(delivery_status=DeliveryStatus.KEPT)
"""What was only kept reached nobody."""


@signed_in
@never_cache
@require_safe
def my_messages(request: HttpRequest) -> HttpResponse:
    """The latest first; what could not be delivered among them."""
    found = messages_of_family(request.user).filter(WENT_OUT | Q(status=MessageStatus.FAILED))
    rows = found.select_related("patient", "location", "appointment").order_by("-due_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": [(line_of(message), message) for message in page]}
    return render(request, "notifications/me/messages.html", context)

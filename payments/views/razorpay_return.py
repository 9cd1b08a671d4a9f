"""Where Razorpay sends the payer's browser back to, by a form that it posts from its own page."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.permissions import secret_link
from payments.errors import BadSignature
from payments.providers.razorpay import Razorpay
from payments.views.payment import payment_of
from scheduling.models import Appointment
from scheduling.views.links import with_appointment

logger = logging.getLogger("frontdesk.payments")


@csrf_exempt  # it comes from Razorpay's page, signed, and changes nothing by itself
@secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@with_appointment()
def razorpay_return(request: HttpRequest, appointment: Appointment, payment_id: int) -> HttpResponse:
    """On to the page of the payment, which asks Razorpay what came of it.

    The form comes without our cookies, as it is posted from another site; the page that follows is asked for with them.
    """
    if request.method == "POST":
        _check(request, appointment, payment_id)
    page = reverse("payments:payment", kwargs={"secret": appointment.secret, "payment_id": payment_id})
    return HttpResponseRedirect(page, status=303)


def _check(request: HttpRequest, appointment: Appointment, payment_id: int) -> None:
    """Note a form that is not Razorpay's or not about this payment: it is no harm, as nobody believes it."""
    payment = payment_of(appointment, payment_id)
    try:
        said = Razorpay().read_callback(request.POST.dict())
    except BadSignature:
        logger.warning("Somebody came back to payment %s with a form that Razorpay has not signed", payment_id)
        return
    if payment is not None and said.reference and said.reference != payment.provider_reference:
        logger.warning("Somebody came back to payment %s with a form about another one", payment_id)

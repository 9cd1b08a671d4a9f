"""What Twilio tells us: what people write to the clinic's number.

Whoever cannot sign as Twilio does is refused. What is told twice, late or in another order does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from accounts.actors import gateway
from accounts.permissions import public
from notifications.services.inbound import hear_text

logger = logging.getLogger(__name__)

TWILIO = gateway("twilio")

Webhook = Callable[[HttpRequest], HttpResponse]


def signed_by_twilio(view: Webhook) -> Webhook:
    """Only what Twilio has signed for the address at which it knows us, whatever proxies stand between."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        address = settings.BASE_URL + request.get_full_path()
        signature = request.headers.get("X-Twilio-Signature", "")
        token = settings.TWILIO_AUTH_TOKEN
        if not (token and signature and RequestValidator(token).validate(address, request.POST, signature)):
            logger.warning("A webhook without Twilio's signature was refused; is BASE_URL what Twilio calls?")
            return HttpResponseForbidden("The signature is not Twilio's.", content_type="text/plain")
        return view(request)

    return guarded


@csrf_exempt
@public
@require_POST
@signed_by_twilio
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """Somebody wrote to the clinic's number: they want no more messages, want them again, or get an answer."""
    answer = MessagingResponse()
    said = hear_text(
        sender=request.POST.get("From", ""),
        body=request.POST.get("Body", ""),
        told=request.POST.get("OptOutType", ""),
        actor=TWILIO,
    )
    if said:
        answer.message(said)
    return HttpResponse(str(answer), content_type="text/xml")

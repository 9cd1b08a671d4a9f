"""What Twilio tells us: what became of messages and calls, and what people write to the clinic's number.

Whoever cannot sign as Twilio does is refused. What is told twice, late or in another order does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from accounts.actors import gateway
from accounts.permissions import public
from notifications.channels.twilio import MESSAGE_PARAMETER, PROVIDER, delivery_of
from notifications.services.inbound import hear_receipt, hear_text
from notifications.states import DeliveryStatus

logger = logging.getLogger(__name__)

TWILIO = gateway("twilio")
LONGEST_NUMBER = 18
"""Digits; more than any row has."""
LONGEST_NAME = 64

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
def twilio_status(request: HttpRequest) -> HttpResponse:
    """What became of a message or a call; nothing is written for what we do not know."""
    name = request.POST.get("MessageSid") or request.POST.get("CallSid", "")
    if not name or len(name) > LONGEST_NAME:
        return HttpResponseBadRequest("A MessageSid or CallSid is missing.", content_type="text/plain")
    number = request.GET.get(MESSAGE_PARAMETER, "")
    status = delivery_of(request.POST.get("MessageStatus") or request.POST.get("CallStatus"))
    is_number = number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER
    if is_number and status != DeliveryStatus.UNKNOWN:
        code = request.POST.get("ErrorCode", "")
        hear_receipt(
            message_id=int(number),
            provider=PROVIDER,
            provider_id=name,
            status=status,
            code=code if code.isascii() and code.isdecimal() and len(code) <= LONGEST_NUMBER else "",
            address=request.POST.get("To", ""),
            actor=TWILIO,
        )
    return HttpResponse(status=204)


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

"""What Stripe and Razorpay tell us.

400: it is not theirs, it is too old, or it cannot be read; nothing is stored. 200: it is stored, and needs not be told
again. Anything else, such as the 500 when our database is away: please come again.
"""

from __future__ import annotations

import logging

from django.http import HttpRequest, JsonResponse
from django.http.request import RawPostDataException
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.permissions import public
from payments.errors import BadSignature
from payments.services.events import receive_event
from payments.states import ProviderName

logger = logging.getLogger("frontdesk.payments")

LARGEST_BODY = 512 * 1024
"""Bytes; the events that concern us have a few thousand."""


@csrf_exempt
@public
@require_POST
def stripe(request: HttpRequest) -> JsonResponse:
    """An event of Stripe."""
    return _hear(ProviderName.STRIPE, request)


@csrf_exempt
@public
@require_POST
def razorpay(request: HttpRequest) -> JsonResponse:
    """An event of Razorpay."""
    return _hear(ProviderName.RAZORPAY, request)


def _hear(provider: ProviderName, request: HttpRequest) -> JsonResponse:
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        body = _body_of(request)
        if len(body) > LARGEST_BODY:
            return JsonResponse({"code": "too_large", "detail": "That is too large for an event."}, status=413)
        event = receive_event(provider=provider, body=body, headers=headers)
    except BadSignature as refused:
        logger.warning("A webhook that is not signed as %s signs was refused; are its keys right?", provider)
        return JsonResponse({"code": refused.code, "detail": str(refused)}, status=refused.status)
    return JsonResponse({"status": event.status})


def _body_of(request: HttpRequest) -> bytes:
    """What was posted, as it was. Raises BadSignature for a form with files, which is read before it comes here: no
    provider sends one."""
    try:
        return request.body
    except RawPostDataException as error:
        raise BadSignature from error

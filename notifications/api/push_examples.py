"""What the OpenAPI document says of the calls about push messages, with examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema

KEY_OF_A_CLINIC = "BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U"
BROWSER = {
    "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABh",
    "expirationTime": None,
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}
SUBSCRIPTION = {
    "id": 31,
    "service": "updates.push.services.mozilla.com",
    "created_at": "2026-11-23T08:40:00Z",
    "used_at": None,
}


def KEY(answer: Any) -> Any:  # noqa: N802
    """For the shape of the answer."""
    return extend_schema(
        summary="Read the clinic's key for push messages",
        description="Browsers want it as `applicationServerKey`. It changes when the clinic takes other keys.",
        responses={200: answer},
        examples=[OpenApiExample("The key", value={"public_key": KEY_OF_A_CLINIC}, response_only=True)],
    )


def subscriptions(said: Any, answer: Any) -> dict[str, Any]:
    """For the shapes of what is said and of the answer."""
    return {
        "list": extend_schema(
            summary="List the browsers that hear of one's family",
            examples=[OpenApiExample("A browser", value=SUBSCRIPTION, response_only=True)],
        ),
        "create": extend_schema(
            summary="Let a browser hear of one's family",
            description=(
                "Send what `pushManager.subscribe()` gave. From then on the browser is told, as far as the clinic's "
                "rules say so, when somebody's turn is near and what becomes of visits. Whoever asks again has the "
                "same; of more than ten browsers the first gives way. One that is gone is forgotten by itself."
            ),
            request=said,
            responses={201: answer},
            examples=[
                OpenApiExample("As the browser writes it", value=BROWSER, request_only=True),
                OpenApiExample("What was asked for", value=SUBSCRIPTION, response_only=True, status_codes=["201"]),
            ],
        ),
        "destroy": extend_schema(summary="Let a browser hear no more", description="One of one's own."),
    }

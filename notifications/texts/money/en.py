"""What messages about money say in English."""

from __future__ import annotations

from notifications.states import ChannelName, Kind
from notifications.texts.written import MoneyBack, Text, lines, paragraphs
from payments.states import RefundReason

EMAIL, SMS, PUSH, CALL = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH, ChannelName.CALL

_VISIT = lines("When: {day} at {time}", "With: {doctor}", "Where: {place}", "For: {patient}", "Reference: {number}")
_PHONE = "Would you rather talk to us? Phone {phone}."

TEXTS = {
    # --- E-mail -------------------------------------------------------------------------------------------------
    (Kind.TO_PAY, EMAIL): Text(
        subject="Please pay for your appointment on {day}",
        bodies=(
            paragraphs(
                "Hello,",
                "We are keeping this time for you. Please pay {amount} by {until}; after that, others can book it.",
                _VISIT,
                "Open your appointment with the link below and choose how you would like to pay. It is confirmed as "
                "soon as the payment has come.",
                _PHONE,
            ),
        ),
    ),
    (Kind.PAID, EMAIL): Text(
        subject="Receipt: we have received {amount}",
        bodies=(
            paragraphs(
                "Hello,",
                "Thank you. We have received {amount} for this appointment:",
                _VISIT,
                "The receipt comes with this e-mail as a file. You also find it with the link below.",
                _PHONE,
            ),
        ),
    ),
    (Kind.REFUNDED, EMAIL): Text(
        subject="{why} {amount} goes back to you",
        bodies=(
            paragraphs(
                "Hello,",
                "{why}",
                "{amount} goes back to you. {money}",
                "A message from the clinic: {words}",
                "It is about this appointment:",
                _VISIT,
                _PHONE,
            ),
        ),
    ),
    # --- Text messages ------------------------------------------------------------------------------------------
    (Kind.TO_PAY, SMS): Text(
        bodies=(
            "{clinic}: please pay {amount} by {until} for your visit on {day} at {time}. {link}",
            "{clinic}: please pay {amount} by {until}. {link}",
            "Please pay for your visit: {link}",
        )
    ),
    (Kind.PAID, SMS): Text(
        bodies=(
            "{clinic}: we have received {amount} for your visit on {day}. Thank you. Receipt: {link}",
            "{clinic}: we have received {amount}. Receipt: {link}",
            "We have received your payment. Receipt: {link}",
        )
    ),
    (Kind.REFUNDED, SMS): Text(
        bodies=(
            "{clinic}: {why} {amount} goes back to you. {link}",
            "{why} {amount} goes back to you. {link}",
            "{why} {link}",
        )
    ),
    # --- On the phone's screen, where others may see it ---------------------------------------------------------
    (Kind.TO_PAY, PUSH): Text(
        subject="Please pay for your visit",
        bodies=("{amount} by {until}. {day} at {time}, {doctor}.",),
    ),
    (Kind.PAID, PUSH): Text(
        subject="We have received {amount}", bodies=("{day} at {time}, {doctor}. Tap to see the receipt.",)
    ),
    (Kind.REFUNDED, PUSH): Text(subject="{amount} goes back to you", bodies=("{why} {day} at {time}, {doctor}.",)),
    # --- Calls, as they are spoken ------------------------------------------------------------------------------
    (Kind.TO_PAY, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "We are keeping an appointment for you: {day}, at {time}, with {doctor}.",
                "Please pay {amount} by {until}, on our website.",
                "Or phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
    (Kind.PAID, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "We have received {amount} for your appointment on {day}, at {time}, with {doctor}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
    (Kind.REFUNDED, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "It is about your appointment on {day}, at {time}, with {doctor}.",
                "{why}",
                "{amount} goes back to you. {money}",
                "If you have a question, please phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
}

BUTTONS = {
    Kind.TO_PAY: "Pay for your appointment",
    Kind.PAID: "Open your appointment",
    Kind.REFUNDED: "Open your appointment",
}

_BY_THE_CLINIC = ("The clinic has decided to pay this back to you.", "We pay you back.", "We pay you back.")

WHYS = {
    RefundReason.CANCELLED: (
        "Your appointment was cancelled, and this is what goes back to you by the rules of the clinic.",
        "Your visit was cancelled.",
        "Cancelled.",
    ),
    RefundReason.CLINIC: (
        "We had to cancel your appointment. We are sorry.",
        "We had to cancel your visit.",
        "We had to cancel.",
    ),
    RefundReason.SEAT_GONE: (
        "Your payment came when we could no longer keep the time for you, and it is not free any more. So you have no "
        "appointment then: please do not come for it.",
        "You have no visit: the time was gone when you paid.",
        "You have no visit: the time was gone.",
    ),
    RefundReason.UNPAID: (
        "The rest of what was to be paid before your appointment did not come in time, so we could not keep "
        "the time for you.",
        "The rest was not paid in time.",
        "Not paid in full in time.",
    ),
    RefundReason.PAID_TWICE: (
        "More was paid for this appointment than it costs.",
        "More was paid than it costs.",
        "Too much was paid.",
    ),
    RefundReason.STAFF: _BY_THE_CLINIC,
    RefundReason.PROVIDER: _BY_THE_CLINIC,
}
"""Why money goes back: as e-mails and calls say it, as screens and text messages do, and at its briefest."""

MONEY = {
    MoneyBack.DECIDED: "We pay it back now; until your bank shows it, some days may pass.",
    MoneyBack.SENT: "It is on its way; until your bank shows it, some days may pass.",
    MoneyBack.IN_CASH: "You have it back in cash.",
}

"""What messages say in English."""

from __future__ import annotations

from notifications.states import ChannelName, Kind
from notifications.texts.days import IN_ENGLISH
from notifications.texts.money import en as of_money
from notifications.texts.written import Text, Written, lines, paragraphs

EMAIL, SMS, PUSH, CALL = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH, ChannelName.CALL

_VISIT = lines("When: {day} at {time}", "With: {doctor}", "Where: {place}", "For: {patient}", "Reference: {number}")
_CALLED_TO = lines("Token: {token}", "Where: {room}", "With: {doctor}")
_BRING = (
    "Please come ten minutes early. Bring a photo ID, your insurance card if you have one, and a list of the medicines "
    "you take."
)
_BY_VIDEO = (
    "This visit is a video call. A few minutes before it begins, open your appointment with the link below and choose "
    "“Join the video call”. Please have a list of the medicines you take at hand."
)
_CHANGE = (
    "If you cannot make it, please tell us as soon as you can, so that somebody else can have the time. With the link below "
    "you can move your appointment or cancel it."
)
_PHONE = "Would you rather talk to us? Phone {phone}."
_CALENDAR = "The file that comes with this e-mail puts the appointment into your calendar."

_CONFIRMED = "Your appointment is confirmed. We look forward to seeing you."
_REMINDED = "This is a reminder of your appointment."
_COMING = (
    "Will you be there? A short answer with the link below helps us to plan the day. If you cannot make it, please tell us, "
    "even at short notice: somebody else may be waiting for a time."
)

TEXTS = {
    # --- E-mail -------------------------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, EMAIL): Text(
        subject="Please confirm your appointment on {day}",
        bodies=(
            paragraphs(
                "Hello,",
                "We are keeping this time for you. Please confirm it by {until}; after that, others can book it.",
                _VISIT,
                "Open your appointment with the link below and press “Confirm this appointment”. If the time does not "
                "suit you, you can choose another one there.",
                _PHONE,
            ),
        ),
    ),
    (Kind.CONFIRMATION, EMAIL): Text(
        subject="Your appointment is confirmed: {day} at {time}",
        bodies=(paragraphs("Hello,", _CONFIRMED, _VISIT, _BRING, _CHANGE, _PHONE, _CALENDAR),),
        by_video=paragraphs("Hello,", _CONFIRMED, _VISIT, _BY_VIDEO, _CHANGE, _PHONE, _CALENDAR),
    ),
    (Kind.REMINDER, EMAIL): Text(
        subject="Reminder: your appointment on {day} at {time}",
        bodies=(paragraphs("Hello,", _REMINDED, _VISIT, _BRING, _COMING, _PHONE),),
        by_video=paragraphs("Hello,", _REMINDED, _VISIT, _BY_VIDEO, _COMING, _PHONE),
    ),
    (Kind.RESCHEDULED, EMAIL): Text(
        subject="Your appointment has a new time: {day} at {time}",
        bodies=(
            paragraphs(
                "Hello,",
                "Your appointment has been moved. This is the new time:",
                _VISIT,
                "The earlier time no longer holds. If the new one does not suit you, you can choose another with the link "
                "below.",
                _PHONE,
                "The file that comes with this e-mail moves the appointment in your calendar.",
            ),
        ),
    ),
    (Kind.CANCELLED, EMAIL): Text(
        subject="Your appointment on {day} is cancelled",
        bodies=(
            paragraphs(
                "Hello,",
                "This appointment has been cancelled:",
                _VISIT,
                "A message from the clinic: {words}",
                "There is nothing you need to do. If you would still like to be seen, you are welcome to choose another "
                "time with the link below.",
                _PHONE,
                "The file that comes with this e-mail takes the appointment out of your calendar.",
            ),
        ),
    ),
    (Kind.EXPIRED, EMAIL): Text(
        subject="Your booking for {day} was not confirmed in time",
        bodies=(
            paragraphs(
                "Hello,",
                "We kept this time for you, but it was not confirmed in time, so others can book it again:",
                _VISIT,
                "Would you still like to come? You are welcome to choose a time again with the link below.",
                _PHONE,
            ),
        ),
    ),
    (Kind.WAITLIST_OFFER, EMAIL): Text(
        subject="A time has come free: {day} at {time}",
        bodies=(
            paragraphs(
                "Hello,",
                "Good news: a time has come free for you. We are keeping it until {until}.",
                lines("When: {day} at {time}", "With: {doctor}", "Where: {place}", "For: {patient}"),
                "If you would like it, open the offer with the link below and accept it. If it does not suit you, decline "
                "it there, and you stay on the waitlist.",
                "If we do not hear from you by then, we offer the time to the next person.",
                _PHONE,
            ),
        ),
    ),
    (Kind.TURN_NEAR, EMAIL): Text(
        subject="It is nearly your turn: token {token}",
        bodies=(
            paragraphs(
                "Hello,",
                "It is nearly your turn. Please come back to the waiting room now.",
                _CALLED_TO,
                "With the link below you can see how the queue is moving.",
            ),
        ),
    ),
    (Kind.YOUR_TURN, EMAIL): Text(
        subject="It is your turn: token {token}",
        bodies=(
            paragraphs(
                "Hello,",
                "It is your turn. Please come in now.",
                _CALLED_TO,
                "If you cannot find the way, ask at the desk.",
            ),
        ),
    ),
    (Kind.FEEDBACK, EMAIL): Text(
        subject="How was your visit?",
        bodies=(
            paragraphs(
                "Hello,",
                "Thank you for coming to {clinic} on {day}. How was it?",
                "It takes a minute to tell us with the link below, and it helps us to do better.",
            ),
        ),
    ),
    # --- Text messages ------------------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, SMS): Text(
        bodies=(
            "{clinic}: please confirm your visit on {day} at {time} by {until}. {link}",
            "{clinic}: please confirm your visit by {until}. {link}",
            "Please confirm your visit on {day}: {link}",
        )
    ),
    (Kind.CONFIRMATION, SMS): Text(
        bodies=(
            "{clinic}: your visit is confirmed, {day} at {time}, {doctor}. See, move or cancel it: {link}",
            "{clinic}: your visit is confirmed, {day} at {time}. {link}",
            "Your visit is confirmed, {day} at {time}. {link}",
        )
    ),
    (Kind.REMINDER, SMS): Text(
        bodies=(
            "{clinic}: reminder of your visit, {day} at {time}, {doctor}. Cannot come? Tell us here: {link}",
            "{clinic}: reminder of your visit, {day} at {time}. {link}",
            "Your visit: {day} at {time}. {link}",
        )
    ),
    (Kind.RESCHEDULED, SMS): Text(
        bodies=(
            "{clinic}: your visit has moved. New time: {day} at {time}, {doctor}. {link}",
            "{clinic}: your visit has moved to {day} at {time}. {link}",
            "Your visit has moved to {day} at {time}. {link}",
        )
    ),
    (Kind.CANCELLED, SMS): Text(
        bodies=(
            "{clinic}: your visit on {day} at {time}, {doctor}, is cancelled. Choose a new time: {link}",
            "{clinic}: your visit on {day} at {time} is cancelled. {link}",
            "Your visit on {day} at {time} is cancelled. {link}",
        )
    ),
    (Kind.EXPIRED, SMS): Text(
        bodies=(
            "{clinic}: your booking for {day} at {time} was not confirmed in time. Book again: {link}",
            "{clinic}: your booking for {day} was not confirmed in time. {link}",
            "Your booking for {day} was not confirmed in time. {link}",
        )
    ),
    (Kind.WAITLIST_OFFER, SMS): Text(
        bodies=(
            "{clinic}: a time is free for you, {day} at {time}, {doctor}. Answer by {until}: {link}",
            "{clinic}: a time is free for you, {day} at {time}. Answer by {until}: {link}",
            "A time is free for you, {day} at {time}. Answer soon: {link}",
        )
    ),
    (Kind.TURN_NEAR, SMS): Text(
        bodies=(
            "{clinic}: token {token}, it is nearly your turn. Please come back to the waiting room. {link}",
            "Token {token}: it is nearly your turn. {link}",
        )
    ),
    (Kind.YOUR_TURN, SMS): Text(
        bodies=(
            "{clinic}: token {token}, it is your turn. Please go to {room}. {link}",
            "{clinic}: token {token}, it is your turn. Please come in. {link}",
            "Token {token}: it is your turn. {link}",
        )
    ),
    (Kind.FEEDBACK, SMS): Text(
        bodies=(
            "{clinic}: thank you for your visit. How was it? It takes a minute to tell us: {link}",
            "Thank you for your visit. How was it? {link}",
        )
    ),
    # --- On the phone's screen, where others may see it ---------------------------------------------------------
    (Kind.TO_CONFIRM, PUSH): Text(
        subject="Please confirm your visit",
        bodies=("{day} at {time}, {doctor}. We keep this time for you until {until}.",),
    ),
    (Kind.CONFIRMATION, PUSH): Text(subject="Your visit is confirmed", bodies=("{day} at {time}, {doctor}.",)),
    (Kind.REMINDER, PUSH): Text(
        subject="Your visit: {day} at {time}",
        bodies=("{doctor}, {clinic}. Tap to say whether you are coming.",),
    ),
    (Kind.RESCHEDULED, PUSH): Text(
        subject="Your visit has a new time", bodies=("{day} at {time}, {doctor}. Tap to see it.",)
    ),
    (Kind.CANCELLED, PUSH): Text(
        subject="Your visit is cancelled", bodies=("{day} at {time}, {doctor}. Tap to choose another time.",)
    ),
    (Kind.EXPIRED, PUSH): Text(
        subject="Your booking was not confirmed in time", bodies=("{day} at {time}, {doctor}. Tap to book again.",)
    ),
    (Kind.WAITLIST_OFFER, PUSH): Text(
        subject="A time has come free", bodies=("{day} at {time}, {doctor}. Please answer by {until}.",)
    ),
    (Kind.TURN_NEAR, PUSH): Text(
        subject="{token}: it is nearly your turn", bodies=("Please come back to the waiting room.",)
    ),
    (Kind.YOUR_TURN, PUSH): Text(
        subject="{token}: it is your turn", bodies=("Please go to {room}.", "Please come in.")
    ),
    (Kind.FEEDBACK, PUSH): Text(
        subject="How was your visit?", bodies=("Thank you for coming. It takes a minute to tell us.",)
    ),
    # --- Calls, as they are spoken ------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "We are keeping an appointment for you: {day}, at {time}, with {doctor}.",
                "Please confirm it by {until}, on our website.",
                "Or phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
    (Kind.CONFIRMATION, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "Your appointment is confirmed: {day}, at {time}, with {doctor}.",
                "If you cannot come, please phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
    (Kind.REMINDER, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}, with a reminder.",
                "You have an appointment on {day}, at {time}, with {doctor}.",
                "If you cannot come, please phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
    (Kind.RESCHEDULED, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "Your appointment with {doctor} has been moved.",
                "The new time is {day}, at {time}.",
                "If it does not suit you, please phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
    (Kind.CANCELLED, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "Your appointment on {day}, at {time}, with {doctor}, has been cancelled.",
                "If you would like another time, please phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
    (Kind.EXPIRED, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "The time we kept for you on {day}, at {time}, was not confirmed, so others can book it again.",
                "If you would still like to come, please phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
    (Kind.WAITLIST_OFFER, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}, with good news.",
                "A time has come free for you: {day}, at {time}, with {doctor}.",
                "We are keeping it until {until}. You can take it on our website.",
                "Or phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
    (Kind.TURN_NEAR, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "Token {token}: it is nearly your turn.",
                "Please come back to the waiting room.",
                "Thank you.",
            ),
        )
    ),
    (Kind.YOUR_TURN, CALL): Text(
        bodies=(
            lines("Hello. This is {clinic}.", "Token {token}: it is your turn.", "Please go to {room}.", "Thank you."),
            lines("Hello. This is {clinic}.", "Token {token}: it is your turn.", "Please come in.", "Thank you."),
        )
    ),
    (Kind.FEEDBACK, CALL): Text(
        bodies=(
            lines(
                "Hello. This is {clinic}.",
                "Thank you for your visit. We would like to know how it was.",
                "You can tell us on our website.",
                "Or phone us on {phone}.",
                "Thank you. Goodbye.",
            ),
        )
    ),
}

BUTTONS = {
    Kind.TO_CONFIRM: "Confirm your appointment",
    Kind.CONFIRMATION: "Open your appointment",
    Kind.REMINDER: "Open your appointment",
    Kind.RESCHEDULED: "Open your appointment",
    Kind.CANCELLED: "Choose another time",
    Kind.EXPIRED: "Book again",
    Kind.WAITLIST_OFFER: "See the offer",
    Kind.TURN_NEAR: "Your place in the queue",
    Kind.YOUR_TURN: "Your place in the queue",
    Kind.FEEDBACK: "Tell us how it was",
}

ENGLISH = Written(
    code="en",
    texts=TEXTS | of_money.TEXTS,
    buttons=BUTTONS | of_money.BUTTONS,
    days=IN_ENGLISH,
    phone="Phone",
    keep_link="The link is meant for you alone, so please do not pass this e-mail on.",
    video_call="Video call",
    room="Room {number}",
    whys=of_money.WHYS,
    money=of_money.MONEY,
)

"""What messages about money say in Spanish. Text messages do without á, í, ó and ú, as those of `texts/es.py` do."""

from __future__ import annotations

from notifications.states import ChannelName, Kind
from notifications.texts.written import MoneyBack, Text, lines, paragraphs
from payments.states import RefundReason

EMAIL, SMS, PUSH, CALL = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH, ChannelName.CALL

_VISIT = lines("Cuándo: {day}, a {time}", "Con: {doctor}", "Dónde: {place}", "Para: {patient}", "Referencia: {number}")
_PHONE = "¿Prefiere hablar con nosotros? Llámenos al {phone}."
_HELLO = "Hola. Le llamamos de {clinic}."
_GOODBYE = "Gracias. Hasta pronto."

TEXTS = {
    # --- E-mail -------------------------------------------------------------------------------------------------
    (Kind.TO_PAY, EMAIL): Text(
        subject="Pague su cita del {day}",
        bodies=(
            paragraphs(
                "Hola:",
                "Le guardamos esta hora. Pague, por favor, {amount} antes de {until}; después quedará libre para otras "
                "personas.",
                _VISIT,
                "Abra su cita con el enlace de abajo y elija cómo quiere pagar. La cita queda confirmada en cuanto "
                "llega el pago.",
                _PHONE,
            ),
        ),
    ),
    (Kind.PAID, EMAIL): Text(
        subject="Recibo: hemos recibido {amount}",
        bodies=(
            paragraphs(
                "Hola:",
                "Gracias. Hemos recibido {amount} por esta cita:",
                _VISIT,
                "El recibo va adjunto a este mensaje. También lo encontrará con el enlace de abajo.",
                _PHONE,
            ),
        ),
    ),
    (Kind.REFUNDED, EMAIL): Text(
        subject="{why} Le devolvemos {amount}",
        bodies=(
            paragraphs(
                "Hola:",
                "{why}",
                "Le devolvemos {amount}. {money}",
                "Mensaje de la clínica: {words}",
                "Se trata de esta cita:",
                _VISIT,
                _PHONE,
            ),
        ),
    ),
    # --- Text messages ------------------------------------------------------------------------------------------
    (Kind.TO_PAY, SMS): Text(
        bodies=(
            "{clinic}: pague {amount} antes de {until} por su cita del {day} a {time}. {link}",
            "{clinic}: pague {amount} antes de {until}. {link}",
            "Pague su cita: {link}",
        )
    ),
    (Kind.PAID, SMS): Text(
        bodies=(
            "{clinic}: hemos recibido {amount} por su cita del {day}. Gracias. Recibo: {link}",
            "{clinic}: hemos recibido {amount}. Recibo: {link}",
            "Hemos recibido su pago. Recibo: {link}",
        )
    ),
    (Kind.REFUNDED, SMS): Text(
        bodies=(
            "{clinic}: {why} Le devolvemos {amount}. {link}",
            "{why} Le devolvemos {amount}. {link}",
            "{why} {link}",
        )
    ),
    # --- On the phone's screen, where others may see it ---------------------------------------------------------
    (Kind.TO_PAY, PUSH): Text(
        subject="Pague su cita", bodies=("{amount} antes de {until}. {day} a {time}, {doctor}.",)
    ),
    (Kind.PAID, PUSH): Text(
        subject="Hemos recibido {amount}", bodies=("{day} a {time}, {doctor}. Toque para ver el recibo.",)
    ),
    (Kind.REFUNDED, PUSH): Text(subject="Le devolvemos {amount}", bodies=("{why} {day} a {time}, {doctor}.",)),
    # --- Calls, as they are spoken ------------------------------------------------------------------------------
    (Kind.TO_PAY, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Le guardamos una cita con {doctor}, el {day}, a {time}.",
                "Por favor, pague {amount} en nuestra página web antes de {until}.",
                "También puede llamarnos al {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.PAID, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Hemos recibido {amount} por su cita con {doctor}, el {day}, a {time}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.REFUNDED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Se trata de su cita con {doctor}, el {day}, a {time}.",
                "{why}",
                "Le devolvemos {amount}. {money}",
                "Si tiene alguna pregunta, llámenos, por favor, al {phone}.",
                _GOODBYE,
            ),
        )
    ),
}

BUTTONS = {
    Kind.TO_PAY: "Pagar la cita",
    Kind.PAID: "Ver la cita",
    Kind.REFUNDED: "Ver la cita",
}

_BY_THE_CLINIC = ("La clínica ha decidido devolverle este importe.", "Le devolvemos dinero.", "Le devolvemos dinero.")

WHYS = {
    RefundReason.CANCELLED: (
        "Su cita se canceló, y esto es lo que le corresponde según las normas de la clínica.",
        "Cita cancelada.",
        "Cita cancelada.",
    ),
    RefundReason.CLINIC: (
        "Hemos tenido que cancelar su cita. Lo sentimos.",
        "Hemos tenido que cancelar su cita.",
        "Cita cancelada.",
    ),
    RefundReason.SEAT_GONE: (
        "Su pago llegó cuando ya no podíamos guardarle la hora, y ya no está libre. Por eso no tiene cita: por favor, "
        "no venga.",
        "No tiene cita: al pagar, la hora ya no estaba libre.",
        "No tiene cita: la hora no estaba libre.",
    ),
    RefundReason.UNPAID: (
        "El resto de lo que debía pagar antes de su cita no llegó a tiempo, así que no le guardamos la hora.",
        "No se ha pagado el resto a tiempo.",
        "Falta el resto.",
    ),
    RefundReason.PAID_TWICE: (
        "Se ha pagado por esta cita más de lo que cuesta.",
        "Ha pagado dos veces o demasiado.",
        "Pago de sobra.",
    ),
    RefundReason.STAFF: _BY_THE_CLINIC,
    RefundReason.PROVIDER: _BY_THE_CLINIC,
}

MONEY = {
    MoneyBack.DECIDED: "Lo devolvemos ahora; pueden pasar unos días hasta que aparezca en su banco.",
    MoneyBack.SENT: "Ya está en camino; pueden pasar unos días hasta que aparezca en su banco.",
    MoneyBack.IN_CASH: "Ya lo tiene en efectivo.",
}

"""What messages say in Spanish.

Text messages do without á, í, ó and ú: one of them more than halves the room there is. É and ñ are fine.
`{time}` and `{until}` begin with their article: “a las 9:20”, “antes de la 1:30”.
"""

from __future__ import annotations

from notifications.states import ChannelName, Kind
from notifications.texts.days import IN_SPANISH
from notifications.texts.money import es as of_money
from notifications.texts.written import Text, Written, lines, paragraphs

EMAIL, SMS, PUSH, CALL = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH, ChannelName.CALL

_VISIT = lines("Cuándo: {day}, a {time}", "Con: {doctor}", "Dónde: {place}", "Para: {patient}", "Referencia: {number}")
_CALLED_TO = lines("Turno: {token}", "Dónde: {room}", "Con: {doctor}")
_BRING = (
    "Le rogamos que llegue diez minutos antes y que traiga un documento de identidad con foto, la tarjeta de su seguro, "
    "si la tiene, y una lista de los medicamentos que toma."
)
_BY_VIDEO = (
    "Esta visita es por videollamada. Unos minutos antes de la hora, abra su cita con el enlace de abajo y entre en la "
    "videollamada. Tenga a mano una lista de los medicamentos que toma."
)
_CHANGE = (
    "Si no puede venir, avísenos lo antes posible, para que otra persona pueda aprovechar la hora. Con el enlace de abajo "
    "puede cambiar la cita o cancelarla."
)
_PHONE = "¿Prefiere hablar con nosotros? Llámenos al {phone}."
_CALENDAR = "El archivo adjunto añade la cita a su calendario."

_CONFIRMED = "Su cita está confirmada. Le esperamos."
_REMINDED = "Le recordamos su cita:"
_COMING = (
    "¿Va a venir? Con el enlace de abajo puede decírnoslo en un momento, y nos ayuda a organizar el día. Si no puede "
    "venir, avísenos, aunque sea con poca antelación: quizá otra persona esté esperando una hora."
)
_HELLO = "Hola. Le llamamos de {clinic}."
_GOODBYE = "Gracias. Hasta pronto."

TEXTS = {
    # --- E-mail -------------------------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, EMAIL): Text(
        subject="Confirme su cita del {day}",
        bodies=(
            paragraphs(
                "Hola:",
                "Le guardamos esta hora. Confírmela, por favor, antes de {until}; después quedará libre para otras personas.",
                _VISIT,
                "Abra su cita con el enlace de abajo y confírmela. Si la hora no le conviene, allí puede elegir otra.",
                _PHONE,
            ),
        ),
    ),
    (Kind.CONFIRMATION, EMAIL): Text(
        subject="Su cita está confirmada: {day}, a {time}",
        bodies=(paragraphs("Hola:", _CONFIRMED, _VISIT, _BRING, _CHANGE, _PHONE, _CALENDAR),),
        by_video=paragraphs("Hola:", _CONFIRMED, _VISIT, _BY_VIDEO, _CHANGE, _PHONE, _CALENDAR),
    ),
    (Kind.REMINDER, EMAIL): Text(
        subject="Recordatorio de su cita: {day}, a {time}",
        bodies=(paragraphs("Hola:", _REMINDED, _VISIT, _BRING, _COMING, _PHONE),),
        by_video=paragraphs("Hola:", _REMINDED, _VISIT, _BY_VIDEO, _COMING, _PHONE),
    ),
    (Kind.RESCHEDULED, EMAIL): Text(
        subject="Su cita tiene nueva hora: {day}, a {time}",
        bodies=(
            paragraphs(
                "Hola:",
                "Su cita ha cambiado. Esta es la nueva hora:",
                _VISIT,
                "La hora anterior ya no es válida. Si la nueva no le conviene, puede elegir otra con el enlace de abajo.",
                _PHONE,
                "El archivo adjunto cambia la cita en su calendario.",
            ),
        ),
    ),
    (Kind.CANCELLED, EMAIL): Text(
        subject="Su cita del {day} está cancelada",
        bodies=(
            paragraphs(
                "Hola:",
                "Esta cita ha quedado cancelada:",
                _VISIT,
                "Mensaje de la clínica: {words}",
                "No tiene que hacer nada más. Si aún desea que le atendamos, puede elegir otra hora con el enlace de "
                "abajo.",
                _PHONE,
                "El archivo adjunto quita la cita de su calendario.",
            ),
        ),
    ),
    (Kind.EXPIRED, EMAIL): Text(
        subject="Su reserva del {day} no se confirmó a tiempo",
        bodies=(
            paragraphs(
                "Hola:",
                "Le guardamos esta hora, pero no se confirmó a tiempo y vuelve a estar libre para otras personas:",
                _VISIT,
                "¿Aún desea venir? Puede elegir hora de nuevo con el enlace de abajo.",
                _PHONE,
            ),
        ),
    ),
    (Kind.WAITLIST_OFFER, EMAIL): Text(
        subject="Ha quedado libre una hora: {day}, a {time}",
        bodies=(
            paragraphs(
                "Hola:",
                "Buenas noticias: ha quedado libre una hora para usted. Se la guardamos hasta {until}.",
                lines("Cuándo: {day}, a {time}", "Con: {doctor}", "Dónde: {place}", "Para: {patient}"),
                "Si le interesa, abra la oferta con el enlace de abajo y acéptela. Si no le conviene, rechácela allí y "
                "seguirá en la lista de espera.",
                "Si no sabemos nada de usted antes de esa hora, se la ofreceremos a la siguiente persona.",
                _PHONE,
            ),
        ),
    ),
    (Kind.TURN_NEAR, EMAIL): Text(
        subject="Ya casi es su turno: {token}",
        bodies=(
            paragraphs(
                "Hola:",
                "Ya casi es su turno. Vuelva, por favor, a la sala de espera.",
                _CALLED_TO,
                "Con el enlace de abajo puede ver cómo avanza la cola.",
            ),
        ),
    ),
    (Kind.YOUR_TURN, EMAIL): Text(
        subject="Es su turno: {token}",
        bodies=(
            paragraphs(
                "Hola:", "Es su turno. Ya puede pasar.", _CALLED_TO, "Si no encuentra el camino, pregunte en recepción."
            ),
        ),
    ),
    (Kind.FEEDBACK, EMAIL): Text(
        subject="¿Qué tal fue su visita?",
        bodies=(
            paragraphs(
                "Hola:",
                "Gracias por venir a {clinic} el {day}. ¿Qué tal fue su visita?",
                "Con el enlace de abajo nos lo puede contar en un minuto, y nos ayuda a mejorar.",
            ),
        ),
    ),
    # --- Text messages ------------------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, SMS): Text(
        bodies=(
            "{clinic}: confirme su cita del {day} a {time} antes de {until}. {link}",
            "{clinic}: confirme su cita antes de {until}. {link}",
            "Confirme su cita del {day}: {link}",
        )
    ),
    (Kind.CONFIRMATION, SMS): Text(
        bodies=(
            "{clinic}: cita confirmada, {day} a {time}, {doctor}. Verla, cambiarla o cancelarla: {link}",
            "{clinic}: cita confirmada, {day} a {time}. {link}",
            "Cita confirmada, {day} a {time}. {link}",
        )
    ),
    (Kind.REMINDER, SMS): Text(
        bodies=(
            "{clinic}: le recordamos su cita, {day} a {time}, {doctor}. Si no puede venir, avise: {link}",
            "{clinic}: le recordamos su cita, {day} a {time}. {link}",
            "Su cita: {day} a {time}. {link}",
        )
    ),
    (Kind.RESCHEDULED, SMS): Text(
        bodies=(
            "{clinic}: su cita ha cambiado. Nueva hora: {day} a {time}, {doctor}. {link}",
            "{clinic}: su cita ha cambiado. Nueva hora: {day} a {time}. {link}",
            "Nueva hora de su cita: {day} a {time}. {link}",
        )
    ),
    (Kind.CANCELLED, SMS): Text(
        bodies=(
            "{clinic}: su cita del {day} a {time}, {doctor}, queda cancelada. Elija otra hora: {link}",
            "{clinic}: su cita del {day} a {time} queda cancelada. {link}",
            "Su cita del {day} a {time} queda cancelada. {link}",
        )
    ),
    (Kind.EXPIRED, SMS): Text(
        bodies=(
            "{clinic}: su reserva del {day} a {time} ha caducado sin confirmarse. Reserve de nuevo: {link}",
            "{clinic}: su reserva del {day} ha caducado sin confirmarse. {link}",
            "Su reserva del {day} ha caducado. {link}",
        )
    ),
    (Kind.WAITLIST_OFFER, SMS): Text(
        bodies=(
            "{clinic}: hora libre para usted, {day} a {time}, {doctor}. Responda antes de {until}: {link}",
            "{clinic}: hora libre para usted, {day} a {time}. Responda antes de {until}: {link}",
            "Hora libre para usted, {day} a {time}. Responda pronto: {link}",
        )
    ),
    (Kind.TURN_NEAR, SMS): Text(
        bodies=(
            "{clinic}: turno {token}, ya casi le toca. Vuelva, por favor, a la sala de espera. {link}",
            "Turno {token}: ya casi le toca. {link}",
        )
    ),
    (Kind.YOUR_TURN, SMS): Text(
        bodies=(
            "{clinic}: turno {token}, ya puede pasar: {room}. {link}",
            "{clinic}: turno {token}, ya puede pasar. {link}",
            "Turno {token}: ya puede pasar. {link}",
        )
    ),
    (Kind.FEEDBACK, SMS): Text(
        bodies=(
            "{clinic}: gracias por su visita. ¿Qué tal fue? Cuéntenoslo en un minuto: {link}",
            "Gracias por su visita. ¿Qué tal fue? {link}",
        )
    ),
    # --- On the phone's screen, where others may see it ---------------------------------------------------------
    (Kind.TO_CONFIRM, PUSH): Text(
        subject="Confirme su cita", bodies=("{day} a {time}, {doctor}. Se la guardamos hasta {until}.",)
    ),
    (Kind.CONFIRMATION, PUSH): Text(subject="Su cita está confirmada", bodies=("{day} a {time}, {doctor}.",)),
    (Kind.REMINDER, PUSH): Text(
        subject="Su cita: {day} a {time}", bodies=("{doctor}, {clinic}. Toque para decirnos si viene.",)
    ),
    (Kind.RESCHEDULED, PUSH): Text(
        subject="Su cita tiene nueva hora", bodies=("{day} a {time}, {doctor}. Toque para verla.",)
    ),
    (Kind.CANCELLED, PUSH): Text(
        subject="Su cita está cancelada", bodies=("{day} a {time}, {doctor}. Toque para elegir otra hora.",)
    ),
    (Kind.EXPIRED, PUSH): Text(
        subject="Su reserva no se confirmó a tiempo",
        bodies=("{day} a {time}, {doctor}. Toque para reservar de nuevo.",),
    ),
    (Kind.WAITLIST_OFFER, PUSH): Text(
        subject="Ha quedado libre una hora", bodies=("{day} a {time}, {doctor}. Responda antes de {until}.",)
    ),
    (Kind.TURN_NEAR, PUSH): Text(
        subject="{token}: ya casi es su turno", bodies=("Vuelva, por favor, a la sala de espera.",)
    ),
    (Kind.YOUR_TURN, PUSH): Text(subject="{token}: es su turno", bodies=("Ya puede pasar: {room}.", "Ya puede pasar.")),
    (Kind.FEEDBACK, PUSH): Text(
        subject="¿Qué tal fue su visita?", bodies=("Gracias por venir. Cuéntenoslo en un minuto.",)
    ),
    # --- Calls, as they are spoken ------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Le guardamos una cita con {doctor}, el {day}, a {time}.",
                "Por favor, confírmela en nuestra página web antes de {until}.",
                "También puede llamarnos al {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.CONFIRMATION, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Su cita con {doctor}, el {day}, a {time}, está confirmada.",
                "Si no puede venir, llámenos, por favor, al {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.REMINDER, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Le recordamos su cita con {doctor}, el {day}, a {time}.",
                "Si no puede venir, llámenos, por favor, al {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.RESCHEDULED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Su cita con {doctor} ha cambiado.",
                "La nueva hora es el {day}, a {time}.",
                "Si no le conviene, llámenos, por favor, al {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.CANCELLED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Su cita con {doctor}, el {day}, a {time}, ha quedado cancelada.",
                "Si desea otra hora, llámenos, por favor, al {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.EXPIRED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "La hora que le guardábamos, el {day}, a {time}, no se confirmó a tiempo y vuelve a estar libre.",
                "Si aún desea venir, llámenos, por favor, al {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.WAITLIST_OFFER, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Ha quedado libre una hora para usted con {doctor}: el {day}, a {time}.",
                "Se la guardamos hasta {until}. Puede aceptarla en nuestra página web.",
                "También puede llamarnos al {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.TURN_NEAR, CALL): Text(
        bodies=(
            lines(_HELLO, "Turno {token}: ya casi le toca.", "Vuelva, por favor, a la sala de espera.", "Gracias."),
        )
    ),
    (Kind.YOUR_TURN, CALL): Text(
        bodies=(
            lines(_HELLO, "Turno {token}: es su turno.", "Por favor, pase a {room}.", "Gracias."),
            lines(_HELLO, "Turno {token}: es su turno.", "Ya puede pasar.", "Gracias."),
        )
    ),
    (Kind.FEEDBACK, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "Gracias por su visita. Nos gustaría saber qué tal fue.",
                "Puede contárnoslo en nuestra página web.",
                "También puede llamarnos al {phone}.",
                _GOODBYE,
            ),
        )
    ),
}

BUTTONS = {
    Kind.TO_CONFIRM: "Confirmar la cita",
    Kind.CONFIRMATION: "Ver la cita",
    Kind.REMINDER: "Ver la cita",
    Kind.RESCHEDULED: "Ver la cita",
    Kind.CANCELLED: "Elegir otra hora",
    Kind.EXPIRED: "Reservar de nuevo",
    Kind.WAITLIST_OFFER: "Ver la oferta",
    Kind.TURN_NEAR: "Su lugar en la cola",
    Kind.YOUR_TURN: "Su lugar en la cola",
    Kind.FEEDBACK: "Contarnos qué tal fue",
}

_ARTICLES = {"dra.": "la", "dra": "la", "doctora": "la", "dr.": "el", "doctor": "el"}
"""“Dr” without a full stop is the English way, which says nothing of men and women."""


def _spoken_name(name: str) -> str:
    """A name as it stands in a sentence: “con la Dra. Lucía Romero”."""
    article = _ARTICLES.get(name.partition(" ")[0].lower())
    return f"{article} {name}" if article else name


SPANISH = Written(
    code="es",
    texts=TEXTS | of_money.TEXTS,
    buttons=BUTTONS | of_money.BUTTONS,
    days=IN_SPANISH,
    phone="Teléfono",
    keep_link="El enlace es solo para usted; por favor, no reenvíe este mensaje.",
    video_call="Videollamada",
    room="Sala {number}",
    whys=of_money.WHYS,
    money=of_money.MONEY,
    spoken_name=_spoken_name,
)

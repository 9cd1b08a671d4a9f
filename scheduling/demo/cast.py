"""Who works at the demo clinic: plain words, no code."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import time

MAIN = "harbour-street"
SECOND = "riverside"

SPECIALTIES: dict[str, str] = {
    "General practice": "Coughs, aches, worries, vaccinations and anything you are not sure about. Start here.",
    "Paediatrics": "Babies, children and teenagers up to 16. A parent or guardian comes along.",
    "Cardiology": "Chest pain on effort, palpitations, blood pressure and heart check-ups.",
    "Dermatology": "Rashes, moles, acne, eczema and anything else on skin, hair and nails.",
    "Orthopaedics": "Knees, hips, backs, shoulders and injuries from sport.",
    "Women’s health": "Contraception, pregnancy, menopause and gynaecology.",
    "Ear, nose and throat": "Hearing, sinuses, tonsils, dizziness and voice.",
    "Mental health": "Anxiety, low mood, sleep and attention. Also by video.",
}

WEEKDAYS = (0, 1, 2, 3, 4)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Session:
    """Hours a doctor keeps, in the wall clock of `location`."""

    start: time
    end: time
    weekdays: tuple[int, ...] = WEEKDAYS
    minutes: int = 20
    capacity: int = 1
    breaks: tuple[tuple[time, time], ...] = ()
    location: str = MAIN
    rrule: str = ""


@dataclass(frozen=True, slots=True)
class CastDoctor:
    """A doctor of the demo clinic; `leave` is (days from today, days long)."""

    name: str
    specialty: str
    years: int
    fee: int
    room: str
    biography: str
    sessions: tuple[Session, ...]
    leave: tuple[int, int] | None = None

    @property
    def mailbox(self) -> str:
        """The part of their e-mail address before the @."""
        letters = unicodedata.normalize("NFKD", self.name.removeprefix("Dr ").lower()).encode("ascii", "ignore")
        return letters.decode().replace(" ", ".")


LUNCH = ((time(12, 40), time(13, 40)),)
MIDDAY = ((time(12, 30), time(13, 30)),)
NOON_AND_TEA = ((time(12), time(13)), (time(17), time(17, 30)))
TEA_AND_LUNCH = ((time(10, 40), time(11)), (time(13), time(14)))

DOCTORS: tuple[CastDoctor, ...] = (
    CastDoctor(
        "Dr Amara Okonkwo", "General practice", 16, 0, "Room 1",
        "Amara has looked after families around Harbour Street since 2012. She likes long histories and plain words, "
        "and runs the Saturday vaccination hour.",
        (
            Session(time(9), time(17), weekdays=(0, 1, 2, 3, 4), breaks=TEA_AND_LUNCH),
            Session(time(9), time(11), weekdays=(5,), minutes=15, capacity=3),
        ),
    ),
    CastDoctor(
        "Dr Tomás Herrera", "General practice", 8, 0, "Room 2",
        "Tomás keeps the urgent surgery, every day of the week. If you cannot wait, he is probably the one you see.",
        (Session(time(8), time(20), weekdays=EVERY_DAY, minutes=15, breaks=NOON_AND_TEA),),
    ),
    CastDoctor(
        "Dr Helen Whitfield", "General practice", 27, 0, "Room 1",
        "Helen is a GP trainer with a special interest in diabetes and in people who care for others.",
        (Session(time(8, 40), time(16, 40), weekdays=(0, 1, 3), breaks=LUNCH, location=SECOND),),
    ),
    CastDoctor(
        "Dr Ravi Menon", "Paediatrics", 14, 65, "Room 4",
        "Ravi trained in Kochi and London. Asthma, allergies and worried parents are his daily bread; the stickers are "
        "in the top drawer.",
        (Session(time(9), time(16), breaks=LUNCH),),
    ),
    CastDoctor(
        "Dr Sinéad Gallagher", "Paediatrics", 21, 65, "Room 3",
        "Sinéad sees newborns and children with long-term conditions, and speaks Irish with anybody who asks.",
        (Session(time(13), time(19), weekdays=(1, 3, 4), location=SECOND, breaks=((time(16), time(16, 20)),)),),
    ),
    CastDoctor(
        "Dr Marcus Adeyemi", "Cardiology", 19, 140, "Room 6",
        "Marcus does heart check-ups, echo and 24-hour recordings, and explains them with drawings.",
        (Session(time(9), time(15), weekdays=(0, 2, 4), minutes=30, breaks=((time(12), time(13)),)),),
    ),
    CastDoctor(
        "Dr Ingrid Solberg", "Cardiology", 11, 140, "Room 6",
        "Ingrid looks after people with high blood pressure and rhythm problems, on Tuesday and Thursday evenings.",
        (Session(time(14), time(20), weekdays=(1, 3), minutes=30, breaks=((time(17), time(17, 30)),)),),
        leave=(5, 7),
    ),
    CastDoctor(
        "Dr Farah Siddiqui", "Dermatology", 13, 95, "Room 7",
        "Farah checks moles, treats acne and eczema, and holds a mole clinic on the first Saturday of the month.",
        (
            Session(time(9, 30), time(16, 30), weekdays=(0, 1, 2, 3), minutes=15, breaks=MIDDAY),
            Session(time(10), time(13), weekdays=(), minutes=10, rrule="FREQ=MONTHLY;BYDAY=1SA"),
        ),
    ),
    CastDoctor(
        "Dr Joon-ho Park", "Dermatology", 6, 85, "Room 5",
        "Joon-ho came to us from Bristol’s skin cancer service. Calm, thorough, always on time.",
        (Session(time(8), time(14), weekdays=WEEKDAYS, location=SECOND, breaks=((time(11), time(11, 20)),)),),
    ),
    CastDoctor(
        "Dr Charlotte Beaumont", "Orthopaedics", 24, 120, "Room 8",
        "Charlotte treats knees and hips, first without an operation. Team doctor of the rowing club.",
        (Session(time(9), time(16), weekdays=(0, 2, 3), minutes=30, breaks=((time(12, 30), time(13, 30)),)),),
    ),
    CastDoctor(
        "Dr Kwame Boateng", "Orthopaedics", 9, 110, "Room 4",
        "Kwame looks after backs, shoulders and weekend athletes, and works hand in hand with our physiotherapists.",
        (Session(time(10), time(18), weekdays=(1, 2, 4), minutes=20, breaks=((time(13), time(14)),), location=SECOND),),
    ),
    CastDoctor(
        "Dr Nadia Benali", "Women’s health", 17, 90, "Room 9",
        "Nadia offers contraception, pregnancy care and a menopause clinic. She speaks English, French and Arabic.",
        (Session(time(8, 30), time(15, 30), weekdays=(0, 1, 2, 4), breaks=MIDDAY),),
    ),
    CastDoctor(
        "Dr Peter Lindqvist", "Ear, nose and throat", 31, 100, "Room 10",
        "Peter has listened to ears for three decades: hearing, dizziness, sinuses. Small, patient and very tidy.",
        (Session(time(9), time(13), weekdays=WEEKDAYS, minutes=15),),
        leave=(2, 3),
    ),
    CastDoctor(
        "Dr Grace Mwangi", "Mental health", 12, 130, "Room 11",
        "Grace helps with anxiety, low mood, sleep and attention. Half of her visits are by video.",
        (Session(time(10), time(18), weekdays=(0, 1, 3, 4), minutes=40, breaks=((time(13, 20), time(14)),)),),
    ),
)  # fmt: skip

REASONS: dict[str, tuple[str, ...]] = {
    "General practice": (
        "Cough that will not go away", "Blood pressure check", "Travel vaccination", "Tired all the time",
        "Repeat prescription", "Sore throat", "Flu jab", "Sick note", "Diabetes review",
    ),
    "Paediatrics": ("Rash after nursery", "Asthma review", "Two-year check", "Earache", "Not sleeping", "Allergy test"),
    "Cardiology": ("Palpitations", "Check-up after a stent", "High blood pressure", "Breathless on the stairs"),
    "Dermatology": ("Mole to look at", "Eczema on the hands", "Acne treatment", "Itchy patch on the back"),
    "Orthopaedics": ("Knee pain after running", "Frozen shoulder", "Back pain", "Hip check after the operation"),
    "Women’s health": ("Contraception", "Smear test", "Pregnancy check", "Menopause clinic"),
    "Ear, nose and throat": ("Hearing test", "Blocked ear", "Sinus trouble", "Dizziness"),
    "Mental health": ("First talk", "Follow-up by video", "Sleep", "Anxiety at work"),
}  # fmt: skip

SPECIAL_REQUIREMENTS: tuple[str, ...] = (
    "Wheelchair user, ground floor please", "British Sign Language interpreter", "Very nervous with needles",
    "Comes with a guide dog", "Please speak slowly, hearing aid on the left",
)  # fmt: skip

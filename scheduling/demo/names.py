"""Names, in the mix one meets in a waiting room, and telephone numbers that reach nobody."""

from __future__ import annotations

from random import Random

from scheduling.states import Gender

FIRST_NAMES: dict[Gender, tuple[str, ...]] = {
    Gender.FEMALE: (
        "Amelia", "Priya", "Zainab", "Chloe", "Ngozi", "Mei", "Sofia", "Aisling", "Fatima", "Hannah", "Yuki", "Elena",
        "Grace", "Leila", "Isla", "Thandiwe", "Margaret", "Anya", "Rosa", "Siân", "Noor", "Charlotte", "Ifeoma",
        "Jasmine", "Agnieszka", "Dorothy", "Lakshmi", "Camille", "Maryam", "Freya", "Ewa", "Beatriz", "Joan", "Xiu",
    ),
    Gender.MALE: (
        "Oliver", "Arjun", "Mohammed", "Jack", "Chidi", "Wei", "Mateo", "Cian", "Yusuf", "Samuel", "Kenji", "Andrei",
        "George", "Omar", "Callum", "Sipho", "Harold", "Dmitri", "Luis", "Rhys", "Bilal", "William", "Emeka", "Tariq",
        "Piotr", "Arthur", "Rohan", "Étienne", "Hassan", "Finlay", "Tomasz", "João", "Leonard", "Jun",
    ),
    Gender.OTHER: ("Robin", "Ash", "Sasha", "Kit", "Rowan", "Noa"),
    Gender.UNDISCLOSED: ("Alex", "Sam", "Jordan", "Charlie", "Morgan", "Ari"),
}  # fmt: skip

LAST_NAMES: tuple[str, ...] = (
    "Okafor", "Patel", "Smith", "Nguyen", "O’Brien", "Khan", "Williams", "Kowalska", "Chen", "García", "Evans", "Singh",
    "Mensah", "Taylor", "Rahman", "Müller", "Campbell", "Hussain", "Novak", "Brown", "Adeyemi", "Sharma", "Jones",
    "Ivanova", "Murphy", "Begum", "Wilson", "Tanaka", "Costa", "Davies", "Achebe", "Reid", "Kaur", "Lefèvre", "Walker",
    "Haddad", "Thompson", "Popescu", "Robinson", "Yıldız", "Mbeki", "Wright", "Banerjee", "Hughes", "Santos", "Green",
    "Abdi", "Clarke", "van der Berg", "Ferreira", "Morgan", "Iqbal", "Scott", "Park", "Bailey", "D’Souza",
)  # fmt: skip

STREETS: tuple[str, ...] = (
    "Mill Lane", "Station Road", "Victoria Street", "Church Walk", "Orchard Close", "Canal Street", "High Street",
    "Park View", "Chapel Hill", "Queens Road", "The Crescent", "Meadow Way", "Albert Terrace", "Bridge Street",
)  # fmt: skip

FICTIONAL_EXCHANGES: tuple[str, ...] = (
    "+442079460", "+441174960", "+441134960", "+441144960", "+441154960", "+441164960", "+441184960",
    "+441214960", "+441314960", "+441414960", "+441514960", "+441614960", "+441914980",
)  # fmt: skip
"""Where Ofcom keeps a thousand numbers each for films and books; nobody will ever answer there."""


def fictional_phone(number: int) -> str:
    """The `number`-th telephone number that is reserved for fiction, or "" when they have run out."""
    exchange, line = divmod(number, 1000)
    if exchange >= len(FICTIONAL_EXCHANGES):
        return ""
    return f"{FICTIONAL_EXCHANGES[exchange]}{line:03d}"


def first_name(chance: Random, gender: Gender) -> str:
    """A first name that suits `gender`."""
    return chance.choice(FIRST_NAMES[gender])


def last_name(chance: Random) -> str:
    """A family name."""
    return chance.choice(LAST_NAMES)


def some_gender(chance: Random) -> Gender:
    """Mostly women and men, and some people who tick another box."""
    return chance.choices([Gender.FEMALE, Gender.MALE, Gender.OTHER, Gender.UNDISCLOSED], weights=[49, 47, 2, 2])[0]

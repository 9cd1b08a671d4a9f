"""Patients, most of them in families that share a telephone."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from scheduling.demo import names
from scheduling.models import Patient
from scheduling.states import Gender

MAIL_DOMAIN = "demo.example"
INSURERS = ("", "", "", "Northwind Health", "Beacon Mutual", "Oakline Insurance")
HISTORIES = ("", "", "", "", "Asthma", "Type 2 diabetes", "Allergic to penicillin", "High blood pressure", "Migraine")
FIRST_LINE = 200  # the clinic itself answers the numbers before


def make_families(*, count: int, chance: Random, today: date) -> list[Patient]:
    """Make `count` patients, family by family. The first three are a mother and her two children."""
    line = FIRST_LINE + Patient.objects.count()
    patients = _mother_and_children(line, today)[:count]
    while len(patients) < count:
        line += 1
        patients += _family(line, chance, today)[: count - len(patients)]
    return Patient.objects.bulk_create(patients, batch_size=1000)


def _mother_and_children(line: int, today: date) -> list[Patient]:
    """The family behind the patient's sign-in."""
    contact = {"phone": names.fictional_phone(line), "email": f"patient@{MAIL_DOMAIN}", "last_name": "Okafor"}
    home = {"address": "7 Mill Lane\nLondon SE1 0ZZ", "emergency_contact_name": "Emeka Okafor"}
    return [
        Patient(
            first_name="Ngozi",
            date_of_birth=_years_before(today, 36, 40),
            gender=Gender.FEMALE,
            insurance_provider="Northwind Health",
            insurance_number="NW-204-118",
            **contact,
            **home,
        ),
        Patient(
            first_name="Chidi",
            date_of_birth=_years_before(today, 8, 130),
            gender=Gender.MALE,
            medical_history="Asthma",
            **contact,
            **home,
        ),
        Patient(first_name="Ada", date_of_birth=_years_before(today, 4, 220), gender=Gender.FEMALE, **contact, **home),
    ]


def _family(line: int, chance: Random, today: date) -> list[Patient]:
    """One to four people who share a name, a telephone and a front door."""
    last_name = names.last_name(chance)
    phone = names.fictional_phone(line)
    address = f"{chance.randint(1, 140)} {chance.choice(names.STREETS)}\nLondon SE{chance.randint(1, 28)} 0ZZ"
    size = chance.choices((1, 2, 3, 4), weights=(55, 20, 15, 10))[0]
    insurer = chance.choice(INSURERS)
    family = []
    for place in range(size):
        gender = names.some_gender(chance)
        age = chance.randint(19, 88) if place == 0 or (place == 1 and size == 2) else chance.randint(0, 17)
        first_name = names.first_name(chance, gender)
        family.append(
            Patient(
                first_name=first_name,
                last_name=last_name,
                date_of_birth=_years_before(today, age, chance.randint(0, 364)),
                gender=gender,
                phone=phone,
                email=f"family{line}@{MAIL_DOMAIN}" if not phone or chance.random() < 0.7 else "",
                address=address,
                medical_history=chance.choice(HISTORIES),
                insurance_provider=insurer,
                insurance_number=f"{insurer[:2].upper()}-{line:06d}-{place + 1}" if insurer else "",
                wants_sms=chance.random() < 0.9,
            )
        )
    return family


def _years_before(today: date, years: int, days: int) -> date:
    return today - timedelta(days=years * 365 + years // 4 + days)

"""How text messages are counted, and that making them fit takes from names and never from links."""

from __future__ import annotations

import pytest

from notifications.texts.filling import fill
from notifications.texts.sms_length import Length, Value, cut, fit, in_gsm, is_gsm, length_of


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", Length(0, 160, 1, True)),
        ("a" * 160, Length(160, 160, 1, True)),
        ("a" * 161, Length(161, 160, 2, True)),
        ("a" * 306, Length(306, 160, 2, True)),
        ("a" * 307, Length(307, 160, 3, True)),
        ("a" * 158 + "€", Length(160, 160, 1, True)),
        ("a" * 159 + "€", Length(161, 160, 2, True)),
        ("a" * 152 + "€" + "a" * 152, Length(306, 160, 3, True)),  # an escaped sign is not torn apart
        ("á", Length(1, 70, 1, False)),
        ("م" * 70, Length(70, 70, 1, False)),
        ("म" * 71, Length(71, 70, 2, False)),
        ("म" * 135, Length(135, 70, 3, False)),
        ("👩" * 35, Length(70, 70, 1, False)),
        ("👩" * 36, Length(72, 70, 2, False)),
        ("éèùìòñüäöàÇØøÅåÆæßÉ¿¡@£$¥§Ω\n\r", Length(29, 160, 1, True)),
        ("^{}\\[~]|", Length(16, 160, 1, True)),
    ],
)
def test_signs_and_segments_are_counted_as_gateways_do(text: str, length: Length) -> None:
    assert length_of(text) == length


@pytest.mark.parametrize("sign", ["á", "í", "ó", "ú", "ç", "’", "–", "…", "\u00a0", "\t", "`"])
def test_these_are_not_of_the_gsm_alphabet(sign: str) -> None:
    assert not is_gsm(sign)


def test_accents_go_where_that_makes_room_and_only_there() -> None:
    assert in_gsm("Dra. Lucía Ibáñez – “Sí”…") == 'Dra. Lucia Ibañez - "Si"...'
    assert in_gsm("अपॉइंटमेंट पक्का á") == "अपॉइंटमेंट पक्का á"
    assert in_gsm("موعدًا") == "موعدًا"
    assert in_gsm("e\u0301") == "e"


def fitted(text: str, order: tuple[str, ...] = ("clinic", "day"), **values: Value) -> str | None:
    return fit(lambda chosen: fill(text, chosen), values, order)


LINK = Value(("https://appointments.example-clinic.org/m/abcdefghijkl/",))


def test_what_fits_stays_as_it_is() -> None:
    said = fitted("{clinic}: {link}", clinic=Value(("Clínica Harbour",), least=5), link=LINK)
    assert said == f"Clinica Harbour: {LINK.full}"  # 71 signs with an accent, which has room for 70
    assert fitted("{clinic}", clinic=Value(("Clínica",))) == "Clínica"


def test_the_name_is_cut_at_a_word_and_the_link_never() -> None:
    name = Value(("The Harbour Street Clinic for Families and their Neighbours in the Old Town",), least=5)
    said = fitted("{clinic}: your visit is confirmed, Thursday at nine. {link}", clinic=name, link=LINK)
    assert said is not None
    assert length_of(said).segments == 1
    assert said.endswith(LINK.full)
    assert said.startswith("The Harbour Street Clinic for Families and their:")


def test_no_more_is_cut_than_must_be_and_other_ways_come_after() -> None:
    said = fitted(
        "{clinic}: {day} {link}",
        clinic=Value(("x" * 120,), least=12),
        day=Value(("on Wednesday the second of December", "2/12")),
        link=LINK,
    )
    assert said == f"{'x' * 67}: on Wednesday the second of December {LINK.full}"
    assert len(said) == 160


def test_where_nothing_makes_it_fit_it_says_so() -> None:
    assert fitted("{clinic} {link}", clinic=Value(("x" * 90,), least=80), link=Value(("https://" + "y" * 100,))) is None
    assert fitted("{link}", link=Value(("https://" + "y" * 160,))) is None


def test_names_are_cut_where_letters_end() -> None:
    assert cut("Harbour Street Clinic", 30) == "Harbour Street Clinic"
    assert cut("Harbour Street Clinic", 16) == "Harbour Street"
    assert cut("Harbour Street, Clinic", 15) == "Harbour Street"
    assert cut("Wolfeschlegelsteinhausen", 6) == "Wolfes"
    assert cut("क्लिनिककीदुकान", 6) == "क्लिनि"
    assert cut("👩\u200d⚕ab", 2) == "👩"

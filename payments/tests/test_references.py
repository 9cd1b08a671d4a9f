"""References on transfers: the standard's own examples, and whatever people and banks make of ours."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from payments.references import in_groups, is_reference, nearly_in, number_of, reference_of, references_in

NUMBERS = st.integers(min_value=1, max_value=10**10 - 1)
PUBLISHED = ["RF18539007547034", "RF712348231", "RF332348236", "RF97C2H5OH", "RF45G72UUR"]
"""From the standard's documents of the European Payments Council, Finance Finland and STUZZA."""


@pytest.mark.parametrize("reference", PUBLISHED)
def test_published_examples_are_right(reference):
    assert is_reference(reference)
    assert number_of(reference) is None  # but none of ours


@pytest.mark.parametrize(
    "text", ["", "RF", "RF18", "RF19539007547034", "rf18539007547034", "RF18 5390 0754 7034", "RF1853900754703É"]
)
def test_what_is_none(text):
    assert not is_reference(text)


def test_it_reads_in_three_groups_of_four():
    assert in_groups(reference_of(123)) == "RF78 0000 0123"
    assert in_groups("RF18539007547034") == "RF18 5390 0754 7034"


@given(NUMBERS)
def test_it_names_its_payment_in_few_enough_signs(number):
    reference = reference_of(number)

    assert number_of(reference) == number
    assert is_reference(reference)
    assert len(reference) <= 25


@given(NUMBERS, st.integers(2, 11), st.integers(1, 9))
def test_one_wrong_digit_is_told_and_found_again(number, place, step):
    right = reference_of(number % 10**8 or 1)
    wrong = f"{right[:place]}{(int(right[place]) + step) % 10}{right[place + 1 :]}"

    assert not is_reference(wrong)
    assert references_in(wrong) == ()
    assert right in nearly_in(f"thank you {in_groups(wrong)}")


@given(st.integers(1, 10**8 - 1), st.integers(2, 10))
def test_two_swapped_digits_are_told_and_found_again(number, place):
    right = reference_of(number)
    assume(right[place] != right[place + 1])
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]

    assert references_in(wrong) == ()
    assert right in nearly_in(wrong)


@given(NUMBERS, st.sampled_from(["", " ", "-", ".", "/", "  ", "\u00a0"]), st.booleans(), st.text(), st.text())
def test_it_is_found_anywhere_in_free_text(number, gap, lower, before, after):
    written = in_groups(reference_of(number)).replace(" ", gap)
    text = f"{before}{written.lower() if lower else written}{after}"

    assert reference_of(number) in references_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "RF78 0000 0123",
        "FEE rf78-0000-0123 thanks",
        "NEFT/N331/ADA OKAFOR/RF7800000123/0042",
        "PAYMENTRF7800000123ADA",
        "Rf 78 00000123",
    ],
)
def test_as_banks_print_it(text):
    assert references_in(text) == ("RF7800000123",)


@pytest.mark.parametrize(
    "text", ["RF78 0000 123", "RF78 00000 0123", "RF7 0000 0123", "78 0000 0123", "RF78 OOOO 0I23", "RF87 0000 0123"]
)
def test_what_is_nearly_one(text):
    assert references_in(text) == ()
    assert "RF7800000123" in nearly_in(text)


@pytest.mark.parametrize("text", ["", "RF", "salary", "surf 12", "+44 20 7946 0018", "invoice 4711 of 2026-11-28"])
def test_most_texts_are_not_even_nearly_one(text):
    assert references_in(text) == ()
    assert nearly_in(text) == frozenset()


@given(st.text(max_size=300))
def test_any_text_can_be_read(text):
    for reference in (*references_in(text), *nearly_in(text)):
        assert re.fullmatch(r"RF[0-9]{10,}", reference)
        assert is_reference(reference)

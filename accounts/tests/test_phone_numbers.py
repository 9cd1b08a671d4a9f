"""Telephone numbers as people type them."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.phone_numbers import PhoneFormField, read_phone


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("020 7946 0018", "+442079460018"),
        ("(020) 7946-0018", "+442079460018"),
        ("+44 20 7946 0018", "+442079460018"),
        ("0044 20 7946 0018", "+442079460018"),
        ("07700 900123", "+447700900123"),
        ("+91 98765 43210", "+919876543210"),
    ],
)
def test_numbers_are_read_however_they_are_typed(typed: str, stored: str) -> None:
    assert read_phone(typed) == stored
    assert PhoneFormField().clean(typed).as_e164 == stored


@pytest.mark.parametrize("typed", ["12", "call me", "+44", "020 7946 0018 0018 0018", "<script>"])
def test_what_cannot_be_a_number_is_refused_with_a_sentence(typed: str) -> None:
    assert read_phone(typed) == ""
    with pytest.raises(ValidationError, match="Enter a phone number we can call"):
        PhoneFormField().clean(typed)
    with pytest.raises(ValidationError):
        User(phone=typed).clean_fields()


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["07700 900123", "+44 7700 900123", "(07700) 900-123"])
def test_one_number_is_stored_and_found_in_one_spelling(typed: str) -> None:
    user = User.objects.create_user(phone=typed)
    assert User.objects.values_list("phone", flat=True).get() == "+447700900123"
    assert User.objects.get(phone="07700900123") == user
    user.refresh_from_db()
    assert (str(user.phone), user.phone.as_national) == ("+447700900123", "07700 900123")


def test_a_number_that_nobody_reads_is_not_parsed() -> None:
    user = User(phone="+442079460018")
    assert user.__dict__["phone"] == "+442079460018"
    assert user.phone.as_national == "020 7946 0018"
    assert User(phone="").phone == ""
    assert User().phone is None

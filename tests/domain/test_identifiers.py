"""Check digits of institutions: real codes hold, every change the scheme promises to catch is caught."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.identifiers import (
    USCC_ALPHABET,
    lei_check_digits,
    lei_fault,
    registration_number_fault,
    uscc_check_character,
    uscc_fault,
)

LEI_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
uscc_bodies = st.text(USCC_ALPHABET, min_size=17, max_size=17)
lei_bodies = st.text(LEI_ALPHABET, min_size=18, max_size=18)


@pytest.mark.parametrize("code", ["91330000761336668H", "91350100M000100Y43"])
def test_a_real_unified_social_credit_code_holds(code: str) -> None:
    assert uscc_fault(code) is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "18 characters"),
        ("91330000761336668", "has 17"),
        ("91330000761336668HH", "has 19"),
        ("91330000761336668h", "'h'"),
        ("9133000076133666OH", "'O'"),
        ("91330000761336668J", "check character"),
        ("９1330000761336668H", "'９'"),
    ],
)
def test_a_wrong_unified_social_credit_code_is_told_why(code: str, reason: str) -> None:
    assert reason in (uscc_fault(code) or "")


@given(body=uscc_bodies, position=st.integers(0, 17), character=st.sampled_from(USCC_ALPHABET))
def test_every_single_substitution_in_a_uscc_is_caught(body: str, position: int, character: str) -> None:
    """31 is prime and no weight is a multiple of it, so the scheme guarantees this."""
    code = body + uscc_check_character(body)
    changed = code[:position] + character + code[position + 1 :]
    assert uscc_fault(code) is None
    assert (uscc_fault(changed) is None) == (changed == code)


@pytest.mark.parametrize("code", ["529900T8BM49AURSDO55", "5493001KJTIIGC8Y1R12", "HWUPKR0MPOU8FGXBT394"])
def test_a_real_legal_entity_identifier_holds(code: str) -> None:
    assert lei_fault(code) is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "not ''"),
        ("529900T8BM49AURSDO5", "check digits"),
        ("529900t8bm49aursdo55", "capitals"),
        ("529900T8BM49AURSDO5A", "two check digits"),
        ("529900T8BM49AURSDO56", "do not hold"),
        ("529900T8BM49AURSDO٥٥", "two check digits"),
    ],
)
def test_a_wrong_legal_entity_identifier_is_told_why(code: str, reason: str) -> None:
    assert reason in (lei_fault(code) or "")


@given(body=lei_bodies, position=st.integers(0, 19), data=st.data())
def test_every_substitution_in_a_lei_of_a_digit_by_a_digit_or_a_letter_by_a_letter_is_caught(
    body: str, position: int, data: st.DataObject
) -> None:
    """The value changes by less than 97 times a power of ten, and 97 divides neither."""
    code = body + lei_check_digits(body)
    alike = LEI_ALPHABET[:10] if code[position].isdigit() else LEI_ALPHABET[10:]
    character = data.draw(st.sampled_from(alike))
    changed = code[:position] + character + code[position + 1 :]
    assert lei_fault(code) is None
    assert (lei_fault(changed) is None) == (changed == code)


def test_a_digit_replaced_by_a_letter_can_escape_the_scheme_itself() -> None:
    """A letter counts as two digits, which moves everything before it by one place: ISO 7064 promises nothing here."""
    assert lei_fault("YINJK8SVOKI1Z9300008") is None
    assert lei_fault("YINJK8SVOKI1Z9L00008") is None


@given(body=lei_bodies)
def test_check_digits_of_a_lei_are_those_of_iso_7064(body: str) -> None:
    """Independent of the code under test: the whole number is 1 modulo 97, and the digits lie between 02 and 98."""
    digits = lei_check_digits(body)
    assert int("".join(str(LEI_ALPHABET.index(c)) for c in body + digits)) % 97 == 1
    assert 2 <= int(digits) <= 98


@pytest.mark.parametrize(
    ("number", "holds"),
    [
        ("91330000761336668H-2024-0001", True),
        ("91330000761336668J-2024-0001", False),
        ("91330000761336668H-24-0001", False),
        ("91330000761336668H-2024-1", False),
        ("91330000761336668H-2024-0001\n", False),
        ("", False),
    ],
)
def test_a_registration_number_is_a_valid_code_a_year_and_a_serial(number: str, holds: bool) -> None:
    assert (registration_number_fault(number) is None) == holds

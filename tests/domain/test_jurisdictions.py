"""ISO 3166-1: one spelling for one country."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.jurisdictions import NUMERIC, alpha2_of, jurisdiction_fault, numeric_of


def test_there_are_249_codes_each_of_two_capitals_with_a_number_of_its_own() -> None:
    assert len(NUMERIC) == len(set(NUMERIC.values())) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in NUMERIC)
    assert all(0 < number < 1_000 for number in NUMERIC.values())


@pytest.mark.parametrize(
    ("alpha2", "numeric"),
    [("CN", 156), ("HK", 344), ("MO", 446), ("TW", 158), ("SG", 702), ("GB", 826), ("AU", 36), ("KZ", 398), ("DE", 276),
     ("FR", 250), ("US", 840), ("JP", 392), ("AF", 4), ("ZW", 716), ("SS", 728), ("ME", 499), ("RS", 688), ("NO", 578)],
)  # fmt: skip
def test_well_known_codes_have_their_numbers(alpha2: str, numeric: int) -> None:
    assert jurisdiction_fault(alpha2) is None
    assert numeric_of(alpha2) == numeric and alpha2_of(numeric) == alpha2 and alpha2_of(f"{numeric:03d}") == alpha2


def test_the_two_codes_translate_into_each_other() -> None:
    assert all(alpha2_of(numeric_of(code)) == code for code in NUMERIC)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("cn", "write 'CN'"), (" CN", "write 'CN'"), ("156", "write 'CN'"), ("004", "write 'AF'"),
        ("UK", "the United Kingdom is GB"), ("EU", "name its members"), ("XK", "no official code"),
        ("", "is not"), ("XX", "is not"), ("CHN", "is not"), ("China", "is not"), ("中国", "is not"), ("4", "is not"),
        ("１５６", "is not"), ("000", "is not"), ("-36", "is not"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_what_to_write(text: str, advice: str) -> None:
    fault = jurisdiction_fault(text)
    assert fault is not None and repr(text) in fault and advice in fault


@pytest.mark.parametrize("text", ["AN", "CS", "DD", "SU", "TP", "YU", "ZR", "BU", "FX", "NT"])
def test_codes_of_countries_that_are_no_more_are_refused(text: str) -> None:
    assert jurisdiction_fault(text) is not None


@given(st.text(max_size=4))
def test_only_the_249_pass(text: str) -> None:
    assert (jurisdiction_fault(text) is None) == (text in NUMERIC)


@given(st.integers(-10, 1_010))
def test_a_number_that_is_not_assigned_has_no_country(number: int) -> None:
    assert (alpha2_of(number) is None) == (number not in set(NUMERIC.values()))

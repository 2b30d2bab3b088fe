"""How figures read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.reporting.figures import grouped, moment, percent, shortened, span, wan


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1234567.5", "1,234,567.5"), ("-1000", "-1,000"), ("0", "0"), ("0x12", "0x12"), ("12 d", "12 d"), ("1.", "1."), ("", "")],
)
def test_digits_are_grouped_and_other_text_stays(text: str, shown: str) -> None:
    assert grouped(text) == shown


@given(st.integers(0, 2**256))
def test_grouping_loses_no_digit(number: int) -> None:
    assert grouped(number).replace(",", "") == str(number)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("99999", ""), ("500000", "50 万"), ("123456789", "≈ 1.23 亿"), ("-250000.00", "-25 万"), ("10000000000000", "10 万亿"),
     ("1-2", ""), ("retail", ""), ("9" * 78, "≈ " + grouped("1" + "0" * 66) + " 万亿")],
)  # fmt: skip
def test_the_chinese_reading_is_secondary_and_says_when_it_is_rounded(text: str, shown: str) -> None:
    assert wan(text) == shown


@pytest.mark.parametrize(
    ("bp", "shown"), [(8250, "82.5 %"), (0, "0 %"), (-999, "−9.99 %"), (123456, "1,234.56 %"), (None, "–")]
)
def test_basis_points_read_as_per_cent(bp: int | None, shown: str) -> None:
    assert percent(bp) == shown


def test_times_are_local_and_durations_have_two_parts() -> None:
    assert moment(1_798_761_600) == "2027-01-01 08:00:00"
    assert span(90_061) == [(1, "d"), (1, "h")] and span(0) == [(0, "s")]


def test_hashes_are_shortened_in_the_middle() -> None:
    assert shortened("0x" + "ab" * 20) == "0xababab…ababab" and shortened("short") == "short"

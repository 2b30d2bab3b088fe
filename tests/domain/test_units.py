"""Money, ether and time as exact integers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.units import (
    UINT256_MAX,
    VALUE_DECIMALS,
    Money,
    Value,
    checked_uint256,
    format_value,
    parse_duration,
    parse_money,
    parse_native,
    price_per_base_unit,
)
from sandbox.errors import InputError

ONE = 10**VALUE_DECIMALS


@given(st.integers(-(10**90), 10**90), st.sampled_from(["CNY", "USD", "USDC"]))
def test_money_written_out_and_read_again_is_the_same(value: int, currency: str) -> None:
    money = Money(Value(value), currency)
    assert parse_money(str(money)) == money


@given(st.integers(0, UINT256_MAX))
def test_wei_reads_the_same_as_a_number_and_as_text(wei: int) -> None:
    assert parse_native(wei) == parse_native(f"{wei} wei") == wei


@given(st.integers(0, 10**18), st.sampled_from([("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 604_800)]))
def test_durations_scale_exactly(number: int, unit: tuple[str, int]) -> None:
    if number < 10**18:
        assert parse_duration(f"{number}{unit[0]}") == number * unit[1]
    assert parse_duration(number) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.50 CNY", 125 * ONE // 10),
        ("5000CNY", 5000 * ONE),
        (" 1,234,567.89 CNY ", 123456789 * ONE // 100),
        ("1_000 CNY", 1000 * ONE),
        ("-3 CNY", -3 * ONE),
        ("0." + "0" * 35 + "1 CNY", 1),
    ],
)
def test_sums_of_money_are_read_exactly(text: str, value: int) -> None:
    assert parse_money(text) == Money(Value(value), "CNY")


@pytest.mark.parametrize(
    "text",
    [
        "", "12.50", "CNY", "12.5 cny", "1e3 CNY", "NaN CNY", "12. CNY", ".5 CNY", "12,50 CNY", "1,2345 CNY", "1234,567 CNY",
        "--1 CNY", "1 CNYCNY", "１２ CNY", "1 CNY\n2", "0." + "0" * 36 + "1 CNY", "1" * 5_000 + " CNY", 12, 12.5, None, True,
    ],
)  # fmt: skip
def test_what_is_not_exactly_a_sum_of_money_is_an_input_error(text: object) -> None:
    with pytest.raises(InputError):
        parse_money(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "wei"), [("10 ether", 10**19), ("0.5 gwei", 5 * 10**8), ("1.000000000000000001 ether", 10**18 + 1)]
)
def test_ether_is_read_exactly(text: str, wei: int) -> None:
    assert parse_native(text) == wei


@pytest.mark.parametrize(
    "text", ["10", "ether", "-1 ether", -1, "0.5 wei", 2**256, f"{2**256} wei", 1.5, True, None, "1" * 5_000 + " wei", "１ wei"]
)
def test_what_is_not_an_amount_of_ether_is_an_input_error(text: object) -> None:
    with pytest.raises(InputError):
        parse_native(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"), [("5d", 432_000), ("12 hours", 43_200), ("1 week", 604_800), ("1 minute", 60), (90, 90)]
)
def test_durations_have_a_unit_or_are_whole_seconds(text: str | int, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "1.5d", "5 months", "-1d", -1, True, None, 1.0, "1" * 5_000 + "d", "５d"])
def test_what_is_not_a_duration_is_an_input_error(text: object) -> None:
    with pytest.raises(InputError):
        parse_duration(text)  # type: ignore[arg-type]


def test_a_uint256_ends_at_its_last_number() -> None:
    assert (checked_uint256(0), checked_uint256(UINT256_MAX)) == (0, UINT256_MAX)
    for number in (-1, UINT256_MAX + 1):
        with pytest.raises(InputError):
            checked_uint256(number)


@given(st.integers(0, 10**12), st.integers(0, 18))
def test_the_price_of_a_base_unit_times_a_whole_token_is_the_price(cents: int, decimals: int) -> None:
    price = Money(Value(cents * ONE // 100), "CNY")
    assert price_per_base_unit(price, decimals) * 10**decimals == price.value


def test_a_price_that_cannot_be_held_exactly_is_an_error() -> None:
    assert price_per_base_unit(parse_money("0.01 CNY"), 34) == 1
    with pytest.raises(InputError):
        price_per_base_unit(parse_money("0.01 CNY"), 35)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (ONE, "1"), (-ONE // 2, "-0.5"), (1, "0." + "0" * 35 + "1"), (12 * ONE, "12")]
)
def test_values_are_written_without_trailing_zeros(value: int, text: str) -> None:
    assert format_value(value) == text

"""Units: money, addresses, time. Exact integers everywhere; no float ever enters the domain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, NewType

from sandbox.errors import InputError

Address = NewType("Address", str)
"""20 bytes as lower-case 0x-hex."""

BaseUnits = NewType("BaseUnits", int)
"""Amount of a token (or wei) in its smallest unit, as the EVM counts it."""

Value = NewType("Value", int)
"""Worth in the pilot's reference currency, counted in 10**-36 of one unit of it, so that a price in decimals times a
token amount with up to 18 decimals stays an exact integer."""

Seconds = NewType("Seconds", int)

ZERO_ADDRESS: Final = Address("0x" + "00" * 20)
VALUE_DECIMALS: Final = 36
UINT256_MAX: Final = 2**256 - 1

# Digits are ASCII and bounded in number; a comma only groups thousands, so that "12,50 CNY" is an error and not 1250.
_MONEY = re.compile(
    r"(?P<number>-?(?:\d{1,3}(?:,\d{3}){1,25}|\d[\d_]{0,99})(?:\.\d{1,99})?)\s*(?P<currency>[A-Z]{3,5})", re.ASCII
)
_NATIVE = re.compile(r"(?P<number>\d[\d_]{0,99}(?:\.\d{1,99})?)\s*(?P<unit>wei|gwei|ether)", re.ASCII)
_DURATION = re.compile(r"(?P<number>\d{1,18})\s*(?P<unit>s|m|h|d|seconds?|minutes?|hours?|days?|weeks?|w)", re.ASCII)
_NATIVE_DECIMALS: Final = {"wei": 0, "gwei": 9, "ether": 18}
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Money:
    """An exact sum in a currency.

    value: in 10**-36 of one unit of the currency. currency: ISO 4217 code (or a token's own).
    """

    value: Value
    currency: str

    def __str__(self) -> str:
        return f"{format_value(self.value)} {self.currency}"


def parse_money(text: str) -> Money:
    """`"12.50 CNY"` -> Money. Raises InputError unless it is a decimal number and a currency code."""
    match = _MONEY.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise InputError(f"{text!r} is not a sum of money", do='write it as text, such as "12.50 CNY"')
    return Money(Value(_scaled(match["number"], VALUE_DECIMALS)), match["currency"])


def parse_native(text: str | int) -> BaseUnits:
    """`"10 ether"`, `"5 gwei"` or a whole number of wei -> wei. Raises InputError."""
    if isinstance(text, int) and not isinstance(text, bool):
        return checked_uint256(text)
    match = _NATIVE.fullmatch(str(text).strip())
    if match is None:
        raise InputError(f"{text!r} is not an amount of ether", do='write wei, or such as "10 ether"')
    return checked_uint256(_scaled(match["number"], _NATIVE_DECIMALS[match["unit"]]))


def parse_duration(text: str | int) -> Seconds:
    """`"5d"`, `"12 hours"` or a whole number of seconds -> seconds. Raises InputError."""
    if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
        return Seconds(text)
    match = _DURATION.fullmatch(str(text).strip())
    if match is None:
        raise InputError(f"{text!r} is not a duration", do='write seconds, or such as "5d", "12h"')
    return Seconds(int(match["number"]) * _SECONDS[match["unit"][0]])


def checked_uint256(number: int) -> BaseUnits:
    """The number, if the EVM can hold it. Raises InputError otherwise."""
    if not 0 <= number <= UINT256_MAX:
        raise InputError(f"{number} does not fit into a uint256", do="use a whole number from 0 to 2**256-1")
    return BaseUnits(number)


def price_per_base_unit(price: Money, decimals: int) -> Value:
    """Worth of one base unit, when one whole token (10**decimals base units) costs `price`. Raises InputError when the
    price has more digits than can be held exactly."""
    quotient, remainder = divmod(price.value, 10**decimals)
    if remainder:
        raise InputError(f"the price {price} of a token with {decimals} decimals cannot be held exactly")
    return Value(quotient)


def format_value(value: int) -> str:
    """Exact decimal text of a Value, without trailing zeros: 12_500000… -> "12.5"."""
    whole, fraction = divmod(abs(value), 10**VALUE_DECIMALS)
    digits = f"{fraction:0{VALUE_DECIMALS}d}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{'.' + digits if digits else ''}"


def _scaled(number: str, decimals: int) -> int:
    try:
        exact = Decimal(number.replace(",", "").replace("_", ""))
    except InvalidOperation as error:
        raise InputError(f"{number!r} is not a decimal number") from error
    sign, digits, exponent = exact.as_tuple()
    shift = int(exponent) + decimals
    if shift < 0:
        raise InputError(f"{number!r} has too many decimals", do=f"use at most {decimals}")
    scaled: int = int("".join(map(str, digits))) * 10**shift
    return -scaled if sign else scaled

"""Bounds as plain data: how they stand in files, in storage and in the log. `parse_bound` and `plain_bound` are each other's
inverse; what has not the shape of its limit is refused with what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.domain.bounds import (
    Allowed,
    Amount,
    AmountPer,
    Bound,
    Count,
    CountPer,
    Deadlines,
    Floor,
    Forbidden,
    Hold,
    Rates,
    Required,
    Resources,
    Span,
)
from sandbox.domain.canonical import MAX_INTEGER
from sandbox.domain.jurisdictions import jurisdiction_fault
from sandbox.domain.limits import LimitSpec
from sandbox.domain.units import Seconds, parse_duration, parse_money, parse_native
from sandbox.errors import InputError

Plain = str | int | bool | None | list["Plain"] | Mapping[str, "Plain"]


def parse_bound(spec: LimitSpec, plain: Plain) -> Bound | None:
    """A bound from plain data as it stands in a file. Raises InputError naming the limit and the shape it needs."""
    if plain is None:
        return None
    try:
        bound = _PARSERS[spec.shape](plain)
    except (InputError, TypeError, KeyError, ValueError) as error:
        reason = error.what if isinstance(error, InputError) else f"{plain!r} has not the shape of this limit"
        raise InputError(f"limit {spec.id}: {reason}", do=f"write {_HINTS[spec.shape]}") from error
    if spec.id == "jurisdiction" and isinstance(bound, Allowed):
        for fault in filter(None, map(jurisdiction_fault, sorted(bound.names))):
            raise InputError(f"limit {spec.id}: {fault}", do=f"write {_HINTS[Allowed]} in codes such as CN, SG")
    return bound


def plain_bound(bound: Bound) -> Plain:
    """A bound as plain data, which `parse_bound` reads back to an equal one."""
    match bound:
        case Count(maximum):
            return maximum if maximum <= MAX_INTEGER else str(maximum)
        case Amount(maximum):
            return str(maximum)
        case AmountPer(maximum, window):
            return {"value": str(maximum), "window": window}
        case CountPer(maximum, window):
            return {"value": maximum, "window": window}
        case Span(maximum):
            return maximum
        case Allowed(names):
            return {"allow": list[Plain](sorted(names))}
        case Forbidden(names):
            return {"forbid": list[Plain](sorted(names))}
        case Required(on):
            return on
        case Resources(gas, calldata):
            return {"gas": gas, "calldata": calldata}
        case Floor(minimum, hard):
            return {"minimum": minimum, "hard": hard}
        case Rates(annual, fee):
            return {"annual": annual, "fee": fee}
        case Deadlines(report, incident):
            return {"report": report, "incident": incident}


def _integer(plain: Plain) -> int:
    if isinstance(plain, bool) or not isinstance(plain, int | str):
        raise InputError(f"{plain!r} is not a whole number")
    number = int(str(plain).replace("_", ""))
    if number < 0:
        raise InputError(f"{number} is negative")
    return number


def _count(plain: Plain) -> Count:
    return Count(int(parse_native(plain)) if isinstance(plain, str) and " " in plain else _integer(plain))


def _amount(plain: Plain) -> Amount:
    money = parse_money(plain)  # type: ignore[arg-type]  # parse_money refuses anything but text
    if money.value < 0:
        raise InputError(f"{plain!r} is negative")
    return Amount(money)


def _mapping(plain: Plain, *keys: str) -> Mapping[str, Plain]:
    if not isinstance(plain, Mapping) or set(plain) != set(keys):
        raise InputError(f"{plain!r} must have exactly the keys {', '.join(keys)}")
    return plain


def _amount_per(plain: Plain) -> AmountPer:
    row = _mapping(plain, "value", "window")
    return AmountPer(_amount(row["value"]).maximum, _window(row["window"]))


def _count_per(plain: Plain) -> CountPer:
    row = _mapping(plain, "value", "window")
    return CountPer(_integer(row["value"]), _window(row["window"]))


def _window(plain: Plain) -> Seconds:
    seconds = parse_duration(plain)  # type: ignore[arg-type]  # parse_duration refuses anything else
    if seconds == 0:
        raise InputError("a window of no length")
    return seconds


def _names(plain: Plain) -> frozenset[str]:
    if not isinstance(plain, list) or not all(isinstance(name, str) for name in plain):
        raise InputError(f"{plain!r} is not a list of names")
    return frozenset(map(str, plain))


def _required(plain: Plain) -> Required:
    if not isinstance(plain, bool):
        raise InputError(f"{plain!r} is neither true nor false")
    return Required(plain)


def _resources(plain: Plain) -> Resources:
    row = _mapping(plain, "gas", "calldata")
    return Resources(_integer(row["gas"]), _integer(row["calldata"]))


def _floor(plain: Plain) -> Floor:
    row = _mapping(plain, "minimum", "hard")
    floor = Floor(_integer(row["minimum"]), _integer(row["hard"]))
    if floor.hard > floor.minimum:
        raise InputError(f"the hard floor {floor.hard} lies above the minimum {floor.minimum}")
    return floor


def _rates(plain: Plain) -> Rates:
    row = _mapping(plain, "annual", "fee")
    return Rates(_integer(row["annual"]), _integer(row["fee"]))


def _deadlines(plain: Plain) -> Deadlines:
    row = _mapping(plain, "report", "incident")
    return Deadlines(_window(row["report"]), _window(row["incident"]))


_PARSERS: Final[Mapping[type[Bound], Callable[[Plain], Bound]]] = {
    Count: _count,
    Amount: _amount,
    AmountPer: _amount_per,
    CountPer: _count_per,
    Span: lambda plain: Span(_window(plain)),
    Hold: lambda plain: Hold(_window(plain)),
    Allowed: lambda plain: Allowed(_names(_mapping(plain, "allow")["allow"])),
    Forbidden: lambda plain: Forbidden(_names(_mapping(plain, "forbid")["forbid"])),
    Required: _required,
    Resources: _resources,
    Floor: _floor,
    Rates: _rates,
    Deadlines: _deadlines,
}

_HINTS: Final[Mapping[type[Bound], str]] = {
    Count: "a whole number",
    Amount: 'an amount with its currency, such as "5000 CNY"',
    AmountPer: '{value: "20000 CNY", window: 1d}',
    CountPer: "{value: 20, window: 1d}",
    Span: "a duration, such as 180d",
    Hold: "a duration, such as 5d",
    Allowed: "{allow: [name, ...]}",
    Forbidden: "{forbid: [name, ...]}",
    Required: "true or false",
    Resources: "{gas: 8000000, calldata: 65536}",
    Floor: "{minimum: 10000, hard: 9000}, both in basis points",
    Rates: "{annual: 1500, fee: 100}, both in basis points",
    Deadlines: "{report: 30d, incident: 24h}",
}

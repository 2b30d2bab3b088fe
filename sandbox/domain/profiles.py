"""Profiles: limit templates with their sources, and how a pilot's own wishes are bound to one.

A firm may tighten a profile and never loosen it; a value the profile leaves open (null) is the firm's to state, up to the
hard ceiling where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.domain.limits import (
    Allowed,
    Amount,
    AmountPer,
    Bound,
    Count,
    CountPer,
    Forbidden,
    Limit,
    LimitSet,
    LimitSpec,
    Mode,
    Required,
    Resources,
    Span,
    spec_of,
)
from sandbox.domain.units import Seconds, parse_duration, parse_money, parse_native
from sandbox.errors import InputError

Plain = str | int | bool | None | list["Plain"] | Mapping[str, "Plain"]


@dataclass(frozen=True, slots=True)
class ProfileLimit:
    """One row of a profile. bound: None where the source gives no number. ceiling: hard upper bound, if any.
    confidence: verified | secondary | unverified | design."""

    id: str
    bound: Bound | None
    ceiling: Bound | None
    mode: Mode
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A limit template. stages: limit factor per stage in basis points. parameters: other numbers of the template
    (notice days, report cadence …) as plain data with their sources."""

    id: str
    version: int
    zh: str
    en: str
    currency: str
    source: str
    limits: Mapping[str, ProfileLimit]
    stages: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loosened:
    """A wish that is looser than the profile. asked and allowed are texts of the two bounds."""

    limit: str
    asked: str
    allowed: str


def bind(profile: Profile, wishes: Mapping[str, Plain], modes: Mapping[str, str]) -> LimitSet | tuple[Loosened, ...]:
    """The limits in force for a pilot, or every wish that would loosen the profile. Raises InputError for a wish that is
    not a limit, not of its shape, or in another currency than the profile (nothing converts between two)."""
    loosened: list[Loosened] = []
    bound: dict[str, Limit] = {}
    for limit_id in sorted({*profile.limits, *wishes, *modes}):
        row = profile.limits.get(limit_id) or _open_row(limit_id)
        wished = parse_bound(spec_of(limit_id), wishes[limit_id]) if limit_id in wishes else row.bound
        if isinstance(wished, Amount | AmountPer) and wished.maximum.currency != profile.currency:
            raise InputError(f"limit {limit_id}: {wished.maximum} is not in {profile.currency}")
        mode = _mode(modes[limit_id]) if limit_id in modes else row.mode
        for roof in (row.bound, row.ceiling):
            if roof is not None and (wished is None or not _covers(roof, wished)):
                loosened.append(Loosened(limit_id, "none" if wished is None else wished.text(), roof.text()))
                break
        if limit_id in profile.limits and mode < row.mode:
            loosened.append(Loosened(limit_id, mode.name.lower(), row.mode.name.lower()))
        own = limit_id in wishes and limit_id in profile.limits
        source, confidence = (f"set by the pilot; {row.source}", "design") if own else (row.source, row.confidence)
        bound[limit_id] = Limit(limit_id, wished, mode, source, confidence)
    return tuple(loosened) or LimitSet(profile.id, profile.currency, bound)


def parse_bound(spec: LimitSpec, plain: Plain) -> Bound | None:
    """A bound from plain data as it stands in a file. Raises InputError naming the limit and the shape it needs."""
    if plain is None:
        return None
    try:
        return _PARSERS[spec.shape](plain)
    except (InputError, TypeError, KeyError, ValueError) as error:
        reason = error.what if isinstance(error, InputError) else f"{plain!r} has not the shape of this limit"
        raise InputError(f"limit {spec.id}: {reason}", do=f"write {_HINTS[spec.shape]}") from error


def _open_row(limit_id: str) -> ProfileLimit:
    return ProfileLimit(spec_of(limit_id).id, None, None, Mode.ENFORCE, "the pilot's own limit", "design")


def _mode(text: str) -> Mode:
    try:
        return Mode[text.upper()]
    except KeyError as error:
        raise InputError(f"{text!r} is not a mode", do="use observe, warn or enforce") from error


def _covers(roof: Bound, wished: Bound) -> bool:
    return type(roof) is type(wished) and roof.covers(wished)  # type: ignore[arg-type]  # equal types, checked here


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


_PARSERS: Final[Mapping[type[Bound], Callable[[Plain], Bound]]] = {
    Count: _count,
    Amount: _amount,
    AmountPer: _amount_per,
    CountPer: _count_per,
    Span: lambda plain: Span(_window(plain)),
    Allowed: lambda plain: Allowed(_names(_mapping(plain, "allow")["allow"])),
    Forbidden: lambda plain: Forbidden(_names(_mapping(plain, "forbid")["forbid"])),
    Required: _required,
    Resources: _resources,
}

_HINTS: Final[Mapping[type[Bound], str]] = {
    Count: "a whole number",
    Amount: 'an amount with its currency, such as "5000 CNY"',
    AmountPer: '{value: "20000 CNY", window: 1d}',
    CountPer: "{value: 20, window: 1d}",
    Span: "a duration, such as 180d",
    Allowed: "{allow: [name, ...]}",
    Forbidden: "{forbid: [name, ...]}",
    Required: "true or false",
    Resources: "{gas: 8000000, calldata: 65536}",
}


def plain_bound(bound: Bound) -> Plain:
    """A bound as plain data, which `parse_bound` reads back to an equal one."""
    match bound:
        case Count(maximum):
            return maximum
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


def dump_limits(limits: LimitSet) -> dict[str, Plain]:
    """A limit set as plain data for storage."""
    rows: dict[str, Plain] = {
        key: {
            "bound": None if limit.bound is None else plain_bound(limit.bound),
            "mode": limit.mode.name.lower(),
            "source": limit.source,
            "confidence": limit.confidence,
        }
        for key, limit in sorted(limits.limits.items())
    }
    return {"profile": limits.profile, "currency": limits.currency, "limits": rows}


def load_limits(data: Mapping[str, Any]) -> LimitSet:
    """The limit set that `dump_limits` wrote. Raises InputError for a bound that has not its limit's shape."""
    return LimitSet(
        data["profile"],
        data["currency"],
        {
            key: Limit(key, parse_bound(spec_of(key), row["bound"]), _mode(row["mode"]), row["source"], row["confidence"])
            for key, row in data["limits"].items()
        },
    )

"""Bounds in a report: as plain data a page puts into its own words, and as the number a quantity is compared with."""

from __future__ import annotations

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
from sandbox.domain.limits import LimitSpec
from sandbox.domain.report_scan import Data
from sandbox.domain.units import format_value, parse_money


def bound_data(bound: Bound, currency: str) -> Data:
    """A bound as plain data a page can put into its own words. maximum, minimum: exact decimal text in the limit's unit, of
    what is bound from above and from below. text: the bound in the words of the log."""
    data: Data = {"shape": type(bound).__name__, "text": bound.text(), "maximum": None, "minimum": None, "window": None}
    return {**data, "names": None, **_parts(bound, currency)}


def _parts(bound: Bound, currency: str) -> Data:
    match bound:
        case Amount(money):
            return {"maximum": format_value(money.value), "unit": currency}
        case AmountPer(money, window):
            return {"maximum": format_value(money.value), "unit": currency, "window": int(window)}
        case CountPer(maximum, window):
            return {"maximum": str(maximum), "window": int(window)}
        case Count(maximum):
            return {"maximum": str(maximum)}
        case Hold(seconds):
            return {"minimum": str(int(seconds))}
        case Span(seconds):
            return {"maximum": str(int(seconds))}
        case Resources(gas, calldata):
            return {"maximum": str(gas), "calldata": str(calldata)}
        case Allowed(names) | Forbidden(names):
            return {"names": sorted(names)}
        case Required(on):
            return {"on": on}
        case Floor(minimum, hard):
            return {"minimum": str(minimum), "hard": str(hard)}
        case Rates(annual, fee):
            return {"annual": str(annual), "fee": str(fee)}
        case Deadlines(report, incident):
            return {"report": str(int(report)), "incident": str(int(incident))}


def share(value: int, maximum: int) -> int | None:
    """Basis points of the bound, rounded up; None against a bound of nothing."""
    return -(-value * 10_000 // maximum) if maximum > 0 else None


def number(spec: LimitSpec, text: str, currency: str) -> int:
    """A reading's text as the integer the rules compare."""
    return int(parse_money(f"{text} {currency}").value) if spec.unit == "money" else int(text)


def measure_of(bound: Bound) -> int | None:
    """The integer a quantity is compared with; None for what no single number says."""
    match bound:
        case Amount(money) | AmountPer(money, _):
            return int(money.value)
        case Count(maximum) | CountPer(maximum, _):
            return maximum
        case Span(seconds):
            return int(seconds)
        case Resources(gas, _):
            return gas
        case Floor(minimum, _):
            return minimum
        case Rates() | Allowed() | Forbidden() | Required() | Deadlines():
            return None


def is_floor(bound: Bound) -> bool:
    """Whether the bound is one from below: the more, the better."""
    return isinstance(bound, Floor | Hold)

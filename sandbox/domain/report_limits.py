"""The limits section: per limit the bound, the peak, the value at the end, headroom, breaches and refused attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.domain.limits import (
    CATALOGUE,
    Allowed,
    Amount,
    AmountPer,
    Bound,
    Count,
    CountPer,
    Forbidden,
    Limit,
    LimitSpec,
    Mode,
    Required,
    Resources,
    Span,
    format_observed,
)
from sandbox.domain.report_scan import Data, LogEntry, ReportContext, Scan, Transaction, proof
from sandbox.domain.rules import BY_CODE
from sandbox.domain.units import format_value, parse_money

WARNINGS: Final = (7_000, 8_000, 9_000)
"""Shares of a bound, in basis points, at which a warning (S0) is due."""

SERIES_POINTS: Final = 60


@dataclass(frozen=True, slots=True)
class _Point:
    """One reading of one limit. share: basis points of the bound, rounded up so that nearness is never understated."""

    entry: LogEntry
    value: int
    share: int | None


def limit_rows(scan: Scan, context: ReportContext) -> list[Data]:
    """One row per limit that has a bound, in the catalogue's order."""
    limits = context.limits.limits
    return [
        _row(spec, limits[spec.id], scan, context.limits.currency)
        for spec in CATALOGUE
        if spec.id in limits and limits[spec.id].bound is not None
    ]


def not_checked(context: ReportContext) -> list[Data]:
    """Limits that guarded nothing: without a bound, switched off, or in observe mode (counted only)."""
    rows: list[Data] = []
    for spec in CATALOGUE:
        limit = context.limits.limits.get(spec.id)
        if limit is None or limit.bound is None:
            reason = "unset"
        elif isinstance(limit.bound, Required) and not limit.bound.on:
            reason = "off"
        elif limit.mode is Mode.OBSERVE:
            reason = "observe"
        else:
            continue
        rows.append({"limit": spec.id, "zh": spec.zh, "en": spec.en, "reason": reason})
    return rows


def bound_data(bound: Bound, currency: str) -> Data:
    """A bound as plain data a page can put into its own words. maximum: exact decimal text in the limit's unit."""
    data: Data = {"shape": type(bound).__name__, "text": bound.text(), "maximum": None, "window": None, "names": None}
    match bound:
        case Amount(money):
            return {**data, "maximum": format_value(money.value), "unit": currency}
        case AmountPer(money, window):
            return {**data, "maximum": format_value(money.value), "unit": currency, "window": int(window)}
        case CountPer(maximum, window):
            return {**data, "maximum": str(maximum), "window": int(window)}
        case Count(maximum):
            return {**data, "maximum": str(maximum)}
        case Span(seconds):
            return {**data, "maximum": str(int(seconds))}
        case Resources(gas, calldata):
            return {**data, "maximum": str(gas), "calldata": str(calldata)}
        case Allowed(names) | Forbidden(names):
            return {**data, "names": sorted(names)}
        case Required(on):
            return {**data, "on": on}


def share(value: int, maximum: int) -> int | None:
    """Basis points of the bound, rounded up; None against a bound of nothing."""
    return -(-value * 10_000 // maximum) if maximum > 0 else None


def number(spec: LimitSpec, text: str, currency: str) -> int:
    """A reading's text as the integer the rules compare."""
    return int(parse_money(f"{text} {currency}").value) if spec.unit == "money" else int(text)


def maximum_of(bound: Bound) -> int | None:
    """The integer a quantity is compared with; None for questions of yes and no."""
    match bound:
        case Amount(money) | AmountPer(money, _):
            return int(money.value)
        case Count(maximum) | CountPer(maximum, _):
            return maximum
        case Span(seconds):
            return int(seconds)
        case Resources(gas, _):
            return gas
        case Allowed() | Forbidden() | Required():
            return None


def _row(spec: LimitSpec, limit: Limit, scan: Scan, currency: str) -> Data:
    assert limit.bound is not None
    rule = BY_CODE[spec.id]
    unit = currency if spec.unit == "money" else spec.unit
    return {
        "id": spec.id,
        "zh": spec.zh,
        "en": spec.en,
        "unit": unit,
        "money": spec.unit == "money",
        "bound": bound_data(limit.bound, currency),
        "mode": limit.mode.name.lower(),
        "timing": rule.timing.value,
        "grade": rule.grade.name,
        "source": limit.source,
        "clause": rule.source,
        "confidence": limit.confidence,
        **_course(spec, limit.bound, scan, currency),
        **_breaches(spec.id, scan),
    }


def _course(spec: LimitSpec, bound: Bound, scan: Scan, currency: str) -> Data:
    maximum = maximum_of(bound)
    points = [] if maximum is None else _points(spec, maximum, scan.transactions, currency)
    if maximum is None or not points:
        return {"peak": None, "end": None, "headroom_bp": None, "least_headroom_bp": None, "warnings": [], "series": []}
    peak, end = max(points, key=lambda point: point.value), points[-1]
    warnings = ((level, next((p for p in points if (p.share or 0) >= level), None)) for level in WARNINGS)
    return {
        "peak": _figure(spec, peak),
        "end": _figure(spec, end),
        "headroom_bp": None if end.share is None else 10_000 - end.share,
        "least_headroom_bp": None if peak.share is None else 10_000 - peak.share,
        "warnings": [{"bp": level, **_where(point.entry)} for level, point in warnings if point is not None],
        "series": [_figure(spec, point) for point in _thinned(points)],
    }


def _points(spec: LimitSpec, maximum: int, items: Sequence[Transaction], currency: str) -> list[_Point]:
    points = []
    for item in items:
        text = item.body["readings"].get(spec.id)
        if item.kept and text is not None:
            value = number(spec, str(text), currency)
            points.append(_Point(item.entry, value, share(value, maximum)))
    return points


def _thinned(points: Sequence[_Point]) -> list[_Point]:
    """At most SERIES_POINTS of them, the highest of each stretch, so that no peak is lost."""
    if len(points) <= SERIES_POINTS:
        return list(points)
    edges = [len(points) * step // SERIES_POINTS for step in range(SERIES_POINTS + 1)]
    stretches = (points[low:high] for low, high in zip(edges, edges[1:], strict=False))
    return [max(stretch, key=lambda point: point.value) for stretch in stretches]


def _figure(spec: LimitSpec, point: _Point) -> Data:
    return {"value": format_observed(spec, point.value), "bp": point.share, **_where(point.entry)}


def _where(entry: LogEntry) -> Data:
    return {"block": entry.body["block"], "time": entry.body["timestamp"], "entry": entry.index}


def _breaches(limit_id: str, scan: Scan) -> Data:
    refused = [item for item in scan.refused if any(_refuses(entry, limit_id) for entry in item.findings)]
    stands = [entry for _, entry in scan.findings if _about(entry, limit_id)]
    flagged = [entry for entry in stands if entry.body["finding"]["mode"] != "observe"]
    return {
        "refused": {"count": len(refused), **proof(item.entry for item in refused)},
        "flagged": {"count": len(flagged), **proof(flagged)},
        "observed_only": {"count": len(stands) - len(flagged)},
        "first_breach": _where(stands[0]) if stands else None,
        "first_refusal": _where(refused[0].entry) if refused else None,
    }


def _refuses(entry: LogEntry, limit_id: str) -> bool:
    """A refused transaction can also carry findings of rules that only watch; those did not refuse it."""
    return _about(entry, limit_id) and bool(entry.body["finding"]["refused"])


def _about(entry: LogEntry, limit_id: str) -> bool:
    return bool(entry.body["finding"]["code"] == limit_id)

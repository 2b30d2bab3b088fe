"""The limits section: per limit bound, peak, value at the end, headroom, warnings, breaches and refused attempts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.domain.limits import CATALOGUE, Bound, Limit, LimitSpec, Mode, Required, format_observed
from sandbox.domain.report_bounds import bound_data, is_floor, measure_of, number, share
from sandbox.domain.report_regime import Regime
from sandbox.domain.report_scan import Data, LogEntry, Scan, observed_only, proof, warning
from sandbox.domain.rules import BY_CODE

WARNINGS: Final = (7_000, 8_000, 9_000)
"""Shares of a bound, in basis points, at which a warning (S0) is due."""

SERIES_POINTS: Final = 60


@dataclass(frozen=True, slots=True)
class _Point:
    """One reading of one limit. share: basis points of the bound in force then, rounded so as never to understate nearness."""

    entry: LogEntry
    value: int
    share: int | None


def limit_rows(scan: Scan, regime: Regime) -> list[Data]:
    """One row per limit that had a bound, in the catalogue's order, against the bound in force at the end."""
    rows = []
    for spec in CATALOGUE:
        limit = next((one for one in reversed([_of(each, spec) for each in regime.sets]) if one is not None), None)
        if limit is not None:
            rows.append(_row(spec, limit, scan, regime))
    return rows


def not_checked(regime: Regime) -> list[Data]:
    """Limits that guarded nothing: without a bound, switched off, or in observe mode (counted only)."""
    rows: list[Data] = []
    for spec in CATALOGUE:
        limit = regime.final.limits.get(spec.id)
        if limit is None or limit.bound is None:
            reason = "unset"
        elif isinstance(limit.bound, Required) and not limit.bound.on:
            reason = "off"
        elif limit.mode is Mode.OBSERVE:
            reason = "observe"
        else:
            continue
        basis = {"source": limit.source if limit else "", "confidence": limit.confidence if limit else None}
        rows.append({"limit": spec.id, "zh": spec.zh, "en": spec.en, "reason": reason, **basis})
    return rows


def _of(limits: object, spec: LimitSpec) -> Limit | None:
    limit: Limit | None = getattr(limits, "limits", {}).get(spec.id)
    return limit if limit is not None and limit.bound is not None else None


def _row(spec: LimitSpec, limit: Limit, scan: Scan, regime: Regime) -> Data:
    assert limit.bound is not None
    rule, currency = BY_CODE[spec.id], regime.final.currency
    course = _course(spec, limit.bound, scan, regime)
    reached = course.pop("reached")
    return {
        "id": spec.id,
        "zh": spec.zh,
        "en": spec.en,
        "unit": currency if spec.unit == "money" else spec.unit,
        "money": spec.unit == "money",
        "bound": bound_data(limit.bound, currency),
        "direction": None if measure_of(limit.bound) is None else "at_least" if is_floor(limit.bound) else "at_most",
        "drawn": measure_of(limit.bound) is not None and (course["peak"] is not None or not is_floor(limit.bound)),
        "changed": len({str(one.bound) for each in regime.sets if (one := _of(each, spec)) is not None}) > 1,
        "mode": limit.mode.name.lower(),
        "timing": rule.timing.value,
        "grade": rule.grade.name,
        "source": limit.source,
        "clause": rule.source,
        "confidence": limit.confidence,
        **course,
        "warnings": _warnings(spec, reached, scan, currency),
        **_breaches(spec.id, scan),
    }


def _course(spec: LimitSpec, bound: Bound, scan: Scan, regime: Regime) -> Data:
    points = [] if measure_of(bound) is None else _points(spec, scan, regime)
    if not points:
        return {"peak": None, "end": None, "headroom_bp": None, "least_headroom_bp": None, "series": [], "reached": {}}
    floor = is_floor(bound)
    gravest = min if floor else max
    peak, end = gravest(points, key=lambda point: point.value), points[-1]
    rooms = [room for point in points if (room := _room(point, floor)) is not None]
    return {
        "peak": _figure(spec, peak),
        "end": _figure(spec, end),
        "headroom_bp": _room(end, floor),
        "least_headroom_bp": min(rooms, default=None),
        "series": [_figure(spec, point) for point in _thinned(points, floor)],
        "reached": {} if floor else {level: _first(points, level) for level in WARNINGS},
    }


def _room(point: _Point, floor: bool) -> int | None:
    """Headroom in basis points of the bound: what is left up to a maximum, or what lies above a floor."""
    if point.share is None:
        return None
    return point.share - 10_000 if floor else 10_000 - point.share


def _first(points: Iterable[_Point], level: int) -> LogEntry | None:
    return next((point.entry for point in points if (point.share or 0) >= level), None)


def _points(spec: LimitSpec, scan: Scan, regime: Regime) -> list[_Point]:
    points = []
    for item in scan.transactions:
        text = item.body["readings"].get(spec.id)
        limit = _of(regime.at(item.entry), spec)
        measure = None if limit is None or limit.bound is None else measure_of(limit.bound)
        if item.kept and text is not None and measure is not None:
            value = number(spec, str(text), regime.final.currency)
            floor = limit is not None and limit.bound is not None and is_floor(limit.bound)
            points.append(_Point(item.entry, value, value * 10_000 // measure if floor and measure else share(value, measure)))
    return points


def _thinned(points: Sequence[_Point], floor: bool) -> list[_Point]:
    """At most SERIES_POINTS of them, the gravest of each stretch, so that no peak is lost."""
    if len(points) <= SERIES_POINTS:
        return list(points)
    edges = [len(points) * step // SERIES_POINTS for step in range(SERIES_POINTS + 1)]
    stretches = (points[low:high] for low, high in zip(edges, edges[1:], strict=False))
    gravest = min if floor else max
    return [gravest(stretch, key=lambda point: point.value) for stretch in stretches]


def _figure(spec: LimitSpec, point: _Point) -> Data:
    return {"value": format_observed(spec, point.value), "bp": point.share, **_where(point.entry)}


def _where(entry: LogEntry) -> Data:
    return {"block": entry.body["block"], "time": entry.body["timestamp"], "entry": entry.index}


def _warnings(spec: LimitSpec, reached: dict[int, LogEntry | None], scan: Scan, currency: str) -> list[Data]:
    """Per level: where it was first reached, and how many warnings (S0) were given at it. A quantity that leaps over a level is
    warned of at the highest one only."""
    given: dict[int, list[LogEntry]] = {level: [] for level in WARNINGS}
    for entry in scan.warnings:
        if _about(entry, spec.id):
            given[_level(spec, entry, currency)].append(entry)
    rows = []
    for level in WARNINGS:
        first = min((e for e in (reached.get(level), *given[level][:1]) if e is not None), key=lambda e: e.index, default=None)
        if first is not None:
            rows.append({"bp": level, "count": len(given[level]), **_where(first), **proof(given[level] or [first])})
    return rows


def _level(spec: LimitSpec, entry: LogEntry, currency: str) -> int:
    finding = entry.body["finding"]
    observed, bound = (number(spec, str(finding[key]), currency) for key in ("observed", "bound"))
    return next((level for level in reversed(WARNINGS) if observed * 10_000 >= level * bound), WARNINGS[0])


def _breaches(limit_id: str, scan: Scan) -> Data:
    refused = [item for item in scan.refused if any(_refuses(entry, limit_id) for entry in item.findings)]
    stands = [entry for _, entry in scan.findings if _about(entry, limit_id) and not warning(entry)]
    flagged = [entry for entry in scan.counted if _about(entry, limit_id)]
    observed = [entry for entry in stands if observed_only(entry)]
    drills = [entry for entry in scan.drills if _about(entry, limit_id)]
    return {
        "refused": {"count": len(refused), **proof(item.entry for item in refused)},
        "flagged": {"count": len(flagged), **proof(flagged)},
        "drills": {"count": len(drills), **proof(drills)},
        "observed_only": {"count": len(observed)},
        "first_breach": _where(stands[0]) if stands else None,
        "first_refusal": _where(refused[0].entry) if refused else None,
    }


def _refuses(entry: LogEntry, limit_id: str) -> bool:
    """A refused transaction can also carry findings of rules that only watch; those did not refuse it."""
    return _about(entry, limit_id) and bool(entry.body["finding"]["refused"])


def _about(entry: LogEntry, limit_id: str) -> bool:
    return bool(entry.body["finding"]["code"] == limit_id)

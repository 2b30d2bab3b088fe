"""Which limits were in force at which block: versions with who proposed and approved them, and the course of what judged.

Entries of type `governed` say from which block on which bounds judge; between two of them nothing changes. A log without them
was judged by the limits of admission throughout.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.domain.bound_plain import parse_bound
from sandbox.domain.limits import CATALOGUE, SPECS, Bound, Limit, LimitSet, Mode
from sandbox.domain.report_acts import Life
from sandbox.domain.report_bounds import bound_data
from sandbox.domain.report_scan import Data, LogEntry, Scan, proof
from sandbox.domain.standing import STATE_NAMES, State

_UNKNOWN: Final = Limit("", None, Mode.ENFORCE, "", "design")


@dataclass(frozen=True, slots=True)
class Regime:
    """Limits in the order in which they came into force: number of the entry that says so, from which block on, the limits."""

    entries: tuple[int, ...]
    blocks: tuple[int, ...]
    sets: tuple[LimitSet, ...]

    @property
    def final(self) -> LimitSet:
        """Those in force at the end."""
        return self.sets[-1]

    def at(self, entry: LogEntry) -> LimitSet:
        """Those that judged what this entry records."""
        return self.sets[max(0, bisect_left(self.entries, entry.index) - 1)]


def regime_of(scan: Scan, admitted: LimitSet) -> Regime:
    """The course of the limits in a run."""
    governed = scan.of("governed")
    if not governed:
        return Regime((scan.start.index,), (1,), (admitted,))
    sets = tuple(_governed(entry.body, admitted) for entry in governed)
    return Regime(tuple(entry.index for entry in governed), tuple(int(entry.body["block"]) for entry in governed), sets)


def _governed(body: Mapping[str, Any], admitted: LimitSet) -> LimitSet:
    rows = {}
    for key, plain in body["bounds"].items():
        known = admitted.limits.get(key, replace(_UNKNOWN, id=key))
        rows[key] = replace(known, bound=parse_bound(SPECS[key], plain), mode=Mode[str(body["modes"][key]).upper()])
    unset = {key: replace(limit, bound=None) for key, limit in admitted.limits.items() if key not in rows}
    return replace(admitted, limits={**unset, **rows})


def versions(life: Life | None, scan: Scan, admitted: LimitSet) -> list[Data]:
    """Every version of the limits, that of admission (0) first: who asked for it, who let it come into force, and why."""
    first = {
        **{"number": 0, "kind": "admission", "status": "in_force", "changes": [], "reason": None, "proposer": None},
        **{"proposed_at": None, "approver": None, "approved_at": None, "rejection": None, "from_block": 1},
        **proof([scan.start]),
    }
    rows = [] if life is None else [{"rejection": None, **life.versions[key]} for key in sorted(life.versions)]
    return [first, *({**row, "changes": changes_data(row["changes"], admitted.currency)} for row in rows)]


def by_block(regime: Regime, scan: Scan, listed: list[Data]) -> list[Data]:
    """From which block on which limits were in force: versions among them, the share of the staged ones, and what changed."""
    governed = {entry.index: entry for entry in scan.of("governed")}
    rows: list[Data] = []
    before: LimitSet | None = None
    for index, block, limits in zip(regime.entries, regime.blocks, regime.sets, strict=True):
        body = governed[index].body if index in governed else {}
        why = str(body.get("why", ""))
        reached = [row["number"] for row in listed if row["from_block"] is not None and row["from_block"] <= block]
        row = {
            "from_block": block,
            "versions": reached,
            "version": max(reached, default=0),
            "factor_bp": body.get("factor"),
            "state": why or None,
            "state_name": dict(zip(("zh", "en"), STATE_NAMES[State(why)], strict=True)) if why in set(State) else None,
            "business": body.get("business"),
            "frozen": sorted(body.get("frozen", ())),
            "paused": bool(body.get("paused", False)),
            "changed": [] if before is None else _differences(before, limits),
            **proof([index]),
        }
        rows.append(row)
        before = limits
    return rows


def changes_data(plain: Mapping[str, Any], currency: str) -> list[Data]:
    """Changed limits with their new bounds, as plain data."""
    return [{**_named(key), "bound": _bound(parse_bound(SPECS[key], value), currency)} for key, value in sorted(plain.items())]


def _differences(before: LimitSet, after: LimitSet) -> list[Data]:
    pairs = ((spec.id, before.bound(spec.id), after.bound(spec.id)) for spec in CATALOGUE)
    return [
        {**_named(key), "before": _bound(then, after.currency), "bound": _bound(now, after.currency)}
        for key, then, now in pairs
        if then != now
    ]


def _named(key: str) -> Data:
    spec = SPECS[key]
    return {"limit": key, "zh": spec.zh, "en": spec.en, "unit": spec.unit, "money": spec.unit == "money"}


def _bound(bound: Bound | None, currency: str) -> Data | None:
    return None if bound is None else bound_data(bound, currency)

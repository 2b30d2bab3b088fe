"""What a regulator's desk looks at besides violations: interventions, evaluation, complaints, incidents, reports on time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sandbox.domain.bounds import Deadlines
from sandbox.domain.evaluation import DIMENSIONS, MAX_POINTS, PAPERS, Dimension
from sandbox.domain.report_acts import Life
from sandbox.domain.report_bounds import bound_data
from sandbox.domain.report_regime import Regime, changes_data
from sandbox.domain.report_scan import Data, Scan, proof

RULE: Final = "reporting_deadline"


def interventions(life: Life | None, currency: str) -> list[Data]:
    """Freezes, pauses, caps and forced wind-downs, in the order of the log. from_block: the first block it is felt in."""
    if life is None:
        return []
    forced = [
        {**row, "measure": "wind_down", "who": None, "changes": None, "from_block": row["block"] + 1}
        for row in life.history
        if row["to"]["code"] == "wind_down" and row["role"] != "firm"
    ]
    keys = ("measure", "who", "reason", "by", "role", "department", "time", "block", "from_block", "entry")
    rows = sorted([*life.measures, *forced], key=lambda row: int(row["entry"]))
    return [
        {**{key: row[key] for key in keys}, "changes": changes_data(row["changes"], currency) if row["changes"] else []}
        for row in rows
    ]


def evaluation(life: Life | None) -> Data | None:
    """The scorecard of the latest evaluation with its papers; None before the first."""
    since = _evaluating_since(life)
    if life is None or since is None:
        return None
    scored = {row["dimension"]: row for row in life.scores if row["entry"] >= since}
    filed = {row["kind"]: row for row in life.papers if row["entry"] >= since}
    points = [int(row["points"]) for row in scored.values()]
    return {
        "dimensions": [_scored(dimension, scored.get(dimension.value)) for dimension in Dimension],
        "papers": [_paper(paper.kind, paper.zh, paper.en, filed.get(paper.kind)) for paper in PAPERS],
        "total": sum(points),
        "attainable": MAX_POINTS * len(points),
        "complete": len(scored) == len(Dimension) and all(paper.kind in filed for paper in PAPERS),
        **proof(sorted(row["entry"] for row in scored.values())),
    }


def duties(life: Life | None, scan: Scan, regime: Regime) -> Data | None:
    """Incidents, complaints and reports, with what became of them. Ages count to the end of the log, in seconds."""
    if life is None:
        return None
    limit = regime.final.limits.get(RULE)
    bound = None if limit is None else limit.bound
    now = now_of(scan)
    within = int(bound.incident) if isinstance(bound, Deadlines) else None
    notices = [row for row in life.reports if row["kind"] == "incident"]
    return {
        "deadlines": None if bound is None else bound_data(bound, regime.final.currency),
        "complaints": [_answered(row, now) for row in life.complaints],
        "comments_open": sum("answer" not in row for row in life.comments),
        "incidents": _incidents(life.incidents, notices, now, within),
        "reports": life.reports,
        "overdue": life.overdue,
    }


def now_of(scan: Scan) -> int:
    """Unix seconds of the latest thing in the log."""
    stamps = [entry.body["timestamp"] for entry in scan.entries if entry.type in ("block_sealed", "time_advanced")]
    acts = [entry.body["time"] for entry in scan.entries if entry.type in ("act", "act_refused")]
    return max(int(stamp) for stamp in (scan.start.body["genesis_time"], *stamps, *acts))


def next_report(life: Life, regime: Regime) -> int | None:
    """Unix seconds by which the next periodic report is due; None where no cadence is bound or the test has not begun."""
    limit = regime.final.limits.get(RULE)
    if limit is None or not isinstance(limit.bound, Deadlines) or life.first_active_at is None:
        return None
    filed = sum(row["kind"] == "periodic" for row in life.reports)
    return int(life.first_active_at + (filed + 1) * limit.bound.report)


def _answered(row: Data, now: int) -> Data:
    answer = row.get("answer")
    return {**row, "answer": answer, "age": (answer["time"] if answer else now) - row["time"], "open": answer is None}


def _incidents(incidents: Sequence[Data], notices: Sequence[Data], now: int, within: int | None) -> list[Data]:
    """Each incident with the first notice after it that serves no earlier one."""
    left, rows = list(notices), []
    for row in incidents:
        notice = next((one for one in left if one["entry"] > row["entry"]), None)
        if notice is not None:
            left.remove(notice)
        age = (notice["time"] if notice else now) - row["time"]
        due = None if within is None else row["time"] + within
        late = None if within is None else age > within
        rows.append({**row, "notice": notice and notice["entry"], "age": age, "due": due, "late": late})
    return rows


def _evaluating_since(life: Life | None) -> int | None:
    if life is None:
        return None
    return next((int(row["entry"]) for row in reversed(life.history) if row["to"]["code"] == "evaluating"), None)


def _scored(dimension: Dimension, row: Mapping[str, object] | None) -> Data:
    zh, en = DIMENSIONS[dimension]
    given = {key: row[key] if row else None for key in ("points", "reason", "by", "role", "entry")}
    return {"dimension": dimension.value, "zh": zh, "en": en, **given}


def _paper(kind: str, zh: str, en: str, row: Mapping[str, object] | None) -> Data:
    given = {key: row[key] if row else None for key in ("title", "hash", "by", "role", "time", "entry")}
    return {"kind": kind, "zh": zh, "en": en, **given}

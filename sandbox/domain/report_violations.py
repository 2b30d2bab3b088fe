"""The ledger of violations: how each was graded, what the firm did about it, how it ended and on which clause, and the rates.

行政处罚法 Art. 33: record first, correct, then decide; whoever is spared is taught. Nothing is ever taken off the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.domain.limits import SPECS, Grade
from sandbox.domain.report_acts import Case, Life
from sandbox.domain.report_scan import Data, LogEntry, ReportContext, proof
from sandbox.domain.report_words import why_in_both
from sandbox.domain.rules import BY_CODE
from sandbox.domain.terms import Terms
from sandbox.domain.tolerance import NO_TOLERANCE, REASONS, Rate, Reason, Violation, rates
from sandbox.domain.units import format_value
from sandbox.domain.working_days import DAY


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What rates are computed from."""

    violations: tuple[Violation, ...]
    first_active_at: int | None


def ledger(life: Life | None, context: ReportContext, now: int) -> Data | None:
    """Every violation with its course, the rates, and what is left of the tolerance period. now: unix seconds."""
    if life is None:
        return None
    terms = Terms() if context.lookback_days is None else Terms(lookback_days=context.lookback_days)
    shares = rates(_Ledger(life.violations, life.first_active_at), terms)
    return {
        "rows": [_row(case, now) for case in life.cases],
        "rates": {"exemption": _rate(shares.exemption), "repeat": _rate(shares.repeat), "lookback_days": terms.lookback_days},
        "tolerance": _tolerance(life, context, now),
        "rectification_days": context.rectification_days,
    }


def state_of(violation: Violation, verified: bool) -> str:
    """open, rectified, exempted, confirmed (a penalty) or dismissed."""
    if violation.decision is None:
        return "rectified" if verified else "open"
    return "dismissed" if violation.dismissed else "exempted" if violation.exempted else "confirmed"


def title_of(code: str) -> Data:
    """Title of what was broken: of a rule, or of the no-tolerance list where a regulator recorded that."""
    if code in SPECS:
        return {"zh": SPECS[code].zh, "en": SPECS[code].en}
    zh, en = NO_TOLERANCE.get(code, (code, code))
    return {"zh": zh, "en": en}


def _row(case: Case, now: int) -> Data:
    violation = case.violation
    base, why = _derived(case)
    return {
        "number": violation.number,
        "code": violation.code,
        "title": title_of(violation.code),
        "grade": violation.grade.name,
        "base_grade": base,
        "why": why,
        "ref": violation.ref,
        "detail": violation.detail,
        "finding": None if case.finding is None else case.finding.index,
        "observed": _observed(case),
        "harm": format_value(violation.harm),
        "tolerable": violation.tolerable,
        "no_tolerance": violation.code in NO_TOLERANCE or violation.grade is Grade.S4,
        "opened_at": violation.opened_at,
        "block": case.opened.body["block"],
        "deadline": violation.deadline,
        "overdue": violation.overran(now),
        "corrected": violation.corrected,
        "settled": violation.settled,
        "state": state_of(violation, violation.verified),
        "rectifications": _rectifications(case),
        "no_fault": None if case.claimed is None else {"evidence": violation.no_fault, "entry": case.claimed.index},
        "barred": [_barred(entry, reasons) for entry, reasons in case.barred if reasons],
        "decision": _decision(case),
        **proof([case.opened]),
    }


def _derived(case: Case) -> tuple[str, list[Data]]:
    """The grade the rule gives, and each step up from it. One that a regulator recorded was graded by that regulator."""
    if case.finding is None:
        return case.violation.grade.name, []
    finding = case.finding.body["finding"]
    rule = BY_CODE.get(case.violation.code)
    base = finding.get("base_grade") or (rule.grade.name if rule else case.violation.grade.name)
    return str(base), [why_in_both(step) for step in finding.get("why", ())]


def _observed(case: Case) -> Data | None:
    if case.finding is None:
        return None
    body = case.finding.body
    finding = body["finding"]
    keys = ("observed", "bound", "unit", "who")
    return {**{key: finding[key] for key in keys}, "block": body["block"], "money": finding["unit"] == "money"}


def _rectifications(case: Case) -> list[Data]:
    rows = []
    looked = iter(case.verified)
    for filed, entry in zip(case.violation.rectifications, case.filed, strict=True):
        seen = None if filed.satisfied is None else next(looked)
        row = {"text": filed.text, "hash": filed.hash, "by": filed.by, "time": filed.time, "entry": entry.index}
        verdict = {"satisfied": filed.satisfied, "verified_by": filed.verified_by or None, "reason": filed.reason or None}
        timing = {"in_time": filed.time <= case.violation.deadline, "verified_at": seen and seen.body["time"]}
        rows.append({**row, **verdict, **timing, "verified_entry": seen and seen.index})
    return rows


def _barred(entry: LogEntry, reasons: tuple[str, ...]) -> Data:
    words = [dict(zip(("zh", "en"), REASONS[Reason(reason)], strict=True)) for reason in reasons]
    named = [{"code": reason, **text} for reason, text in zip(reasons, words, strict=True)]
    return {"outcome": entry.body["fields"]["outcome"], "reasons": named, "by": entry.body["by"], "entry": entry.index}


def _decision(case: Case) -> Data | None:
    made, entry = case.violation.decision, case.decided
    if made is None or entry is None:
        return None
    row = {"outcome": made.outcome.value, "clause": case.clause or None, "reason": made.reason, "by": made.by}
    return {**row, "education": made.education or None, "time": made.time, "entry": entry.index}


def _rate(rate: Rate) -> Data:
    return {"numerator": rate.numerator, "denominator": rate.denominator, "bp": rate.basis_points if rate.denominator else None}


def _tolerance(life: Life, context: ReportContext, now: int) -> Data:
    """days_left: whole days of the tolerance period; None where its length is not known or it has not begun."""
    days, start = context.tolerance_days, life.first_active_at
    ends = None if days is None or start is None else start + days * DAY
    return {"days": days, "start": start, "end": ends, "days_left": None if ends is None else max(0, ends - now) // DAY}

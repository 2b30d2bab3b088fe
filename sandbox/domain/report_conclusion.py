"""The conclusion: what a run's log says about the pilot, why, since when, and what follows for whom.

A refused transaction left no state: the limit held, and the conclusion does not count it against the pilot. A finding on
something that stands does count, by its grade.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import Final

from sandbox.domain.limits import SPECS, Grade
from sandbox.domain.report_limits import not_checked
from sandbox.domain.report_scan import Data, LogEntry, ReportContext, Scan, proof
from sandbox.domain.report_words import sentence


class Conclusion(enum.IntEnum):
    """In ascending gravity. PASS_WITH_TOLERANCE needs a regulator's decision and is never reached by computation alone."""

    PASS = 0
    PASS_WITH_TOLERANCE = 1
    RECTIFY = 2
    SUSPEND = 3
    FAIL = 4


_BY_GRADE: Final = {
    Grade.S0: Conclusion.PASS,
    Grade.S1: Conclusion.RECTIFY,
    Grade.S2: Conclusion.RECTIFY,
    Grade.S3: Conclusion.SUSPEND,
    Grade.S4: Conclusion.FAIL,
}

_ACTIONS: Final = {
    Conclusion.PASS: (("firm", "do_nothing"),),
    Conclusion.PASS_WITH_TOLERANCE: (("firm", "do_rectify"), ("regulator", "do_verify")),
    Conclusion.RECTIFY: (("firm", "do_rectify"), ("regulator", "do_verify")),
    Conclusion.SUSPEND: (("firm", "do_stop"), ("firm", "do_rectify"), ("conference", "do_decide")),
    Conclusion.FAIL: (("firm", "do_stop"), ("conference", "do_exit")),
}

_DEADLINES: Final = {"do_rectify": "days", "do_verify": "on_receipt", "do_stop": "at_once", "do_repeat": "next_run"}


def conclude(scan: Scan, context: ReportContext) -> Data:
    """The conclusion of one run."""
    counted = [entry for _, entry in scan.findings if entry.body["finding"]["mode"] != "observe"]
    grade = max((Grade[entry.body["finding"]["grade"]] for entry in counted), default=Grade.S0)
    sound = _ended_as_expected(scan) and any(item.kept for item in scan.transactions)
    conclusion = max(_BY_GRADE[grade], Conclusion.PASS if sound else Conclusion.RECTIFY)
    decisive = [entry for entry in counted if entry.body["finding"]["grade"] == grade.name]
    return {
        "verdict": conclusion.name,
        "gravest": grade.name if counted else None,
        "since": _since(decisive, scan),
        "reasons": list(_reasons(scan, counted, grade)),
        "actions": list(_actions(conclusion, grade, sound, context)),
        "not_checked": not_checked(context),
    }


def overall(conclusions: Sequence[Data]) -> Data:
    """The gravest of several runs' conclusions, with its number (from 1)."""
    gravest = max(range(len(conclusions)), key=lambda at: (Conclusion[conclusions[at]["verdict"]], -at))
    return {"verdict": conclusions[gravest]["verdict"], "run": gravest + 1}


def _ended_as_expected(scan: Scan) -> bool:
    return scan.end is not None and bool(scan.end.body["passed"])


def _since(decisive: Sequence[LogEntry], scan: Scan) -> Data:
    """The first of the gravest findings; without one, the end of what was seen."""
    if decisive:
        body = decisive[0].body
        return {"block": body["block"], "time": body["timestamp"], **proof(decisive[:1])}
    if scan.blocks:
        body = scan.blocks[-1].body
        return {"block": body["number"], "time": body["timestamp"], **proof(scan.blocks[-1:])}
    return {"block": 0, "time": scan.start.body["genesis_time"], **proof([scan.start])}


def _reasons(scan: Scan, counted: Sequence[LogEntry], grade: Grade) -> Iterable[Data]:
    breaches = [entry for entry in counted if entry.body["finding"]["grade"] != "S0"]
    kept = [item.entry for item in scan.transactions if item.kept]
    if breaches:
        yield {**sentence("found", n=len(breaches), grade=grade.name, titles=_titles(breaches)), **proof(breaches)}
    elif kept:
        yield {**sentence("clean", n=len(kept)), **proof(kept)}
    else:
        yield {**sentence("nothing"), **proof([scan.start])}
    if len(counted) > len(breaches):
        warnings = [entry for entry in counted if entry not in breaches]
        yield {**sentence("warned", n=len(warnings)), **proof(warnings)}
    if scan.refused:
        causes = [entry for item in scan.refused for entry in item.findings if entry.body["finding"]["refused"]]
        entries = [item.entry for item in scan.refused]
        yield {**sentence("held", n=len(entries), titles=_titles(causes)), **proof(entries)}
    yield _expectations(scan)


def _expectations(scan: Scan) -> Data:
    if scan.end is None:
        return {**sentence("unfinished"), **proof([scan.entries[-1]])}
    if scan.end.body["passed"]:
        return {**sentence("as_expected", n=scan.end.body["steps"]), **proof([scan.end])}
    failed = scan.end.body["failed_steps"]
    return {**sentence("unexpected", n=len(failed), steps=", ".join(map(str, failed))), **proof([scan.end])}


def _titles(entries: Iterable[LogEntry]) -> tuple[str, str]:
    codes = dict.fromkeys(str(entry.body["finding"]["code"]) for entry in entries)
    specs = [SPECS[code] for code in codes if code in SPECS]
    return "、".join(spec.zh for spec in specs), "; ".join(spec.en for spec in specs)


def _actions(conclusion: Conclusion, grade: Grade, sound: bool, context: ReportContext) -> Iterable[Data]:
    if not sound:
        yield _action("firm", "do_repeat", context)
    if sound or grade > Grade.S0:
        for who, code in _ACTIONS[conclusion]:
            yield _action(who, code, context)


def _action(who: str, code: str, context: ReportContext) -> Data:
    until = _DEADLINES.get(code)
    days = context.rectification_days if until == "days" else None
    return {"who": who, **sentence(code), "until": until if days is not None or until != "days" else None, "days": days}

"""The conclusion: what a run's log says about the pilot, why, since when, and what follows for whom until when.

A refused transaction left no state: the limit held, and the conclusion does not count it against the pilot. A finding on
something that stands does count, by its grade, unless it was a drill. Where the run leads its pilot through a life nothing is
excused: there the state, the violations and what became of them decide (`report_verdict`).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import Final

from sandbox.domain.limits import SPECS, Grade
from sandbox.domain.report_scan import Data, LogEntry, ReportContext, Scan, proof
from sandbox.domain.report_words import sentence


class Conclusion(enum.IntEnum):
    """In ascending gravity. PASS_WITH_TOLERANCE needs a regulator's decision and is never reached by computation alone."""

    PASS = 0
    PASS_WITH_TOLERANCE = 1
    RECTIFY = 2
    SUSPEND = 3
    FAIL = 4


BY_GRADE: Final = {
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


def conclude(scan: Scan, context: ReportContext, unchecked: list[Data]) -> Data:
    """The conclusion of a run that leads no life. unchecked: what guarded nothing."""
    counted = scan.counted
    grade = max((grade_of(entry) for entry in counted), default=Grade.S0)
    sound = ended_as_expected(scan) and any(item.kept for item in scan.transactions)
    conclusion = max(BY_GRADE[grade], Conclusion.PASS if sound else Conclusion.RECTIFY)
    decisive = [entry for entry in counted if grade_of(entry) is grade]
    return {
        "verdict": conclusion.name,
        "state": None,
        "gravest": grade.name if counted else None,
        "since": _since(decisive, scan),
        "reasons": [*_reasons(scan, counted), *common_reasons(scan)],
        "actions": list(_actions(conclusion, grade, sound, context)),
        "not_checked": unchecked,
    }


def overall(conclusions: Sequence[Data]) -> Data:
    """The gravest of several runs' conclusions, with its number (from 1). registered, actions: see `report_standing`."""
    gravest = max(range(len(conclusions)), key=lambda at: (Conclusion[conclusions[at]["verdict"]], -at))
    return {"verdict": conclusions[gravest]["verdict"], "run": gravest + 1, "registered": [], "actions": []}


def ended_as_expected(scan: Scan) -> bool:
    """Whether the log has an end and every step held."""
    return scan.end is not None and bool(scan.end.body["passed"])


def grade_of(entry: LogEntry) -> Grade:
    """Grade of a finding."""
    return Grade[entry.body["finding"]["grade"]]


def found(code: str, entries: Sequence[LogEntry]) -> Data:
    """The sentence about findings that count."""
    gravest = max(grade_of(entry) for entry in entries)
    return {**sentence(code, n=len(entries), grade=gravest.name, titles=titles(entries)), **proof(entries)}


def common_reasons(scan: Scan) -> Iterable[Data]:
    """What every conclusion says: drills, warnings, refusals, and whether the run ended as expected."""
    if scan.drills:
        yield {**sentence("drilled", n=len(scan.drills), titles=titles(scan.drills)), **proof(scan.drills)}
    if scan.warnings:
        yield {**sentence("warned", n=len(scan.warnings)), **proof(scan.warnings)}
    if scan.refused:
        causes = [entry for item in scan.refused for entry in item.findings if entry.body["finding"]["refused"]]
        entries = [item.entry for item in scan.refused]
        yield {**sentence("held", n=len(entries), titles=titles(causes)), **proof(entries)}
    yield _expectations(scan)


def titles(entries: Iterable[LogEntry]) -> tuple[str, str]:
    """Titles of the rules findings are about, in both languages."""
    codes = dict.fromkeys(str(entry.body["finding"]["code"]) for entry in entries)
    specs = [SPECS[code] for code in codes if code in SPECS]
    return "、".join(spec.zh for spec in specs), "; ".join(spec.en for spec in specs)


def action(who: str, code: str, until: str | None, **more: object) -> Data:
    """One line of what is to be done. until: code of a deadline; date: unix seconds, where the deadline is one; days: working
    days of one that is counted from receipt; places: of the sentence."""
    date, days = more.pop("date", None), more.pop("days", None)
    return {"who": who, **sentence(code, **more), "until": until, "days": days, "date": date}


def _since(decisive: Sequence[LogEntry], scan: Scan) -> Data:
    """The first of the gravest findings; without one, the end of what was seen."""
    if decisive:
        body = decisive[0].body
        return {"block": body["block"], "time": body["timestamp"], **proof(decisive[:1])}
    if scan.blocks:
        body = scan.blocks[-1].body
        return {"block": body["number"], "time": body["timestamp"], **proof(scan.blocks[-1:])}
    return {"block": 0, "time": scan.start.body["genesis_time"], **proof([scan.start])}


def _reasons(scan: Scan, counted: Sequence[LogEntry]) -> Iterable[Data]:
    kept = [item.entry for item in scan.transactions if item.kept]
    if counted:
        yield found("found", counted)
    elif kept:
        yield {**sentence("clean", n=len(kept)), **proof(kept)}
    else:
        yield {**sentence("nothing"), **proof([scan.start])}


def _expectations(scan: Scan) -> Data:
    if scan.end is None:
        return {**sentence("unfinished"), **proof([scan.entries[-1]])}
    if scan.end.body["passed"]:
        return {**sentence("as_expected", n=scan.end.body["steps"]), **proof([scan.end])}
    failed = scan.end.body["failed_steps"]
    return {**sentence("unexpected", n=len(failed), steps=", ".join(map(str, failed))), **proof([scan.end])}


def _actions(conclusion: Conclusion, grade: Grade, sound: bool, context: ReportContext) -> Iterable[Data]:
    if not sound:
        yield action("firm", "do_repeat", "next_run")
    if sound or grade > Grade.S0:
        for who, code in _ACTIONS[conclusion]:
            days = context.rectification_days if _DEADLINES.get(code) == "days" else None
            yield action(who, code, None if code == "do_rectify" and days is None else _DEADLINES.get(code), days=days)

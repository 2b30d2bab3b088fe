"""The conclusion of a run that leads its pilot through a life: the state, the violations and what became of them decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sandbox.domain.limits import Grade
from sandbox.domain.report_acts import Case, Life, named
from sandbox.domain.report_conclusion import BY_GRADE, Conclusion, common_reasons, ended_as_expected, found, grade_of
from sandbox.domain.report_life import BEFORE, since
from sandbox.domain.report_next import next_actions
from sandbox.domain.report_regime import Regime
from sandbox.domain.report_scan import Data, LogEntry, Scan, proof
from sandbox.domain.report_violations import state_of, title_of
from sandbox.domain.report_words import sentence
from sandbox.domain.standing import State

BY_STATE: Final = {
    State.RECTIFYING: Conclusion.RECTIFY,
    State.SUSPENDED: Conclusion.SUSPEND,
    State.WIND_DOWN: Conclusion.FAIL,
    State.EXITED: Conclusion.FAIL,
    State.REJECTED: Conclusion.FAIL,
    State.WITHDRAWN: Conclusion.FAIL,
}
"""state -> the least grave conclusion it allows; PASS for those not named, the test being under way or over."""


def conclude_life(life: Life, scan: Scan, regime: Regime, now: int, unchecked: list[Data]) -> Data:
    """The conclusion of a run with a life. Nothing is excused: what was provoked on purpose counts too. now: unix seconds."""
    loose = _loose(life, scan)
    standing = [case for case in life.cases if not case.violation.dismissed]
    grades = [case.violation.grade for case in standing] + [grade_of(entry) for entry in loose]
    return {
        "verdict": _verdict(life, scan, standing, loose).name,
        "state": named(life.state),
        "stage": named(life.stage),
        "begun": _begun(life),
        "gravest": max(grades).name if grades else None,
        "since": since(life, scan),
        "reasons": [*_reasons(life, scan, loose), *common_reasons(scan)],
        "actions": next_actions(life, scan, regime, now),
        "not_checked": unchecked,
    }


def _verdict(life: Life, scan: Scan, standing: Sequence[Case], loose: Sequence[LogEntry]) -> Conclusion:
    floor = Conclusion.PASS if life.state is None else BY_STATE.get(life.state, Conclusion.PASS)
    least = [floor, *(BY_GRADE[grade_of(entry)] for entry in loose)]
    if not (_begun(life) and ended_as_expected(scan)):
        least.append(Conclusion.RECTIFY)
    if any(case.violation.grade is Grade.S4 for case in standing):
        least.append(Conclusion.FAIL)
    least += [BY_GRADE[case.violation.grade] for case in standing if not case.violation.settled]
    if standing and all(case.violation.settled and case.violation.exempted for case in standing):
        least.append(Conclusion.PASS_WITH_TOLERANCE)
    return max(least)


def _begun(life: Life) -> bool:
    """Whether the test has begun, so that there is something to pass."""
    return life.state is not None and life.state not in BEFORE


def _loose(life: Life, scan: Scan) -> list[LogEntry]:
    """Findings that count and opened no violation: raised while no test was running."""
    taken = {case.finding.index for case in life.cases if case.finding is not None}
    return [entry for entry in scan.counted if entry.index not in taken]


def _reasons(life: Life, scan: Scan, loose: Sequence[LogEntry]) -> Iterable[Data]:
    yield _standing(life, scan)
    if not _begun(life):
        yield {**sentence("not_begun"), **proof([life.since or scan.start])}
    if life.cases:
        yield _tally(life)
    else:
        yield {**sentence("no_violation"), **proof([scan.entries[-1]])}
    crossed = [case for case in life.cases if case.violation.grade is Grade.S4 and not case.violation.dismissed]
    if crossed:
        numbers = ", ".join(str(case.violation.number) for case in crossed)
        yield {**sentence("red_line", numbers=numbers), **proof(case.opened for case in crossed)}
    if loose:
        yield found("unledgered", loose)


def _standing(life: Life, scan: Scan) -> Data:
    state = named(life.state) or {"zh": "不明", "en": "unknown"}
    pair = (state["zh"], state["en"])
    if not life.history:
        return {**sentence("begun", state=pair), **proof([scan.start])}
    move = life.history[-1]
    people = [part for part in (move["by"], move["department"], *(vote["name"] for vote in move["votes"])) if part]
    who = ("系统", "the system") if move["role"] == "system" else ("、".join(people), ", ".join(people))
    reason = (move["reason"]["zh"], move["reason"]["en"])
    return {**sentence("stands", state=pair, reason=reason, who=who), **proof([move["entry"]])}


def _tally(life: Life) -> Data:
    states = [state_of(case.violation, False) for case in life.cases]
    counts = {state: states.count(state) for state in ("open", "exempted", "confirmed", "dismissed")}
    gravest = max(case.violation.grade for case in life.cases)
    names = list(
        dict.fromkeys((title_of(case.violation.code)["zh"], title_of(case.violation.code)["en"]) for case in life.cases)
    )
    joined = ("、".join(zh for zh, _ in names), "; ".join(en for _, en in names))
    told = sentence("violations", n=len(states), grade=gravest.name, titles=joined, **counts)
    return {**told, **proof(case.opened for case in life.cases)}

"""Who must do what next, until when: read off the state, the open violations, and the duties to report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sandbox.domain.bounds import Span
from sandbox.domain.evaluation import DIMENSIONS, PAPERS
from sandbox.domain.limits import Grade
from sandbox.domain.report_acts import Life
from sandbox.domain.report_conclusion import action, ended_as_expected
from sandbox.domain.report_office import duties, evaluation, next_report
from sandbox.domain.report_regime import Regime
from sandbox.domain.report_scan import Data, Scan
from sandbox.domain.report_violations import title_of
from sandbox.domain.standing import RUNNING, TERMINAL, State
from sandbox.domain.tolerance import Violation


def next_actions(life: Life, scan: Scan, regime: Regime, now: int) -> list[Data]:
    """Everything that is due, the most urgent first. now: unix seconds, the end of the log."""
    rows = [] if ended_as_expected(scan) else [action("firm", "do_repeat", "next_run")]
    if life.state is None:
        return rows
    if life.state not in TERMINAL:
        for violation in life.violations:
            rows += _on_violation(violation, now)
        rows += _replies(life, scan, regime, now)
    rows += _of_state(life, life.state)
    if life.state in RUNNING:
        rows += _clock(life, regime, now)
    return rows


def _on_violation(violation: Violation, now: int) -> Iterable[Data]:
    named = title_of(violation.code)
    places = {"number": violation.number, "title": (named["zh"], named["en"])}
    if violation.settled:
        return
    filed = bool(violation.rectifications) and violation.rectifications[-1].satisfied is None
    if filed:
        yield action("regulator", "do_verify_one", "on_receipt", **places)
    elif not violation.verified:
        until = "date" if now <= violation.deadline else "overdue"
        yield action("firm", "do_rectify_one", until, date=violation.deadline, **places)
    if violation.decision is None:
        yield action("regulator", "do_decide_one", "after_verification" if not violation.verified else "now", **places)


def _replies(life: Life, scan: Scan, regime: Regime, now: int) -> Iterable[Data]:
    comments = [str(row["number"]) for row in life.comments if "answer" not in row]
    if comments and life.state in (State.PUBLIC_NOTICE, State.UNDER_REVIEW):
        yield action("firm", "do_answer", "before_registration", numbers=", ".join(comments))
    complaints = [str(row["number"]) for row in life.complaints if "answer" not in row]
    if complaints:
        yield action("firm", "do_answer_complaint", "at_once", numbers=", ".join(complaints))
    file = duties(life, scan, regime)
    for row in file["incidents"] if file else ():
        if row["notice"] is None:
            until = None if row["due"] is None else "date" if now <= row["due"] else "overdue"
            yield action("firm", "do_notify", until, date=row["due"], numbers=row["number"])


def _clock(life: Life, regime: Regime, now: int) -> Iterable[Data]:
    report = next_report(life, regime)
    if report is not None:
        yield action("firm", "do_report", "date" if now <= report else "overdue", date=report)
    box = regime.final.bound("time_box")
    if life.state is State.ACTIVE and isinstance(box, Span) and life.first_active_at is not None:
        yield action("firm", "do_finish", "date", date=life.first_active_at + int(box.maximum))


def _of_state(life: Life, state: State) -> Iterable[Data]:
    if state in _ASKING:
        yield from _ASKING[state](life)
    for who, code, until in _BY_STATE.get(state, ()):
        yield action(who, code, until)


def _rectifying(life: Life) -> Iterable[Data]:
    if all(violation.settled for violation in life.violations):
        yield action("regulator", "do_resume", "now")


def _suspended(life: Life) -> Iterable[Data]:
    yield action("firm", "do_stop", "at_once")
    red = any(violation.grade is Grade.S4 and not violation.dismissed for violation in life.violations)
    settled = all(violation.settled for violation in life.violations)
    if red:
        yield action("regulator", "do_wind_down", "now")
    else:
        yield action("conference", "do_lift", "now" if settled else "after_decisions")


def _evaluating(life: Life) -> Iterable[Data]:
    card = evaluation(life)
    assert card is not None  # it was entered, so there is one
    missing = [paper for paper in PAPERS if not any(row["kind"] == paper.kind and row["entry"] for row in card["papers"])]
    if missing:
        authors = sorted(missing[0].authors, reverse=True)
        yield action(authors[0].value, "do_file_paper", "now", title=(missing[0].zh, missing[0].en))
    unscored = len(DIMENSIONS) - sum(row["points"] is not None for row in card["dimensions"])
    if unscored:
        yield action("conference", "do_score", "before_graduation", n=unscored)
    yield action("conference", "do_graduate", "now" if card["complete"] else "after_evaluation")


_ASKING: Final[Mapping[State, Callable[[Life], Iterable[Data]]]] = {
    State.RECTIFYING: _rectifying,
    State.SUSPENDED: _suspended,
    State.EVALUATING: _evaluating,
}
"""state -> what it asks for, by how far things are."""

_CLOSED: Final = (("firm", "do_close", "none"),)

_BY_STATE: Final[Mapping[State, tuple[tuple[str, str, str], ...]]] = {
    State.DRAFT: (("firm", "do_submit", "now"),),
    State.SUBMITTED: (("regulator", "do_accept", "now"),),
    State.UNDER_REVIEW: (("regulator", "do_review", "now"),),
    State.PUBLIC_NOTICE: (("conference", "do_register", "after_notice"),),
    State.REGISTERED: (("firm", "do_start", "now"),),
    State.WIND_DOWN: (("firm", "do_return", "at_once"), ("regulator", "do_confirm_exit", "after_return")),
    State.GRADUATED: (("firm", "do_roll_out", "none"),),
    State.REJECTED: _CLOSED,
    State.WITHDRAWN: _CLOSED,
    State.EXITED: _CLOSED,
}
"""state -> (who, what, until when) it asks for by itself."""

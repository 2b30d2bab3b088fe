"""What happens on acts about violations, in the order of the law: record, correct, decide (行政处罚法 Art. 28, 33)."""

from __future__ import annotations

from dataclasses import replace

from sandbox.domain.acts import ClaimNoFault, Decide, FileRectification, OpenViolation, VerifyRectification
from sandbox.domain.deeds_file import checked_hash
from sandbox.domain.dossier import Decided, Dossier, Opened
from sandbox.domain.limits import SPECS
from sandbox.domain.moving import Occasion, Step
from sandbox.domain.standing import same_name
from sandbox.domain.tolerance import (
    CLAUSES,
    EXEMPTIONS,
    NO_TOLERANCE,
    REASONS,
    Decision,
    Outcome,
    Rectification,
    Violation,
    bars,
    correctable,
)
from sandbox.domain.working_days import deadline, local_text
from sandbox.errors import Conflict, InputError, NotFound


def open_violation(dossier: Dossier, act: OpenViolation, at: Occasion) -> Step:
    """Record it, with its deadline in working days. What it does to the pilot's state follows from `TRANSITIONS`. Raises
    InputError for a rule that does not exist."""
    if act.code not in SPECS and act.code not in NO_TOLERANCE:
        raise InputError(f"there is no rule {act.code!r}", do="use one of: " + ", ".join(sorted({*SPECS, *NO_TOLERANCE})))
    violation = Violation(
        number=len(dossier.violations) + 1,
        code=act.code,
        grade=act.grade,
        ref=act.ref,
        harm=act.harm,
        tolerable=act.tolerable,
        detail=act.detail,
        opened_at=at.now,
        deadline=deadline(at.now, at.terms.rectification_days, at.terms.holidays),
    )
    return replace(dossier, violations=(*dossier.violations, violation)), (Opened(violation),)


def file_rectification(dossier: Dossier, act: FileRectification, at: Occasion) -> Step:
    """Raises NotFound; Conflict when nothing is left to correct; InputError for no hash."""
    violation = _violation(dossier, act.violation)
    if violation.verified or violation.dismissed:
        done = "dismissed" if violation.dismissed else "corrected and verified"
        raise Conflict(f"violation {violation.number} is {done} already", where=dossier.pilot)
    filed = Rectification(act.text, checked_hash(act.hash), at.by.name, at.now)
    return _placed(dossier, replace(violation, rectifications=(*violation.rectifications, filed))), ()


def verify_rectification(dossier: Dossier, act: VerifyRectification, at: Occasion) -> Step:
    """Raises NotFound; Conflict when nothing waits to be verified."""
    violation = _violation(dossier, act.violation)
    if not violation.rectifications or violation.rectifications[-1].satisfied is not None:
        what = f"no rectification of violation {violation.number} waits to be verified"
        raise Conflict(what, where=dossier.pilot, do="the firm files one first")
    *earlier, latest = violation.rectifications
    seen = replace(latest, satisfied=act.satisfied, verified_by=at.by.name, reason=act.reason)
    return _placed(dossier, replace(violation, rectifications=(*earlier, seen))), ()


def claim_no_fault(dossier: Dossier, act: ClaimNoFault, _: Occasion) -> Step:
    """Raises NotFound; Conflict once the violation is decided or evidence is on file."""
    violation = _undecided(dossier, act.violation)
    if violation.no_fault:
        raise Conflict(f"evidence on violation {violation.number} is on file already", where=dossier.pilot)
    return _placed(dossier, replace(violation, no_fault=act.evidence)), ()


def decide(dossier: Dossier, act: Decide, at: Occasion) -> Step:
    """Raises NotFound; Conflict when it is decided, when an exemption is barred, when one is due, or when it is too early to
    punish; InputError for an exemption without education."""
    violation = _undecided(dossier, act.violation)
    if act.outcome in EXEMPTIONS:
        _check_exemption(dossier, violation, act, at)
    if act.outcome is Outcome.PENALTY:
        _check_penalty(dossier, violation, at)
    decision = Decision(act.outcome, act.reason, act.education, at.by.name, at.now)
    clause = CLAUSES.get(act.outcome, "")
    decided = Decided(violation.number, violation.code, act.outcome, clause, at.by.name, at.now)
    return _placed(dossier, replace(violation, decision=decision)), (decided,)


def _check_exemption(dossier: Dossier, violation: Violation, act: Decide, at: Occasion) -> None:
    barred = [REASONS[reason][1] for reason in bars(act.outcome, violation, dossier, at.terms)]
    if barred:
        what = f"violation {violation.number} is not eligible for {act.outcome}: " + " ".join(barred)
        raise Conflict(what, where=dossier.pilot, do="let it be corrected first, or decide otherwise")
    if not same_name(act.education):
        do = "state what the firm was taught (行政处罚法 Art. 33)"
        raise InputError(f"{act.outcome} needs a record of education", where=dossier.pilot, do=do)


def _check_penalty(dossier: Dossier, violation: Violation, at: Occasion) -> None:
    if not any(bars(Outcome.NO_PENALTY_MINOR, violation, dossier, at.terms)):
        what = f"violation {violation.number} was minor, corrected in time and without harm: no penalty is possible"
        raise Conflict(what, where=dossier.pilot, do=f"decide {Outcome.NO_PENALTY_MINOR} (行政处罚法 Art. 33)")
    if correctable(violation, dossier, at.terms, at.now):
        what = f"violation {violation.number} can still be corrected in time, until {local_text(violation.deadline)}"
        raise Conflict(what, where=dossier.pilot, do="verify the rectification, or wait for the deadline, then decide")


def _violation(dossier: Dossier, number: int) -> Violation:
    if not 1 <= number <= len(dossier.violations):
        raise NotFound(f"{dossier.pilot} has no violation {number}", do=f"there are {len(dossier.violations)}")
    return dossier.violations[number - 1]


def _undecided(dossier: Dossier, number: int) -> Violation:
    violation = _violation(dossier, number)
    if violation.decision is not None:
        what = f"violation {number} was decided already: {violation.decision.outcome}"
        raise Conflict(what, where=dossier.pilot, do="a decision stands; record what is new as a new violation")
    return violation


def _placed(dossier: Dossier, violation: Violation) -> Dossier:
    rows = tuple(violation if each.number == violation.number else each for each in dossier.violations)
    return replace(dossier, violations=rows)

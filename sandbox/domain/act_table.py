"""ACTS: every act by its name, with the roles that may and the states in which they may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.domain.acts import (
    Act,
    AnswerComment,
    AnswerComplaint,
    ApproveLimits,
    AssignMentor,
    CapDown,
    ClaimNoFault,
    Comment,
    Complain,
    Decide,
    Elapse,
    Enrol,
    FileEvidence,
    FileRectification,
    FileReport,
    Freeze,
    Note,
    OpenViolation,
    Pause,
    ProposeLimits,
    RejectLimits,
    ReportIncident,
    Resume,
    Score,
    Transition,
    Unfreeze,
    VerifyRectification,
    Vote,
)
from sandbox.domain.standing import APPROVERS, LIVE, RUNNING, TERMINAL, Role, State


@dataclass(frozen=True, slots=True)
class ActRow:
    """One row of `ACTS`: the act, the roles that may, the states in which they may."""

    act: type[Act]
    roles: frozenset[Role]
    states: frozenset[State] = frozenset(State)


_FIRM, _REGULATOR, _SYSTEM, _PUBLIC = Role.FIRM, Role.REGULATOR, Role.SYSTEM, Role.PUBLIC
_OPEN: Final = frozenset(State) - TERMINAL
_KNOWN: Final = LIVE | TERMINAL | {State.PUBLIC_NOTICE}
_CHANGING: Final = RUNNING | {State.REGISTERED}

ACTS: Final[Mapping[str, ActRow]] = {
    "transition": ActRow(Transition, frozenset({_FIRM, _REGULATOR, _SYSTEM}), _OPEN),
    "vote": ActRow(Vote, APPROVERS, _OPEN),
    "assign_mentor": ActRow(AssignMentor, frozenset({_REGULATOR}), _OPEN - {State.DRAFT}),
    "note": ActRow(Note, frozenset({Role.MENTOR, _REGULATOR, Role.AUDITOR})),
    "comment": ActRow(Comment, frozenset({_PUBLIC}), frozenset({State.PUBLIC_NOTICE})),
    "answer_comment": ActRow(
        AnswerComment, frozenset({_FIRM, _REGULATOR}), frozenset({State.PUBLIC_NOTICE, State.UNDER_REVIEW})
    ),
    "complain": ActRow(Complain, frozenset({_PUBLIC}), _KNOWN),
    "answer_complaint": ActRow(AnswerComplaint, frozenset({_FIRM, _REGULATOR}), _KNOWN),
    "file_evidence": ActRow(FileEvidence, APPROVERS | {_FIRM, Role.AUDITOR}, _OPEN),
    "score": ActRow(Score, APPROVERS, frozenset({State.EVALUATING})),
    "propose_limits": ActRow(ProposeLimits, frozenset({_FIRM, _REGULATOR}), _CHANGING),
    "approve_limits": ActRow(ApproveLimits, APPROVERS, _CHANGING),
    "reject_limits": ActRow(RejectLimits, APPROVERS, _OPEN),
    "cap_down": ActRow(CapDown, frozenset({_REGULATOR}), LIVE),
    "open_violation": ActRow(OpenViolation, frozenset({_SYSTEM, _REGULATOR}), LIVE),
    "file_rectification": ActRow(FileRectification, frozenset({_FIRM}), LIVE),
    "verify_rectification": ActRow(VerifyRectification, frozenset({_REGULATOR}), LIVE),
    "claim_no_fault": ActRow(ClaimNoFault, frozenset({_FIRM}), LIVE),
    "decide": ActRow(Decide, frozenset({_REGULATOR}), LIVE),
    "freeze": ActRow(Freeze, frozenset({_REGULATOR, _SYSTEM}), LIVE),
    "unfreeze": ActRow(Unfreeze, frozenset({_REGULATOR}), LIVE),
    "pause": ActRow(Pause, APPROVERS | {_FIRM, _SYSTEM}, LIVE),
    "resume": ActRow(Resume, frozenset({_FIRM, _REGULATOR}), LIVE),
    "file_report": ActRow(FileReport, frozenset({_FIRM}), LIVE | {State.GRADUATED, State.EXITED}),
    "report_incident": ActRow(ReportIncident, frozenset({_FIRM, _SYSTEM}), LIVE),
    "enrol": ActRow(Enrol, frozenset({_FIRM, _REGULATOR}), _OPEN),
    "elapse": ActRow(Elapse, frozenset({_SYSTEM})),
}
"""name -> act, roles, states."""

NAMES: Final[Mapping[type[Act], str]] = {row.act: name for name, row in ACTS.items()}

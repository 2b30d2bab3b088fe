"""Acts: the closed union of what anybody can do to a pilot's supervision file.

An act says what is asked for, `act_table.ACTS` who may ask it and when, `deeds.perform` what comes of it. Accepted acts stand
in the log, and a dossier is nothing but their fold.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.domain.evaluation import Dimension
from sandbox.domain.limits import Grade
from sandbox.domain.profiles import Plain
from sandbox.domain.standing import State
from sandbox.domain.tolerance import Outcome
from sandbox.domain.units import Value


class ReportKind(enum.StrEnum):
    """PERIODIC on its cadence, INCIDENT after an incident, FINAL at the end of the test."""

    PERIODIC = "periodic"
    INCIDENT = "incident"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Transition:
    """Move the pilot along one arrow of `lifecycle.TRANSITIONS`; to `active` while active is the next stage. evidence: hash."""

    to: State
    reason: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Vote:
    """Speak for or against a move that needs two. motion: the state it leads to. A later vote replaces one's earlier one."""

    motion: State
    approve: bool
    reason: str


@dataclass(frozen=True, slots=True)
class AssignMentor:
    """Give the pilot its mentor (金融辅导员), in place of any earlier one."""

    mentor: str


@dataclass(frozen=True, slots=True)
class Note:
    """Annotate. A mentor's notes never decide anything."""

    text: str


@dataclass(frozen=True, slots=True)
class Comment:
    """The public speaks on the notice (公示)."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerComment:
    """Answer a comment. number: from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Complain:
    """Anybody complains (投诉)."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerComplaint:
    """Answer a complaint. number: from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """Put a document on file. kind: one of `evaluation.PAPERS` or another word. hash: SHA-256 (hex) of the document."""

    kind: str
    hash: str
    title: str


@dataclass(frozen=True, slots=True)
class Score:
    """Score one dimension of the evaluation, 0 to 100."""

    dimension: Dimension
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class ProposeLimits:
    """Propose a new version of some limits. changes: limit -> bound as it stands in a profile; none above the profile."""

    changes: Mapping[str, Plain]
    reason: str


@dataclass(frozen=True, slots=True)
class ApproveLimits:
    """Let a proposed version come into force. from_block: the first block it governs, which lies ahead."""

    version: int
    from_block: int


@dataclass(frozen=True, slots=True)
class RejectLimits:
    """Turn a proposed version down."""

    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class CapDown:
    """Tighten one limit at once, on one regulator's word."""

    limit: str
    value: Plain
    reason: str


@dataclass(frozen=True, slots=True)
class OpenViolation:
    """Record a violation (S1 to S4). ref: the finding or duty it was observed by. harm: a Value, decimal text as plain data."""

    code: str
    grade: Grade
    ref: str
    harm: Value
    tolerable: bool
    detail: str


@dataclass(frozen=True, slots=True)
class FileRectification:
    """The firm says how it corrected a violation (整改报告)."""

    violation: int
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class VerifyRectification:
    """A regulator finds the latest rectification sufficient, or not."""

    violation: int
    satisfied: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimNoFault:
    """The firm hands in evidence that it was not at fault (行政处罚法 Art. 33)."""

    violation: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Decide:
    """End a violation, for good. education: needed for every exemption (Art. 33: 教育)."""

    violation: int
    outcome: Outcome
    reason: str
    education: str = ""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Bar one client from transacting. who: client id or 0x-address."""

    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unfreeze:
    """Let a frozen client transact again."""

    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop every transaction of the pilot (the kill switch)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """End a pause; one that was not the firm's own is not the firm's to end."""

    reason: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """The firm reports. figures: name -> whole number or text. hash: SHA-256 (hex) of the report."""

    kind: ReportKind
    figures: Mapping[str, Plain]
    hash: str


@dataclass(frozen=True, slots=True)
class ReportIncident:
    """Something happened; from now on its notice (FileReport, incident) is due."""

    text: str


@dataclass(frozen=True, slots=True)
class Enrol:
    """Say who stands behind an address on the pilot's chain: a client, of a class and from a jurisdiction, or one of the firm's
    own in a role. native: test ether it is given, "10 ether" or a whole number of wei."""

    address: str
    client: str = ""
    client_class: str = ""
    jurisdiction: str = ""
    role: str = ""
    native: str = "0"


@dataclass(frozen=True, slots=True)
class Elapse:
    """Time passes; what it brings, happens."""


Act = (
    Transition
    | Vote
    | AssignMentor
    | Note
    | Comment
    | AnswerComment
    | Complain
    | AnswerComplaint
    | FileEvidence
    | Score
    | ProposeLimits
    | ApproveLimits
    | RejectLimits
    | CapDown
    | OpenViolation
    | FileRectification
    | VerifyRectification
    | ClaimNoFault
    | Decide
    | Freeze
    | Unfreeze
    | Pause
    | Resume
    | FileReport
    | ReportIncident
    | Enrol
    | Elapse
)

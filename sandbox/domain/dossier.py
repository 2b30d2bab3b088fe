"""Dossier (卷宗): the supervision file of one pilot, folded from its acts, and what can be read off it.

Times are unix seconds, of blocks in a run and of the wall clock in the service. Nothing is ever taken out of a dossier: what
was rejected, exempted, answered or replaced stays on file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, StrEnum
from typing import Any, ClassVar

from sandbox.domain.acts import ReportKind
from sandbox.domain.canonical import MAX_INTEGER
from sandbox.domain.enrolment import Enrolled as Enrolled
from sandbox.domain.evaluation import Evidence, Points
from sandbox.domain.limits import Grade
from sandbox.domain.profiles import Plain
from sandbox.domain.standing import Access, Officer, Role, Stage, State, may_transact
from sandbox.domain.terms import WHOLE, Terms
from sandbox.domain.tolerance import Outcome, Violation
from sandbox.domain.working_days import DAY


@dataclass(frozen=True, slots=True)
class Moved:
    """One move along an arrow, as it stands in the history and in the log. stage: the one after the move. votes: of the others
    who approved, where two were needed."""

    type: ClassVar[str] = "moved"
    origin: State
    to: State
    stage: Stage
    actor: str
    role: Role
    reason: str
    time: int
    evidence: str = ""
    votes: tuple[Ballot, ...] = ()


@dataclass(frozen=True, slots=True)
class Ballot:
    """One approver's word on a move."""

    motion: State
    approve: bool
    reason: str
    officer: Officer
    time: int


@dataclass(frozen=True, slots=True)
class Remark:
    """A note, comment or complaint, with its answer where it has one. number: from 1 among its kind."""

    number: int
    text: str
    by: str
    role: Role
    time: int
    answer: str = ""
    answered_by: str = ""
    answered_at: int | None = None


class VersionKind(StrEnum):
    """CHANGE was proposed and approved by two; CAP_DOWN tightened a limit at once."""

    CHANGE = "change"
    CAP_DOWN = "cap_down"


class VersionStatus(StrEnum):
    """What became of a version."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class LimitVersion:
    """One version of some limits. approver: who approved or rejected it, "" for a cap. rank: order of coming into force."""

    number: int
    changes: Mapping[str, Plain]
    kind: VersionKind
    status: VersionStatus
    proposer: str
    reason: str
    proposed_at: int
    approver: str = ""
    approved_at: int | None = None
    from_block: int | None = None
    rank: int = 0


class Measure(StrEnum):
    """What a supervisor can do at once."""

    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Intervened:
    """One intervention. who: client id or address of a freeze, "" for the whole pilot."""

    type: ClassVar[str] = "intervened"
    measure: Measure
    who: str
    reason: str
    by: str
    role: Role
    time: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report on file, with the figures the firm states in it."""

    kind: ReportKind
    figures: Mapping[str, Plain]
    hash: str
    by: str
    time: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened; its notice is due from `time` on."""

    number: int
    text: str
    by: str
    time: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """A duty to report that was missed. limit: the rule. ref: the duty. observed and bound: seconds. who: the pilot."""

    type: ClassVar[str] = "overdue"
    limit: str
    grade: Grade
    observed: int
    bound: int
    who: str
    ref: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A violation was recorded."""

    type: ClassVar[str] = "opened"
    violation: Violation


@dataclass(frozen=True, slots=True)
class Decided:
    """A violation was ended. clause: of 行政处罚法 Art. 33, "" for no exemption."""

    type: ClassVar[str] = "decided"
    violation: int
    code: str
    outcome: Outcome
    clause: str
    by: str
    time: int


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """A version of some limits is in force, from its block on."""

    type: ClassVar[str] = "limits_changed"
    version: LimitVersion


Consequence = Moved | Opened | Decided | LimitsChanged | Intervened | Overdue
"""What an act brought about, for the log."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """The file. since: entry into the state. seen: time of the latest act. votes: on moves out of the present state. frozen:
    clients and addresses. ends_at: end of the test, None before its start. extended: the one extension is used up."""

    pilot: str
    state: State = State.DRAFT
    stage: Stage = Stage.G1
    since: int = 0
    seen: int = 0
    history: tuple[Moved, ...] = ()
    votes: tuple[Ballot, ...] = ()
    mentor: str = ""
    notes: tuple[Remark, ...] = ()
    comments: tuple[Remark, ...] = ()
    complaints: tuple[Remark, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    scores: tuple[Points, ...] = ()
    versions: tuple[LimitVersion, ...] = ()
    violations: tuple[Violation, ...] = ()
    frozen: frozenset[str] = frozenset()
    paused: bool = False
    interventions: tuple[Intervened, ...] = ()
    reports: tuple[Report, ...] = ()
    incidents: tuple[Incident, ...] = ()
    enrolled: tuple[Enrolled, ...] = ()
    first_active_at: int | None = None
    ends_at: int | None = None
    extended: bool = False

    @property
    def submitters(self) -> tuple[str, ...]:
        """Everybody who ever handed it in, the latest last; none of them may approve anything here."""
        return tuple(move.actor for move in self.history if move.to is State.SUBMITTED)

    @property
    def submitter(self) -> str:
        """Who handed it in last, "" before that."""
        return self.submitters[-1] if self.submitters else ""

    @property
    def suspended_since(self) -> int | None:
        """Start of the present suspension."""
        return self.since if self.state is State.SUSPENDED else None

    @property
    def evaluating_since(self) -> int | None:
        """Start of the latest evaluation."""
        return next((move.time for move in reversed(self.history) if move.to is State.EVALUATING), None)

    @property
    def open_violations(self) -> tuple[Violation, ...]:
        """Those not yet verified and decided, or dismissed."""
        return tuple(violation for violation in self.violations if not violation.settled)

    @property
    def kill_switch_tried(self) -> bool:
        """The pilot was paused at least once and then resumed."""
        return any(taken.measure is Measure.RESUME for taken in self.interventions)

    @property
    def access(self) -> Access:
        """Whose transactions pass now: as the state says, nobody's while paused."""
        return Access.NOBODY if self.paused else may_transact(self.state)

    def tolerance_left(self, now: int, terms: Terms) -> int:
        """Seconds of the tolerance period that are left; 0 before the test and after the period."""
        start = self.first_active_at
        return 0 if start is None else max(0, min(terms.tolerance_days * DAY, start + terms.tolerance_days * DAY - now))


def limit_factor(dossier: Dossier, terms: Terms) -> int:
    """Basis points of each staged limit that are in force: the stage's, and while rectifying, a part of that."""
    factor = terms.stages.get(dossier.stage, 0)
    return factor * terms.rectifying_factor // WHOLE if dossier.state is State.RECTIFYING else factor


def versions_at(dossier: Dossier, block: int) -> tuple[LimitVersion, ...]:
    """The versions in force at that block, in the order in which they came into force."""
    reached = (each for each in dossier.versions if each.from_block is not None and each.from_block <= block)
    return tuple(sorted(reached, key=lambda version: version.rank))


def changes_in_force(dossier: Dossier, block: int) -> dict[str, Plain]:
    """limit -> bound as plain data, for the limits changed since admission; a later version overrides an earlier one."""
    return {limit: plain for version in versions_at(dossier, block) for limit, plain in version.changes.items()}


def plain_data(value: Any) -> Any:
    """A record of a dossier, a whole one, or a consequence, as plain data for the log and for JSON: words for enumerations,
    decimal text for numbers beyond 2**53 - 1 and for harm, sorted lists for sets."""
    if is_dataclass(value):
        rows = {each.name: plain_data(getattr(value, each.name)) for each in fields(value)}
        rows |= {"harm": str(rows["harm"])} if "harm" in rows else {}
        return {"type": value.type, **rows} if hasattr(value, "type") else rows
    if isinstance(value, Enum):
        return value.name if isinstance(value, Grade) else value.value
    if isinstance(value, Mapping):
        return {key: plain_data(each) for key, each in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [plain_data(each) for each in (sorted(value) if isinstance(value, frozenset) else value)]
    return str(value) if isinstance(value, int) and abs(value) > MAX_INTEGER else value

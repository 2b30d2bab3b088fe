"""A dossier under any sequence of acts whatever: what may never happen does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sandbox.domain import acts
from sandbox.domain.acts import Act
from sandbox.domain.deeds import Deed, perform, replay
from sandbox.domain.dossier import VersionKind, VersionStatus
from sandbox.domain.evaluation import PAPER_KINDS, Dimension
from sandbox.domain.lifecycle import TRANSITIONS
from sandbox.domain.limits import Grade
from sandbox.domain.standing import APPROVERS, SYSTEM, Officer, Role, State
from sandbox.domain.terms import Facts
from sandbox.domain.tolerance import Outcome
from sandbox.domain.units import Value
from sandbox.errors import InputError
from tests.domain.dossiers import COLLEAGUE, CONFERENCE, DAY, FIRM, HASH, OFFICERS, READY, REGULATOR, TERMS, File, active

WHY = st.just("because")
NUMBER = st.integers(1, 3)
DISGUISED = Officer(FIRM.name, Role.REGULATOR, "Financial office")
BY = st.sampled_from([*OFFICERS, DISGUISED])
FACTS = st.sampled_from([READY, READY, replace(READY, exit_plan=None), replace(READY, outstanding=5), Facts()])
CODES = st.sampled_from(["max_tx_amount", "supply_integrity", "max_clients"])
GRADES = st.sampled_from([Grade.S1, Grade.S1, Grade.S2, Grade.S3, Grade.S4])
HARMS = st.sampled_from([0, 1, 10**40]).map(Value)
CHANGES = st.dictionaries(st.just("max_clients"), st.integers(1, 70), min_size=1)

SUPERVISION: st.SearchStrategy[Act] = st.one_of(
    st.builds(acts.OpenViolation, CODES, GRADES, st.just("tx:1"), HARMS, st.booleans(), WHY),
    st.builds(acts.FileRectification, NUMBER, WHY, st.just(HASH)),
    st.builds(acts.VerifyRectification, NUMBER, st.booleans(), WHY),
    st.builds(acts.ClaimNoFault, NUMBER, WHY),
    st.builds(acts.Decide, NUMBER, st.sampled_from(Outcome), WHY, st.sampled_from(["", "told so"])),
)
LIMITS: st.SearchStrategy[Act] = st.one_of(
    st.builds(acts.ProposeLimits, CHANGES, WHY),
    st.builds(acts.ApproveLimits, NUMBER, st.integers(90, 200)),
    st.builds(acts.RejectLimits, NUMBER, WHY),
    st.builds(acts.CapDown, st.just("max_clients"), st.integers(1, 60), WHY),
)
OTHERS: st.SearchStrategy[Act] = st.one_of(
    st.builds(acts.Pause, WHY),
    st.builds(acts.Resume, WHY),
    st.builds(acts.AssignMentor, st.sampled_from(["Ma", FIRM.name, CONFERENCE.name])),
    st.builds(acts.Comment, WHY),
    st.builds(acts.AnswerComment, NUMBER, WHY),
    st.builds(acts.FileEvidence, st.sampled_from(PAPER_KINDS), st.just(HASH), WHY),
    st.builds(acts.Score, st.sampled_from(Dimension), st.integers(0, 100), WHY),
    st.just(acts.Elapse()),
)


class DossierMachine(RuleBasedStateMachine):
    """Everybody tries everything; what is refused must leave the file as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.file = active() if self.settled_start else File()
        self.decisions: dict[int, Any] = {}

    settled_start = False

    def attempt(self, act: Act, by: Officer, facts: Facts) -> None:
        before = self.file.dossier
        try:
            after, _ = perform(before, act, by, self.file.now, facts, TERMS)
        except InputError as error:
            assert error.what and self.file.dossier is before
            return
        self.file.dossier = after
        self.file.deeds.append(Deed(act, by, self.file.now, facts))

    @rule(seconds=st.sampled_from([1, DAY, 8 * DAY, 31 * DAY, 200 * DAY]))
    def wait(self, seconds: int) -> None:
        self.file.now += seconds

    @rule(to=st.sampled_from(State), by=BY, facts=FACTS)
    def move(self, to: State, by: Officer, facts: Facts) -> None:
        self.attempt(acts.Transition(to, "because"), by, facts)

    @rule(arrow=st.sampled_from(TRANSITIONS), by=BY)
    def move_on(self, arrow: Any, by: Officer) -> None:
        """Towards where the dossier can go, so that the walk gets far."""
        here = [each for each in TRANSITIONS if each.origin is self.file.dossier.state] or [arrow]
        chosen = here[TRANSITIONS.index(arrow) % len(here)]
        actor = next(each for each in OFFICERS if each.role in chosen.actors)
        if chosen.quorum > 1:
            self.attempt(acts.Vote(chosen.to, True, "because"), CONFERENCE, READY)
        self.attempt(acts.Transition(chosen.to, "because"), actor, READY)

    @rule(to=st.sampled_from(State), approve=st.booleans(), by=BY)
    def vote(self, to: State, approve: bool, by: Officer) -> None:
        self.attempt(acts.Vote(to, approve, "because"), by, READY)

    @rule(act=SUPERVISION, by=BY | st.sampled_from([FIRM, REGULATOR]))
    def supervise(self, act: Act, by: Officer) -> None:
        self.attempt(act, by, READY)

    @rule(
        code=CODES,
        grade=GRADES,
        harm=HARMS,
        wait=st.sampled_from([0, DAY, 30 * DAY]),
        claim=st.booleans(),
        outcome=st.sampled_from(Outcome),
    )
    def due_process(self, code: str, grade: Grade, harm: Value, wait: int, claim: bool, outcome: Outcome) -> None:
        """A violation from its opening to a decision and back to the test, as far as each step is possible."""
        self.attempt(acts.OpenViolation(code, grade, "tx:2", harm, grade < Grade.S2, "because"), SYSTEM, READY)
        number = len(self.file.dossier.violations)
        self.file.now += wait
        self.attempt(acts.FileRectification(number, "because", HASH), FIRM, READY)
        self.attempt(acts.VerifyRectification(number, True, "because"), REGULATOR, READY)
        if claim:
            self.attempt(acts.ClaimNoFault(number, "because"), FIRM, READY)
        self.attempt(acts.Decide(number, outcome, "because", "told so"), REGULATOR, READY)
        self.attempt(acts.Vote(State.ACTIVE, True, "because"), CONFERENCE, READY)
        self.attempt(acts.Transition(State.ACTIVE, "because"), REGULATOR, READY)

    @rule(act=LIMITS, by=st.sampled_from([FIRM, REGULATOR, COLLEAGUE, CONFERENCE, DISGUISED]), facts=FACTS)
    def limit(self, act: Act, by: Officer, facts: Facts) -> None:
        self.attempt(act, by, facts)

    @rule(act=OTHERS, by=BY)
    def anything(self, act: Act, by: Officer) -> None:
        self.attempt(act, by, READY)

    @invariant()
    def no_approver_is_the_proposer(self) -> None:
        for version in self.file.dossier.versions:
            if version.kind is VersionKind.CHANGE and version.status is VersionStatus.IN_FORCE:
                assert version.approver and version.approver != version.proposer
                assert version.changes["max_clients"] <= 60  # type: ignore[operator]  # whole numbers here

    @invariant()
    def no_submitter_supervises(self) -> None:
        for move in self.file.dossier.history:
            people = {move.actor, *(ballot.officer.name for ballot in move.votes)}
            assert move.role not in APPROVERS or not people & {FIRM.name}

    @invariant()
    def no_red_line_is_exempted(self) -> None:
        assert not any(each.exempted for each in self.file.dossier.violations if each.grade is Grade.S4)

    @invariant()
    def every_exemption_teaches(self) -> None:
        assert all(each.decision and each.decision.education for each in self.file.dossier.violations if each.exempted)

    @invariant()
    def what_is_decided_never_changes(self) -> None:
        for violation in self.file.dossier.violations:
            if violation.number in self.decisions:
                assert violation.decision == self.decisions[violation.number]
            elif violation.decision is not None:
                self.decisions[violation.number] = violation.decision

    @invariant()
    def it_came_here_along_the_arrows(self) -> None:
        here = State.DRAFT
        for move in self.file.dossier.history:
            rows = [each for each in TRANSITIONS if (each.origin, each.to) == (here, move.to) and move.role in each.actors]
            assert move.origin is here and rows
            assert len(move.votes) >= min(each.quorum for each in rows) - 1
            here = move.to
        assert here is self.file.dossier.state

    @invariant()
    def an_active_pilot_has_nothing_open(self) -> None:
        assert self.file.dossier.state is not State.ACTIVE or not self.file.dossier.open_violations

    def teardown(self) -> None:
        assert replay("sme-equity", self.file.deeds, TERMS) == self.file.dossier


class RunningMachine(DossierMachine):
    """The same from the start of a test."""

    settled_start = True


TestFromTheDraft = DossierMachine.TestCase
TestFromTheStart = RunningMachine.TestCase
TestFromTheDraft.settings = TestFromTheStart.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)

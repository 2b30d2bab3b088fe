"""The life cycle: the table of arrows walked in full, quorum, guards, and the gates that fail closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.acts import AnswerComment, AssignMentor, Comment, Pause, Resume, Transition, Vote
from sandbox.domain.deeds import perform
from sandbox.domain.dossier import Dossier, Moved, limit_factor
from sandbox.domain.lifecycle import GATES, MOTIONS, TRANSITIONS, shut_gates, unmet
from sandbox.domain.limits import Grade
from sandbox.domain.standing import (
    STAGE_NAMES,
    STATE_NAMES,
    SYSTEM,
    TERMINAL,
    Access,
    Officer,
    Role,
    Stage,
    State,
    may_transact,
    same_name,
)
from sandbox.domain.terms import Facts
from sandbox.domain.tolerance import Outcome
from sandbox.errors import Conflict
from tests.domain.dossiers import (
    AUDITOR,
    COLLEAGUE,
    CONFERENCE,
    DAY,
    FIRM,
    MENTOR,
    NOTHING,
    PUBLIC,
    READY,
    REGULATOR,
    TERMS,
    File,
    active,
    evaluating,
    noticed,
    registered,
)

BY_ROLE = {each.role: each for each in (FIRM, CONFERENCE, MENTOR, AUDITOR, PUBLIC, SYSTEM, REGULATOR)}
ARROWS = {(arrow.origin, arrow.to, role) for arrow in TRANSITIONS for role in arrow.actors}

F, R, S = Role.FIRM, Role.REGULATOR, Role.SYSTEM
SYNTHESIS = {
    ("draft", "submitted"): {F},
    ("submitted", "under_review"): {R},
    ("submitted", "draft"): {R},
    ("under_review", "public_notice"): {R},
    ("under_review", "rejected"): {R},
    ("under_review", "draft"): {R},
    ("public_notice", "registered"): {R},
    ("public_notice", "under_review"): {R},
    ("registered", "active"): {F},
    ("active", "active"): {R},
    ("active", "rectifying"): {S, R},
    ("active", "suspended"): {S, R, F},
    ("active", "evaluating"): {F, S},
    ("rectifying", "active"): {R},
    ("rectifying", "suspended"): {S, R},
    ("suspended", "active"): {R},
    ("suspended", "wind_down"): {F, R, S},
    ("evaluating", "graduated"): {R},
    ("evaluating", "active"): {R},
    ("evaluating", "wind_down"): {R},
    ("evaluating", "suspended"): {S},
    ("submitted", "withdrawn"): {F},
    ("under_review", "withdrawn"): {F},
    ("public_notice", "withdrawn"): {F},
    ("registered", "withdrawn"): {F},
    ("active", "wind_down"): {F, R, S},
    ("rectifying", "wind_down"): {F, R, S},
    ("wind_down", "exited"): {R},
}
"""The life cycle of the domain study, written down a second time."""


def test_the_table_is_the_life_cycle_of_the_study() -> None:
    assert {(origin.value, to.value, role) for origin, to, role in ARROWS} == {
        (*pair, role) for pair, roles in SYNTHESIS.items() for role in roles
    }


@pytest.mark.parametrize("origin", State, ids=lambda state: state.value)
def test_what_is_no_row_is_refused_whoever_asks(origin: State) -> None:
    dossier = Dossier("p", state=origin)
    for to, role in product(State, Role):
        if (origin, to, role) not in ARROWS:
            with pytest.raises(Conflict) as caught:
                perform(dossier, Transition(to, "because"), BY_ROLE[role], 0, READY, TERMS)
            assert caught.value.do and "cannot go from" not in caught.value.what, (to, role)


@pytest.mark.parametrize(("origin", "to", "role"), sorted(ARROWS), ids="-".join)
def test_a_row_is_free_unless_it_has_conditions(origin: State, to: State, role: Role) -> None:
    dossier, act = Dossier("p", state=origin), Transition(to, "because")
    rows = [arrow for arrow in TRANSITIONS if (arrow.origin, arrow.to) == (origin, to) and role in arrow.actors]
    held = {arrow for arrow in rows if unmet(arrow, dossier, NOTHING, TERMS, 0) or arrow.quorum > 1}
    if held == set(rows):
        with pytest.raises(Conflict, match=f"cannot go from {origin} to {to}"):
            perform(dossier, act, BY_ROLE[role], 0, NOTHING, TERMS)
    else:
        assert perform(dossier, act, BY_ROLE[role], 0, NOTHING, TERMS)[0].state is to


def test_terminal_states_have_no_way_out_and_every_other_state_has() -> None:
    assert {arrow.origin for arrow in TRANSITIONS} == set(State) - TERMINAL


def test_every_state_can_be_reached_from_the_draft() -> None:
    reached = {State.DRAFT}
    while more := {arrow.to for arrow in TRANSITIONS if arrow.origin in reached} - reached:
        reached |= more
    assert reached == set(State)


def test_everything_has_its_names_and_sources() -> None:
    assert set(STATE_NAMES) == set(State) and set(STAGE_NAMES) == set(Stage)
    assert all(arrow.source for arrow in TRANSITIONS)
    assert all(arrow.actors == {Role.SYSTEM} and arrow.guards for arrow in TRANSITIONS if arrow.because)


def test_a_refusal_says_where_one_can_go_and_who_can() -> None:
    with pytest.raises(Conflict, match="no way from draft to active") as caught:
        File().go(State.ACTIVE, FIRM)
    assert caught.value.do == "a firm can move it to: submitted"
    with pytest.raises(Conflict, match="a firm cannot move") as caught:
        noticed().go(State.REGISTERED, FIRM)
    assert caught.value.do == "ask the regulator"


# --- votes


def test_two_people_of_different_departments_register_a_pilot() -> None:
    file = noticed()
    (moved,) = file.agree(State.REGISTERED)
    assert isinstance(moved, Moved)
    assert [each.officer.name for each in moved.votes] == [CONFERENCE.name]


def test_one_regulator_alone_does_not() -> None:
    with pytest.raises(Conflict, match="2 people of different departments must approve, 1 did"):
        noticed().go(State.REGISTERED)


def test_a_colleague_of_the_same_department_does_not_help() -> None:
    file = noticed()
    file.do(Vote(State.REGISTERED, True, "fine"), COLLEAGUE)
    with pytest.raises(Conflict, match="different departments"):
        file.go(State.REGISTERED)


def test_a_vote_taken_back_does_not_count() -> None:
    file = noticed()
    file.do(Vote(State.REGISTERED, True, "fine"), CONFERENCE)
    file.do(Vote(State.REGISTERED, False, "on reflection"), CONFERENCE)
    with pytest.raises(Conflict, match="different departments"):
        file.go(State.REGISTERED)


def test_ones_own_vote_is_not_a_second_person() -> None:
    file = noticed()
    file.do(Vote(State.REGISTERED, True, "fine"), replace(REGULATOR, department="Another"))
    with pytest.raises(Conflict, match="different departments"):
        file.go(State.REGISTERED)


SPELT = ("{}", "{} ", "\u3000{}", "{}\u200b", "\u2060{}", "{}\ufe0f", "{}\u3164", "{}\x00")
"""Ways to write a name that leave it the same to whoever reads it."""


@pytest.mark.parametrize("spelling", SPELT)
@pytest.mark.parametrize("fold", [str.upper, str.lower, str.title])
def test_a_name_is_the_same_however_it_is_spelt(spelling: str, fold: Callable[[str], str]) -> None:
    assert Officer(spelling.format(fold("Li Wei")), Role.REGULATOR).is_one_of(["li  wei", "Sun"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ｌｉ", "Li"),
        ("Stra\u00dfe", "STRASSE"),
        ("Ren\u00e9", "Rene\u0301"),
        ("Ren\u00e9", "Rene\u200b\u0301"),
        ("\u738b\u82b3", "\u738b\u200d\u82b3"),
        ("Li\tWei", "Li Wei"),
    ],
)
def test_width_case_accents_and_what_nobody_sees_make_nobody_else(one: str, other: str) -> None:
    assert same_name(one) == same_name(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Li", "Lin"), ("Li Wei", "LiWei"), ("\u738b\u82b3", "\u738b\u65b9"), ("Rene", "Ren\u00e9")]
)
def test_names_that_differ_are_two_people(one: str, other: str) -> None:
    assert same_name(one) != same_name(other)
    assert not Officer(one, Role.REGULATOR).is_one_of([other]) and not Officer(one, Role.REGULATOR).is_one_of([])


@given(st.text())
def test_what_is_folded_once_is_folded(text: str) -> None:
    assert same_name(same_name(text)) == same_name(text)


@pytest.mark.parametrize("spelling", SPELT)
def test_ones_own_vote_under_another_spelling_is_not_a_second_person(spelling: str) -> None:
    file = noticed()
    again = Officer(spelling.format(REGULATOR.name.upper()), Role.REGULATOR, "Another")
    file.do(Vote(State.REGISTERED, True, "fine"), again)
    with pytest.raises(Conflict, match="different departments"):
        file.go(State.REGISTERED)


@pytest.mark.parametrize("spelling", SPELT)
def test_one_department_under_another_spelling_is_not_a_second_one(spelling: str) -> None:
    file = noticed()
    file.do(Vote(State.REGISTERED, True, "fine"), replace(COLLEAGUE, department=spelling.format("FINANCIAL OFFICE")))
    with pytest.raises(Conflict, match="different departments"):
        file.go(State.REGISTERED)


def test_a_vote_is_taken_back_by_the_same_person_however_spelt_and_by_nobody_else() -> None:
    file = noticed()
    file.do(Vote(State.REGISTERED, True, "fine"), CONFERENCE)
    file.do(Vote(State.REGISTERED, False, "no"), replace(CONFERENCE, name="Sung"))
    assert [ballot.officer.name for ballot in file.dossier.votes] == ["Sun", "Sung"]
    file.do(Vote(State.REGISTERED, False, "on reflection"), replace(CONFERENCE, name="sun\u200b"))
    assert [ballot.approve for ballot in file.dossier.votes] == [False, False]
    with pytest.raises(Conflict, match="different departments"):
        file.go(State.REGISTERED)


@pytest.mark.parametrize("department", ["", " ", "\u200b", "\u3164"])
def test_nobody_without_a_department_votes(department: str) -> None:
    with pytest.raises(Conflict, match="no department"):
        noticed().do(Vote(State.REGISTERED, True, "fine"), Officer("Feng", Role.CONFERENCE, department))


@pytest.mark.parametrize("name", [FIRM.name, MENTOR.name, "zhou", "ＭＡ", "Zh\u200bou"])
def test_neither_submitter_nor_mentor_votes_under_another_hat(name: str) -> None:
    with pytest.raises(Conflict, match="cannot supervise"):
        noticed().do(Vote(State.REGISTERED, True, "fine"), Officer(name, Role.CONFERENCE, "Market regulation"))


def test_an_earlier_submitter_stays_barred_after_somebody_else_submitted_again() -> None:
    file = File()
    file.go(State.SUBMITTED, FIRM)
    file.go(State.DRAFT)
    file.go(State.SUBMITTED, Officer("Cao", Role.FIRM))
    with pytest.raises(Conflict, match="cannot supervise"):
        file.go(State.UNDER_REVIEW, Officer(FIRM.name, Role.REGULATOR, "Financial office"))


def test_votes_end_with_the_state_they_were_cast_in() -> None:
    file = noticed()
    file.do(Vote(State.REGISTERED, True, "fine"), CONFERENCE)
    file.go(State.UNDER_REVIEW)
    file.go(State.PUBLIC_NOTICE)
    file.now += 7 * DAY
    with pytest.raises(Conflict, match="different departments"):
        file.go(State.REGISTERED)


def test_a_voter_who_then_becomes_the_mentor_has_not_voted() -> None:
    file = noticed()
    file.do(Vote(State.REGISTERED, True, "fine"), CONFERENCE)
    file.do(AssignMentor(CONFERENCE.name), REGULATOR)
    with pytest.raises(Conflict, match="different departments"):
        file.go(State.REGISTERED)


def test_a_vote_is_only_held_on_moves_that_need_one() -> None:
    with pytest.raises(Conflict, match="no vote") as caught:
        noticed().do(Vote(State.REJECTED, True, "away with it"), CONFERENCE)
    assert caught.value.do == "vote on: registered"
    assert MOTIONS[State.DRAFT] == frozenset()


# --- guards


def test_the_notice_runs_its_days() -> None:
    file = noticed()
    file.now -= 1
    with pytest.raises(Conflict, match="the public notice of 7 days runs until"):
        file.agree(State.REGISTERED)


def test_every_comment_is_answered_first() -> None:
    file = noticed()
    file.do(Comment("too risky"), PUBLIC)
    with pytest.raises(Conflict, match="comments without an answer: 1"):
        file.agree(State.REGISTERED)
    file.do(AnswerComment(1, "the reserve covers it"), FIRM)
    file.agree(State.REGISTERED)
    assert file.dossier.state is State.REGISTERED


def test_all_unmet_conditions_are_told_at_once() -> None:
    file = File()
    file.go(State.SUBMITTED, FIRM)
    file.go(State.UNDER_REVIEW)
    file.go(State.PUBLIC_NOTICE)
    file.do(Comment("too risky"), PUBLIC)
    with pytest.raises(Conflict, match="notice .*comments .*mentor .*2 people"):
        file.go(State.REGISTERED)


def ready_to_launch() -> File:
    file = registered()
    file.do(Pause("tried"), REGULATOR)
    file.do(Resume("works"), REGULATOR)
    return file


LAUNCH_FACTS = ("code_matches", "limits_bound", "exit_plan", "complaint_channel", "assessments_valid")


def test_with_every_gate_open_the_test_starts() -> None:
    file = ready_to_launch()
    assert shut_gates(file.dossier, READY) == ()
    file.go(State.ACTIVE, FIRM)
    assert (file.dossier.state, file.dossier.stage) == (State.ACTIVE, Stage.G1)
    assert file.dossier.ends_at == file.now + 180 * DAY


@pytest.mark.parametrize(("fact", "value"), list(product(LAUNCH_FACTS, (None, False))))
def test_a_gate_is_shut_by_no_and_by_not_known(fact: str, value: bool | None) -> None:
    file = ready_to_launch()
    file.facts = replace(READY, **{fact: value})
    with pytest.raises(Conflict, match="gate .* is shut"):
        file.go(State.ACTIVE, FIRM)


def test_the_kill_switch_must_have_been_tried() -> None:
    file = registered()
    file.do(Pause("tried"), REGULATOR)
    with pytest.raises(Conflict, match="kill_switch"):
        file.go(State.ACTIVE, FIRM)


def test_knowing_nothing_shuts_every_gate() -> None:
    assert shut_gates(Dossier("p"), NOTHING) == GATES
    assert all(getattr(NOTHING, each.name) is None for each in fields(Facts))


def test_an_incomplete_declaration_is_not_submitted() -> None:
    file = File(facts=NOTHING)
    with pytest.raises(Conflict, match="declaration"):
        file.go(State.SUBMITTED, FIRM)


def test_stages_go_up_by_two_approvals_each_and_end_at_the_third() -> None:
    file = active()
    factors = [limit_factor(file.dossier, file.terms)]
    for _ in range(2):
        with pytest.raises(Conflict, match="different departments"):
            file.go(State.ACTIVE)
        file.agree(State.ACTIVE)
        factors.append(limit_factor(file.dossier, file.terms))
    assert factors == [0, 2_000, 10_000]
    with pytest.raises(Conflict, match="last stage"):
        file.agree(State.ACTIVE)


def test_a_suspension_is_lifted_by_two_once_everything_is_settled() -> None:
    file = active()
    number = file.breach(Grade.S3)
    with pytest.raises(Conflict, match="not yet verified and decided"):
        file.agree(State.ACTIVE)
    file.correct(number)
    file.decide(number, Outcome.PENALTY)
    with pytest.raises(Conflict, match="different departments"):
        file.dossier = replace(file.dossier, votes=())
        file.go(State.ACTIVE)
    file.agree(State.ACTIVE)
    assert file.dossier.state is State.ACTIVE


def test_a_red_line_is_never_lifted() -> None:
    file = active()
    number = file.breach(Grade.S4, code="supply_integrity")
    file.correct(number)
    file.decide(number, Outcome.PENALTY)
    with pytest.raises(Conflict, match="never lifted"):
        file.agree(State.ACTIVE)


def test_unless_it_turned_out_to_be_no_violation() -> None:
    file = active()
    file.decide(file.breach(Grade.S4, code="supply_integrity"), Outcome.DISMISSED)
    file.agree(State.ACTIVE)
    assert file.dossier.state is State.ACTIVE


def test_a_test_is_extended_once() -> None:
    file = evaluating()
    file.go(State.ACTIVE)
    assert file.dossier.ends_at == file.now + (180 + 90) * DAY
    file.go(State.EVALUATING, FIRM)
    with pytest.raises(Conflict, match="extended before"):
        file.go(State.ACTIVE)


def test_a_test_with_an_open_violation_is_neither_extended_nor_passed() -> None:
    file = evaluating()
    file.evaluate()
    file.breach()
    for to in (State.ACTIVE, State.GRADUATED):
        with pytest.raises(Conflict, match="not yet verified and decided"):
            file.go(to)
    assert file.dossier.state is State.EVALUATING


def test_graduation_needs_papers_scores_and_two() -> None:
    file = evaluating()
    with pytest.raises(Conflict, match="papers not on file: self_assessment, .*dimensions without a score"):
        file.agree(State.GRADUATED)
    file.evaluate()
    file.agree(State.GRADUATED)
    assert file.dossier.state is State.GRADUATED


@pytest.mark.parametrize(("outstanding", "why"), [(None, "not known"), (1, "still hold")])
def test_a_pilot_is_not_gone_while_clients_hold_something(outstanding: int | None, why: str) -> None:
    file = active()
    file.go(State.WIND_DOWN)
    file.facts = replace(READY, outstanding=outstanding)
    with pytest.raises(Conflict, match=why):
        file.go(State.EXITED)
    file.facts = READY
    file.go(State.EXITED)
    assert file.dossier.state is State.EXITED


def test_the_firm_winds_down_only_with_an_exit_plan() -> None:
    file = active()
    file.facts = NOTHING
    with pytest.raises(Conflict, match="exit plan"):
        file.go(State.WIND_DOWN, FIRM)


def test_the_system_winds_down_on_the_trigger_and_not_at_will() -> None:
    file = active()
    with pytest.raises(Conflict, match="not come to its end"):
        file.go(State.WIND_DOWN, SYSTEM)
    file.breach(Grade.S3, code="wind_down_trigger")
    file.go(State.WIND_DOWN, SYSTEM)
    assert file.dossier.state is State.WIND_DOWN


# --- who may transact


def test_what_is_not_said_to_pass_does_not() -> None:
    passing = {state: may_transact(state) for state in State if may_transact(state) is not Access.NOBODY}
    assert passing == {
        State.REGISTERED: Access.ROLES,
        State.ACTIVE: Access.EVERYBODY,
        State.RECTIFYING: Access.EVERYBODY,
        State.EVALUATING: Access.EVERYBODY,
        State.WIND_DOWN: Access.REDUCTION,
    }


def test_a_pause_stops_everybody() -> None:
    file = active()
    before = file.dossier.access
    file.do(Pause("stop"), REGULATOR)
    assert (before, file.dossier.access) == (Access.EVERYBODY, Access.NOBODY)

"""The dossier: acts and who may, what time brings, limits and their versions, interventions, duties to report, replay."""

from __future__ import annotations

import inspect
from dataclasses import Field, fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain import acts
from sandbox.domain.act_fields import act_data, act_name, parse_act
from sandbox.domain.act_table import ACTS
from sandbox.domain.acts import (
    Act,
    AnswerComplaint,
    ApproveLimits,
    AssignMentor,
    CapDown,
    Complain,
    Elapse,
    FileReport,
    Freeze,
    Note,
    OpenViolation,
    Pause,
    ProposeLimits,
    RejectLimits,
    ReportIncident,
    ReportKind,
    Resume,
    Transition,
    Unfreeze,
)
from sandbox.domain.canonical import MAX_INTEGER, canonical, parse_canonical
from sandbox.domain.deeds import Deed, deed_data, parse_deed, perform, replay
from sandbox.domain.dossier import (
    Dossier,
    LimitsChanged,
    Moved,
    Opened,
    Overdue,
    VersionKind,
    changes_in_force,
    limit_factor,
    plain_data,
    versions_at,
)
from sandbox.domain.duties import overdue
from sandbox.domain.evaluation import Dimension
from sandbox.domain.limits import SPECS, Count, Deadlines, Grade, Mode, Span
from sandbox.domain.profiles import Profile, ProfileLimit
from sandbox.domain.standing import SYSTEM, Officer, Role, Stage, State, same_name
from sandbox.domain.terms import Facts, Terms, terms_of
from sandbox.domain.tolerance import NO_TOLERANCE, Outcome
from sandbox.domain.units import Seconds, Value
from sandbox.domain.working_days import local_text
from sandbox.errors import Conflict, InputError, NotFound
from tests.domain.dossiers import (
    COLLEAGUE,
    CONFERENCE,
    DAY,
    FIRM,
    HASH,
    MENTOR,
    OFFICERS,
    PUBLIC,
    READY,
    REGULATOR,
    START,
    TERMS,
    File,
    active,
    evaluating,
    limit_set,
    noticed,
    registered,
)

WORDS = st.text(min_size=1, max_size=9).filter(same_name)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(0, MAX_INTEGER) | WORDS, lambda inner: st.lists(inner, max_size=2), max_leaves=4
)
FIELD: dict[str, st.SearchStrategy[Any]] = {
    "str": WORDS,
    "bool": st.booleans(),
    "int": st.integers(0, 100),
    "Value": st.integers(0, 10**60).map(Value),
    "Grade": st.sampled_from([Grade.S1, Grade.S2, Grade.S3, Grade.S4]),
    "State": st.sampled_from(State),
    "Outcome": st.sampled_from(Outcome),
    "Dimension": st.sampled_from(Dimension),
    "ReportKind": st.sampled_from(ReportKind),
    "Plain": PLAIN,
    "Mapping[str, Plain]": st.dictionaries(WORDS, PLAIN, min_size=1, max_size=2),
}
RULES = sorted({*SPECS, *NO_TOLERANCE})


def field_of(act: type[Act], each: Field[Any]) -> st.SearchStrategy[Any]:
    """Any value of a field; a violation is one of a rule that exists."""
    return st.sampled_from(RULES) if (act, each.name) == (OpenViolation, "code") else FIELD[str(each.type)]


ANY_ACT: st.SearchStrategy[Act] = st.one_of(
    *(st.builds(row.act, **{each.name: field_of(row.act, each) for each in fields(row.act)}) for row in ACTS.values())
)


# --- acts as data


def test_the_table_has_every_act_once() -> None:
    assert {row.act for row in ACTS.values()} == set(get_args(Act)) and len(ACTS) == len(get_args(Act))
    made = {one for _, one in inspect.getmembers(acts, inspect.isclass) if one.__module__ == acts.__name__}
    assert made - {ReportKind} == set(get_args(Act))


@given(ANY_ACT)
def test_an_act_survives_being_written_and_read(act: Act) -> None:
    assert parse_act(act_name(act), parse_canonical(canonical(act_data(act)))) == act


@pytest.mark.parametrize("figure", [MAX_INTEGER + 1, -MAX_INTEGER - 1, [[2**60]], {"one": {"two": 2**256}}])
def test_a_number_no_log_entry_can_hold_is_refused_in_an_act_however_deep_and_passes_as_text(figure: Any) -> None:
    with pytest.raises(InputError, match="figures holds a number above 9007199254740991, which is written as text"):
        parse_act("file_report", {"kind": "periodic", "figures": {"sum": figure}, "hash": "ab" * 32})
    parse_act("file_report", {"kind": "periodic", "figures": {"sum": str(figure)}, "hash": "ab" * 32})


def test_a_deed_survives_the_log() -> None:
    for deed in evaluating().deeds:
        written = parse_canonical(canonical(deed_data(deed)))
        assert parse_deed(written) == deed


@pytest.mark.parametrize(
    "data",
    [{}, {"act": "note"}, {"act": "note", "fields": {"text": "x"}, "by": {"name": "x", "role": "king", "department": ""}}],
)
def test_what_is_no_deed_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        parse_deed(data)


@pytest.mark.parametrize(
    ("name", "given_fields", "what", "do"),
    [
        ("transitoin", {}, "no act 'transitoin'", "did you mean 'transition'?"),
        ("pause", {"raeson": "x"}, "no field 'raeson'", "did you mean 'reason'?"),
        ("pause", {}, "needs the field 'reason'", "state reason"),
        ("pause", {"reason": 3}, "pause.reason: 3 is not text", "correct pause.reason"),
        ("pause", {"reason": "  "}, "pause.reason is empty", "state it"),
        ("pause", {"reason": " \u200b\ufe0f\u3164"}, "pause.reason is empty", "state it"),
        ("transition", {"to": "activ", "reason": "x"}, "'activ' is no state; did you mean 'active'?", "correct transition.to"),
        ("vote", {"motion": "active", "approve": 1, "reason": "x"}, "neither true nor false", "correct vote.approve"),
        ("answer_comment", {"number": True, "text": "x"}, "not a whole number", "correct answer_comment.number"),
        ("score", {"dimension": "service", "points": 101, "reason": "x"}, "101, not one of 0 to 100", "state it"),
        ("propose_limits", {"changes": {}, "reason": "x"}, "changes is empty", "state it"),
        ("propose_limits", {"changes": {"a": 1.5}, "reason": "x"}, "not plain data", "correct propose_limits.changes"),
        (
            "open_violation",
            {"code": "c", "grade": "S0", "ref": "r", "harm": "0", "tolerable": True, "detail": "d"},
            "not one of",
            "state it",
        ),
        (
            "open_violation",
            {"code": "c", "grade": "S9", "ref": "r", "harm": 0, "tolerable": True, "detail": "d"},
            "is not a grade",
            "correct open_violation.grade",
        ),
        (
            "open_violation",
            {"code": "c", "grade": "S1", "ref": "r", "harm": "-1", "tolerable": True, "detail": "d"},
            "not a whole number",
            "correct open_violation.harm",
        ),
    ],
)
def test_what_is_no_act_is_told_exactly(name: str, given_fields: dict[str, object], what: str, do: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_act(name, given_fields)
    assert what in caught.value.what and caught.value.do == do


def test_an_act_made_in_code_is_held_to_the_same() -> None:
    with pytest.raises(InputError, match="empty"):
        active().do(Pause(""), REGULATOR)


@given(ANY_ACT, st.sampled_from(OFFICERS), st.sampled_from(State))
def test_whoever_or_whenever_is_not_in_the_row_may_not(act: Act, officer: Officer, state: State) -> None:
    row = ACTS[act_name(act)]
    if officer.role not in row.roles or state not in row.states:
        with pytest.raises(Conflict, match=r"not the .* to do|is not possible while"):
            perform(Dossier("p", state=state, since=START, seen=START), act, officer, START, READY, TERMS)


@pytest.mark.parametrize("code", RULES)
def test_a_violation_is_one_of_a_rule_of_the_catalogue_or_of_what_is_never_tolerated(code: str) -> None:
    file = active()
    file.do(OpenViolation(code, Grade.S1, "tx:1", Value(0), True, "too much"), SYSTEM)
    assert [one.code for one in file.dossier.violations] == [code]


@pytest.mark.parametrize("code", ["max_tx_amuont", "MAX_TX_AMOUNT", "max_tx_amount ", "0"])
def test_a_violation_of_no_rule_is_refused(code: str) -> None:
    file = active()
    with pytest.raises(InputError, match="there is no rule") as caught:
        file.do(OpenViolation(code, Grade.S1, "tx:1", Value(0), True, "too much"), SYSTEM)
    assert caught.value.do is not None and "max_tx_amount" in caught.value.do
    assert file.dossier.violations == ()


# --- time


def test_a_minor_violation_opens_rectification_with_a_deadline_in_working_days() -> None:
    file = active()
    consequences = file.do(OpenViolation("max_tx_amount", Grade.S1, "tx:1", Value(0), True, "too much"), SYSTEM)
    assert [type(each) for each in consequences] == [Opened, Moved]
    assert file.dossier.state is State.RECTIFYING
    # Friday 8 January 2027; five working days after it
    assert local_text(file.dossier.violations[0].deadline) == "2027-01-15 23:59:59 +08:00"


@pytest.mark.parametrize("grade", [Grade.S3, Grade.S4])
@pytest.mark.parametrize("make", [active, evaluating])
def test_a_serious_violation_suspends_at_once(make: Any, grade: Grade) -> None:
    file: File = make()
    file.breach(grade)
    assert file.dossier.state is State.SUSPENDED and file.dossier.suspended_since == file.now


def test_it_suspends_a_pilot_that_rectifies_too() -> None:
    file = active()
    file.breach(Grade.S2)
    file.breach(Grade.S3)
    assert file.dossier.state is State.SUSPENDED
    assert [move.to for move in file.dossier.history[-2:]] == [State.RECTIFYING, State.SUSPENDED]


@pytest.mark.parametrize(("late", "state"), [(0, State.RECTIFYING), (1, State.SUSPENDED)])
def test_an_idle_firm_is_suspended_one_second_after_the_deadline(late: int, state: State) -> None:
    file = active()
    file.breach()
    file.now = file.dossier.violations[0].deadline + late
    file.do(Elapse(), SYSTEM)
    assert file.dossier.state is state


def test_an_act_after_the_deadline_meets_the_suspension_though_nobody_ticked() -> None:
    file = active()
    number = file.breach()
    file.now = file.dossier.violations[0].deadline + 1
    file.correct(number)
    assert file.dossier.state is State.SUSPENDED


def test_rectifying_ends_when_everything_is_verified_and_decided() -> None:
    file = active()
    number = file.breach()
    file.correct(number)
    with pytest.raises(Conflict, match="not yet verified and decided"):
        file.go(State.ACTIVE)
    file.decide(number, Outcome.NO_PENALTY_MINOR)
    file.go(State.ACTIVE)
    assert file.dossier.state is State.ACTIVE


@pytest.mark.parametrize(("seconds", "state"), [(30 * DAY - 1, State.SUSPENDED), (30 * DAY, State.WIND_DOWN)])
def test_a_suspension_ends_in_wind_down(seconds: int, state: State) -> None:
    file = active()
    file.go(State.SUSPENDED, FIRM)
    file.do(Elapse(), SYSTEM, after=seconds)
    assert file.dossier.state is state


@pytest.mark.parametrize(("seconds", "state"), [(180 * DAY - 1, State.ACTIVE), (180 * DAY, State.EVALUATING)])
def test_the_end_of_the_test_opens_the_evaluation(seconds: int, state: State) -> None:
    file = active()
    file.do(Elapse(), SYSTEM, after=seconds)
    assert file.dossier.state is state
    if state is State.EVALUATING:
        assert file.dossier.history[-1].actor == "system" and "come to its end" in file.dossier.history[-1].reason


def test_time_does_not_go_backwards() -> None:
    file = active()
    with pytest.raises(Conflict, match="lies before"):
        file.do(Elapse(), SYSTEM, after=-1)


# --- limits


def proposed(changes: dict[str, Any] | None = None, by: Officer = FIRM) -> File:
    file = active()
    file.do(ProposeLimits(changes or {"max_clients": 60}, "demand"), by)
    return file


def test_a_change_governs_from_its_block_on() -> None:
    file = proposed()
    (changed,) = file.do(ApproveLimits(1, 200), REGULATOR)
    assert isinstance(changed, LimitsChanged)
    assert changes_in_force(file.dossier, 199) == {} and changes_in_force(file.dossier, 200) == {"max_clients": 60}


@pytest.mark.parametrize("name", ["li", "ＬＩ", "L\u200bi", " Li\u3000"])
def test_who_proposed_does_not_approve_under_another_spelling(name: str) -> None:
    file = proposed(by=REGULATOR)
    with pytest.raises(Conflict, match="cannot approve it"):
        file.do(ApproveLimits(1, 120), Officer(name, Role.REGULATOR, "Financial office"))
    file.do(ApproveLimits(1, 120), COLLEAGUE)


def test_who_proposed_does_not_approve() -> None:
    file = proposed(by=REGULATOR)
    with pytest.raises(Conflict, match="cannot approve it"):
        file.do(ApproveLimits(1, 200), REGULATOR)
    file.do(ApproveLimits(1, 200), COLLEAGUE)
    assert file.dossier.versions[0].approver == COLLEAGUE.name


@pytest.mark.parametrize("block", [100, 0])
def test_no_change_reaches_back(block: int) -> None:
    with pytest.raises(Conflict, match="not ahead"):
        proposed().do(ApproveLimits(1, block), REGULATOR)


def test_without_a_known_head_nothing_comes_into_force() -> None:
    file = proposed()
    for act in (ApproveLimits(1, 200), CapDown("max_clients", 3, "risk")):
        with pytest.raises(Conflict, match="head of the chain is not known"):
            file.do(act, REGULATOR, exit_plan=True)


def test_nothing_goes_above_the_profile_or_is_taken_away_or_changes_currency() -> None:
    file = active()
    for changes, error in (
        ({"max_clients": 61}, Conflict),
        ({"max_clients": None}, InputError),
        ({"max_clients": "many"}, InputError),
        ({"max_tx_amount": "5 USD"}, InputError),
        ({"max_customers": 5}, InputError),
    ):
        with pytest.raises(error):
            file.do(ProposeLimits(changes, "demand"), FIRM)
    assert file.dossier.versions == ()


def test_a_decided_version_is_not_decided_again() -> None:
    file = proposed()
    file.do(RejectLimits(1, "no"), REGULATOR)
    with pytest.raises(Conflict, match="rejected already"):
        file.do(ApproveLimits(1, 200), CONFERENCE)
    with pytest.raises(NotFound):
        file.do(ApproveLimits(2, 200), CONFERENCE)
    assert versions_at(file.dossier, 10**9) == ()


def test_one_regulator_caps_at_once_and_only_tightens() -> None:
    file = active()
    for value in (50, 51):
        with pytest.raises(Conflict, match="not tighter"):
            file.do(CapDown("max_clients", value, "risk"), REGULATOR)
    file.do(CapDown("max_clients", 10, "risk"), REGULATOR)
    with pytest.raises(Conflict, match="not tighter than 10"):
        file.do(CapDown("max_clients", 20, "less risk"), REGULATOR)
    version = file.dossier.versions[0]
    assert (version.kind, version.approver, version.from_block) == (VersionKind.CAP_DOWN, "", 101)


def test_a_cap_on_a_limit_nobody_set_is_tighter_than_none() -> None:
    file = active()
    file.do(CapDown("holder_count", 10, "risk"), REGULATOR)
    assert changes_in_force(file.dossier, 101) == {"holder_count": 10}


def test_a_cap_outlives_a_change_approved_before_it() -> None:
    file = proposed()
    file.do(ApproveLimits(1, 1_000), REGULATOR)
    file.do(CapDown("max_clients", 10, "risk"), REGULATOR)
    capped = {"max_clients": 10}
    assert [changes_in_force(file.dossier, block) for block in (100, 101, 1_000)] == [{}, capped, capped]


def test_signing_a_proposal_from_before_a_cap_does_not_lift_the_cap() -> None:
    file = proposed()
    file.do(CapDown("max_clients", 10, "risk"), REGULATOR)
    with pytest.raises(Conflict, match="version 1 is older than version 2, which set max_clients"):
        file.do(ApproveLimits(1, 200), CONFERENCE)
    assert changes_in_force(file.dossier, 200) == {"max_clients": 10}


def test_a_cap_on_another_limit_leaves_a_proposal_alone() -> None:
    file = proposed()
    file.do(CapDown("holder_count", 10, "risk"), REGULATOR)
    file.do(ApproveLimits(1, 200), CONFERENCE)
    assert changes_in_force(file.dossier, 200) == {"max_clients": 60, "holder_count": 10}


def test_a_change_proposed_after_a_cap_replaces_it() -> None:
    file = active()
    file.do(CapDown("max_clients", 10, "risk"), REGULATOR)
    file.do(ProposeLimits({"max_clients": 60}, "demand"), FIRM)
    file.do(ApproveLimits(2, 200), CONFERENCE)
    assert changes_in_force(file.dossier, 200) == {"max_clients": 60}
    assert [version.number for version in versions_at(file.dossier, 200)] == [1, 2]


def test_limits_are_reduced_while_rectifying() -> None:
    file = active()
    file.agree(State.ACTIVE)
    assert limit_factor(file.dossier, file.terms) == 2_000
    file.breach()
    assert limit_factor(file.dossier, file.terms) == 1_000


# --- interventions, people, remarks


def test_a_frozen_address_is_one_however_it_is_written() -> None:
    file = active()
    file.do(Freeze("0x" + "AB" * 20, "suspicion"), REGULATOR)
    with pytest.raises(Conflict, match="frozen already"):
        file.do(Freeze("0x" + "ab" * 20, "again"), SYSTEM)
    file.do(Unfreeze("0x" + "aB" * 20, "cleared"), REGULATOR)
    assert file.dossier.frozen == frozenset()
    assert [row.reason for row in file.dossier.interventions[-2:]] == ["suspicion", "cleared"]


def test_what_is_no_address_or_not_frozen_is_refused() -> None:
    file = active()
    with pytest.raises(InputError, match="no address"):
        file.do(Freeze("0x12", "suspicion"), REGULATOR)
    with pytest.raises(Conflict, match="not frozen"):
        file.do(Unfreeze("C-001", "cleared"), REGULATOR)


def test_the_firm_does_not_end_a_regulators_pause() -> None:
    file = active()
    file.do(Pause("stop"), REGULATOR)
    with pytest.raises(Conflict, match="the pause is the regulator's"):
        file.do(Resume("go on"), FIRM)
    file.do(Resume("go on"), REGULATOR)
    file.do(Pause("maintenance"), FIRM)
    file.do(Resume("done"), FIRM)
    with pytest.raises(Conflict, match="not paused"):
        file.do(Resume("done"), FIRM)


@pytest.mark.parametrize("by", [REGULATOR, CONFERENCE, SYSTEM], ids=lambda officer: officer.role.value)
def test_a_pause_of_the_firms_own_keeps_out_nobody_elses_which_only_they_end(by: Officer) -> None:
    file = active()
    file.do(Pause("maintenance"), FIRM)
    file.do(Pause("stop"), by)
    with pytest.raises(Conflict, match=f"the pause is the {by.role.value}'s"):
        file.do(Resume("go on"), FIRM)
    assert file.dossier.paused
    file.do(Resume("go on"), REGULATOR)
    assert not file.dossier.paused


@pytest.mark.parametrize(
    ("first", "second"), [(FIRM, FIRM), (REGULATOR, FIRM), (REGULATOR, CONFERENCE), (CONFERENCE, REGULATOR)]
)
def test_what_is_paused_already_is_not_paused_again(first: Officer, second: Officer) -> None:
    file = active()
    file.do(Pause("stop"), first)
    with pytest.raises(Conflict, match="paused already"):
        file.do(Pause("stop"), second)


def test_a_pause_that_was_ended_counts_no_more() -> None:
    file = active()
    file.do(Pause("stop"), REGULATOR)
    file.do(Resume("go on"), REGULATOR)
    file.do(Pause("maintenance"), FIRM)
    file.do(Resume("done"), FIRM)
    assert not file.dossier.paused


def test_a_mentor_annotates_its_own_pilot_only() -> None:
    file = noticed()
    file.do(Note("watch the reserve"), MENTOR)
    file.do(Note("and the keys"), Officer(f" {MENTOR.name.upper()}", Role.MENTOR))
    with pytest.raises(Conflict, match="not the mentor"):
        file.do(Note("mine too"), Officer("He", Role.MENTOR))
    assert [note.text for note in file.dossier.notes] == ["watch the reserve", "and the keys"]


@pytest.mark.parametrize("name", [FIRM.name, REGULATOR.name, "zhou", "ＺＨＯＵ", "Zh\u200bou", " Li"])
def test_neither_the_submitter_nor_the_assigner_is_the_mentor(name: str) -> None:
    with pytest.raises(Conflict, match="cannot be the mentor"):
        noticed().do(AssignMentor(name), REGULATOR)


def test_a_complaint_is_answered_once() -> None:
    file = active()
    file.do(Complain("they do not pick up"), PUBLIC)
    file.do(AnswerComplaint(1, "we do now"), FIRM)
    with pytest.raises(Conflict, match="answered already"):
        file.do(AnswerComplaint(1, "again"), FIRM)
    with pytest.raises(NotFound):
        file.do(AnswerComplaint(2, "what?"), FIRM)


# --- duties to report


def reporting(report: int = 10 * DAY, incident: int = DAY) -> File:
    bound = Deadlines(Seconds(report), Seconds(incident))
    return active(replace(TERMS, limits=limit_set(reporting_deadline=bound)))


def missed(file: File) -> list[tuple[str, str]]:
    return [(row.ref, row.grade.name) for row in overdue(file.dossier, file.now, file.terms)]


def test_a_report_is_late_one_second_after_its_time_and_graver_after_twice() -> None:
    file = reporting()
    begin = file.now
    for seconds, found in ((10 * DAY, []), (10 * DAY + 1, [("periodic:1", "S1")]), (20 * DAY, [("periodic:1", "S1")])):
        file.now = begin + seconds
        assert missed(file) == found
    file.now = begin + 20 * DAY + 1
    assert missed(file) == [("periodic:1", "S2"), ("periodic:2", "S1")]


def test_a_report_in_time_meets_its_duty_and_only_that() -> None:
    file = reporting()
    file.do(FileReport(ReportKind.PERIODIC, {"clients": 3}, HASH), FIRM, after=9 * DAY)
    file.now += 2 * DAY
    assert missed(file) == []
    file.now += 10 * DAY
    assert missed(file) == [("periodic:2", "S1")]


def test_many_early_reports_do_not_meet_later_duties() -> None:
    file = reporting()
    for _ in range(5):
        file.do(FileReport(ReportKind.PERIODIC, {"clients": 3}, HASH), FIRM)
    file.now += 25 * DAY
    assert missed(file) == [("periodic:2", "S1")]


def test_a_late_report_stays_late() -> None:
    file = reporting()
    file.do(FileReport(ReportKind.PERIODIC, {"clients": 3}, HASH), FIRM, after=11 * DAY)
    assert missed(file) == [("periodic:1", "S1")]


def test_the_notice_of_an_incident_has_its_own_time() -> None:
    file = reporting()
    file.do(ReportIncident("an outage"), SYSTEM)
    file.now += DAY
    assert missed(file) == []
    file.now += 1
    assert missed(file) == [("incident:1", "S1")]
    file.do(FileReport(ReportKind.INCIDENT, {"cause": "power"}, HASH), FIRM)
    file.now += 5 * DAY
    assert missed(file) == [("incident:1", "S1")]


def test_elapse_tells_each_missed_duty_once_per_grade() -> None:
    file = reporting()
    told = []
    for _ in range(45):
        for row in file.do(Elapse(), SYSTEM, after=DAY // 2):
            if isinstance(row, Overdue):
                told.append((row.ref, row.grade.name))
                file.do(OpenViolation(row.limit, row.grade, row.ref, Value(0), True, "late"), SYSTEM)
    assert told == [("periodic:1", "S1"), ("periodic:1", "S2"), ("periodic:2", "S1")]


def test_without_a_cadence_no_periodic_report_is_due() -> None:
    file = active()
    file.now += 100 * DAY
    assert missed(file) == []
    assert len(overdue(file.dossier, file.now, file.terms, report_every=50 * DAY)) == 1


# --- terms


def test_terms_come_from_the_profile_and_default_otherwise() -> None:
    stated = {
        "notice_days": {"value": 3, "source": "-"},
        "tolerance_period": {"value": "30d"},
        "report_months": {"value": 6},
        "slight_harm": {"value": "1 CNY"},
        "warning_levels": {"value": [70]},
    }
    row = ProfileLimit("max_clients", None, Count(80), Mode.ENFORCE, "-", "design")
    profile = Profile("p", 1, "甲", "P", "CNY", "-", {"max_clients": row}, {"G1": 0, "G2": 100, "G3": 200}, stated)  # type: ignore[arg-type]
    terms = terms_of(profile, limit_set(time_box=Span(Seconds(DAY + 1))))
    assert (terms.notice_days, terms.tolerance_days, terms.report_days, terms.test_days) == (3, 30, 180, 2)
    assert terms.slight_harm == 10**36 and terms.rectification_days == 5
    assert terms.stages == {Stage.G1: 0, Stage.G2: 100, Stage.G3: 200}
    assert terms.roofs == {"max_clients": (Count(80),)}


@pytest.mark.parametrize(
    "stated", [{"notice_days": "soon"}, {"notice_days": True}, {"tolerance_period": [1]}, {"slight_harm": "1 USD"}]
)
def test_a_parameter_of_another_kind_is_refused(stated: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        terms_of(Profile("p", 1, "甲", "P", "CNY", "-", {}, {}, stated))


def test_the_defaults_are_those_of_the_default_profile() -> None:
    assert (Terms().notice_days, Terms().rectification_days, Terms().tolerance_days, Terms().test_days) == (7, 5, 90, 180)


# --- the whole file


def whole_life() -> File:
    file = proposed()
    file.do(ApproveLimits(1, 200), REGULATOR)
    file.do(Complain("slow"), PUBLIC)
    number = file.breach(harm=0)
    file.correct(number, after=DAY)
    file.decide(number, Outcome.NO_PENALTY_MINOR)
    file.go(State.ACTIVE)
    file.do(Freeze("C-001", "suspicion"), REGULATOR)
    file.go(State.EVALUATING, FIRM)
    file.evaluate()
    file.agree(State.GRADUATED)
    return file


def test_a_dossier_is_the_fold_of_its_deeds() -> None:
    file = whole_life()
    assert replay("sme-equity", file.deeds, file.terms) == file.dossier
    assert replay("sme-equity", [parse_deed(deed_data(deed)) for deed in file.deeds], file.terms) == file.dossier


def test_a_deed_taken_out_or_slipped_in_does_not_fold() -> None:
    file = whole_life()
    vote = next(place for place, deed in enumerate(file.deeds) if isinstance(deed.act, acts.Vote))
    with pytest.raises(Conflict):
        replay("sme-equity", [*file.deeds[:vote], *file.deeds[vote + 1 :]], file.terms)
    with pytest.raises(Conflict):
        replay("sme-equity", [Deed(Transition(State.GRADUATED, "quick"), REGULATOR, START, Facts())], file.terms)


def test_a_dossier_can_be_written_canonically() -> None:
    data = plain_data(whole_life().dossier)
    assert parse_canonical(canonical(data)) == data
    assert (data["state"], data["frozen"], data["violations"][0]["grade"], data["violations"][0]["harm"]) == (
        "graduated",
        ["C-001"],
        "S1",
        "0",
    )


def test_a_refused_act_changes_nothing() -> None:
    file = registered()
    before = file.dossier
    with pytest.raises(Conflict):
        file.go(State.ACTIVE, FIRM)
    assert file.dossier is before


def test_consequences_are_data_too() -> None:
    (moved,) = File().go(State.SUBMITTED, FIRM)
    assert plain_data(moved) == {
        "type": "moved",
        "origin": "draft",
        "to": "submitted",
        "stage": "G1",
        "actor": "Zhou",
        "role": "firm",
        "reason": "as the rules say",
        "time": START,
        "evidence": "",
        "votes": [],
    }

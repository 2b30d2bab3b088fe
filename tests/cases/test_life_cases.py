"""A pilot's life in the registry, with the wall clock in our hands: what time, people and runs do to it, and cannot."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sandbox.auditlog import AuditLog
from sandbox.domain.acts import Note
from sandbox.domain.standing import Officer, Role, State
from sandbox.domain.standing import Stage as Step
from sandbox.domain.tolerance import rates
from sandbox.errors import Conflict, InputError, NotFound, VerificationFailed
from sandbox.storage.registry import ActRepository, PilotRepository
from tests.cases.stage import (
    AUDITOR,
    COLLEAGUE,
    CONFERENCE,
    DAY,
    FIRM,
    HASH,
    PLAIN_RUN,
    PUBLIC,
    REGULATOR,
    SLUG,
    Stage,
    flagged,
)

MINOR, SERIOUS = 510_000, 760_000
"""Fen drawn at once: past 5,000 CNY by 2 and by 52 percent."""


def refused(stage: Stage, says: str, name: str, by: Officer, **fields: Any) -> None:
    """The act is refused with these words, the refusal is on record, and nothing else is different."""
    before, acts, refusals = stage.dossier, stage.entries("act"), stage.entries("act_refused")
    with pytest.raises(Conflict, match=re.escape(says)):
        stage.act(name, by, **fields)
    assert (stage.dossier, stage.entries("act")) == (before, acts)
    (new,) = stage.entries("act_refused")[len(refusals) :]
    assert (new["act"], new["by"], new["pilot"]) == (name, by.name, SLUG) and says in new["reason"]
    assert stage.sandbox.verify_logs()


def not_there(stage: Stage, says: str, to: str, by: Officer = REGULATOR) -> None:
    refused(stage, says, "transition", by, to=to, reason="as the rules say")


# --- one whole life


def test_a_pilot_goes_the_whole_way_from_its_papers_to_its_graduation(stage: Stage) -> None:
    stage.active("G3")
    stage.run(flagged(MINOR), "beyond")
    assert stage.registry == ("rectifying", "G3", "sun")
    stage.correct(1)
    stage.decide(1, "no_penalty_minor")
    stage.go("active")
    stage.wait(days=20)
    stage.go("evaluating", FIRM)
    papers = {"self_assessment": FIRM, "audit": AUDITOR, "expert_panel": CONFERENCE, "confirmation": REGULATOR}
    for kind, author in papers.items():
        stage.act("file_evidence", author, kind=kind, hash=HASH, title=kind)
    dimensions = "innovation service satisfaction continuity compliance transaction_security data_security risk_control"
    for dimension in dimensions.split():
        stage.act("score", REGULATOR, dimension=dimension, points=80, reason="well done")
    stage.agree("graduated")
    assert stage.registry == ("graduated", "G3", "sun")
    path = "submitted under_review public_notice registered active active active rectifying active evaluating graduated"
    assert [move.to.value for move in stage.dossier.history] == path.split()
    assert stage.dossier == stage.sandbox.dossier(SLUG).dossier
    assert stage.sandbox.verify_logs()


def test_the_file_of_a_pilot_is_nothing_but_its_acts_in_the_log(stage: Stage) -> None:
    stage.active()
    entries = stage.entries("act")
    assert [entry["state"] for entry in entries][-1] == stage.dossier.state.value == "active"
    assert {entry["pilot"] for entry in entries} == {SLUG}
    before = stage.dossier
    stage.sandbox._database.close()
    assert stage.dossier == before


# --- notice and registration


@pytest.mark.parametrize(("days", "seconds", "over"), [(6, DAY - 1, False), (7, 0, True)], ids=["a second short", "seven days"])
def test_the_public_notice_runs_its_days_to_the_second(stage: Stage, days: int, seconds: int, over: bool) -> None:
    stage.noticed()
    stage.clock.seconds += days * DAY + seconds - 7 * DAY
    stage.act("vote", CONFERENCE, motion="registered", approve=True, reason="agreed")
    if over:
        stage.go("registered")
    else:
        not_there(stage, "the public notice of 7 days runs until", "registered")
    assert stage.registry[0] == ("registered" if over else "public_notice")


def test_what_registration_lacks_is_all_said_at_once(stage: Stage) -> None:
    stage.submit()
    stage.go("under_review")
    stage.go("public_notice")
    stage.act("comment", PUBLIC, text="who sees my data?")
    not_there(stage, "comments without an answer: 1; no mentor is assigned; 2 people of different departments", "registered")
    stage.act("answer_comment", FIRM, number=1, text="nobody")
    stage.act("assign_mentor", REGULATOR, mentor="sun")
    stage.wait(days=7)
    stage.agree("registered")
    assert stage.registry == ("registered", "G1", "sun")


@pytest.mark.parametrize(
    ("voter", "enough"),
    [(CONFERENCE, True), (COLLEAGUE, False), (Officer("wang", Role.REGULATOR, "bank"), False)],
    ids=["of another department", "of the same department", "the mover himself"],
)
def test_two_people_of_different_departments_must_agree(stage: Stage, voter: Officer, enough: bool) -> None:
    stage.noticed()
    stage.act("vote", voter, motion="registered", approve=True, reason="agreed")
    if enough:
        stage.go("registered")
    else:
        not_there(stage, "2 people of different departments must approve", "registered")


def test_a_vote_against_is_no_approval(stage: Stage) -> None:
    stage.noticed()
    stage.act("vote", CONFERENCE, motion="registered", approve=False, reason="too early")
    not_there(stage, "2 people of different departments must approve", "registered")
    stage.act("vote", CONFERENCE, motion="registered", approve=True, reason="now I see")
    stage.go("registered")


def test_who_handed_the_papers_in_approves_nothing_here(stage: Stage) -> None:
    stage.noticed()
    submitter = Officer(stage.dossier.submitter, Role.CONFERENCE, "bank")
    refused(stage, "cannot supervise it", "vote", submitter, motion="registered", approve=True, reason="agreed")


def test_the_mentor_annotates_and_decides_nothing(stage: Stage) -> None:
    stage.noticed()
    stage.act("note", Officer("sun", Role.MENTOR), text="ready, I think")
    refused(stage, "is not the mentor of", "note", Officer("hua", Role.MENTOR), text="I too")
    sun = Officer("sun", Role.CONFERENCE, "bank")
    refused(stage, "is the mentor of", "vote", sun, motion="registered", approve=True, reason="agreed")


# --- papers again


def test_papers_cannot_be_exchanged_during_the_notice_and_can_once_they_are_returned(stage: Stage) -> None:
    stage.noticed()
    before, version = stage.contents(), stage.sandbox.pilot(SLUG).row.version
    with pytest.raises(Conflict, match="is public_notice: its papers cannot be exchanged now"):
        stage.submit()
    assert stage.contents() == before
    stage.go("under_review")
    stage.go("draft")
    stage.submit()
    assert stage.registry == ("submitted", "G1", "sun")
    assert stage.sandbox.pilot(SLUG).row.version == version + 1
    assert stage.sandbox.verify_logs()


def test_another_firm_cannot_hand_in_under_the_same_name(stage: Stage) -> None:
    stage.submit()
    before = stage.contents()
    manifest = stage.pilot / "pilot.yaml"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("91370212MA3XDKD02R", "91370200MA3QDLW01R"), encoding="utf-8"
    )
    with pytest.raises(Conflict, match="registered by another firm"):
        stage.submit()
    assert stage.contents() == before


# --- launch gates


def drill(stage: Stage) -> None:
    stage.act("pause", REGULATOR, reason="drill")
    stage.act("resume", REGULATOR, reason="it works")


def test_the_gates_stay_shut_until_a_run_of_the_registered_code_has_passed(stage: Stage) -> None:
    stage.registered()
    drill(stage)
    not_there(stage, "gate code is shut", "active", FIRM)
    stage.run(PLAIN_RUN)
    stage.go("active", FIRM)
    assert stage.registry[0] == "active"
    assert stage.dossier.first_active_at == stage.clock.seconds


def test_a_run_of_other_code_opens_no_gate(stage: Stage) -> None:
    stage.registered()
    drill(stage)
    source = stage.pilot / "contracts" / "QuickLoan.vy"
    original = source.read_text(encoding="utf-8")
    source.write_text(original + "\n\n@external\n@view\ndef answer() -> uint256:\n    return 42\n", encoding="utf-8")
    stage.run(PLAIN_RUN, "other")
    not_there(stage, "gate code is shut", "active", FIRM)
    source.write_text(original, encoding="utf-8")
    stage.wait(seconds=1)
    stage.run(PLAIN_RUN, "same")
    stage.go("active", FIRM)


def test_a_run_that_failed_opens_no_gate(stage: Stage) -> None:
    stage.registered()
    drill(stage)
    file = stage.pilot / "wrong.yaml"
    file.write_text(flagged(100), encoding="utf-8")
    assert not stage.sandbox.run(file, engine=None, seed=None, progress=lambda *_: None).passed
    not_there(stage, "gate code is shut", "active", FIRM)


def test_the_kill_switch_is_tried_before_a_test_begins(stage: Stage) -> None:
    stage.registered()
    stage.run(PLAIN_RUN)
    not_there(stage, "gate kill_switch is shut", "active", FIRM)
    stage.act("pause", REGULATOR, reason="drill")
    not_there(stage, "gate kill_switch is shut", "active", FIRM)
    stage.act("resume", REGULATOR, reason="it works")
    stage.go("active", FIRM)


def test_an_assessment_that_ran_out_shuts_the_gate(stage: Stage) -> None:
    stage.registered()
    drill(stage)
    stage.wait(days=365)
    stage.run(PLAIN_RUN)
    not_there(stage, "gate assessments is shut", "active", FIRM)


def test_a_stage_up_needs_the_conference_and_there_is_none_after_the_third(stage: Stage) -> None:
    stage.active()
    not_there(stage, "2 people of different departments must approve", "active")
    for up in (Step.G2, Step.G3):
        stage.agree("active")
        assert stage.dossier.stage is up and stage.registry[1] == up.value
    stage.act("vote", CONFERENCE, motion="active", approve=True, reason="on and on")
    not_there(stage, "G3 is the last stage", "active")


# --- limits


def test_who_proposed_limits_does_not_approve_them(stage: Stage) -> None:
    stage.registered()
    stage.act("propose_limits", REGULATOR, changes={"max_tx_amount": "3000 CNY"}, reason="care")
    refused(stage, "proposed version 1 and cannot approve it", "approve_limits", REGULATOR, version=1, from_block=1)
    stage.act("approve_limits", CONFERENCE, version=1, from_block=1)
    (version,) = stage.dossier.versions
    assert (version.proposer, version.approver, version.from_block) == ("wang", "li", 1)
    refused(stage, "version 1 is in_force already", "reject_limits", CONFERENCE, version=1, reason="late")


def test_a_limit_above_the_profile_is_refused_and_one_within_it_is_not(stage: Stage) -> None:
    stage.registered()
    above = {"changes": {"max_tx_amount": "5000.01 CNY"}, "reason": "growth"}
    refused(stage, "is looser than the profile's 5000 CNY", "propose_limits", FIRM, **above)
    stage.act("propose_limits", FIRM, changes={"max_tx_amount": "5000 CNY"}, reason="growth")


def test_a_number_no_log_entry_can_hold_is_refused_before_anything_is_written(stage: Stage) -> None:
    stage.registered()
    before = stage.contents()
    for changes in ({"max_clients": 2**53}, {"max_tx_rate": {"value": 2**70, "window": "1d"}}):
        with pytest.raises(InputError, match="holds a number above"):
            stage.act("propose_limits", FIRM, changes=changes, reason="growth")
    assert stage.contents() == before
    stage.act("propose_limits", FIRM, changes={"max_clients": 3}, reason="care")


# --- violations


@pytest.mark.parametrize(
    ("fen", "state", "grade"), [(MINOR, "rectifying", "S1"), (SERIOUS, "suspended", "S3")], ids=["minor", "serious"]
)
def test_a_run_of_a_pilot_under_test_that_shows_what_it_did_not_mean_to_opens_a_violation(
    stage: Stage, fen: int, state: str, grade: str
) -> None:
    stage.active("G3")
    outcome = stage.run(flagged(fen), "beyond")
    (violation,) = stage.dossier.violations
    assert (violation.code, violation.grade.name) == ("max_tx_amount", grade)
    assert stage.registry[0] == state
    run, entry = re.fullmatch(r"run (\S+), entry (\d+)", violation.ref).groups()  # type: ignore[union-attr]
    assert run == outcome.run
    with sqlite3.connect(stage.file) as connection:
        found = connection.execute("SELECT type FROM entries WHERE log_id = ? AND idx = ?", (run, entry)).fetchone()
    connection.close()
    assert found == ("finding",)


def test_a_run_that_names_its_finding_or_comes_before_the_test_opens_none(stage: Stage) -> None:
    stage.registered()
    stage.run(flagged(MINOR), "before")
    assert stage.dossier.violations == ()
    drill(stage)
    stage.go("active", FIRM)
    stage.run(flagged(MINOR, named=True), "meant")
    assert stage.dossier.violations == () and stage.registry[0] == "active"
    stage.run(flagged(MINOR), "not_meant")
    assert len(stage.dossier.violations) == 1


def test_a_run_that_leads_a_life_of_its_own_is_no_violation_of_the_pilots(stage: Stage) -> None:
    stage.active("G3")
    life = flagged(MINOR).replace("actors:", "life: {state: active, stage: G3}\nactors:")
    assert stage.run(life, "life").stations[-1] == "rectifying"
    assert stage.dossier.violations == ()


def test_many_findings_of_one_rule_are_one_violation_of_the_gravest(stage: Stage) -> None:
    stage.active("G3")
    repay = "  - {call: QuickLoan.repay, as: bank, args: [$chen, 510000], expect: {status: flagged}}\n"
    outcome = stage.run(flagged(MINOR) + repay + flagged(560_000).splitlines()[-1], "twice")
    found = [one for step in outcome.steps for one in step.findings if one.code == "max_tx_amount"]
    (violation,) = stage.dossier.violations
    assert [one.grade.name for one in found] == ["S1", "S1", "S3"]
    assert violation.grade.name == "S3"


def violated(stage: Stage) -> None:
    stage.active("G3")
    stage.run(flagged(MINOR), "beyond")


def test_correction_comes_first_then_the_decision_and_it_stands(stage: Stage) -> None:
    violated(stage)
    decide = {"violation": 1, "outcome": "no_penalty_minor", "reason": "minor", "education": "told so"}
    refused(stage, "It was not corrected by the deadline and verified.", "decide", REGULATOR, **decide)
    refused(stage, "can still be corrected in time", "decide", REGULATOR, **{**decide, "outcome": "penalty"})
    stage.correct(1)
    refused(stage, "no penalty is possible", "decide", REGULATOR, **{**decide, "outcome": "penalty"})
    stage.decide(1, "no_penalty_minor")
    refused(stage, "violation 1 was decided already: no_penalty_minor", "decide", REGULATOR, **decide)
    stage.go("active")


def test_a_decision_on_a_violation_there_is_not_is_refused_and_on_record(stage: Stage) -> None:
    stage.active()
    before = stage.dossier
    with pytest.raises(NotFound, match="has no violation 7"):
        stage.decide(7, "dismissed")
    assert stage.dossier == before
    assert [one["reason"] for one in stage.entries("act_refused")] == ["quick-loan has no violation 7"]


def test_a_pilot_there_is_not_leaves_no_trace(stage: Stage) -> None:
    stage.submit()
    before = stage.contents()
    with pytest.raises(NotFound, match="there is no pilot 'quick-lone'"):
        stage.sandbox.act("quick-lone", Note("hello"), REGULATOR)
    assert stage.contents() == before


def test_an_exempted_violation_counts_as_a_prior_and_shows_in_the_rates(stage: Stage) -> None:
    violated(stage)
    stage.correct(1)
    stage.decide(1, "no_penalty_first")
    stage.go("active")
    stage.wait(days=30)
    stage.run(flagged(MINOR), "again")
    stage.correct(2)
    barred = {"violation": 2, "outcome": "no_penalty_first", "reason": "please", "education": "told so"}
    refused(stage, "There is an earlier violation of its kind within the lookback.", "decide", REGULATOR, **barred)
    stage.decide(2, "no_penalty_minor")
    file = stage.sandbox.dossier(SLUG)
    told = rates(file.dossier, file.terms)
    assert (told.exemption.numerator, told.exemption.denominator) == (2, 2)
    assert (told.repeat.numerator, told.repeat.denominator) == (1, 2)


# --- what time brings


def test_a_deadline_that_passes_suspends_and_a_suspension_that_lasts_winds_down(stage: Stage) -> None:
    violated(stage)
    deadline = stage.dossier.violations[0].deadline
    stage.clock.seconds = deadline
    assert stage.elapse() == [] and stage.registry[0] == "rectifying"
    stage.wait(seconds=1)
    assert stage.elapse() == [("rectifying", "suspended")]
    stage.wait(days=29)
    assert stage.elapse() == [] and stage.registry[0] == "suspended"
    stage.wait(days=1)
    assert stage.elapse() == [("suspended", "wind_down")]
    stage.go("exited")
    assert stage.registry[0] == "exited" and stage.sandbox.verify_logs()


def test_what_was_corrected_in_time_is_not_suspended(stage: Stage) -> None:
    violated(stage)
    stage.correct(1)
    stage.wait(days=20)
    assert stage.elapse() == [] and stage.registry[0] == "rectifying"


def test_an_act_after_a_deadline_meets_the_pilot_as_the_deadline_left_it(stage: Stage) -> None:
    violated(stage)
    stage.clock.seconds = stage.dossier.violations[0].deadline + 1
    brought = stage.act("file_rectification", FIRM, violation=1, text="late", hash=HASH)
    assert [one.to for one in brought if hasattr(one, "to")] == [State.SUSPENDED]
    assert stage.registry[0] == "suspended"


def test_nothing_that_ran_out_writes_nothing(stage: Stage) -> None:
    stage.active()
    before = stage.contents()
    stage.wait(days=1)
    assert stage.elapse() == []
    assert stage.contents() == before


def test_the_end_of_the_test_leads_to_its_evaluation(stage: Stage) -> None:
    stage.active()
    ends = stage.dossier.ends_at
    assert ends == stage.clock.seconds + 180 * DAY
    for _ in range(6):
        stage.wait(days=29)
        stage.act("file_report", FIRM, kind="periodic", figures={"clients": 0}, hash=HASH)
    stage.clock.seconds = ends - 1
    assert stage.elapse() == [] and stage.registry[0] == "active"
    stage.clock.seconds = ends
    assert stage.elapse() == [("active", "evaluating")]


def test_a_report_that_is_missed_is_a_violation_once_for_each_grade(stage: Stage) -> None:
    stage.active()
    stage.wait(days=30, seconds=1)
    assert stage.elapse() == []
    assert [(one.code, one.grade.name, one.ref) for one in stage.dossier.violations] == [
        ("reporting_deadline", "S1", "periodic:1")
    ]
    assert stage.registry[0] == "rectifying"
    stage.wait(seconds=60)
    assert stage.elapse() == [] and len(stage.dossier.violations) == 1
    stage.wait(days=30)
    stage.elapse()
    assert [(one.grade.name, one.ref) for one in stage.dossier.violations] == [
        ("S1", "periodic:1"),
        ("S2", "periodic:1"),
        ("S1", "periodic:2"),
    ]


def test_a_report_in_time_is_none(stage: Stage) -> None:
    stage.active()
    for _ in range(3):
        stage.wait(days=29)
        stage.act("file_report", FIRM, kind="periodic", figures={"clients": 0}, hash=HASH)
        assert stage.elapse() == []
    assert stage.dossier.violations == ()


def test_a_clock_that_goes_backwards_stops_no_act_and_turns_no_time_back(stage: Stage) -> None:
    stage.submit()
    seen = stage.dossier.seen
    stage.clock.seconds -= 60
    stage.go("under_review")
    assert (stage.dossier.state.value, stage.dossier.seen) == ("under_review", seen)


# --- the claim rate


def test_the_claim_rate_counts_pilots_whose_life_is_not_over(stage: Stage) -> None:
    assert stage.sandbox.claimed() == (0, 0)
    stage.submit()
    assert stage.sandbox.claimed() == (0, 1)
    stage.act("assign_mentor", REGULATOR, mentor="sun")
    assert stage.sandbox.claimed() == (1, 1)
    stage.go("withdrawn", FIRM)
    assert stage.sandbox.claimed() == (0, 0)


# --- all or nothing


class Killed(Exception):
    """The process ends here."""


KILLS = ["stand", "log", "checkpoint"]


@pytest.mark.parametrize("where", KILLS)
def test_what_is_killed_in_the_middle_of_an_act_leaves_registry_acts_and_log_as_they_were(
    stage: Stage, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.noticed()
    stage.act("vote", CONFERENCE, motion="registered", approve=True, reason="agreed")
    before = stage.contents()
    owner, name = {
        "stand": (PilotRepository, "stand"),
        "log": (ActRepository, "add"),
        "checkpoint": (AuditLog, "checkpoint"),
    }[where]
    real = getattr(owner, name)

    def killed(*args: Any) -> None:
        real(*args)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with pytest.raises(Killed):
            stage.go("registered")
    assert stage.contents() == before
    stage.go("registered")
    assert stage.registry[0] == "registered" and stage.sandbox.verify_logs()


def test_a_run_whose_violation_cannot_be_recorded_is_not_recorded_either(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.active("G3")
    before = stage.contents()

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(PilotRepository, "stand", killed)
        with pytest.raises(Killed):
            stage.run(flagged(MINOR), "beyond")
    assert stage.contents() == before
    stage.run(flagged(MINOR), "beyond")
    assert len(stage.dossier.violations) == 1


# --- a record that cannot be


def test_acts_on_record_that_cannot_have_taken_place_are_damage_and_no_new_refusal(stage: Stage) -> None:
    stage.active()
    connection = sqlite3.connect(stage.file)
    connection.execute("DELETE FROM acts WHERE number = 2")
    connection.commit()
    connection.close()
    before = stage.contents()
    with pytest.raises(VerificationFailed, match="cannot have taken place"):
        stage.go("wind_down")
    with pytest.raises(VerificationFailed, match="cannot have taken place"):
        stage.dossier  # noqa: B018  # reading it is what is tried
    assert stage.contents() == before


def test_a_pilot_of_an_earlier_version_is_asked_for_its_papers_again_and_then_goes_on(stage: Stage) -> None:
    """Rows of schema 0001 keep neither the template nor any act."""
    stage.submit()
    connection = sqlite3.connect(stage.file)
    connection.execute("DELETE FROM acts")
    connection.execute("UPDATE pilots SET stage = '', summary = json_remove(summary, '$.profile_text')")
    connection.commit()
    connection.close()
    with pytest.raises(Conflict, match="earlier version") as raised:
        stage.go("under_review")
    assert "submit" in (raised.value.do or "")
    assert stage.sandbox.elapse() == []
    assert stage.sandbox.pilots()[0].status == "submitted"
    stage.submit()
    stage.go("under_review")
    assert stage.registry[0] == "under_review"


def test_nothing_of_a_life_needs_the_folder_of_the_pilot_again(stage: Stage, tmp_path: Path) -> None:
    stage.registered()
    stage.pilot.rename(tmp_path / "elsewhere")
    (tmp_path / "profiles").rename(tmp_path / "other-profiles")
    drill(stage)
    assert stage.dossier.kill_switch_tried

"""The report of a pilot that is led through its life: where it stands, its ledger, its limits by block, what is due."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.domain import acts
from sandbox.domain.bounds import Deadlines, Floor
from sandbox.domain.limits import Grade, Limit, Mode
from sandbox.domain.report import build_report
from sandbox.domain.standing import State
from sandbox.domain.tolerance import Outcome
from sandbox.domain.units import Seconds
from sandbox.domain.working_days import DAY
from tests.reporting import sample
from tests.reporting.sample import CONFERENCE, FIRM, PUBLIC, REGULATOR, Sample, finding


def section(run: Sample, **changed: object) -> dict[str, Any]:
    data = build_report(run.entries(), sample.context(run, **changed)).as_data()["runs"][0]
    assert isinstance(data, dict)
    return data


def running() -> Sample:
    return Sample().start().begin().govern().deploy().seal().transfer("issuer", sample.ALICE, 1, {}).seal()


def codes(data: dict[str, Any], key: str) -> list[str]:
    return [row["code"] for row in data["conclusion"][key]]


def actions(data: dict[str, Any]) -> dict[str, tuple[str, str, int | None]]:
    return {row["code"]: (row["who"], row["until"], row["date"]) for row in data["conclusion"]["actions"]}


# drills


def provoked(expected: bool, *, lives: bool) -> dict[str, Any]:
    run = running() if lives else Sample().start().deploy().seal()
    run.transfer("alice", sample.CAROL, 1, {}, "flagged", [finding("privileged_op", "x", "y", grade="S4")], expected=expected)
    return section(run.seal().end())


def test_what_a_run_provokes_on_purpose_is_a_drill_that_does_not_count() -> None:
    data = provoked(True, lives=False)
    assert data["conclusion"]["verdict"] == "PASS" and data["findings"] == []
    assert [(row["code"], row["grade"], row["status"]) for row in data["drills"]] == [("privileged_op", "S4", "flagged")]
    drilled = next(row for row in data["conclusion"]["reasons"] if row["code"] == "drilled")
    assert "特权操作管控" in drilled["zh"] and drilled["entries"] == [data["drills"][0]["entries"][0]]


def test_what_was_not_provoked_counts_as_ever() -> None:
    data = provoked(False, lives=False)
    assert data["conclusion"]["verdict"] == "FAIL" and data["drills"] == [] and len(data["findings"]) == 1


def test_in_a_life_nothing_is_excused() -> None:
    data = provoked(True, lives=True)
    assert data["conclusion"]["verdict"] == "FAIL" and data["drills"] == [] and len(data["findings"]) == 1


def test_warnings_never_count_and_are_listed_apart() -> None:
    run = Sample().start().deploy().seal()
    near = finding("max_clients", "46", "50", grade="S0", refused=False)
    run.transfer("alice", sample.CAROL, 1, {"max_clients": "46"}, "success", [near]).seal().end()
    data = section(run)
    assert data["conclusion"]["verdict"] == "PASS" and data["findings"] == [] and data["flagged"]["rows"] == []
    row = next(row for row in data["limits"] if row["id"] == "max_clients")
    assert [(one["bp"], one["count"]) for one in row["warnings"]] == [(7000, 0), (8000, 0), (9000, 1)]
    assert row["flagged"]["count"] == 0 and data["activity"]["warnings"]["count"] == 1


# the life


def test_a_life_is_told_on_one_axis_with_the_entry_of_every_move() -> None:
    run = sample.life()
    life, bodies = section(run)["life"], {entry.index: entry.body for entry in run.entries()}
    assert (life["state"]["code"], life["state"]["zh"], life["stage"]["code"]) == ("graduated", "出盒", "G2")
    states = [row["to"]["code"] for row in life["history"]]
    assert states[:5] == "submitted under_review public_notice registered active".split()
    assert all(bodies[row["entry"]]["type"] == "act" for row in life["history"])
    assert [row["time"] for row in life["history"]] == sorted(row["time"] for row in life["history"])
    registered = life["history"][3]
    assert [vote["name"] for vote in registered["votes"]] == ["li"]
    assert life["comments"][0]["answer"]["text"] == "链上只有编号"
    assert (life["mentor"]["mentor"], life["claimed"]["by"]) == ("sun", "sun")
    assert [vote["carried"] for vote in life["votes"]] == [True] * 4


def test_refused_acts_are_evidence_with_their_reason() -> None:
    rows = section(sample.life())["life"]["refusals"]
    assert [row["act"] for row in rows] == ["transition", "decide"]
    assert "comments without an answer: 1" in rows[0]["reason"] and rows[1]["bars"] == ["not_corrected"]


def test_a_system_move_reads_in_both_languages() -> None:
    move = section(running().breach("max_tx_amount", Grade.S1).seal().end())["life"]["history"][-1]
    assert move["reason"] == {"zh": "有违规待整改", "en": "a violation to rectify"} and move["role"] == "system"


# the ledger


def test_the_ledger_tells_grade_course_and_clause_of_every_violation() -> None:
    first, second = section(sample.life())["violations"]["rows"]
    assert (first["state"], first["decision"]["clause"]) == ("exempted", "行政处罚法第三十三条第一款前段")
    assert first["decision"]["education"] == "已教育" and first["corrected"] and first["harm"] == "0"
    assert [one["code"] for one in first["barred"][0]["reasons"]] == ["not_corrected"]
    assert first["rectifications"][0]["satisfied"] and first["rectifications"][0]["in_time"]
    assert (second["state"], second["grade"], second["base_grade"], second["harm"]) == ("confirmed", "S3", "S3", "1")
    assert second["why"] == [{"zh": "回溯期内再犯，加 1 级", "en": "again within the look-back: +1"}]


def test_a_violation_names_the_finding_that_observed_it() -> None:
    run = running().breach("max_tx_amount", Grade.S1).seal().breach("max_tx_amount", Grade.S1).seal().end()
    rows, found = section(run)["violations"]["rows"], section(run)["findings"]
    assert [row["finding"] for row in rows] == [row["entries"][0] for row in found]
    assert [row["violation"] for row in found] == [1, 2]


def test_rates_show_how_often_tolerance_is_used_and_how_often_violations_come_back() -> None:
    run = running().breach("max_tx_amount", Grade.S1).seal().breach("max_tx_amount", Grade.S1).seal().end()
    rates = section(run)["violations"]["rates"]
    assert rates["repeat"] == {"numerator": 1, "denominator": 2, "bp": 5000} and rates["exemption"]["bp"] is None


def test_what_is_left_of_the_tolerance_period_is_told_only_where_its_length_is_known() -> None:
    run = running().advance(10).act(acts.Note("x"), REGULATOR).end()
    assert section(run)["violations"]["tolerance"]["days_left"] is None
    assert section(run, tolerance_days=90)["violations"]["tolerance"]["days_left"] == 79


# the conclusion


def corrected(run: Sample, number: int, outcome: Outcome) -> Sample:
    run.act(acts.FileRectification(number, "已改", "ab" * 32), FIRM)
    run.act(acts.VerifyRectification(number, True, "属实"), REGULATOR)
    return run.act(acts.Decide(number, outcome, "决定", "教育"), REGULATOR)


def test_rectifying_asks_for_rectification_by_the_deadline_of_the_violation() -> None:
    run = running().breach("max_tx_amount", Grade.S1).seal().end()
    data = section(run)
    deadline = data["violations"]["rows"][0]["deadline"]
    assert data["conclusion"]["verdict"] == "RECTIFY" and data["conclusion"]["state"]["code"] == "rectifying"
    assert actions(data)["do_rectify_one"] == ("firm", "date", deadline)
    assert actions(data)["do_decide_one"][:2] == ("regulator", "after_verification")


def test_when_every_violation_was_exempted_it_passes_with_tolerance() -> None:
    run = corrected(running().breach("max_tx_amount", Grade.S1).seal(), 1, Outcome.NO_PENALTY_MINOR)
    run.act(acts.Transition(State.ACTIVE, "完成"), REGULATOR).end()
    assert section(run)["conclusion"]["verdict"] == "PASS_WITH_TOLERANCE"


def test_a_suspension_suspends_and_says_who_can_lift_it() -> None:
    data = section(running().breach("whitelist", Grade.S3).seal().end())
    assert data["conclusion"]["verdict"] == "SUSPEND"
    assert actions(data)["do_lift"] == ("conference", "after_decisions", None)


def test_a_red_line_fails_and_leads_only_out() -> None:
    data = section(running().breach("supply_integrity", Grade.S4).seal().end())
    assert data["conclusion"]["verdict"] == "FAIL" and "red_line" in codes(data, "reasons")
    assert "do_wind_down" in codes(data, "actions") and "do_lift" not in codes(data, "actions")


def test_a_red_line_that_was_none_no_longer_fails() -> None:
    run = running().breach("supply_integrity", Grade.S4).seal()
    run.act(acts.Decide(1, Outcome.DISMISSED, "误报"), REGULATOR).act(acts.Vote(State.ACTIVE, True, "恢复"), CONFERENCE)
    run.act(acts.Transition(State.ACTIVE, "恢复"), REGULATOR).end()
    assert section(run)["conclusion"]["verdict"] == "PASS"


def test_a_wind_down_fails_and_is_an_intervention_unless_the_firm_asked_for_it() -> None:
    forced = section(running().act(acts.Transition(State.WIND_DOWN, "退出"), REGULATOR).end())
    assert forced["conclusion"]["verdict"] == "FAIL" and [row["measure"] for row in forced["interventions"]] == ["wind_down"]
    own = section(running().act(acts.Transition(State.WIND_DOWN, "退出"), FIRM).end())
    assert own["conclusion"]["verdict"] == "FAIL" and own["interventions"] == []


def test_a_graduated_pilot_passes() -> None:
    conclusion = section(sample.life())["conclusion"]
    assert (conclusion["verdict"], conclusion["state"]["zh"], conclusion["gravest"]) == ("PASS", "出盒", "S3")
    assert conclusion["reasons"][0]["zh"] == "「出盒」由来：齐备（wang、地方金融管理局、li）。"


def test_a_test_that_has_not_begun_is_never_passed() -> None:
    run = Sample().start().begin(State.SUBMITTED).act(acts.Transition(State.UNDER_REVIEW, "受理"), REGULATOR).end()
    data = section(run)
    assert data["conclusion"]["verdict"] == "RECTIFY" and not data["conclusion"]["begun"]
    assert actions(data) == {"do_review": ("regulator", "now", None)}


def test_a_finding_that_opened_no_violation_still_counts() -> None:
    run = running().act(acts.Transition(State.WIND_DOWN, "退出"), FIRM)
    run.transfer("alice", sample.CAROL, 1, {}, "flagged", [finding("supply_integrity", "x", "y")]).seal().end()
    assert "unledgered" in codes(section(run), "reasons")


# limits by block


def test_a_reader_can_tell_which_limits_were_in_force_at_any_block() -> None:
    data = section(sample.life())
    keys = ("number", "kind", "proposer", "approver", "from_block")
    versions = [tuple(row[key] for key in keys) for row in data["limit_versions"]]
    assert versions == [(0, "admission", None, None, 1), (1, "change", "wang", "li", 3), (2, "cap_down", "wang", None, 5)]
    stretches = [(row["from_block"], row["version"], row["factor_bp"]) for row in data["limits_by_block"]]
    assert stretches == [(2, 0, 0), (3, 1, 2_000)]
    (change,) = data["limits_by_block"][1]["changed"]
    assert (change["limit"], change["before"]["maximum"], change["bound"]["maximum"]) == ("max_clients", "50", "40")


def test_a_reading_is_measured_against_the_bound_of_its_own_time() -> None:
    run = Sample().start().begin().govern(max_clients=10).deploy()
    run.transfer("alice", sample.CAROL, 1, {"max_clients": "9"}).seal().govern(max_clients=50)
    run.transfer("alice", sample.CAROL, 1, {"max_clients": "9"}).seal().act(acts.Note("x"), REGULATOR).end()
    row = next(row for row in section(run)["limits"] if row["id"] == "max_clients")
    assert (row["bound"]["maximum"], row["end"]["bp"], row["least_headroom_bp"], row["changed"]) == ("50", 1800, 1000, True)


def test_a_limit_set_later_is_no_longer_among_the_unchecked() -> None:
    run = Sample().start().begin().govern(concentration=4_000).deploy().seal().act(acts.Note("x"), REGULATOR).end()
    data = section(run)
    assert "concentration" in {row["id"] for row in data["limits"]}
    assert "concentration" not in {row["limit"] for row in data["conclusion"]["not_checked"]}


def test_what_is_not_set_is_named_with_its_source() -> None:
    rows = {row["limit"]: row for row in section(running().end())["conclusion"]["not_checked"]}
    assert (rows["jurisdiction"]["reason"], rows["jurisdiction"]["source"]) == ("unset", "泰山沙盒默认模板")


@pytest.mark.parametrize(("reading", "room"), [("12000", 2000), ("9000", -1000)])
def test_headroom_of_a_floor_is_what_lies_above_it(reading: str, room: int) -> None:
    floor = Limit("reserve", Floor(10_000, 9_000), Mode.ENFORCE, "x", "design")
    run = Sample(sample.limits(reserve=floor)).start().deploy()
    run.transfer("alice", sample.CAROL, 1, {"reserve": "15000"}).transfer("alice", sample.CAROL, 1, {"reserve": reading})
    row = next(row for row in section(run.seal().end())["limits"] if row["id"] == "reserve")
    assert (row["direction"], row["bound"]["minimum"], row["bound"]["maximum"]) == ("at_least", "10000", None)
    assert (row["peak"]["value"], row["headroom_bp"], row["least_headroom_bp"]) == (reading, room, room)


# the desk


def test_interventions_say_who_why_and_from_which_block_on() -> None:
    rows = section(sample.life())["interventions"]
    assert [row["measure"] for row in rows] == ["pause", "resume", "freeze", "unfreeze", "cap_down"]
    assert (rows[2]["who"], rows[2]["by"], rows[2]["reason"], rows[2]["from_block"]) == ("C-001", "wang", "司法查询", 5)
    assert rows[4]["changes"][0]["bound"]["text"] == "5 / 1 d"


def test_the_scorecard_has_eight_dimensions_and_four_papers() -> None:
    card = section(sample.life())["evaluation"]
    assert (card["total"], card["attainable"], card["complete"]) == (640, 800, True)
    assert [paper["by"] for paper in card["papers"]] == ["zhao", "qian", "li", "wang"]
    assert section(running().end())["evaluation"] is None


def test_incidents_complaints_and_reports_are_told_with_their_ages() -> None:
    due = Limit("reporting_deadline", Deadlines(Seconds(30 * DAY), Seconds(DAY)), Mode.ENFORCE, "x", "design")
    run = Sample(sample.limits(reporting_deadline=due)).start().begin().deploy().seal()
    run.act(acts.ReportIncident("中断"), FIRM).act(acts.Complain("未到账"), PUBLIC).advance(2)
    data = section(run.act(acts.Note("x"), REGULATOR).end())
    incident, complaint = data["duties"]["incidents"][0], data["duties"]["complaints"][0]
    assert (incident["late"], incident["notice"], incident["age"], complaint["open"]) == (True, None, 2 * DAY, True)
    assert actions(data)["do_notify"] == ("firm", "overdue", incident["due"])
    assert actions(data)["do_report"] == ("firm", "date", sample.GENESIS + 30 * DAY)


def test_every_entry_a_life_cites_is_in_the_annex() -> None:
    data = section(sample.life())
    annex = {row["index"] for row in data["evidence"]["entries"]}
    rows = (data["life"]["history"], data["life"]["refusals"], data["interventions"], data["evaluation"]["dimensions"])
    assert {row["entry"] for table in rows for row in table} <= annex
    assert {row["finding"] for row in data["violations"]["rows"]} <= annex


def test_a_run_without_a_life_has_none_of_its_sections() -> None:
    data = section(sample.market())
    assert all(data[key] is None for key in ("life", "violations", "duties", "evaluation")) and data["interventions"] == []

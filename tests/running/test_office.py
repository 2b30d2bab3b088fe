"""The office of a run: what stands opens a violation, what was refused or only watched does not, and orders work at once."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.domain.events import Event
from sandbox.domain.limits import Grade, Mode, Timing
from sandbox.domain.scenario import Life
from sandbox.domain.standing import State
from sandbox.domain.supervision import Finding
from sandbox.domain.terms import Facts, Terms
from sandbox.running.office import Office
from tests.running.lives import HASH, OPENING, ROOT, Lived, act, draw, live

WARN = {"max_tx_amount": Mode.WARN}
OBSERVE = {"max_tx_amount": Mode.OBSERVE}

MINOR, GENERAL, SERIOUS = draw("chen", 510_000), draw("chen", 560_000), draw("chen", 760_000)
"""Draws past 5,000 CNY by 2, 12 and 52 percent."""
FLAGGED_MINOR, FLAGGED_GENERAL, FLAGGED_SERIOUS = (
    step.replace("]}", "], expect: {status: flagged}}") for step in (MINOR, GENERAL, SERIOUS)
)
RED_LINE = """{call: QuickLoan.approve_line, as: bank, args: [$guo, 1, 600, 1901616400],
      expect: {status: flagged, finding: privileged_op, grade: S4}}"""
"""A privileged operation that answers to no approved request."""
FAILED: list[str | None] = []


def held(lived: Lived) -> Lived:
    """The run, if every step came out as it was written."""
    assert [step.error for step in lived.steps if step.error is not None] == FAILED
    return lived


# --- from a finding to a violation


@pytest.mark.parametrize(
    ("step", "grade", "state"),
    [
        (FLAGGED_MINOR, Grade.S1, "rectifying"),
        (FLAGGED_GENERAL, Grade.S2, "rectifying"),
        (FLAGGED_SERIOUS, Grade.S3, "suspended"),
    ],
    ids=["2 % past", "12 % past", "52 % past"],
)
def test_what_stands_opens_a_violation_of_its_grade_and_the_grade_moves_the_pilot(step: str, grade: Grade, state: str) -> None:
    lived = held(live(step, modes=WARN))
    assert lived.violations == [("max_tx_amount", grade.name, "0")]
    assert lived.moves == [("active", state)]
    assert lived.stations == [state]


@pytest.mark.parametrize(
    ("step", "modes"),
    [
        (MINOR.replace("]}", "], expect: {status: blocked, finding: max_tx_amount}}"), {}),
        (MINOR, OBSERVE),
        (SERIOUS, OBSERVE),
        (draw("chen", 450_000), WARN),
        (draw("chen", 500_000), WARN),
    ],
    ids=["refused", "only observed", "only observed, far past", "only near: a warning", "exactly at the bound"],
)
def test_what_was_refused_observed_or_is_only_near_opens_none(step: str, modes: dict[str, Mode]) -> None:
    lived = held(live(step, modes=modes))
    assert lived.of("finding") != []
    assert (lived.violations, lived.moves) == ([], [])


def test_a_finding_outside_a_test_opens_no_violation() -> None:
    in_test = held(live(RED_LINE))
    before = held(live(RED_LINE, state="registered"))
    assert in_test.violations == [("privileged_op", "S4", "0")]
    assert before.found(1) == [("privileged_op", "S4")] and before.violations == []


def test_a_violation_says_where_it_was_observed_and_what_the_log_has_of_it() -> None:
    lived = held(live(FLAGGED_MINOR, modes=WARN))
    (opened,) = lived.brought("opened")
    (finding,) = [one for one in lived.of("finding") if one["finding"]["grade"] == "S1"]
    assert opened["violation"]["ref"] == f"step {OPENING + 1}, transaction {finding['transaction']}"
    assert opened["violation"]["detail"] == "5100, bound 5000"
    assert opened["violation"]["tolerable"] is True


# --- what the pilot's state means for its next transaction


def test_a_minor_violation_halves_the_staged_limits_from_the_next_transaction_on() -> None:
    lived = held(
        live(
            FLAGGED_MINOR,
            draw("guo", 250_000),
            draw("guo", 150_001, "flagged").replace("flagged", "blocked"),
            draw("guo", 150_000),
            modes=WARN,
        )
    )
    assert lived.found(3) == [("max_client_exposure", "S2")]
    before, after = lived.governed()
    assert (before["factor"], after["factor"]) == (10_000, 5_000)
    assert (before["bounds"]["max_client_exposure"], after["bounds"]["max_client_exposure"]) == ("8000 CNY", "4000 CNY")
    assert (before["bounds"]["max_clients"], after["bounds"]["max_clients"]) == (4, 4), "a number of heads is not staged"


def test_without_the_violation_the_same_draws_pass_under_whole_limits() -> None:
    lived = held(live(draw("guo", 250_000), draw("guo", 150_001), draw("guo", 150_000), modes=WARN))
    assert lived.statuses == ["success"] * 3


def test_rectified_and_exempted_the_whole_limits_are_back() -> None:
    lived = held(
        live(
            FLAGGED_MINOR,
            draw("guo", 250_000),
            act("file_rectification", "liang", violation=1, text="paid back", hash=HASH),
            act("verify_rectification", "wang", violation=1, satisfied=True, reason="seen"),
            act("decide", "wang", violation=1, outcome="no_penalty_minor", reason="minor", education="told"),
            act("transition", "wang", to="active", reason="corrected"),
            draw("guo", 450_000),  # 7,000 CNY: more than half of what one client may owe
            modes=WARN,
        )
    )
    assert [one["factor"] for one in lived.governed()] == [10_000, 5_000, 10_000]
    assert lived.moves == [("active", "rectifying"), ("rectifying", "active")]


def test_a_serious_violation_suspends_at_once_and_the_very_next_transaction_is_refused() -> None:
    refused = draw("guo", 1_000, "blocked").replace("status: blocked", "status: blocked, finding: supervisory_order")
    lived = held(live(FLAGGED_SERIOUS, refused, modes=WARN))
    assert lived.found(2) == [("supervisory_order", "S3")]
    assert lived.of("transaction")[-1]["status"] == "blocked"


def test_the_suspension_works_inside_a_block_that_is_still_being_built() -> None:
    repeat = "{repeat: {times: 3, as: [chen], call: QuickLoan.draw, args: [760000], tally: {flagged: 1, blocked: 2}}}"
    lived = held(live(repeat, modes={**WARN, "max_client_exposure": Mode.OBSERVE, "max_total_exposure": Mode.OBSERVE}))
    blocks = {one["block"] for one in lived.of("transaction", action="QuickLoan.draw")}
    assert blocks == {OPENING + 1}, "all three were tried in one block"
    assert lived.moves == [("active", "suspended")] and len(lived.violations) == 1


def test_a_red_line_suspends_for_good_where_a_serious_violation_can_be_lifted() -> None:
    def settle(number: int) -> tuple[str, ...]:
        return (
            act("file_rectification", "liang", violation=number, text="undone", hash=HASH),
            act("verify_rectification", "wang", violation=number, satisfied=True, reason="seen"),
            act("decide", "wang", violation=number, outcome="penalty", reason="grave"),
            act("vote", "li", motion="active", approve=True, reason="on with it"),
        )

    lift = {"to": "active", "reason": "on with it"}
    lifted = held(live(FLAGGED_SERIOUS, *settle(1), act("transition", "wang", **lift), modes=WARN))
    crossed = held(live(RED_LINE, *settle(1), act("transition", "wang", "red lines (S4) were crossed, violations 1", **lift)))
    assert lifted.moves == [("active", "suspended"), ("suspended", "active")]
    assert crossed.moves == [("active", "suspended")]


# --- interventions


def test_a_freeze_of_a_client_hits_every_wallet_of_it_and_nobody_else() -> None:
    lived = held(
        live(
            act("freeze", "wang", who="B-001", reason="court order"),
            draw("chen", 1_000, "blocked"),
            draw("chen2", 1_000, "blocked"),
            draw("guo", 1_000),
            act("unfreeze", "wang", who="B-001", reason="lifted"),
            draw("chen2", 1_000),
        )
    )
    assert lived.found(2) == lived.found(3) == [("supervisory_order", "S3")]
    assert [one["frozen"] for one in lived.governed()] == [[], ["B-001"], []]


def test_a_freeze_of_one_address_is_one_of_its_client() -> None:
    first = live(draw("chen", 1_000))
    address = next(one for one in first.of("run_started"))["actors"]["chen"]["address"]
    lived = held(live(act("freeze", "wang", who=address, reason="court order"), draw("chen2", 1_000, "blocked")))
    assert lived.found(2) == [("supervisory_order", "S3")]


def test_a_freeze_of_an_address_in_capitals_is_one_of_its_client() -> None:
    first = live(draw("chen", 1_000))
    address = next(one for one in first.of("run_started"))["actors"]["chen"]["address"]
    capitals = "0x" + address[2:].upper()
    lived = held(live(act("freeze", "wang", who=capitals, reason="court order"), draw("chen2", 1_000, "blocked")))
    assert lived.found(2) == [("supervisory_order", "S3")]


@pytest.mark.parametrize("who", ["B-01", "b-001", "chen", "0x" + "12" * 20, "0x12"])
def test_a_freeze_of_somebody_the_run_does_not_know_is_refused_and_binds_nobody(who: str) -> None:
    lived = held(live(act("freeze", "wang", "there is no client and no address", who=who, reason="x"), draw("chen", 1_000)))
    assert lived.statuses == ["refused", "success"] and lived.of("act") == []
    (entry,) = lived.of("act_refused")
    assert (entry["act"], entry["by"], entry["reason"]) == ("freeze", "wang", f"there is no client and no address {who!r}")
    (outcome, *_) = live(act("freeze", "wang", who=who, reason="x")).steps
    assert outcome.error == f"refused: there is no client and no address {who!r}"


def test_a_pause_stops_everybody_until_it_is_ended_and_the_firm_cannot_end_the_regulators() -> None:
    lived = held(
        live(
            act("pause", "wang", reason="drill"),
            draw("chen", 1_000, "blocked"),
            act("resume", "liang", "the pause is the regulator's", reason="drill over"),
            draw("chen", 1_000, "blocked"),
            act("resume", "wang", reason="drill over"),
            draw("chen", 1_000),
        )
    )
    assert [one["paused"] for one in lived.governed()[-2:]] == [True, False]


@pytest.mark.parametrize(
    ("stage", "cap", "bound", "refused", "passes"),
    [
        ("G3", "600 CNY", "600 CNY", 60_001, 60_000),
        ("G2", "600 CNY", "600 CNY", 60_001, 60_000),
        ("G2", "2000 CNY", "1000 CNY", 100_001, 100_000),
    ],
    ids=["in full", "a cap is not shared out by the stage", "the stage allows less than the cap"],
)
def test_a_cap_works_from_the_next_transaction_whatever_the_stage(
    stage: str, cap: str, bound: str, refused: int, passes: int
) -> None:
    before, after = refused, [draw("chen", refused, "blocked"), draw("chen", passes)]
    steps = [act("cap_down", "wang", limit="max_tx_amount", value=cap, reason="care"), *after]
    uncapped = held(live(draw("chen", before), stage="G3"))
    lived = held(live(*steps, stage=stage))
    assert uncapped.statuses == ["success"]
    assert lived.found(2)[0][0] == "max_tx_amount"
    assert lived.governed()[-1]["bounds"]["max_tx_amount"] == bound


def test_a_cap_that_does_not_tighten_is_refused_and_changes_nothing() -> None:
    lived = held(
        live(
            act("cap_down", "wang", "is not tighter than 5000 CNY", limit="max_tx_amount", value="5000 CNY", reason="care"),
            draw("chen", 500_000),
        )
    )
    assert lived.brought("limits_changed") == []


# --- limits by block and by stage


def test_a_version_of_the_limits_judges_from_its_block_on_and_the_old_one_until_then() -> None:
    """HEAD fills blocks 1 to 4. A refused draw leaves block 6 open, so the next one is tried in it again."""
    lived = held(
        live(
            act("propose_limits", "wang", changes={"max_tx_amount": "3000 CNY"}, reason="care"),
            act("approve_limits", "wang", "proposed version 1 and cannot approve it", version=1, from_block=6),
            act("approve_limits", "li", "is not ahead of the chain's head, 4", version=1, from_block=4),
            act("approve_limits", "li", version=1, from_block=6),
            draw("chen", 300_001),
            draw("guo", 300_001, "blocked"),
            draw("guo", 300_000),
        )
    )
    assert lived.found(6) == [("max_tx_amount", "S1")]
    drawn = [(one["block"], one["status"]) for one in lived.of("transaction", action="QuickLoan.draw")]
    assert drawn == [(5, "success"), (6, "blocked"), (6, "success")]
    assert [(one["block"], one["bounds"]["max_tx_amount"]) for one in lived.governed()] == [(1, "5000 CNY"), (6, "3000 CNY")]


@pytest.mark.parametrize(
    ("stage", "factor", "passes", "refused"),
    [("G1", 0, None, 1), ("G2", 2_000, 100_000, 100_001), ("G3", 10_000, 500_000, 500_001)],
)
def test_a_stage_allows_its_share_of_every_staged_limit(stage: str, factor: int, passes: int | None, refused: int) -> None:
    steps = [] if passes is None else [draw("chen", passes)]
    lived = held(live(*steps, draw("guo", refused, "blocked"), stage=stage))
    assert lived.governed()[0]["factor"] == factor
    assert "max_tx_amount" in {code for code, _ in lived.found(len(steps) + 1)}


def test_a_stage_up_counts_from_the_next_transaction() -> None:
    lived = held(
        live(
            draw("chen", 100_001, "blocked"),
            act("vote", "li", motion="active", approve=True, reason="calm"),
            act("transition", "wang", to="active", reason="scaled"),
            draw("chen", 100_001),
            stage="G2",
        )
    )
    assert lived.stations == ["active G3"]


def test_before_the_test_only_the_firms_own_addresses_take_part() -> None:
    """HEAD, which the bank plays alone, passes in that state."""
    lived = held(live(draw("chen", 1_000, "blocked"), state="registered"))
    assert lived.found(1) == [("supervisory_order", "S3")]


def test_while_winding_down_exposure_only_falls() -> None:
    lived = held(
        live(
            draw("chen", 1_000),
            act("transition", "wang", to="wind_down", reason="over"),
            draw("chen", 1, "blocked"),
            draw("guo", 1, "blocked"),
            "{call: QuickLoan.repay, as: bank, args: [$chen, 500]}",
        )
    )
    assert lived.found(3) == lived.found(4) == [("supervisory_order", "S3")]


# --- reports


def report(**figures: object) -> str:
    return act("file_report", "liang", kind="periodic", figures=figures or {"complaints": 0}, hash=HASH)


def test_figures_that_the_run_bears_out_are_no_finding() -> None:
    lived = held(live(draw("chen", 300_000), report(transactions=OPENING + 1, clients=1, exposure="3000")))
    assert lived.of("finding") == [] and lived.violations == []


@pytest.mark.parametrize(
    ("figures", "observed", "own"),
    [
        ({"transactions": 4}, "transactions 4", "transactions 5"),
        ({"clients": 2}, "clients 2", "clients 1"),
        ({"exposure": "2999.99"}, "exposure 2999.99", "exposure 3000"),
        ({"Clients": 2}, "clients 2", "clients 1"),
        ({" ｃｌｉｅｎｔｓ": "02"}, "clients 2", "clients 1"),
        ({"EXPOSURE\u200b": "0"}, "exposure 0", "exposure 3000"),
        ({"clients": 2, "Clients": 1}, "clients 2", "clients 1"),
        ({"Clients": 1, "clients": 2}, "clients 2", "clients 1"),
    ],
    ids=["transactions", "clients", "exposure", "case", "width and zeros", "invisible", "masked by a true one", "masking"],
)
def test_a_misreported_figure_is_evasion_and_a_red_line(figures: dict[str, object], observed: str, own: str) -> None:
    lived = held(live(draw("chen", 300_000), report(**figures), draw("chen", 1, "blocked")))
    (finding,) = [one["finding"] for one in lived.of("finding") if one["finding"]["code"] == "supervision_evasion"]
    assert (finding["observed"], finding["bound"], finding["grade"]) == (observed, own, "S4")
    assert lived.violations == [("supervision_evasion", "S4", "0")]
    assert lived.moves == [("active", "suspended")]


@pytest.mark.parametrize(
    ("drawn", "figures"),
    [
        (300_000, {"Clients": 1, "ＥＸＰＯＳＵＲＥ": "3000", "transactions ": "005"}),
        (50, {"exposure": "0.5"}),
        (50, {"Exposure": "00.5"}),
    ],
    ids=["names and zeros", "below one", "below one, and zeros"],
)
def test_a_true_figure_is_no_finding_however_it_is_spelt(drawn: int, figures: dict[str, object]) -> None:
    assert held(live(draw("chen", drawn), report(**figures))).violations == []


def test_a_figure_nobody_can_compare_is_left_alone() -> None:
    assert held(live(report(complaints=99))).violations == []


def test_a_report_is_late_after_its_period_and_gravely_late_after_twice_that() -> None:
    on_time = held(live("{advance: {days: 29}}", report(), "{advance: {days: 29}}", report()))
    late = held(live("{advance: {days: 31}}"))
    later = held(live("{advance: {days: 31}}", "{advance: {days: 30}}"))
    assert on_time.violations == []
    assert late.violations == [("reporting_deadline", "S1", "0")]
    assert late.moves == [("active", "rectifying")]
    refs = [(one["violation"]["ref"], one["violation"]["grade"]) for one in later.brought("opened")]
    assert refs[:2] == [("periodic:1", "S1"), ("periodic:1", "S2")]
    assert ("periodic:2", "S2") in refs, "the second period is late as well, a repeat"


def test_the_notice_of_an_incident_is_due_within_a_day() -> None:
    incident = act("report_incident", "liang", text="messages fail")
    notice = act("file_report", "liang", kind="incident", figures={"complaints": 0}, hash=HASH)
    in_time = held(live(incident, "{advance: {hours: 24}}", notice))
    late = held(live(incident, "{advance: {hours: 25}}", notice))
    assert in_time.violations == []
    assert late.violations == [("reporting_deadline", "S1", "0")]


def test_a_missed_report_is_told_once_also_where_it_can_open_no_violation() -> None:
    winding_down = act("transition", "wang", to="wind_down", reason="over")
    lived = held(
        live(winding_down, "{advance: {days: 31}}", act("freeze", "wang", who="B-001", reason="care"), "{advance: {days: 1}}")
    )
    assert [one["finding"]["grade"] for one in lived.of("finding")] == ["S1"]
    assert lived.violations == []


# --- time


def test_time_does_its_work_on_the_day_it_is_due_however_far_one_advances() -> None:
    """Suspended on day 0, wound down after thirty days; the advance goes on to day ninety."""
    lived = held(live(FLAGGED_SERIOUS, "{advance: {days: 90}}", modes=WARN))
    suspended, wound_down = lived.brought("moved")
    assert (suspended["to"], wound_down["to"]) == ("suspended", "wind_down")
    assert wound_down["time"] - suspended["time"] in range(30 * 86_400, 31 * 86_400 + 1)


def test_a_deadline_that_passes_without_a_correction_suspends() -> None:
    corrected = (
        act("file_rectification", "liang", violation=1, text="paid back", hash=HASH),
        act("verify_rectification", "wang", violation=1, satisfied=True, reason="seen"),
    )
    idle = held(live(FLAGGED_MINOR, "{advance: {days: 12}}", modes=WARN))
    diligent = held(live(FLAGGED_MINOR, *corrected, "{advance: {days: 12}}", modes=WARN))
    assert idle.moves == [("active", "rectifying"), ("rectifying", "suspended")]
    assert diligent.moves == [("active", "rectifying")]
    opened, moved = idle.brought("opened")[0]["violation"], idle.brought("moved")[1]
    assert 0 < moved["time"] - opened["deadline"] <= 86_400, "on the first day after the deadline"


def test_the_end_of_the_test_leads_to_its_evaluation() -> None:
    monthly = [step for _ in range(6) for step in ("{advance: {days: 29}}", report())]
    lived = held(live(*monthly, "{advance: {days: 7}}"))
    assert lived.moves == [("active", "evaluating")]


# --- on record


def test_a_refused_act_changes_nothing_and_is_in_the_log() -> None:
    why = "there is no way from active to registered"
    refusal = act("transition", "wang", why, to="registered", reason="back")
    plain, lived = held(live(draw("chen", 1_000))), held(live(refusal, draw("chen", 1_000)))
    (entry,) = lived.of("act_refused")
    assert (entry["act"], entry["by"], entry["reason"]) == ("transition", "wang", why)
    assert lived.moves == [] and lived.of("act") == []
    assert lived.governed() == plain.governed()


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (act("freeze", "wang", "is frozen already", who="B-001", reason="x"), "expected a refusal, was accepted"),
        (act("unfreeze", "wang", who="B-001", reason="x"), "refused: B-001 is not frozen"),
        (
            act("unfreeze", "wang", "because of the moon", who="B-001", reason="x"),
            "expected a refusal with 'because of the moon'",
        ),
    ],
    ids=["accepted unexpectedly", "refused unexpectedly", "refused for another reason"],
)
def test_an_act_that_comes_out_otherwise_fails_its_step(step: str, error: str) -> None:
    (outcome,) = live(step).steps
    assert outcome.error is not None and error in outcome.error


WHOLE_LIFE = ROOT / "scenarios" / "sme-equity" / "whole-life.yaml"

ROOT_OF = """
import sys
from pathlib import Path
from sandbox.cases.prepare import prepare
from sandbox.domain.merkle import Frontier, leaf_hash
from sandbox.runner import run
from sandbox.running.transcript import Transcript
from sandbox.settings import Settings

_, job = prepare(Path(sys.argv[1]), Settings(), None, int(sys.argv[2]))
transcript, tree = Transcript(), Frontier()
steps = run(job, transcript.record, lambda *_: None)
for _, body in transcript.entries:
    tree.append(leaf_hash(body))
print(all(step.error is None for step in steps), tree.size, tree.root().hex())
"""


def root_of(seed: int, hash_seed: str, cache: Path) -> str:
    """What a process of its own, whose sets are in another order, says of a whole life."""
    variables = {**os.environ, "PYTHONHASHSEED": hash_seed, "TAISHAN_CACHE": str(cache)}
    command = [sys.executable, "-c", ROOT_OF, str(WHOLE_LIFE), str(seed)]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.strip()


def test_a_whole_life_gives_the_same_root_in_two_processes_and_another_for_another_seed(tmp_path: Path) -> None:
    first, again, other = (root_of(seed, order, tmp_path) for seed, order in ((0, "1"), (0, "4242"), (1, "1")))
    assert first.startswith("True ")
    assert first == again != other


def test_a_life_gives_the_same_entries_twice() -> None:
    steps = (FLAGGED_MINOR, "{advance: {days: 12}}", draw("guo", 1, "blocked"))
    assert live(*steps, modes=WARN).entries == live(*steps, modes=WARN).entries


# --- by itself


def finding(**changes: object) -> Finding:
    plain = Finding(
        "max_tx_amount", Grade.S1, Mode.WARN, Timing.PREVENTIVE, "51", "50", "money", "B-001", None, "", True, False
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "opens"),
    [
        (finding(), True),
        (finding(mode=Mode.ENFORCE, timing=Timing.DETECTIVE), True),
        (finding(mode=Mode.ENFORCE, refused=True), False),
        (finding(mode=Mode.OBSERVE), False),
        (finding(grade=Grade.S0), False),
    ],
    ids=["flagged", "detected", "refused", "observed", "near"],
)
def test_only_what_stands_and_weighs_something_opens_a_violation(found: Finding, opens: bool) -> None:
    recorded: list[Event] = []
    office = Office("quick-loan", Life(State.ACTIVE), Terms(), 1_000, recorded.append)
    office.answer_for(1, [found], "step 1", 7, 1_000, Facts())
    assert [(one.code, one.harm) for one in office.dossier.violations] == [("max_tx_amount", 7)] * opens
    assert len(recorded) == opens

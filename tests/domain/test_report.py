"""The report as plain data: conclusion, limits, refused transactions, evidence."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.canonical import canonical
from sandbox.domain.limits import CATALOGUE, Count, Limit, Mode
from sandbox.domain.report import Conclusion, LogEntry, Report, build_pilot_report, build_report
from sandbox.domain.report_calls import decode_words
from sandbox.domain.report_limits import SERIES_POINTS
from sandbox.domain.report_remedies import REMEDIES
from sandbox.domain.report_scan import PROOFS_SHOWN, Names, scan
from sandbox.domain.report_words import SENTENCES
from sandbox.domain.rules import RULES
from sandbox.errors import InputError
from tests.reporting import sample
from tests.reporting.sample import Sample, finding


def report_of(run: Sample, **changed: object) -> Report:
    return build_report(run.entries(), sample.context(run, **changed))


def section(run: Sample) -> dict[str, Any]:
    data = report_of(run).as_data()["runs"][0]
    assert isinstance(data, dict)
    return data


def limit_row(run: Sample, limit_id: str) -> dict[str, Any]:
    return next(row for row in section(run)["limits"] if row["id"] == limit_id)


def one(status: str, *found: dict[str, object], passed: bool = True) -> Sample:
    """A run of one plain transfer and one that ended as told."""
    run = (
        Sample().start().deploy().seal().transfer("alice", sample.CAROL, 1).transfer("alice", sample.BOB, 1, {}, status, found)
    )
    run.failed = [] if passed else [run.step]
    return run.seal().end()


def test_a_clean_run_passes() -> None:
    data = report_of(one("success")).as_data()
    assert data["conclusion"].items() >= {"verdict": "PASS", "run": 1}.items()
    assert [reason["code"] for reason in data["runs"][0]["conclusion"]["reasons"]] == ["clean", "as_expected"]


def test_expected_refusals_leave_the_conclusion_at_pass_since_the_limits_held() -> None:
    run = one("blocked", finding("max_total_exposure", "600000", "500000"))
    assert report_of(run).verdict is Conclusion.PASS
    held = section(run)["conclusion"]["reasons"][1]
    assert held["code"] == "held" and "Total exposure" in held["en"] and "总敞口" in held["zh"]


@pytest.mark.parametrize(
    ("grade", "verdict"),
    [
        ("S0", Conclusion.PASS),
        ("S1", Conclusion.RECTIFY),
        ("S2", Conclusion.RECTIFY),
        ("S3", Conclusion.SUSPEND),
        ("S4", Conclusion.FAIL),
    ],
)
def test_a_finding_on_something_that_stands_counts_by_its_grade(grade: str, verdict: Conclusion) -> None:
    run = one("flagged", {**finding("max_tx_amount", "13750", "12500.5", mode="warn"), "grade": grade})
    assert report_of(run).verdict is verdict


def test_a_finding_on_a_sealed_block_counts_too() -> None:
    run = Sample().start().deploy().transfer("alice", sample.CAROL, 1).seal()
    run.probe(finding("supply_integrity", "10", "11", "shares")).end()
    data = section(run)
    assert data["conclusion"]["verdict"] == "FAIL"
    assert data["findings"][0]["transaction_entry"] is None
    assert data["safety"]["integrity"]["disagreements"] == 1


def test_a_rule_in_observe_mode_is_listed_and_not_counted() -> None:
    run = one("success", finding("allowed_functions", "0x12345678", "functions of Register", mode="observe"))
    data = section(run)
    assert data["conclusion"]["verdict"] == "PASS"
    assert [row["counted"] for row in data["findings"]] == [False]
    assert limit_row(run, "allowed_functions")["observed_only"] == {"count": 1}


def test_a_step_that_did_not_end_as_expected_asks_for_rectification() -> None:
    data = section(one("success", passed=False))
    assert data["conclusion"]["verdict"] == "RECTIFY"
    assert data["conclusion"]["actions"][0]["code"] == "do_repeat"


def test_a_log_without_an_end_is_never_passed() -> None:
    run = Sample().start().deploy().transfer("alice", sample.CAROL, 1).seal()
    data = section(run)
    assert data["conclusion"]["verdict"] == "RECTIFY" and not data["finished"]
    assert data["conclusion"]["reasons"][-1]["code"] == "unfinished"


def test_a_run_in_which_everything_was_refused_is_not_passed() -> None:
    run = Sample().start().transfer("alice", sample.BOB, 1, {}, "blocked", [finding("whitelist", "a", "b")]).end()
    assert report_of(run).verdict is Conclusion.RECTIFY


def test_what_was_not_checked_is_named_with_its_reason() -> None:
    reasons = {row["limit"]: row["reason"] for row in section(sample.market())["conclusion"]["not_checked"]}
    assert reasons["jurisdiction"] == "unset" and reasons["gas_budget"] == "unset"
    assert reasons["allowed_functions"] == "observe" and "whitelist" not in reasons


def test_a_limit_shows_peak_end_headroom_and_the_entries_that_prove_them() -> None:
    run = sample.market()
    row = limit_row(run, "max_client_exposure")
    bodies = {entry.index: entry.body for entry in run.entries()}
    assert (row["peak"]["value"], row["peak"]["bp"]) == ("9412.5", 9413)
    assert bodies[row["peak"]["entry"]]["readings"]["max_client_exposure"] == "9412.5"
    assert (row["end"]["value"], row["headroom_bp"], row["least_headroom_bp"]) == ("5647.5", 4352, 587)
    assert row["bound"]["maximum"] == "10000" and row["unit"] == "CNY"
    assert [warning["bp"] for warning in row["warnings"]] == [7000, 8000, 9000]
    assert row["refused"]["count"] == 1 and bodies[row["refused"]["entries"][0]]["status"] == "blocked"


def test_a_refused_attempt_does_not_raise_the_peak() -> None:
    run = one("blocked", finding("max_client_exposure", "14000", "10000"))
    assert limit_row(run, "max_client_exposure")["peak"] is None
    run = Sample().start().deploy().transfer("alice", sample.CAROL, 1, {"max_client_exposure": "10"})
    run.transfer("alice", sample.BOB, 1, {"max_client_exposure": "14000"}, "blocked").seal().end()
    assert limit_row(run, "max_client_exposure")["peak"]["value"] == "10"


def test_a_rule_that_only_watched_a_refused_transaction_did_not_refuse_it() -> None:
    run = sample.market()
    assert limit_row(run, "allowed_functions")["refused"]["count"] == 0
    assert limit_row(run, "allowed_functions")["observed_only"]["count"] == 0


def test_shares_are_rounded_towards_the_bound() -> None:
    limits = sample.limits(max_clients=Limit("max_clients", Count(3), Mode.ENFORCE, "x", "design"))
    run = Sample(limits).start().deploy().transfer("alice", sample.CAROL, 1, {"max_clients": "1"}).seal().end()
    assert limit_row(run, "max_clients")["peak"]["bp"] == 3334


@given(st.lists(st.integers(0, 60), min_size=1, max_size=200))
def test_a_thinned_series_keeps_the_peak_and_stays_short(clients: list[int]) -> None:
    run = Sample().start().deploy()
    for count in clients:
        run.transfer("alice", sample.CAROL, 1, {"max_clients": str(count)})
    row = limit_row(run.seal().end(), "max_clients")
    assert len(row["series"]) <= SERIES_POINTS
    assert max(int(point["value"]) for point in row["series"]) == max(clients) == int(row["peak"]["value"])


def test_a_refused_transaction_tells_who_tried_what_and_how_to_comply() -> None:
    item = section(sample.market())["refused"]["rows"][0]
    assert item["call"] == {
        "actor": "alice (C-001)",
        "action": "Register.transfer",
        "args": [{"name": "to", "value": "bob (C-002)"}, {"name": "amount", "value": "100"}],
    }
    found = item["findings"][0]
    assert (found["code"], found["observed"], found["bound"]) == ("investor_class", "retail", "institution, qualified")
    assert found["comply"]["zh"] and found["comply"]["en"]


def test_the_call_path_marks_the_frame_that_broke_the_rule() -> None:
    frames = section(sample.market())["refused"]["rows"][1]["calls"]["frames"]
    assert [frame["breaches"] for frame in frames] == [["allowed_functions"], ["max_client_exposure"], [], []]
    assert (frames[1]["contract"], frames[1]["function"], frames[1]["args"]) == (
        "Register",
        "transfer",
        ["alice (C-001)", "400"],
    )
    assert frames[1]["result"] == ["true"] and frames[3]["error"] == "OutOfGas" and not frames[3]["committed"]
    assert not frames[0]["decoded"] and frames[0]["function"] == "0x12ab34cd"


def test_a_frame_deep_in_a_long_path_is_shown_when_it_is_the_one_that_broke_the_rule() -> None:
    frames = [sample.frame(n, n - 1, n, "call", sample.ALICE, sample.REGISTER, "0x") for n in range(100)]
    run = Sample().start().deploy()
    run.transact("alice", "Register.loop", [], "blocked", [finding("call_depth", "99", "8", at=99)], frames=frames).end()
    calls = section(run)["refused"]["rows"][0]["calls"]
    assert calls["total"] == 100 and calls["frames"][-1]["breaches"] == ["call_depth"]


@pytest.mark.parametrize(
    ("types", "data", "values"),
    [
        ("bool on, int8 low", sample.word(1) + "ff" * 32, ["true", "-1"]),
        ("bytes4 id", "12345678" + "00" * 28, ["0x12345678"]),
        ("string note", sample.word(32) + sample.word(2) + "6869" + "00" * 30, ['"hi"']),
        ("uint256[] list, uint256 n", sample.word(64) + sample.word(1), ["…"]),
        ("uint256 a, uint256 b", sample.word(1), ["1", "…"]),
        ("string note", sample.word(2**255), ["…"]),
        ("", "", []),
    ],
)
def test_arguments_are_decoded_or_left_out_but_never_guessed(types: str, data: str, values: list[str]) -> None:
    assert decode_words(types, data, Names({}, {}, {})) == values


@given(st.sampled_from(["address a", "string s", "bytes b, bool c", "uint8[2] d"]), st.binary(max_size=200))
def test_no_calldata_makes_decoding_fail(types: str, data: bytes) -> None:
    assert all(isinstance(value, str) for value in decode_words(types, data.hex(), Names({}, {}, {})))


def test_every_entry_a_report_cites_is_in_its_annex_with_its_leaf_hash() -> None:
    run = sample.market()
    data = section(run)
    hashes = {entry.index: entry.leaf_hash for entry in run.entries()}
    annex = {entry["index"]: entry["leaf_hash"] for entry in data["evidence"]["entries"]}
    assert annex.items() <= hashes.items()

    def cited(value: object) -> set[int]:
        if isinstance(value, dict):
            own = {value["entry"]} if isinstance(value.get("entry"), int) else set()
            listed = {e for e in value.get("entries", []) if isinstance(e, int)}
            return own.union(listed, *(cited(item) for item in value.values()))
        return set().union(*(cited(item) for item in value)) if isinstance(value, list) else set()

    assert cited(data) <= set(annex)


def test_proofs_of_large_counts_are_bounded_and_say_how_many_there_are() -> None:
    found = section(sample.market())["activity"]["transactions"]
    assert len(found["entries"]) == PROOFS_SHOWN and found["entry_count"] == found["count"] == 15


def test_activity_counts_every_status_once() -> None:
    activity = section(sample.market())["activity"]
    counts = {status: row["count"] for status, row in activity["by_status"].items()}
    assert counts == {"success": 10, "reverted": 1, "flagged": 1, "blocked": 3}
    assert activity["clients"]["count"] == 2


def test_concentration_counts_identities_and_only_what_stands() -> None:
    asset = section(sample.market())["safety"]["assets"][0]
    assert (asset["supply"], asset["holders"], asset["largest"]) == ("1000000", 3, "issuer")
    assert asset["largest_bp"] == 9989


def test_the_same_log_gives_the_same_report_and_hash() -> None:
    first, second = (report_of(sample.market()) for _ in range(2))
    assert first.report_hash == second.report_hash
    data = first.as_data()
    kept = {key: value for key, value in data.items() if key not in ("report_hash", "report_id")}
    assert hashlib.sha256(canonical(kept)).hexdigest() == data["report_hash"]
    assert json.loads(json.dumps(data)) == data


def test_anything_that_changes_changes_the_hash() -> None:
    run = sample.market()
    assert report_of(run).report_hash != report_of(run, generator="taishan 0.1.1").report_hash


def test_entries_of_a_larger_log_keep_their_numbers() -> None:
    run = sample.market()
    data = build_report(run.entries(first=1000), sample.context(run)).as_data()["runs"][0]
    assert min(entry["index"] for entry in data["evidence"]["entries"]) == 1000


def test_a_pilot_is_as_sound_as_its_worst_run() -> None:
    good, bad = one("success"), one("flagged", finding("max_tx_amount", "13750", "12500.5", mode="warn"))
    runs = [(sample.context(run, run=f"run-{n}"), run.entries()) for n, run in enumerate((good, bad))]
    report = build_pilot_report(runs)
    assert report.as_data()["conclusion"].items() >= {"verdict": "RECTIFY", "run": 2}.items()
    assert [run["run"] for run in report.as_data()["runs"]] == ["run-0", "run-1"]


def test_runs_of_two_pilots_are_not_mixed() -> None:
    run = one("success")
    other = sample.context(run)
    other = replace(other, pilot=replace(other.pilot, id="other"))
    with pytest.raises(InputError, match="one pilot"):
        build_pilot_report([(sample.context(run), run.entries()), (other, run.entries())])


def test_a_log_that_is_not_a_run_is_refused() -> None:
    run = one("success")
    for entries in ([], run.entries()[1:]):
        with pytest.raises(InputError, match="not the log of a run"):
            build_report(entries, sample.context(run))


def test_an_event_of_a_later_version_is_refused_rather_than_left_out() -> None:
    run = one("success")
    entries = [*run.entries(), LogEntry(99, "00", {"v": 2, "type": "frozen"})]
    with pytest.raises(InputError, match="unknown type 'frozen'"):
        build_report(entries, sample.context(run))


def test_other_limits_than_the_run_was_judged_by_are_refused() -> None:
    run = one("success")
    looser = sample.limits(max_clients=Limit("max_clients", Count(500), Mode.ENFORCE, "x", "design"))
    with pytest.raises(InputError, match="other limits"):
        build_report(run.entries(), sample.context(run, limits=looser))


def test_a_finding_without_its_transaction_is_refused() -> None:
    entries = one("blocked", finding("whitelist", "a", "b")).entries()
    without = [entry for entry in entries if entry.body.get("status") != "blocked"]
    with pytest.raises(InputError, match="not the one before it"):
        scan(without)


def test_a_refused_transaction_tried_again_keeps_its_findings_apart() -> None:
    run = Sample().start().deploy()
    run.transfer("alice", sample.BOB, 1, {}, "blocked", [finding("whitelist", "a", "b")], hash="0xaa")
    run.transfer("alice", sample.BOB, 1, {}, "blocked", [finding("investor_class", "a", "b")], hash="0xaa")
    codes = [[f["code"] for f in row["findings"]] for row in section(run.end())["refused"]["rows"]]
    assert codes == [["whitelist"], ["investor_class"]]


def test_every_rule_says_how_to_comply_in_both_languages() -> None:
    assert {rule.code for rule in RULES} == set(REMEDIES) == {spec.id for spec in CATALOGUE}
    assert all(zh and en for zh, en in (*REMEDIES.values(), *SENTENCES.values()))


def test_long_lists_are_bounded_and_say_what_was_left_out() -> None:
    run = Sample().start().deploy()
    for _ in range(600):
        run.transfer("alice", sample.BOB, 1, {}, "blocked", [finding("whitelist", "a", "b")])
    data = section(run.seal().end())
    assert (len(data["activity"]["rows"]), data["activity"]["rows_left_out"]) == (500, 101)
    assert (len(data["refused"]["rows"]), data["refused"]["rows_left_out"]) == (200, 400)
    assert len(data["timeline"]["marks"]) == 300 and data["timeline"]["marks_left_out"] == 301

"""The whole road through the real command line: submit, run, look up, report, prove, export, verify, tamper."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from junitparser import JUnitXml

from sandbox.auditlog import verify_proof
from sandbox.errors import VerificationFailed
from tests.e2e.conftest import ROOT, Taishan

SCENARIOS = ROOT / "scenarios"
LOAN = SCENARIOS / "quick-loan"
REFUSING = LOAN / "refuse-over-exposure.yaml"


def test_a_pilot_is_submitted_listed_and_shown(taishan: Taishan) -> None:
    submitted = taishan("pilot", "submit", LOAN)
    assert submitted.code == 0 and "admitted" in submitted.out
    assert "quick-loan" in taishan("pilot", "list").out
    shown = taishan("pilot", "show", "quick-loan").out
    assert "max_client_exposure" in shown and "QuickLoan" in shown
    unknown = taishan("pilot", "show", "quick-lone")
    assert unknown.code == 2 and "quick-loan" in unknown.err


def test_a_run_gives_json_in_the_documented_shape_on_standard_output_alone(taishan: Taishan) -> None:
    done = taishan("run", REFUSING, "--format", "json")
    assert done.code == 0 and done.err == ""
    assert set(done.json) >= {"engine", "scenarios"} and done.json["engine"] == "pyevm"
    scenario = done.json["scenarios"][0]
    assert set(scenario) >= {"scenario", "pilot", "passed", "log_root", "steps"}
    assert len(scenario["log_root"]) == 64
    for position, step in enumerate(scenario["steps"], start=1):
        assert set(step) >= {"index", "kind", "status", "gas_used", "findings", "error"} and step["index"] == position
    blocked = [step for step in scenario["steps"] if step["status"] == "blocked"]
    assert [(f["code"], f["grade"], f["observed"], f["bound"]) for f in blocked[0]["findings"]] == [
        ("max_tx_amount", "S1", "5000.01", "5000")
    ]


def test_the_grade_of_a_step_holds_for_every_finding_it_names(tmp_path: Path, taishan: Taishan) -> None:
    folder = shutil.copytree(SCENARIOS / "attacks" / "native", tmp_path / "native")
    file = folder / "04-selfdestruct-to-an-heir.attack.yaml"
    assert taishan("run", file).code == 0
    lone, both = "finding: whitelist, grade: S3", "finding: [whitelist, opcodes], grade: S3"  # the opcode is S2 at first
    file.write_text(file.read_text(encoding="utf-8").replace(lone, both, 1), encoding="utf-8")
    done = taishan("run", file)
    assert done.code == 1 and "expected grade S3, found S2" in done.out


def test_an_expectation_that_does_not_hold_ends_with_exit_1_and_says_how_it_differs(loan: Path, taishan: Taishan) -> None:
    file = loan / "refuse-over-exposure.yaml"
    file.write_text(file.read_text().replace("finding: max_tx_amount, grade: S1", "finding: max_tx_amount, grade: S2", 1))
    done = taishan("run", file)
    assert done.code == 1 and "expected grade S2, found S1" in done.out
    assert taishan("run", REFUSING).code == 0


def test_junit_names_every_step_and_the_failed_one(loan: Path, taishan: Taishan) -> None:
    file = loan / "draw-and-repay.yaml"
    file.write_text(file.read_text() + "  - check: {exposure: B-001, equals: \"123 CNY\"}\n")
    done = taishan("run", file, "--format", "junit")
    suites = JUnitXml.fromstring(done.out.encode())
    cases = [case for suite in suites for case in suite]
    assert done.code == 1
    assert [case.is_failure for case in cases].count(True) == 1 and cases[-1].is_failure
    assert "123 CNY" in cases[-1].result[0].message


@pytest.mark.parametrize("file", [REFUSING, SCENARIOS / "sme-equity" / "secondary-market.yaml"], ids=lambda p: p.stem)
def test_the_same_file_seed_and_engine_give_the_same_log_root_in_two_processes(file: Path, taishan: Taishan) -> None:
    roots = {
        taishan("run", file, "--format", "json", env={"PYTHONHASHSEED": seed}).json["scenarios"][0]["log_root"]
        for seed in ("1", "4242")
    }
    assert len(roots) == 1


def test_another_seed_gives_another_log_root(taishan: Taishan) -> None:
    file = SCENARIOS / "sme-equity" / "secondary-market.yaml"
    roots = {
        taishan("run", file, "--seed", seed, "--format", "json").json["scenarios"][0]["log_root"] for seed in ("7", "8")
    }
    assert len(roots) == 2


def test_one_byte_changed_in_the_database_is_found_and_the_entry_is_named(taishan: Taishan, tmp_path: Path) -> None:
    assert taishan("run", REFUSING).code == 0
    sound = taishan("log", "verify")
    assert sound.code == 0 and sound.out.count("holds:") == 2
    database = tmp_path / "home" / "sandbox.db"
    with sqlite3.connect(database) as connection:
        log_id, index, body = connection.execute(
            "SELECT log_id, idx, body FROM entries WHERE type = 'finding' ORDER BY idx LIMIT 1"
        ).fetchone()
        changed = bytearray(body)
        place = body.index(b'"observed":"5000.01"') + len('"observed":"5000.')
        changed[place] = ord("1")
        connection.execute("UPDATE entries SET body = ? WHERE log_id = ? AND idx = ?", (bytes(changed), log_id, index))
    connection.close()
    done = taishan("log", "verify")
    assert done.code == 1
    assert f"entry {index}" in done.err and log_id in done.err and "finding" in done.err


def test_a_log_of_a_run_that_was_swapped_for_another_sound_one_is_found(taishan: Taishan, tmp_path: Path) -> None:
    assert taishan("run", REFUSING).code == 0
    assert taishan("run", LOAN / "draw-and-repay.yaml").code == 0
    first, second = "quick-loan.refuse-over-exposure.1", "quick-loan.draw-and-repay.2"
    with sqlite3.connect(tmp_path / "home" / "sandbox.db") as connection:
        for table in ("entries", "nodes", "checkpoints"):
            connection.execute(f"DELETE FROM {table} WHERE log_id = ?", (first,))
            connection.execute(f"UPDATE {table} SET log_id = ? WHERE log_id = ?", (first, second))
    connection.close()
    done = taishan("log", "verify")
    assert done.code == 1 and first in done.err


def test_a_proof_and_an_export_verify_without_the_database(taishan: Taishan, tmp_path: Path) -> None:
    assert taishan("run", REFUSING).code == 0
    run_id = "quick-loan.refuse-over-exposure.1"
    document = taishan("log", "prove", "5", "--log", run_id).json
    assert "entry 5" in verify_proof(document)
    document["entry"]["timestamp"] = 0
    with pytest.raises(VerificationFailed):
        verify_proof(document)
    target = tmp_path / "exported.jsonl"
    assert taishan("log", "export", target, "--log", run_id).code == 0
    assert taishan("log", "verify", target).code == 0
    target.write_bytes(target.read_bytes().replace(b'"blocked"', b'"success"', 1))
    changed = taishan("log", "verify", target)
    assert changed.code == 1 and "exported.jsonl" in changed.err
    beyond = taishan("log", "prove", "9999", "--log", run_id)
    assert beyond.code == 2 and "9999" in beyond.err


def test_reports_are_written_in_both_languages_and_as_json(taishan: Taishan, tmp_path: Path) -> None:
    assert taishan("run", REFUSING).code == 0
    pages = taishan("report", "quick-loan").out.split()
    assert [Path(page).name for page in pages] == ["report.zh.html", "report.en.html"]
    chinese, english = (Path(page).read_text(encoding="utf-8") for page in pages)
    assert '<html lang="zh' in chinese and "单一客户敞口上限" in chinese
    assert '<html lang="en' in english and "Exposure of one client" in english
    assert "http://" not in chinese.replace("http://www.w3.org", "") and "<link" not in chinese
    (data_file,) = taishan("report", "quick-loan", "--format", "json").out.split()
    limits = {row["id"]: row for row in json.loads(Path(data_file).read_text())["runs"][0]["limits"]}
    assert limits["max_client_exposure"]["refused"]["count"] == 1
    missing = taishan("report", "quick-lone")
    assert missing.code == 2 and "quick-lone" in missing.err


def test_a_refused_pilot_leaves_a_refusal_in_the_log_and_nothing_in_the_registry(loan: Path, taishan: Taishan) -> None:
    manifest = loan / "pilot.yaml"
    manifest.write_text(manifest.read_text().replace("91370212MA3XDKD02R", "91370212MA3XDKD02T"))
    assert taishan("pilot", "submit", loan).code == 2
    assert taishan("pilot", "list", "--format", "json").json == []
    entry = taishan("log", "prove", "1").json["entry"]
    assert entry["type"] == "submission_refused" and entry["findings"][0]["code"] == "uscc_invalid"
    assert taishan("log", "verify").code == 0


def test_schemas_are_printed_for_editors(taishan: Taishan) -> None:
    for kind in ("manifest", "scenario", "profile"):
        schema = taishan("schema", kind).json
        assert schema["type"] == "object" and schema["properties"]


@pytest.mark.slow  # over two hundred scenarios, the attack suite among them
def test_the_demo_holds_every_expectation_and_leaves_pages_behind(taishan: Taishan, tmp_path: Path) -> None:
    done = taishan("demo", "--out", tmp_path / "demo", timeout=900)
    assert done.code == 0, done.out + done.err
    for pilot in ("erc3643-security-token", "quick-loan", "sme-equity"):
        assert pilot in done.out
        assert (tmp_path / "demo" / "reports" / pilot / "report.zh.html").stat().st_size > 10_000
    assert "as expected" in done.out and "✗" not in done.out
    suite = json.loads((tmp_path / "demo" / "reports" / "attacks.json").read_text(encoding="utf-8"))
    assert [one for one in suite["scenarios"] if not one["right"]] == []
    assert (suite["recall_bp"], suite["precision_bp"]) == (10_000, 10_000)
    assert min(suite["attacks"], suite["benign"]) >= 40
    assert taishan("log", "verify", "--home", tmp_path / "demo").code == 0

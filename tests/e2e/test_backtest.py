"""`taishan backtest`: the recorded history of the shipped pilots under other limits."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from sandbox.domain.bound_plain import plain_bound
from sandbox.domain.profiles import load_limits
from sandbox.service import Sandbox
from sandbox.settings import Settings
from tests.e2e.conftest import ROOT, Taishan
from tests.e2e.test_bad_input import assert_refused

SCENARIOS = ROOT / "scenarios"
EQUITY, LOAN = SCENARIOS / "sme-equity", SCENARIOS / "quick-loan"
HOLDERS = "sme-equity.holder-cap.1"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox in which one scenario of each of two pilots was run; nobody submitted them."""
    home = tmp_path_factory.mktemp("ran")
    with Sandbox.open(Settings(), home) as sandbox:
        for file in (EQUITY / "holder-cap.yaml", LOAN / "client-cap.yaml"):
            sandbox.run(file, engine=None, seed=None, progress=lambda *_: None)
    return home


@pytest.fixture
def limits(tmp_path: Path) -> Path:
    """Another limit on holders than the pilot's 6."""
    file = tmp_path / "limits.yaml"
    file.write_text("limits: {holder_count: 5}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "folder",
    ["sme-equity", "quick-loan", "erc3643-security-token", "attacks/native", "attacks/strange-tokens", "attacks/proxies"],
)
def test_under_the_same_limits_nothing_changes(folder: str, tmp_path: Path) -> None:
    """Every transaction of every shipped scenario of the pilot: verdict, findings and their grades, by the log alone."""
    files = [file for file in sorted((SCENARIOS / folder).glob("*.yaml")) if file.name != "pilot.yaml"]
    same = tmp_path / "same.yaml"
    with Sandbox.open(Settings(), tmp_path / "home") as sandbox:
        pilot = sandbox.submit(SCENARIOS / folder).slug
        sent = sum(
            sandbox.run(file, engine=None, seed=None, progress=lambda *_: None).statuses().total() for file in files
        )
        under = load_limits(json.loads(sandbox.pilot(pilot).row.summary)["limits"]).limits
        code, limit = next((code, limit) for code, limit in under.items() if limit.bound is not None)
        assert limit.bound is not None
        same.write_text(json.dumps({"limits": {code: plain_bound(limit.bound)}}), encoding="utf-8")
        result = sandbox.backtest(pilot, same)
    assert (result.left_out, result.affected, result.changed) == ((), (), ())
    assert result.transactions == sent > 0 and not any(run.warned for run in result.runs)


def test_a_tighter_limit_names_transactions_clients_and_the_entries_behind_them(
    taishan: Taishan, ran: Path, limits: Path
) -> None:
    done = taishan("backtest", "sme-equity", "--limits", limits, "--format", "json", "--home", ran)
    assert done.code == 0 and done.err == ""
    result = done.json
    assert result["changed"] == [
        {"limit": "holder_count", "then": "6", "now": "5", "mode_then": "enforce", "mode_now": "enforce"}
    ]
    assert result["counts"]["refused"] >= 1 and result["left_out"] == []
    assert result["unchanged"] == result["transactions"] - len(result["affected"])
    first = result["affected"][0]
    assert (first["run"], first["kind"], first["then"]["status"], first["now"]["status"]) == (
        HOLDERS, "refused", "success", "blocked",
    )  # fmt: skip
    assert [(f["code"], f["observed"], f["bound"]) for f in first["now"]["findings"] if f["grade"] != "S0"] == [
        ("holder_count", "6", "5")
    ]
    assert result["clients"] and {"run": HOLDERS, "entry": first["entry"]} in result["clients"][0]["entries"]
    proof = taishan("log", "prove", str(first["entry"]), "--log", HOLDERS, "--home", ran).json
    assert proof["entry"]["type"] == "transaction" and proof["entry"]["block"] == first["block"]


def test_a_looser_limit_and_a_milder_mode_let_pass_what_was_refused(taishan: Taishan, ran: Path, tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("limits: {holder_count: 7}\n", encoding="utf-8")
    looser = taishan("backtest", "sme-equity", "--limits", file, "--home", ran)
    assert looser.code == 0 and "1 allowed" in looser.out.splitlines()[0] and "C-007" in looser.out
    file.write_text("modes: {holder_count: warn}\n", encoding="utf-8")
    milder = taishan("backtest", "sme-equity", "--limits", file, "--run", HOLDERS, "--home", ran)
    assert milder.code == 0 and "blocked → flagged" in milder.out and "holder_count" in milder.out
    assert max(len(line.rstrip()) for line in milder.out.splitlines() if "→" in line) <= 100


def test_limits_that_change_nothing_say_so_in_the_first_line(taishan: Taishan, ran: Path, tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text('limits: {max_tx_amount: "900000 CNY"}\n', encoding="utf-8")
    done = taishan("backtest", "quick-loan", "--limits", file, "--home", ran)
    assert done.code == 0 and done.out.startswith("none of the ") and "supply_integrity" in done.out


def test_a_pilot_that_changed_since_is_judged_with_what_it_was_then(equity: Path, taishan: Taishan, limits: Path) -> None:
    assert taishan("run", equity / "holder-cap.yaml").code == 0
    asked = ("backtest", "sme-equity", "--limits", limits, "--format", "json")
    before = taishan(*asked).json
    source = equity / "contracts" / "Register.sol"
    source.write_text(source.read_text(encoding="utf-8") + "\ncontract Unused { uint256 public one = 1; }\n", encoding="utf-8")
    manifest = equity / "pilot.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("12.50 CNY", "1.25 CNY", 1), encoding="utf-8")
    assert taishan("pilot", "submit", equity).code == 0
    assert taishan(*asked).json == before


def test_nothing_is_said_about_a_log_that_does_not_hold(taishan: Taishan, ran: Path, limits: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(ran, tmp_path / "home"))
    blocked, success = b'"status":"blocked"', b'"status":"success"'
    with sqlite3.connect(home / "sandbox.db") as connection:
        rows = connection.execute("SELECT rowid, body FROM entries WHERE log_id = ?", (HOLDERS,)).fetchall()
        rowid, body = next(row for row in rows if blocked in row[1])
        connection.execute("UPDATE entries SET body = ? WHERE rowid = ?", (body.replace(blocked, success), rowid))
    connection.close()
    assert_refused(taishan("backtest", "sme-equity", "--limits", limits), "holder-cap", "entry", code=1)


BAD: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown limit": ("limits: {max_holders: 5}\n", ("max_holders", "limits.yaml:1:10")),
    "wrong shape": ("limits: {max_tx_amount: 3000}\n", ("max_tx_amount", "CNY", "limits.yaml:1:25")),
    "another currency": ('limits:\n  max_tx_amount: "3000 EUR"\n', ("EUR", "CNY", "limits.yaml:2:18")),
    "unknown mode": ("modes: {max_tx_amount: soft}\n", ("soft", "limits.yaml:1:24")),
    "mode without a bound": ("modes: {reserve: warn}\n", ("reserve", "limits.yaml:1:18")),
    "order of the supervisor": ("limits: {supervisory_order: false}\n", ("supervisory_order", "limits.yaml:1:10")),
    "unknown key": ("set: {max_clients: 5}\n", ("set", "limits.yaml:1:1")),
    "nothing": ("{}\n", ("changes no limit", "limits.yaml:1:1")),
    "no yaml": ("limits: [\n", ("not YAML", "limits.yaml:")),
}


@pytest.mark.parametrize("name", BAD)
def test_limits_that_do_not_fit_are_refused_with_their_place(name: str, taishan: Taishan, ran: Path, limits: Path) -> None:
    text, pieces = BAD[name]
    limits.write_text(text, encoding="utf-8")
    assert_refused(taishan("backtest", "quick-loan", "--limits", limits, "--home", ran), *pieces)


def test_what_is_not_there_is_named(taishan: Taishan, ran: Path, limits: Path, tmp_path: Path) -> None:
    assert_refused(taishan("backtest", "sme-equity", "--limits", limits), "no sandbox here")
    assert taishan("pilot", "submit", LOAN).code == 0
    assert_refused(taishan("backtest", "sme-equity", "--limits", limits), "sme-equity", "quick-loan")
    assert_refused(taishan("backtest", "quick-loan", "--limits", limits), "no recorded run")
    assert_refused(taishan("backtest", "quick-loan", "--limits", tmp_path / "gone.yaml"), "gone.yaml")
    other = taishan("backtest", "quick-loan", "--limits", limits, "--run", "other.1", "--home", ran)
    assert_refused(other, "other.1", "client-cap")
    assert_refused(taishan("backtest", "quick-loan"), "--limits")


def test_the_file_format_has_a_schema(taishan: Taishan) -> None:
    done = taishan("schema", "limits")
    assert done.code == 0 and set(done.json["properties"]) == {"limits", "modes"}

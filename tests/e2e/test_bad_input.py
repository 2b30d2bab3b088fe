"""Every bad input a user may hand in: one screen that says what, where and what to do; exit 2; nothing half registered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Finished, Taishan


def assert_refused(done: Finished, *pieces: str, code: int = 2) -> None:
    """One screen: at most 24 lines of at most a few hundred characters, each piece in it."""
    assert done.code == code, done.err + done.out
    shown = done.err or done.out
    assert len(shown.splitlines()) <= 24, shown
    for piece in pieces:
        assert piece in shown, f"{piece!r} is not in:\n{shown}"


def assert_nothing_registered(taishan: Taishan) -> None:
    listed = taishan("pilot", "list", "--format", "json")
    assert listed.code == 0 and listed.json == []


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


SPOILED_MANIFESTS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "broken yaml": (lambda p: edit(p, "firm:\n", "firm: [\n"), ("pilot.yaml:", "do:")),
    "unknown key": (lambda p: edit(p, "category: credit", "categori: credit"), ("categori", "category", "pilot.yaml:6:")),
    "duplicate key": (lambda p: edit(p, "category: credit", "category: credit\ncategory: fund"), ("category", "pilot.yaml:7:")),
    "float for money": (lambda p: edit(p, 'max_tx_amount: "5000 CNY"', "max_tx_amount: 5000.5"), ("5000.5", "pilot.yaml:")),
    "missing contract": (lambda p: edit(p, "contracts/QuickLoan.vy", "contracts/Gone.vy"), ("Gone.vy", "pilot.yaml:")),
    "false check digit": (lambda p: edit(p, "91370212MA3XDKD02R", "91370212MA3XDKD02T"), ("uscc", "do:")),
    "loosened limit": (lambda p: edit(p, "  set:\n", "  set:\n    max_clients: 51\n") if "max_clients" not in p.read_text()
                       else edit(p, "max_clients: ", "max_clients: 51 #"), ("max_clients", "looser")),
    "unknown profile": (lambda p: edit(p, "profile: taishan_default", "profile: tai_shan"), ("tai_shan", "taishan_default")),
    "incomplete declaration": (lambda p: edit(p, "  exit_plan: ", "  agreement: "), ("exit_plan", "do:")),
}


@pytest.mark.parametrize("name", SPOILED_MANIFESTS)
def test_a_spoiled_manifest_is_refused_with_its_place(name: str, loan: Path, taishan: Taishan) -> None:
    spoil, pieces = SPOILED_MANIFESTS[name]
    spoil(loan / "pilot.yaml")
    assert_refused(taishan("pilot", "submit", loan), *pieces)
    assert_nothing_registered(taishan)


def test_the_same_manifest_unspoiled_is_admitted(loan: Path, taishan: Taishan) -> None:
    done = taishan("pilot", "submit", loan)
    assert done.code == 0, done.err
    assert [row["slug"] for row in taishan("pilot", "list", "--format", "json").json] == ["quick-loan"]


def test_an_unquoted_hex_argument_is_refused(loan: Path, taishan: Taishan) -> None:
    edit(loan / "draw-and-repay.yaml", "$bank", "0x0000000000000000000000000000000000000001")
    assert_refused(taishan("run", loan / "draw-and-repay.yaml"), "0x", "quote", "draw-and-repay.yaml:")


def test_a_scenario_that_names_an_unknown_actor_is_refused_before_anything_runs(loan: Path, taishan: Taishan) -> None:
    edit(loan / "draw-and-repay.yaml", "as: bank", "as: banc")
    assert_refused(taishan("run", loan / "draw-and-repay.yaml"), "banc", "bank", "draw-and-repay.yaml:")


def test_an_artifact_with_unresolved_links_is_refused(loan: Path, taishan: Taishan) -> None:
    artifact = {
        "contractName": "Uses",
        "abi": [],
        "bytecode": "0x6080" + "__$" + "a" * 34 + "$__" + "00",
        "deployedBytecode": "0x00",
        "linkReferences": {"lib/Math.sol": {"Math": [{"start": 2, "length": 20}]}},
        "deployedLinkReferences": {},
        "_format": "hh-sol-artifact-1",
        "sourceName": "Uses.sol",
    }
    (loan / "Uses.json").write_text(json.dumps(artifact))
    edit(loan / "pilot.yaml", "contracts:\n", "contracts:\n  Uses: {artifact: Uses.json}\n")
    assert_refused(taishan("pilot", "submit", loan), "Math", "libraries")
    assert_nothing_registered(taishan)


def test_a_source_that_imports_from_outside_the_pilot_is_refused(equity: Path, taishan: Taishan) -> None:
    source = equity / "contracts" / "Register.sol"
    lines = ("// SPDX-License-Identifier: MIT", "pragma solidity ^0.8.24;", 'import "../../etc/passwd";', "contract R {}")
    source.write_text("\n".join(lines))
    assert_refused(taishan("pilot", "submit", equity), "../../etc/passwd", "Register.sol:3")
    assert_nothing_registered(taishan)


def test_a_source_of_ten_megabytes_is_refused_before_a_compiler_starts(equity: Path, taishan: Taishan) -> None:
    (equity / "contracts" / "Register.sol").write_text("// " + "x" * 10_000_000)
    assert_refused(taishan("pilot", "submit", equity, env={"TAISHAN_NODE": "/nonexistent/node"}), "Register.sol", "do:")
    assert_nothing_registered(taishan)


def test_a_contract_over_the_size_limit_is_refused(equity: Path, taishan: Taishan) -> None:
    filler = "\n".join(f'function f{n}() external pure returns (string memory) {{ return "{n:0200d}"; }}' for n in range(120))
    source = equity / "contracts" / "Register.sol"
    edit(source, "contract Register", "contract Filler { " + filler + " }\ncontract Register")
    edit(equity / "pilot.yaml", "contracts:\n", 'contracts:\n  Filler: {source: "contracts/Register.sol:Filler"}\n')
    assert_refused(taishan("pilot", "submit", equity), "Filler", "24,576", "EIP-170")
    assert_nothing_registered(taishan)


def test_a_source_that_imports_what_is_not_there_is_refused(equity: Path, taishan: Taishan) -> None:
    edit(equity / "contracts" / "Register.sol", "contract Register", 'import "./Nope.sol";\ncontract Register')
    assert_refused(taishan("pilot", "submit", equity), "Nope.sol", "Register.sol:")


def test_a_source_that_does_not_compile_shows_the_compilers_own_message(equity: Path, taishan: Taishan) -> None:
    edit(equity / "contracts" / "Register.sol", "contract Register", "contract Broken { uint x = ; }\ncontract Register")
    assert_refused(taishan("pilot", "submit", equity), "Expected primary expression", "Register.sol:")
    assert_nothing_registered(taishan)


LOOP = '''# pragma version 0.4.3
@deploy
def __init__(spin: bool):
    assert not spin, "will not be born"

@external
def forever():
    x: uint256 = 0
    for i: uint256 in range(max_value(uint256)):
        x = unsafe_add(x, i)
'''

SMALL_SCENARIO = """scenario: small
pilot: quick-loan
actors:
  bank: {role: servicer}
steps:
"""


@pytest.fixture
def loop(loan: Path) -> Path:
    (loan / "contracts" / "Loop.vy").write_text(LOOP)
    edit(loan / "pilot.yaml", "contracts:\n", "contracts:\n  Loop: {source: contracts/Loop.vy}\n")
    return loan


def test_an_endless_loop_ends_with_the_gas_and_says_so(loop: Path, taishan: Taishan) -> None:
    (loop / "small.yaml").write_text(
        SMALL_SCENARIO + "  - {deploy: Loop, as: bank, args: [false]}\n  - {call: Loop.forever, as: bank, gas: 300000}\n"
    )
    assert_refused(taishan("run", loop / "small.yaml"), "300,000", "loop", "small.yaml:")
    assert taishan("pilot", "list", "--format", "json").json == []


def test_a_constructor_that_reverts_is_named_with_its_reason(loop: Path, taishan: Taishan) -> None:
    (loop / "small.yaml").write_text(SMALL_SCENARIO + "  - {deploy: Loop, as: bank, args: [true]}\n")
    assert_refused(taishan("run", loop / "small.yaml"), "constructor of Loop", "will not be born", "small.yaml:")


def test_a_constructor_that_is_expected_to_revert_holds(loop: Path, taishan: Taishan) -> None:
    step = "  - {deploy: Loop, as: bank, args: [true], expect: {status: reverted, revert: will not be born}}\n"
    (loop / "small.yaml").write_text(SMALL_SCENARIO + step)
    assert taishan("run", loop / "small.yaml").code == 0


def test_without_node_solidity_is_refused_with_one_line_and_vyper_still_works(
    equity: Path, loan: Path, taishan: Taishan, tmp_path: Path
) -> None:
    without = {"TAISHAN_NODE": str(tmp_path / "no-node"), "TAISHAN_CACHE": str(tmp_path / "empty-cache")}
    done = taishan("pilot", "submit", equity, env=without)
    assert_refused(done, "Node", "do:", code=3)
    assert taishan("pilot", "submit", loan, env=without).code == 0


def test_a_scenario_without_a_manifest_is_refused(tmp_path: Path, taishan: Taishan) -> None:
    lonely = tmp_path / "elsewhere" / "lonely.yaml"
    lonely.parent.mkdir()
    lonely.write_text(SMALL_SCENARIO + "  - {advance: {days: 1}}\n")
    assert_refused(taishan("run", lonely), "pilot.yaml", "do:")


def test_wrong_usage_is_refused_with_a_hint(taishan: Taishan) -> None:
    assert_refused(taishan("run"), "--help")
    assert_refused(taishan("frobnicate"), "frobnicate")
    assert_refused(taishan("run", "gone.yaml"), "gone.yaml")
    assert_refused(taishan("log", "verify", "--home", "nowhere"), "no sandbox")
    assert_refused(taishan("run", ROOT / "README.md"), "README.md")

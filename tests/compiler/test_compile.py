"""Real compilers on real sources: what comes out, what is cached, what is the same twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.compiler import abi
from sandbox.compiler.process import Bounds, run_bounded
from sandbox.compiler.vyperc import _BRIDGE
from sandbox.domain.artifact import link
from sandbox.domain.bytecode import hidden_selectors, scan
from sandbox.errors import CompileError, MissingDependency, SubmissionError
from tests.compiler.conftest import Make, Write, source

HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.24;\n"
TOKEN = (
    HEAD
    + """import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import "./lib/Sum.sol";
contract Token is ERC20 {
    uint256 private immutable cap;
    error OverCap(uint256 asked);
    constructor(uint256 supply) ERC20("Share", "SHR") { cap = Sum.twice(supply); _mint(msg.sender, supply); }
    function room() external view returns (uint256) { if (cap == 0) revert OverCap(cap); return cap; }
}
"""
)
LIBRARY = HEAD + "library Sum { function twice(uint256 x) external pure returns (uint256) { return 2 * x; } }\n"
LOAN = """# pragma version 0.4.3
import rates
event Drawn:
    client: indexed(address)
    amount: uint256
owner: immutable(address)
@deploy
def __init__():
    owner = msg.sender
@external
def draw(amount: uint256):
    log Drawn(client=msg.sender, amount=amount * rates.FACTOR)
"""
RATES = "# pragma version 0.4.3\nFACTOR: constant(uint256) = 2\n"
SIMPLE = HEAD + "contract Simple { uint256 public x; }\n"
NO_NODE = "/nonexistent/node"


@pytest.fixture
def sources(write: Write) -> None:
    write("contracts/Token.sol", TOKEN)
    write("contracts/lib/Sum.sol", LIBRARY)
    write("contracts/Loan.vy", LOAN)
    write("rates.vy", RATES)


WANTED = (
    source("Token", "contracts/Token.sol", Sum="Sum"),
    source("Sum", "contracts/lib/Sum.sol"),
    source("Loan", "contracts/Loan.vy"),
)


def test_both_languages_compile_from_cold_and_again_without_a_compiler(
    sources: None, compilers: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = compilers().build(WANTED)
    token, loan = cold["Token"], cold["Loan"]
    assert token.compiler.startswith("solc 0.8.37+commit.")
    assert (token.evm_version, token.optimizer_runs, loan.compiler) == ("prague", 200, "vyper 0.4.3")
    assert token.selectors[bytes.fromhex("a9059cbb")] == "transfer(address,uint256)"
    assert "Transfer(address,address,uint256)" in token.topics.values()
    assert "OverCap(uint256)" in token.error_selectors.values()
    assert "Drawn(address,uint256)" in loan.topics.values()
    assert {length for _, length in token.immutable_references} == {32}
    assert json.loads(token.metadata)["settings"]["evmVersion"] == "prague"
    for contract in cold.values():
        found = scan(contract.runtime_code)
        assert found.selectors_complete and found.selectors == contract.selectors.keys()
        assert hidden_selectors(found, contract) == ()

    monkeypatch.setattr("sandbox.compiler.solc.run_bounded", None)
    monkeypatch.setattr("sandbox.compiler.vyperc.run_bounded", None)
    assert compilers(node=NO_NODE).build(WANTED) == cold


def test_the_same_sources_give_the_same_bytes_whatever_else_is_compiled(sources: None, compilers: Make) -> None:
    together = compilers(cache=None).build(WANTED[:2])
    alone = compilers(cache=None).build(WANTED[:1])
    assert together["Token"] == alone["Token"]


def test_a_library_is_linked_when_its_address_is_known(sources: None, compilers: Make) -> None:
    token = compilers().build(WANTED[:2])["Token"]
    assert token.libraries == ("contracts/lib/Sum.sol:Sum",)
    linked = link(token, {"Sum": "0x" + "ab" * 20})
    assert linked.init_code.count(b"\xab" * 20) == 1 and not linked.libraries


def test_a_changed_import_is_compiled_again(sources: None, write: Write, compilers: Make) -> None:
    before = compilers().build(WANTED[2:])["Loan"]
    write("rates.vy", RATES.replace("= 2", "= 3"))
    after = compilers().build(WANTED[2:])["Loan"]
    assert before.source_hash != after.source_hash and before.runtime_code != after.runtime_code


@pytest.mark.parametrize("damage", [b"", b"0" * 64 + b"\n{}", b"\xff\xfe"])
def test_a_damaged_cache_entry_is_discarded_and_made_again(
    sources: None, compilers: Make, tmp_path: Path, damage: bytes
) -> None:
    before = compilers().build(WANTED[2:])
    (entry,) = (tmp_path / "cache").rglob("*.json")
    kept = entry.read_bytes()
    entry.write_bytes(damage)
    assert compilers().build(WANTED[2:]) == before
    assert entry.read_bytes() == kept


def test_one_flipped_bit_in_the_cache_is_noticed(sources: None, compilers: Make, tmp_path: Path) -> None:
    before = compilers().build(WANTED[2:])
    (entry,) = (tmp_path / "cache").rglob("*.json")
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 1
    entry.write_bytes(data)
    assert compilers().build(WANTED[2:]) == before


def test_a_cache_that_cannot_be_written_says_so(write: Write, compilers: Make, tmp_path: Path) -> None:
    write("A.vy", "x: public(uint256)\n")
    (tmp_path / "file").write_text("")
    with pytest.raises(MissingDependency, match="cache cannot be written"):
        compilers(cache=tmp_path / "file" / "cache").build([source("A", "A.vy")])


def test_a_file_of_several_contracts_gives_the_one_asked_for(write: Write, compilers: Make) -> None:
    write("Two.sol", SIMPLE + "contract Other { uint256 public y; }\n")
    built = compilers().build([source("Mine", "Two.sol", "Other"), source("Simple", "Two.sol")])
    assert list(built["Mine"].selectors.values()) == ["y()"]
    assert list(built["Simple"].selectors.values()) == ["x()"]


def test_a_contract_the_file_lacks_is_refused_with_those_it_has(write: Write, compilers: Make) -> None:
    write("Two.sol", SIMPLE)
    with pytest.raises(SubmissionError, match="no contract Missing; it has: Simple"):
        compilers().build([source("Missing", "Two.sol")])


def test_an_abstract_contract_is_refused(write: Write, compilers: Make) -> None:
    write("A.sol", HEAD + "abstract contract A { function f() external virtual; }\n")
    with pytest.raises(SubmissionError, match="abstract"):
        compilers().build([source("A", "A.sol")])


def test_a_syntax_error_in_solidity_has_its_message_and_place(write: Write, compilers: Make) -> None:
    write("contracts/Bad.sol", HEAD + "contract Bad {\n    uint256 x\n}\n")
    with pytest.raises(CompileError, match="ParserError: Expected ';'") as caught:
        compilers().build([source("Bad", "contracts/Bad.sol")])
    assert caught.value.where == "contracts/Bad.sol:5:1"


def test_an_error_in_an_imported_file_names_that_file(write: Write, compilers: Make) -> None:
    write("A.sol", HEAD + 'import "./B.sol";\ncontract A {}\n')
    write("B.sol", HEAD + "contract B { nothing x; }\n")
    with pytest.raises(CompileError, match="Identifier not found") as caught:
        compilers().build([source("A", "A.sol")])
    assert caught.value.where == "B.sol:3:14"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("x: public(uint256)\n\n@external\ndef f(a uint256):\n    pass\n", "SyntaxException", 4),
        ("@external\ndef f() -> uint256:\n    return nothing\n", "UndeclaredDefinition", 3),
        ("import missing_module\n", "ModuleNotFound", 1),
    ],
)
def test_an_error_in_vyper_has_its_message_and_line(
    write: Write, compilers: Make, text: str, message: str, line: int
) -> None:
    write("Bad.vy", text)
    with pytest.raises(CompileError, match=message) as caught:
        compilers().build([source("Bad", "Bad.vy")])
    assert (caught.value.where or "").startswith(f"Bad.vy:{line}")


def test_vyper_imports_a_neighbour_an_interface_and_a_file_of_the_same_name(write: Write, compilers: Make) -> None:
    imports = "from . import base\nfrom ..b import Loan as other\nfrom ethereum.ercs import IERC20\nimport IThing\n"
    write("a/Loan.vy", imports + "@external\ndef f() -> uint256:\n    return base.A + other.B\n")
    write("a/base.vy", "A: constant(uint256) = 1\n")
    write("b/Loan.vy", "B: constant(uint256) = 2\n")
    write("IThing.vyi", "@external\ndef g(): ...\n")
    assert list(compilers().build([source("Loan", "a/Loan.vy")])["Loan"].selectors.values()) == ["f()"]


def test_without_node_solidity_gets_one_clear_line(write: Write, compilers: Make) -> None:
    write("Simple.sol", SIMPLE)
    with pytest.raises(MissingDependency, match="need Node.js") as caught:
        compilers(node=NO_NODE).build([source("Simple", "Simple.sol")])
    assert "Node.js 20" in (caught.value.do or "") and "\n" not in str(caught.value)


def test_without_the_solc_package_solidity_gets_one_clear_line(write: Write, compilers: Make, tmp_path: Path) -> None:
    write("Simple.sol", SIMPLE)
    with pytest.raises(MissingDependency, match="npm package solc"):
        compilers(node_modules=tmp_path / "none").build([source("Simple", "Simple.sol")])


def test_without_node_vyper_still_compiles(write: Write, compilers: Make, tmp_path: Path) -> None:
    write("A.vy", "x: public(uint256)\n")
    built = compilers(node=NO_NODE, node_modules=tmp_path / "none").build([source("A", "A.vy")])
    assert list(built["A"].selectors.values()) == ["x()"]


@pytest.mark.parametrize("optimize", ["gas", "codesize", "none"])
def test_every_dispatcher_vyper_writes_is_read_whole(optimize: str) -> None:
    # g43() ends in a zero byte, g19() begins with one, g23759() with two
    names = ["g43", "g19", "g23759", *(f"h{i}" for i in range(40))]
    functions = [f"@external\n@view\ndef {name}() -> uint256:\n    return {i}\n" for i, name in enumerate(names)]
    counts = (1, 2, 3, 5, 12, 40)
    jobs = [{"unit": "a.vy", "sources": {"a.vy": "".join(functions[:count])}} for count in counts]
    request = {"settings": {"evmVersion": "prague", "optimize": optimize}, "jobs": jobs}
    outputs = json.loads(run_bounded("vyper", [sys.executable, "-P", str(_BRIDGE)], json.dumps(request), Bounds()))
    for output in outputs:
        found = scan(bytes.fromhex(output["bytecode_runtime"][2:]))
        assert found.selectors_complete and found.dormant == {}
        assert found.selectors == abi.selectors(output["abi"]).keys()


def test_importing_the_compilers_imports_neither_vyper_nor_node() -> None:
    code = "import sys, sandbox.compiler; sys.exit('vyper' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

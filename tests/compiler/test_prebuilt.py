"""Artifacts other toolchains built: each shape, its links, and what is no artifact at all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.compiler import prebuilt
from sandbox.domain.artifact import link
from sandbox.domain.bytecode import hidden_selectors, scan
from sandbox.errors import SubmissionError
from tests.compiler.conftest import NODE_MODULES, Make, Write, artifact

ABI = [
    {"type": "function", "name": "set",
     "inputs": [{"type": "tuple[2]", "components": [{"type": "uint256"}, {"type": "bool"}]}]},
    {"type": "event", "name": "Set", "inputs": [{"type": "uint256"}]},
    {"type": "event", "name": "Quiet", "anonymous": True, "inputs": []},
    {"type": "error", "name": "Bad", "inputs": []},
]  # fmt: skip
HASHED = "__$0123456789abcdef0123456789abcdef01$__"
NAMED = "__Math" + "_" * 34
REFERENCE = {"lib/Math.sol": {"Math": [{"start": 1, "length": 20}]}}
META = json.dumps({"compiler": {"version": "0.8.30+commit.1"}})


def code(placeholder: str) -> str:
    return "73" + placeholder + "00"


SHAPED: dict[str, dict[str, Any]] = {
    "hardhat": {"_format": "hh-sol-artifact-1", "bytecode": "0x" + code(HASHED), "deployedBytecode": "0x" + code(HASHED),
                "linkReferences": REFERENCE, "deployedLinkReferences": REFERENCE},
    "foundry": {"bytecode": {"object": "0x" + code(HASHED), "linkReferences": REFERENCE},
                "deployedBytecode": {"object": "0x" + code(HASHED), "linkReferences": REFERENCE, "immutableReferences": {}},
                "rawMetadata": META},
    "truffle": {"bytecode": "0x" + code(NAMED), "deployedBytecode": "0x" + code(NAMED),
                "compiler": {"name": "solc", "version": "0.8.30+commit.1"}},
    "standard JSON": {"evm": {"bytecode": {"object": code(HASHED), "linkReferences": REFERENCE},
                              "deployedBytecode": {"object": code(HASHED), "linkReferences": REFERENCE}}, "metadata": META},
    "combined JSON": {"bin": code(NAMED), "bin-runtime": code(NAMED), "metadata": META},
}  # fmt: skip


def load(data: object) -> Any:
    return prebuilt.load("C", "artifacts/C.json", json.dumps(data).encode())


@pytest.mark.parametrize("shape", SHAPED)
def test_each_shape_is_read_and_linked(shape: str) -> None:
    loaded = load({"abi": ABI, **SHAPED[shape]})
    assert {reference.name for reference in loaded.link_references} == {"Math"}
    assert loaded.init_code == loaded.runtime_code == b"\x73" + bytes(20) + b"\x00"
    linked = link(loaded, {"Math": "0x" + "ab" * 20})
    assert linked.init_code == linked.runtime_code == b"\x73" + b"\xab" * 20 + b"\x00"
    assert loaded.compiler == ("" if shape == "hardhat" else "solc 0.8.30+commit.1")
    assert list(loaded.selectors.values()) == ["set((uint256,bool)[2])"]
    assert list(loaded.topics.values()) == ["Set(uint256)"]
    assert list(loaded.error_selectors.values()) == ["Bad()"]


def test_the_abi_of_combined_json_may_be_text() -> None:
    assert load({"abi": json.dumps(ABI), "bin": "00"}).selectors == load({"abi": ABI, "bin": "00"}).selectors


def test_immutables_of_foundry_are_kept() -> None:
    runtime = {"object": "0x" + "00" * 40, "immutableReferences": {"7": [{"start": 5, "length": 32}]}}
    loaded = load({"abi": [], "bytecode": {"object": "0x00"}, "deployedBytecode": runtime})
    assert loaded.immutable_references == ((5, 32),)


def test_a_library_known_by_hash_alone_is_still_a_link() -> None:
    loaded = load({"abi": [], "bytecode": "0x" + code(HASHED), "deployedBytecode": "0x00"})
    assert loaded.libraries == ("$0123456789abcdef0123456789abcdef01$",)


@pytest.mark.parametrize(
    "data",
    [
        [], 5, None, {}, {"abi": []},
        {"name": "x", "bytecode": "0x00"}, {"abi": [], "code": "0x00"}, {"abi": 5, "bytecode": "0x00"},
        {"abi": [], "bytecode": {"object": 5}}, {"abi": [5], "bytecode": "0x00", "deployedBytecode": "0x00"},
        {"abi": [{"type": "function", "name": "f", "inputs": 7}], "bytecode": "0x00"}, {"abi": [], "evm": []},
        {"abi": [], "evm": {"bytecode": {"object": "00"}, "deployedBytecode": 5}}, {"abi": "[", "bin": "00"},
        {"abi": [], "_format": "hh-sol-artifact-1"},
    ],
)  # fmt: skip
def test_a_file_of_no_known_shape_is_refused_with_the_shapes_known(data: object) -> None:
    with pytest.raises(SubmissionError, match="no known shape") as caught:
        load(data)
    for shape in ("Hardhat", "Foundry", "Truffle", "solc"):
        assert shape in (caught.value.do or "")


@pytest.mark.parametrize("data", [b"", b"\xff", b"{", b"not json", b"[" * 100_000])
def test_a_file_that_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(SubmissionError, match="not JSON"):
        prebuilt.load("C", "C.json", data)


@pytest.mark.parametrize("text", ["0xzz", "0x0", "hello", "0x73__cut", "0x" + "é" * 4])
def test_bytecode_that_is_not_hex_is_refused(text: str) -> None:
    with pytest.raises(SubmissionError, match="not hexadecimal"):
        load({"abi": [], "bytecode": text, "deployedBytecode": "0x00"})


@pytest.mark.parametrize(
    "place", [{"start": 99, "length": 20}, {"start": -5, "length": 20}, {"length": 20}, {"start": "a", "length": 1}]
)
def test_a_link_outside_the_code_is_refused(place: dict[str, Any]) -> None:
    with pytest.raises(SubmissionError, match="not hexadecimal"):
        load({**SHAPED["hardhat"], "abi": [], "linkReferences": {"a": {"M": [place]}}})


@pytest.mark.parametrize("empty", ["", "0x"])
def test_an_artifact_without_bytecode_is_refused(empty: str) -> None:
    with pytest.raises(SubmissionError, match="no bytecode"):
        load({"abi": [], "bytecode": empty, "deployedBytecode": empty})


def test_an_unresolved_link_is_refused_before_anything_is_deployed(write: Write, compilers: Make) -> None:
    write("C.json", json.dumps({"abi": ABI, **SHAPED["hardhat"]}))
    with pytest.raises(SubmissionError, match="unresolved library link: lib/Math.sol:Math") as caught:
        compilers().build([artifact("C", "C.json")])
    assert "libraries: {Math:" in (caught.value.do or "")
    assert compilers().build([artifact("C", "C.json", Math="MathLib")])["C"].libraries == ("lib/Math.sol:Math",)


def test_an_artifact_of_an_npm_package_is_found_without_node(compilers: Make) -> None:
    path = "@openzeppelin/contracts/build/contracts/ERC1967Proxy.json"
    built = compilers(node="/nonexistent").build([artifact("C", path, package=True)])["C"]
    assert built.source_path == f"npm:{path}" and built.runtime_code


@pytest.mark.parametrize("path", ["@openzeppelin/../../package.json", "../package.json", "/etc/passwd", "", "@a/../b/c.json"])
def test_a_package_path_that_leaves_its_package_is_refused(compilers: Make, path: str) -> None:
    with pytest.raises(SubmissionError):
        compilers().build([artifact("C", path, package=True)])


def test_an_artifact_outside_the_folder_is_refused(write: Write, compilers: Make) -> None:
    write("../C.json", "{}")
    with pytest.raises(SubmissionError, match="leaves the pilot's folder"):
        compilers().build([artifact("C", "../C.json")])


def _published() -> list[Path]:
    roots = ("@tokenysolutions/t-rex/artifacts", "@openzeppelin/contracts/build/contracts")
    files = (file for root in roots for file in (NODE_MODULES / root).rglob("*.json"))
    return sorted(file for file in files if not file.name.endswith(".dbg.json"))


def test_published_contracts_have_no_hidden_selectors_and_hide_none_from_the_scan() -> None:
    scanned = 0
    for file in _published():
        data = file.read_bytes()
        if not re.search(rb'"deployedBytecode": "0x\w', data):
            continue
        contract = prebuilt.load(file.stem, file.name, data)
        found = scan(contract.runtime_code)
        assert hidden_selectors(found, contract) == (), file.name
        assert found.selectors_complete or file.stem.endswith("Proxy"), file.name
        if found.selectors_complete and not contract.runtime_code.startswith(b"\x73" + bytes(20)):  # libraries
            assert found.selectors == contract.selectors.keys(), file.name
        assert found.metadata_hash, file.name
        scanned += 1
    assert scanned > 20

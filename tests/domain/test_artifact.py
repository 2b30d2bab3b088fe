"""Artifacts: JSON round trip, lookups, linking."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.artifact import Artifact, LinkReference, from_json, link
from sandbox.errors import InputError, SubmissionError

ABI = (
    {"type": "constructor", "inputs": [{"name": "supply", "type": "uint256"}]},
    {"type": "function", "name": "f", "inputs": []},
    {"type": "function", "name": "f", "inputs": [{"name": "x", "type": "uint256"}]},
    {"type": "event", "name": "f", "inputs": []},
)


def an_artifact(**changes: Any) -> Artifact:
    values: dict[str, Any] = {
        "name": "Register",
        "source_path": "contracts/Register.sol",
        "language": "solidity",
        "compiler": "solc 0.8.37",
        "evm_version": "prague",
        "optimizer_runs": 200,
        "abi": ABI,
        "init_code": bytes(30),
        "runtime_code": bytes(25),
        "immutable_references": ((1, 32),),
        "link_references": (),
        "source_hash": "00",
        "metadata": "{}",
        "selectors": {b"\x01\x02\x03\x04": "f()"},
        "topics": {bytes(32): "E()"},
        "error_selectors": {b"\0\0\0\x01": "Bad()"},
    }
    return Artifact(**{**values, **changes})


LINKED = (LinkReference("contracts/M.sol:M", "init", 3), LinkReference("contracts/M.sol:M", "runtime", 5))


@given(st.binary(), st.binary(), st.text(), st.dictionaries(st.binary(min_size=4, max_size=4), st.text()))
def test_json_gives_back_an_equal_artifact(init: bytes, runtime: bytes, name: str, selectors: dict[bytes, str]) -> None:
    artifact = an_artifact(
        init_code=init, runtime_code=runtime, name=name, selectors=selectors, link_references=LINKED, optimizer_runs=None
    )
    assert from_json(artifact.to_json()) == artifact


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"language": "solidity"}', '{"language": "cobol"}', "\x00"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a stored artifact"):
        from_json(text)


def test_lookups_find_what_is_there_and_nothing_else() -> None:
    artifact = an_artifact()
    assert artifact.function(b"\x01\x02\x03\x04") == "f()"
    assert artifact.function(b"\xff\xff\xff\xff") is None
    assert artifact.event(bytes(32)) == "E()"
    assert artifact.error(b"\0\0\0\x01") == "Bad()"
    assert len(artifact.entries("function", "f")) == 2
    assert artifact.entries("error", "f") == ()
    assert artifact.constructor is ABI[0]


def test_the_hash_of_an_abi_is_blind_to_the_order_of_keys_but_to_nothing_else() -> None:
    turned = tuple(dict(reversed(list(entry.items()))) for entry in ABI)
    assert an_artifact(abi=turned).abi_hash == an_artifact().abi_hash
    assert an_artifact(abi=ABI[1:]).abi_hash != an_artifact().abi_hash


@pytest.mark.parametrize("key", ["M", "contracts/M.sol:M"])
def test_linking_fills_in_the_address_and_touches_nothing_else(key: str) -> None:
    artifact = an_artifact(link_references=LINKED)
    assert artifact.libraries == ("contracts/M.sol:M",)
    linked = link(artifact, {key: "0x" + "aB" * 20})
    assert linked.init_code == bytes(3) + b"\xab" * 20 + bytes(7)
    assert linked.runtime_code == bytes(5) + b"\xab" * 20
    assert linked.libraries == ()


def test_a_library_nobody_gives_is_named_with_the_way_to_give_it() -> None:
    with pytest.raises(SubmissionError, match="contracts/M.sol:M") as caught:
        link(an_artifact(link_references=LINKED), {"Other": "0x" + "00" * 20})
    assert "libraries: {M:" in (caught.value.do or "")


@pytest.mark.parametrize("address", ["", "0x12", "12" * 20, "0x" + "zz" * 20])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SubmissionError, match="not an address"):
        link(an_artifact(link_references=LINKED), {"M": address})

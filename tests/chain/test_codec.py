"""ABI work: what people write becomes calldata, what contracts answer becomes values."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from sandbox.chain.codec import Interface, encode_call, encode_values
from sandbox.chain.coercion import coercer, text_of
from sandbox.chain.contracts import Contracts
from sandbox.domain.effects import Log
from sandbox.domain.units import Address
from sandbox.errors import Conflict, InputError, NotFound

TOO_MUCH = keccak(b"TooMuch(uint256,address)")[:4]
ALICE = Address("0x" + "a1" * 20)
POINT = {"name": "p", "type": "tuple[]", "components": [{"name": "x", "type": "uint8"}, {"name": "y", "type": "bool"}]}


def function(name: str, *kinds: str, outputs: tuple[str, ...] = ()) -> dict[str, object]:
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": f"a{index}", "type": kind} for index, kind in enumerate(kinds)],
        "outputs": [{"name": "", "type": kind} for kind in outputs],
        "stateMutability": "nonpayable",
    }


TOKEN = Interface(
    "Token",
    [
        {"type": "constructor", "inputs": [{"name": "supply", "type": "uint256"}]},
        function("transfer", "address", "uint256", outputs=("bool",)),
        function("mint", "address"),
        function("mint", "uint256"),
        function("mint", "address", "uint256"),
        {**function("plot"), "inputs": [POINT]},
        {
            "type": "event",
            "name": "Said",
            "inputs": [
                {"name": "who", "type": "address", "indexed": True},
                {"name": "what", "type": "string", "indexed": True},
                {"name": "text", "type": "string", "indexed": False},
                {"name": "number", "type": "int64", "indexed": False},
            ],
        },
        {
            "type": "error",
            "name": "TooMuch",
            "inputs": [{"name": "asked", "type": "uint256"}, {"name": "who", "type": "address"}],
        },
        {"type": "fallback"},
        {"type": "receive"},
    ],
)


def test_a_call_is_encoded_from_numbers_or_decimal_text() -> None:
    wanted = keccak(b"transfer(address,uint256)")[:4] + encode(["address", "uint256"], [ALICE, 5])
    assert TOKEN.call("transfer", [ALICE, 5]) == TOKEN.call("transfer", [ALICE.upper().replace("X", "x"), "5"]) == wanted
    assert encode_call("transfer(address, uint256)", [ALICE, "5"]) == wanted


def test_overloads_are_told_apart_by_count_or_signature() -> None:
    assert TOKEN.call("mint", [ALICE, 1])[:4] == keccak(b"mint(address,uint256)")[:4]
    assert TOKEN.call("mint(uint256)", [1])[:4] == keccak(b"mint(uint256)")[:4]
    with pytest.raises(InputError, match="ambiguous") as caught:
        TOKEN.call("mint", [1])
    assert "mint(address), mint(uint256)" in (caught.value.do or "")


def test_tuples_and_arrays_are_lists() -> None:
    assert TOKEN.call("plot", [[[1, True], [2, False]]])[:4] == keccak(b"plot((uint8,bool)[])")[:4]


@pytest.mark.parametrize(
    ("name", "args", "complaint"),
    [
        ("transfer", [ALICE, -1], "argument 2 of Token.transfer"),
        ("transfer", ["alice", 1], "argument 1 of Token.transfer"),
        ("transfer", [ALICE, True], "argument 2 of Token.transfer"),
        ("transfer", [ALICE, 2**256], "argument 2 of Token.transfer"),
        ("transfer", [ALICE, 1.0], "argument 2 of Token.transfer"),
        ("transfer", [ALICE], "takes 2 arguments, not 1"),
        ("transfer", [ALICE, 1, 2], "takes 2 arguments, not 3"),
        ("burn", [1], "no function 'burn'"),
        ("plot", [[[1, 1]]], r"argument 1 of Token.plot\[0\].1"),
        ("plot", [[[1]]], r"a list of 2 for \(uint8,bool\)"),
        ("mint(bool)", [True], "does not exist in this form"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_expected(name: str, args: list[object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        TOKEN.call(name, args)
    assert caught.value.do


def test_a_constructor_takes_its_own_arguments() -> None:
    assert TOKEN.deployment([7]) == (7).to_bytes(32, "big")
    with pytest.raises(InputError, match="Token.constructor takes 1 arguments, not 0"):
        TOKEN.deployment([])
    assert Interface("Bare", []).deployment([]) == b""


def test_results_are_decoded_and_nonsense_is_refused() -> None:
    entry = TOKEN.function("transfer", 2)
    assert TOKEN.result(entry, encode(["bool"], [True])) == (True,)
    with pytest.raises(InputError, match="0 bytes"):
        TOKEN.result(entry, b"")


def test_an_event_is_decoded_with_a_hash_for_an_indexed_text() -> None:
    topics = (keccak(b"Said(address,string,string,int64)"), bytes(12) + b"\xa1" * 20, keccak(b"loud"))
    log = Log(3, ALICE, topics, encode(["string", "int64"], ["hello", -4]))
    event = TOKEN.event(log)
    assert event is not None
    assert (event.name, event.log_index) == ("Said", 3)
    assert event.args == {"who": ALICE, "what": keccak(b"loud"), "text": "hello", "number": -4}


@pytest.mark.parametrize("data", [b"", b"\xff" * 31, b"\xff" * 128])
def test_a_log_of_another_shape_is_no_event(data: bytes) -> None:
    topics = (keccak(b"Said(address,string,string,int64)"), bytes(32), bytes(32))
    assert TOKEN.event(Log(0, ALICE, topics, data)) is None
    assert TOKEN.event(Log(0, ALICE, topics[:2], data)) is None
    assert TOKEN.event(Log(0, ALICE, (), data)) is None


def contracts() -> Contracts:
    known = Contracts()
    known.declare(TOKEN)
    return known


@pytest.mark.parametrize(
    ("word", "data", "text"),
    [
        ("Revert", bytes.fromhex("08c379a0") + encode(["string"], ["not you"]), "not you"),
        ("Revert", bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]), "Panic(0x11, arithmetic overflow or underflow)"),
        ("Revert", TOO_MUCH + encode(["uint256", "address"], [9, ALICE]), f"TooMuch(9, {ALICE})"),
        ("Revert", b"", "0x"),
        ("Revert", b"\x01\x02", "0x0102"),
        ("Revert", bytes.fromhex("08c379a0") + b"\xff" * 10, "0x08c379a0" + "ff" * 10),
        ("Revert", TOO_MUCH, "0x" + TOO_MUCH.hex()),
        ("OutOfGas", b"", "OutOfGas()"),
    ],
)
def test_a_revert_says_why(word: str, data: bytes, text: str) -> None:
    assert str(contracts().reverted(word, data)) == text


def test_contracts_are_found_by_name_and_address() -> None:
    known = contracts()
    deployed = known.add(ALICE, "Token", TOKEN)
    assert known.named("Token") == known.at(ALICE) == deployed
    with pytest.raises(NotFound) as caught:
        known.named("Other")
    assert "Token" in (caught.value.do or "")
    with pytest.raises(Conflict):
        known.add(ALICE, "Token", TOKEN)


@pytest.mark.parametrize("kind", ["uint7", "int0", "foo", "uint256[", "bytes33", "", "function", "fixed128x18"])
def test_an_abi_type_that_does_not_exist_is_refused(kind: str) -> None:
    with pytest.raises(InputError):
        coercer(kind)


@pytest.mark.parametrize("signature", ["transfer", "(uint256)", "transfer(uint256", ""])
def test_a_malformed_signature_is_refused(signature: str) -> None:
    with pytest.raises(InputError, match="signature"):
        encode_call(signature, [])


@given(st.integers(0, 2**256 - 1), st.binary(max_size=70), st.booleans(), st.text(max_size=20))
def test_values_written_as_text_encode_like_the_values(number: int, data: bytes, flag: bool, text: str) -> None:
    kinds = ["uint256", "bytes", "(bool,string)[]"]
    written = [str(number), "0x" + data.hex(), [[flag, text]]]
    assert encode_values(kinds, written) == encode(kinds, [number, data, [(flag, text)]])


def test_values_become_text() -> None:
    assert text_of((True, b"\x01", [1, ("a", -2)])) == "[true, 0x01, [1, [a, -2]]]"

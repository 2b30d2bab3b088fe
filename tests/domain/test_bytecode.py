"""The bytecode scan: what it finds, what it must not find, and that no bytes at all upset it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.bytecode import MAX_INIT_SIZE, MAX_RUNTIME_SIZE, PROXY_SLOTS, hidden_selectors, scan, split_metadata
from sandbox.domain.opcodes import CODE_OF, OPCODES, disassemble, sweep
from tests.domain.test_artifact import an_artifact

METADATA = bytes.fromhex("a2646970667358221220" + "5bff" * 16 + "64736f6c63430008250033")


def asm(text: str) -> bytes:
    """Mnemonics and 0x-hex push data to bytes."""
    return b"".join(bytes.fromhex(w[2:]) if w.startswith("0x") else bytes([CODE_OF[w]]) for w in text.split())


def dispatcher(*selectors: str, body: str = "JUMPDEST STOP") -> bytes:
    """A contract in solc's form, every function at the same place."""
    dest = 6 + 11 * len(selectors) + 4
    compares = "".join(f" DUP1 PUSH4 0x{s} EQ PUSH2 0x{dest:04x} JUMPI" for s in selectors)
    return asm(f"PUSH0 CALLDATALOAD PUSH1 0xe0 SHR JUMPDEST{compares} PUSH0 PUSH0 REVERT INVALID {body}")


def test_sizes_are_those_of_eip_170_and_eip_3860() -> None:
    assert (MAX_RUNTIME_SIZE, MAX_INIT_SIZE) == (24_576, 49_152)


@pytest.mark.parametrize(
    ("code", "name"),
    [(0x5F, "PUSH0"), (0x5E, "MCOPY"), (0x5C, "TLOAD"), (0x5D, "TSTORE"), (0x49, "BLOBHASH"),
     (0x4A, "BLOBBASEFEE"), (0xFE, "INVALID")],
)  # fmt: skip
def test_opcodes_up_to_prague_have_their_names(code: int, name: str) -> None:
    assert OPCODES[code] == name


def test_osaka_opcodes_are_unknown() -> None:
    assert 0x1E not in OPCODES  # CLZ, EIP-7939
    assert disassemble(b"\x1e")[0].name == "UNKNOWN"


def test_push_data_is_not_code() -> None:
    assert scan(asm("PUSH2 0xff5b POP STOP")).opcodes == {}


def test_a_jumpdest_in_push_data_is_none() -> None:
    assert sweep(asm("PUSH1 0x5b JUMPDEST")).jumpdests == {2: 1}


def test_an_opcode_execution_reaches_is_found_with_its_place() -> None:
    assert scan(asm("CALLER SELFDESTRUCT")).opcodes == {"SELFDESTRUCT": (1,)}


def test_bytes_after_a_terminator_are_data() -> None:
    assert scan(asm("STOP CALLER SELFDESTRUCT")).opcodes == {}


@pytest.mark.parametrize("ending", ["STOP", "RETURN", "REVERT", "INVALID", "JUMP"])
def test_no_ending_is_passed(ending: str) -> None:
    found = scan(asm(f"PUSH0 PUSH0 {ending} ORIGIN"))
    assert "ORIGIN" not in found.opcodes and "ORIGIN" not in found.dormant


def test_a_jumpdest_named_by_a_constant_is_reached() -> None:
    assert scan(asm("PUSH1 0x05 JUMP STOP STOP JUMPDEST ORIGIN")).opcodes == {"ORIGIN": (6,)}


def test_a_conditional_jump_reaches_both_ways() -> None:
    found = scan(asm("PUSH0 PUSH1 0x06 JUMPI GASPRICE STOP JUMPDEST ORIGIN")).opcodes
    assert found == {"ORIGIN": (7,), "GASPRICE": (4,)}


def test_a_jumpdest_nothing_names_is_dormant_not_forgotten() -> None:
    found = scan(dispatcher("aabbccdd") + asm("JUMPDEST CALLER SELFDESTRUCT"))
    assert "SELFDESTRUCT" not in found.opcodes
    assert "SELFDESTRUCT" in found.dormant


def test_where_the_dispatcher_is_not_known_dormant_code_counts_as_reached() -> None:
    found = scan(asm("PUSH0 CALLDATALOAD JUMP JUMPDEST CALLER SELFDESTRUCT"))
    assert not found.selectors_complete
    assert found.opcodes == {"SELFDESTRUCT": (5,)} and found.dormant == {}


def test_unknown_bytes_are_reported_only_where_reached() -> None:
    assert scan(b"\x0c").unknown == (0,)
    assert scan(b"\x00\x0c").unknown == ()


def test_metadata_is_told_from_code() -> None:
    found = scan(dispatcher("aabbccdd") + b"\xfe" + METADATA)
    assert found.metadata_hash == "5bff" * 16
    assert found.opcodes == found.dormant == {}


@pytest.mark.parametrize("tail", [b"\x00\x33", b"\xff\xff", b"\x00\x00", METADATA[:-2] + b"\x00\x32", b"\xa1\x00\x01"])
def test_what_only_looks_like_metadata_is_code(tail: bytes) -> None:
    assert split_metadata(b"\x00" + tail) == (b"\x00" + tail, None)


def test_vyper_metadata_counts_its_own_length() -> None:
    cbor = bytes.fromhex("855820" + "11" * 32 + "1901bf810c1820a1657679706572830004030037")
    assert split_metadata(b"\x00\x00" + cbor) == (b"\x00\x00", "11" * 32)


def test_selectors_of_the_dispatcher_are_found_and_others_are_hidden() -> None:
    artifact = an_artifact(selectors={bytes.fromhex("aabbccdd"): "known()"})
    found = scan(dispatcher("aabbccdd", "01020304"))
    assert found.selectors_complete
    assert hidden_selectors(found, artifact) == (bytes.fromhex("01020304"),)


def test_four_bytes_in_other_use_are_no_selectors() -> None:
    revert = "JUMPDEST PUSH4 0x08c379a0 PUSH1 0xe0 SHL PUSH0 MSTORE PUSH4 0xa9059cbb PUSH1 0xe0 SHL POP STOP"
    assert scan(dispatcher("aabbccdd", body=revert)).selectors == {bytes.fromhex("aabbccdd")}


def test_a_shorter_push_in_the_dispatcher_is_a_selector_with_leading_zeros() -> None:
    code = asm("PUSH0 CALLDATALOAD PUSH1 0xe0 SHR DUP1 PUSH3 0x0a0b0c EQ PUSH1 0x0f JUMPI STOP JUMPDEST STOP")
    assert scan(code).selectors == {bytes.fromhex("000a0b0c")}


def test_a_small_number_compared_elsewhere_is_no_selector() -> None:
    body = "JUMPDEST PUSH0 SLOAD DUP1 PUSH1 0x02 EQ PUSH1 0x15 JUMPI STOP"
    assert scan(dispatcher("aabbccdd", body=body)).selectors == {bytes.fromhex("aabbccdd")}


def test_code_that_never_reads_calldata_has_no_selectors_and_that_is_all_of_them() -> None:
    found = scan(asm("CALLVALUE STOP"))
    assert found.selectors == frozenset() and found.selectors_complete


@pytest.mark.parametrize("slot", PROXY_SLOTS)
def test_proxy_slots_are_found(slot: str) -> None:
    assert scan(asm(f"PUSH32 0x{PROXY_SLOTS[slot].hex()} SLOAD STOP")).proxy.slots == {slot}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("363d3d373d3d3d363d73", "5af43d82803e903d91602b57fd5bf3"),
        ("3d3d3d3d363d3d37363d73", "5af43d3d93803e602a57fd5bf3"),
        ("365f5f375f5f365f73", "5af43d5f5f3e5f3d91602a57fd5bf3"),
    ],
)
def test_minimal_proxies_tell_their_target(before: str, after: str) -> None:
    found = scan(bytes.fromhex(before + "ab" * 20 + after))
    assert found.proxy.target == "0x" + "ab" * 20
    assert "DELEGATECALL" in found.opcodes


def test_an_ordinary_contract_is_no_proxy() -> None:
    found = scan(dispatcher("aabbccdd")).proxy
    assert not found.minimal and found.slots == frozenset()


@given(st.binary(max_size=300))
def test_any_bytes_can_be_scanned(code: bytes) -> None:
    found = scan(code)
    assert found.size == len(code)
    assert sum(1 + len(i.argument) for i in disassemble(code)) >= len(code)


@given(st.binary(max_size=200).map(lambda tail: asm("PUSH0 CALLDATALOAD PUSH1 0xe0 SHR PUSH1 0x02 PUSH1 0x03 DUP3 MOD") + tail))
def test_a_broken_jump_table_upsets_nothing(code: bytes) -> None:
    scan(code + asm("PUSH2 0x0010 ADD PUSH1 0x1e CODECOPY PUSH0 MLOAD JUMP"))

"""`taishan node --genesis --import`: files that are broken, of another chain or too large are refused, and it is said why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rlp

from sandbox.engines.pyevm.imported import ImportedChain, split_blocks
from sandbox.errors import InputError
from tests.rpc.nodes import ended
from tests.rpc.official import FILES, FOLDER

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/conformance/execution-apis is not here")

STATE_ROOT, TRANSACTIONS_ROOT, BLOOM, NUMBER, GAS_USED, TIME = 3, 4, 6, 8, 10, 11


def genesis(**changes: Any) -> bytes:
    return json.dumps({**json.loads((FOLDER / "genesis.json").read_bytes()), **changes}).encode()


def config(**changes: Any) -> bytes:
    return genesis(config={**json.loads((FOLDER / "genesis.json").read_bytes())["config"], **changes})


def blocks() -> list[bytes]:
    return list(split_blocks((FOLDER / "chain.rlp").read_bytes()))


def second(field: int, value: bytes) -> bytes:
    """The first block, and the second with another value in its header."""
    header, *rest = rlp.decode(blocks()[1])
    return blocks()[0] + rlp.encode([[*header[:field], value, *header[field + 1 :]], *rest])


def nested(depth: int) -> bytes:
    made = b"\xc0"
    for _ in range(depth):
        size = len(made)
        length = size.to_bytes((size.bit_length() + 7) // 8, "big")
        made = (bytes([0xC0 + size]) if size < 56 else bytes([0xF7 + len(length)]) + length) + made
    return made


CHAINS = {
    "cut off": (lambda: b"".join(blocks())[:-10], "the last block is cut off"),
    "of noise": (lambda: b"\x00" * 100, "item 1 of the file is no block"),
    "of one item nested deeply": (lambda: nested(20_000), "item 1 of the file is no block"),
    "without its second block": (lambda: blocks()[0] + blocks()[2], "block 3 does not stand on block 1"),
    "without its first block": (lambda: blocks()[1], "block 2 does not stand on block 0"),
    "with another number": (lambda: second(NUMBER, b"\xff"), "block 255 does not stand on block 1"),
    "with another state": (lambda: second(STATE_ROOT, bytes(32)), "block 2 does not hold: .*state_root"),
    "with other transactions": (lambda: second(TRANSACTIONS_ROOT, bytes(32)), "block 2 does not hold: .*transaction_root"),
    "with other logs": (lambda: second(BLOOM, b"\xff" * 256), "block 2 does not hold: .*bloom"),
    "with other gas": (lambda: second(GAS_USED, b"\x01"), "block 2 does not hold: .*gas_used"),
    "from before its parent": (lambda: second(TIME, b""), "block 2 does not hold: .*timestamp"),
    "without bodies": (lambda: blocks()[0] + rlp.encode(rlp.decode(blocks()[1])[:1]), "block 2 does not hold"),
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_that_does_not_hold_is_refused_where_it_does_not(name: str) -> None:
    made, says = CHAINS[name]
    with pytest.raises(InputError, match=says) as refused:
        ImportedChain(genesis()).import_blocks(made())
    assert refused.value.do and "\n" not in refused.value.what


def test_a_chain_of_another_genesis_is_refused_at_its_first_block() -> None:
    with pytest.raises(InputError, match="block 1 does not stand on block 0"):
        ImportedChain(genesis(timestamp="0x1")).import_blocks(blocks()[0])


def test_blocks_that_are_there_already_are_passed_over() -> None:
    chain = ImportedChain(genesis())
    assert chain.import_blocks(blocks()[0]) == 1
    assert chain.import_blocks(blocks()[0] + blocks()[1]) == 1
    assert chain.head.number == 2


BAD_GENESIS = {
    "nested deeply": (lambda: b"[" * 1_000_000, "nested too deeply"),
    "with a fork of the future": (lambda: config(amsterdamTime=0), "amsterdamTime starts a fork that is not known"),
    "with a fork nobody knows": (lambda: config(fancyBlock=5), "fancyBlock starts a fork that is not known"),
    "with a fork at no time": (lambda: config(cancunTime="soon"), "genesis"),
    "with negative gas": (lambda: genesis(gasLimit=-1), "gasLimit: -1 is no number of 64 bits"),
    "with a nonce too large": (lambda: genesis(nonce="0x" + "f" * 17), "nonce: .* is no number of 64 bits"),
    "with a hash too long": (lambda: genesis(mixHash="0x" + "11" * 33), "mixHash: 33 bytes where 32 belong"),
    "with a coinbase that is none": (lambda: genesis(coinbase=12), "coinbase"),
    "of block 5": (lambda: genesis(number="0x5"), "the first block is block 0"),
    "with more ether than there can be": (lambda: genesis(alloc={"aa" * 20: {"balance": "0x1" + "0" * 64}}), "genesis"),
}


@pytest.mark.parametrize("name", BAD_GENESIS)
def test_a_genesis_that_is_none_is_refused(name: str) -> None:
    made, says = BAD_GENESIS[name]
    with pytest.raises(InputError, match=says):
        ImportedChain(made())


def test_a_fork_that_never_starts_is_no_obstacle() -> None:
    assert ImportedChain(config(amsterdamTime=None)).head.number == 0


FILES_REFUSED = {
    "of a chain cut off": (lambda: b"".join(blocks()[:2])[:-1], "error: the last block is cut off", "byte "),
    "of a chain with another state": (lambda: second(STATE_ROOT, bytes(32)), "error: block 2 does not hold", ""),
    "that is empty": (lambda: b"", "error: the file is empty", ""),
}


@pytest.mark.parametrize("name", FILES_REFUSED)
def test_a_file_is_refused_in_three_lines_and_exit_2(tmp_path: Path, name: str) -> None:
    made, says, where = FILES_REFUSED[name]
    (tmp_path / "genesis.json").write_bytes(genesis())
    (tmp_path / "chain.rlp").write_bytes(made())
    ran = ended(tmp_path, "--port", "0", "--genesis", "genesis.json", "--import", "chain.rlp")
    lines = ran.stderr.splitlines()
    assert (ran.returncode, len(lines)) == (2, 3), ran.stderr
    assert lines[0].startswith(says) and lines[1].startswith("  at: chain.rlp") and where in lines[1]
    assert lines[2].startswith("  do: ")


def test_a_file_larger_than_memory_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "genesis.json").write_bytes(genesis())
    with (tmp_path / "chain.rlp").open("wb") as sparse:
        sparse.truncate(2**40)
    ran = ended(tmp_path, "--port", "0", "--genesis", "genesis.json", "--import", "chain.rlp")
    assert ran.returncode == 2 and "larger than" in ran.stderr and "Traceback" not in ran.stderr

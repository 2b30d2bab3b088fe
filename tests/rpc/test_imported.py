"""Importing somebody's chain: what is taken, and what is refused."""

from __future__ import annotations

import json

import pytest

from sandbox.engines.pyevm.forks import DEFAULT_BLOBS, ChainConfig
from sandbox.engines.pyevm.gas import base_fee_after, blob_fee, excess_after, gas_limit_after
from sandbox.engines.pyevm.imported import ImportedChain, split_blocks
from sandbox.errors import InputError
from tests.rpc.official import FILES, FOLDER, imported

needs_chain = pytest.mark.skipif(not FILES, reason="../shared/conformance/execution-apis is not here")

GENESIS = {
    "config": {"chainId": 7, "homesteadBlock": 0, "londonBlock": 0, "terminalTotalDifficulty": 0, "shanghaiTime": 0},
    "gasLimit": "0x1c9c380",
    "difficulty": "0x0",
    "alloc": {"0x" + "aa" * 20: {"balance": "0x10"}, "bb" * 20: {"code": "0x00", "storage": {"0x1": "0x2"}}},
}


def test_a_genesis_becomes_block_zero() -> None:
    chain = ImportedChain(json.dumps(GENESIS))
    assert (chain.chain_id, chain.head.number, chain.head.base_fee) == (7, 0, 10**9)
    assert chain.state(chain.head).balance("0x" + "aa" * 20) == 16  # type: ignore[arg-type]
    assert chain.state(chain.head).storage("0x" + "bb" * 20, 1) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"config": {}, "alloc": {}}', '{"config": {"chainId": 1}, "alloc": {"0x12": {}}}']
    + [json.dumps({**GENESIS, "alloc": {"aa" * 20: {"code": "6001"}}}), json.dumps({**GENESIS, "alloc": {"aa" * 20: 5}})],
)
def test_what_is_no_genesis_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match="genesis"):
        ImportedChain(text)


@needs_chain
@pytest.mark.parametrize("raw", [b"\x00", b"\xf9\xff\xff\x00", b"\xc0", b"\xc1\xc0"])
def test_what_is_no_chain_is_an_input_error(raw: bytes) -> None:
    with pytest.raises(InputError):
        ImportedChain((FOLDER / "genesis.json").read_bytes()).import_blocks(raw)


@needs_chain
def test_a_bad_block_is_refused_by_its_number_and_those_before_it_stay() -> None:
    first, second = list(split_blocks((FOLDER / "chain.rlp").read_bytes()))[:2]
    header = imported().header(2)
    assert second.count(header.state_root) == 1
    chain = ImportedChain((FOLDER / "genesis.json").read_bytes())
    with pytest.raises(InputError, match="block 2"):
        chain.import_blocks(first + second.replace(header.state_root, bytes(32)))
    assert chain.head.number == 1
    assert chain.import_blocks(second) == 1


@needs_chain
def test_a_block_without_its_parent_is_refused() -> None:
    second = list(split_blocks((FOLDER / "chain.rlp").read_bytes()))[1]
    with pytest.raises(InputError, match="block 2"):
        ImportedChain((FOLDER / "genesis.json").read_bytes()).import_blocks(second)


@needs_chain
def test_prices_derived_from_a_parent_are_those_the_chain_has() -> None:
    chain = imported()
    for number in range(27, chain.head.number + 1):
        parent, header = chain.header(number - 1), chain.header(number)
        assert base_fee_after(parent) == header.base_fee
        limits = chain.blob_limits(header.timestamp)
        if limits and header.excess_blob_gas is not None:
            osaka = chain.config.active("osaka", number, header.timestamp)
            assert excess_after(parent, limits, osaka) == header.excess_blob_gas


def test_blob_gas_costs_more_the_more_there_was_of_it() -> None:
    limits = DEFAULT_BLOBS["prague"]
    prices = [blob_fee(excess, limits) for excess in (0, 10_000_000, 20_000_000, 100_000_000)]
    assert prices == sorted(prices) and prices[0] == 1 and prices[-1] > 10**8


def test_a_gas_limit_moves_towards_what_is_wanted_one_step_at_a_time() -> None:
    assert gas_limit_after(200_000_000, 60_000_000) == 199_804_689
    assert gas_limit_after(60_000_000, 60_000_000) == 60_000_000
    assert gas_limit_after(30_000_000, 30_000_010) == 30_000_010


def test_the_fork_of_a_block_follows_from_number_and_time() -> None:
    config = ChainConfig(1, {"homestead": 0, "london": 5, "paris": 8}, {"shanghai": 100, "prague": 200})
    assert [config.fork(*place) for place in ((0, 0), (5, 1), (8, 1), (9, 150), (10, 200))] == [
        "homestead",
        "london",
        "paris",
        "shanghai",
        "prague",
    ]

"""Requests that are wrong or ask for too much, to a node in a process of its own: an error that says so, and it goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3

from sandbox.rpc.errors import LIMIT_EXCEEDED, RpcError
from sandbox.rpc.node import MOST_FILTERS, Limits
from sandbox.rpc.objects import MOST_ITEMS
from sandbox.rpc.subscriptions import MOST_SUBSCRIPTIONS
from sandbox.rpc.wallet import prefunded
from tests.engines.assembler import asm
from tests.rpc.chains import COUNTER, small
from tests.rpc.nodes import ETHER, STRANGER, ZERO, Refusal, RunningNode, running

RICH, POOR = Account.from_key(prefunded(1)[0].key), Account.from_key(bytes([9]) * 32)
LOOP = "0x" + asm("JUMPDEST", 0, "JUMP").hex()
HANDS_ON = "0x" + bytes.fromhex("5f620fffff525b" + "5f5f62100000" + "5f5f60ff5af150" + "600656").hex()
"""A megabyte of memory, handed to one call after the other."""

MOST_GROWTH = 600 * 2**10
"""KiB a node may take on top of what it took at first."""


@pytest.fixture(scope="module")
def node(home: Path) -> Iterator[RunningNode]:
    with running(home) as node:
        yield node


@pytest.fixture(autouse=True)
def goes_on(node: RunningNode) -> Iterator[None]:
    """Whatever a test asks, the node answers afterwards and has not grown without end."""
    before = _peak(node)
    yield
    assert node.ask("eth_chainId") == "0x7a69"
    assert _peak(node) - before < MOST_GROWTH


def _peak(node: RunningNode) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{node.process.pid}/status").read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1])


def refused(node: RunningNode, method: str, *params: Any) -> dict[str, Any]:
    with pytest.raises(Refusal) as error:
        node.ask(method, *params)
    return error.value.body


# --- transactions


def transaction(node: RunningNode, **changes: Any) -> dict[str, Any]:
    nonce = int(node.ask("eth_getTransactionCount", RICH.address, "pending"), 16)
    plain = {"to": Web3.to_checksum_address(STRANGER), "value": 1, "gas": 21_000, "nonce": nonce, "chainId": 31_337}
    return {**plain, "maxFeePerGas": 10 * 10**9, "maxPriorityFeePerGas": 10**9, **changes}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "nonce too low": ({"nonce": 0}, "nonce too low"),
    "wrong chain": ({"chainId": 1}, "invalid chain id"),
    "underpriced": ({"maxFeePerGas": 1, "maxPriorityFeePerGas": 0}, "less than block base fee"),
    "tip above cap": ({"maxPriorityFeePerGas": 11 * 10**9}, "max priority fee per gas higher than max fee per gas"),
    "no funds": ({"value": 20_000 * ETHER}, "insufficient funds"),
    "above the block's gas": ({"gas": 30_000_001}, "exceeds block gas limit"),
    "too little gas": ({"gas": 20_999}, "intrinsic gas too low"),
    "too little gas for its data": ({"data": "0x" + "ff" * 100}, "intrinsic gas too low"),
    "too much init code": ({"to": None, "data": "0x" + "00" * 49_153, "gas": 10_000_000}, "EIP-3860"),
    "too large": ({"data": "0x" + "00" * 140_000, "gas": 10_000_000}, "oversized data"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_transaction_no_block_could_hold_is_refused(node: RunningNode, name: str) -> None:
    node.ask("eth_sendTransaction", {"from": RICH.address, "to": STRANGER})
    before = node.ask("eth_getTransactionCount", RICH.address, "pending")
    changes, says = BAD[name]
    made = transaction(node, **changes)
    raw = RICH.sign_transaction({key: value for key, value in made.items() if value is not None}).raw_transaction
    error = refused(node, "eth_sendRawTransaction", raw.to_0x_hex())
    assert error["code"] == -32_000 and says in error["message"]
    assert node.ask("eth_getTransactionCount", RICH.address, "pending") == before


def test_a_transaction_behind_a_gap_waits_for_the_one_before_it(node: RunningNode) -> None:
    nonce = int(node.ask("eth_getTransactionCount", RICH.address, "latest"), 16)
    hashes = []
    for ahead in (1, 0):
        raw = RICH.sign_transaction(transaction(node, nonce=nonce + ahead)).raw_transaction
        hashes.append(node.ask("eth_sendRawTransaction", raw.to_0x_hex()))
        waits = node.ask("txpool_status")["queued"]
        assert waits == hex(ahead)
    first, second = (node.ask("eth_getTransactionReceipt", one) for one in reversed(hashes))
    assert first["status"] == second["status"] == "0x1"


def test_the_same_transaction_twice_and_a_cheap_replacement_are_refused(node: RunningNode) -> None:
    node.ask("evm_setAutomine", False)
    try:
        made = transaction(node)
        raw = RICH.sign_transaction(made).raw_transaction.to_0x_hex()
        node.ask("eth_sendRawTransaction", raw)
        assert "already known" in refused(node, "eth_sendRawTransaction", raw)["message"]
        cheap = RICH.sign_transaction({**made, "value": 2}).raw_transaction.to_0x_hex()
        assert "replacement transaction underpriced" in refused(node, "eth_sendRawTransaction", cheap)["message"]
    finally:
        node.ask("evm_setAutomine", True)


@pytest.mark.parametrize(
    "raw", ["0x", "0x00", "0xc0", "0x02", "0x02c0", "0x05f8", "0xff", "0x02" + "f8" * 100, "0x" + "c1" * 9]
)
def test_bytes_that_are_no_transaction_are_refused(node: RunningNode, raw: str) -> None:
    assert refused(node, "eth_sendRawTransaction", raw)["code"] in (-32_000, -32_602)


def test_a_transaction_nobody_signed_is_refused(node: RunningNode) -> None:
    import rlp

    unsigned = rlp.encode([31_337, 0, 0, 10**10, 21_000, bytes(20), 1, b"", [], 0, 0, 0])
    error = refused(node, "eth_sendRawTransaction", "0x02" + unsigned.hex())
    assert error["code"] == -32_000 and "sign" in error["message"]


def test_somebody_without_ether_and_somebody_without_a_key_here_send_nothing(node: RunningNode) -> None:
    raw = POOR.sign_transaction({**transaction(node), "nonce": 0}).raw_transaction
    assert "insufficient funds" in refused(node, "eth_sendRawTransaction", raw.to_0x_hex())["message"]
    assert "no key for" in refused(node, "eth_sendTransaction", {"from": POOR.address, "to": STRANGER})["message"]
    assert "no key for" in refused(node, "eth_sign", POOR.address, "0x00")["message"]


# --- too much of everything


def calling(code: str) -> tuple[dict[str, Any], str, dict[str, Any]]:
    return {"to": STRANGER}, "latest", {STRANGER: {"code": code}}


ABUSE: dict[str, tuple[str, tuple[Any, ...], int, str]] = {
    "frames with much data": ("eth_call", calling(HANDS_ON), -32_000, "more frames than there is memory for"),
    "memory": ("eth_call", calling("0x" + bytes.fromhex("5f63ffffffff52").hex()), -32_000, "out of gas"),
    "a trace of many frames": (
        "debug_traceCall",
        ({"to": STRANGER}, "latest", {"tracer": "callTracer", "stateOverrides": {STRANGER: {"code": HANDS_ON}}}),
        -32_000,
        "more frames than there is memory for",
    ),
    "a simulation of many blocks": ("eth_simulateV1", ({"blockStateCalls": [{}] * 1_000},), -38_026, "too many blocks"),
    "a simulation far ahead": (
        "eth_simulateV1",
        ({"blockStateCalls": [{"blockOverrides": {"number": "0xffffffff"}}]},),
        -38_026,
        "too many blocks",
    ),
    "overrides of many slots": (
        "eth_call",
        ({"to": STRANGER}, "latest", {STRANGER: {"state": {f"0x{n:064x}": f"0x{n:064x}" for n in range(10_001)}}}),
        -32_602,
        "more than 10000 members",
    ),
    "an override that contradicts itself": (
        "eth_call",
        ({"to": STRANGER}, "latest", {STRANGER: {"state": {}, "stateDiff": {}}}),
        -32_000,
        "both 'state' and 'stateDiff'",
    ),
    "a proof of many slots": ("eth_getProof", (ZERO, [hex(n) for n in range(10_000)], "latest"), -32_602, "more than 1024"),
    "logs of many addresses": ("eth_getLogs", ({"address": [ZERO] * (MOST_ITEMS + 1)},), -32_602, "more than"),
    "logs of many topics": ("eth_getLogs", ({"topics": [["0x" + "11" * 32] * 10_001]},), -32_602, "more than"),
    "logs of five positions": ("eth_getLogs", ({"topics": [None] * 5},), -32_602, "more than 4"),
    "many blocks at once": ("hardhat_mine", ("0xffffffff",), -32_602, "more than"),
    "a fee history of many percentiles": (
        "eth_feeHistory",
        ("0x1", "latest", [n / 2 for n in range(201)]),
        -32_602,
        "more than",
    ),
}


@pytest.mark.parametrize("name", ABUSE)
def test_what_asks_for_too_much_is_an_error_that_says_so(node: RunningNode, name: str) -> None:
    method, params, code, says = ABUSE[name]
    error = refused(node, method, *params)
    assert error["code"] == code and says in error["message"]


def test_a_fee_history_of_a_thousand_million_blocks_is_one_of_those_there_are(node: RunningNode) -> None:
    assert len(node.ask("eth_feeHistory", hex(10**9), "latest", [50])["gasUsedRatio"]) <= 1_024


@pytest.mark.slow
@pytest.mark.parametrize("tracer", [None, "callTracer", "prestateTracer", ""])
def test_a_loop_without_end_ends_by_the_clock(node: RunningNode, tracer: str | None) -> None:
    if tracer is None:
        error = refused(node, "eth_call", *calling(LOOP))
    else:
        options = {"tracer": tracer, "stateOverrides": {STRANGER: {"code": LOOP}}}
        error = refused(node, "debug_traceCall", {"to": STRANGER}, "latest", options)
    assert error["code"] == -32_000 and re.search("longer than its time budget|the trace is longer than", error["message"])


@pytest.mark.slow
def test_a_transaction_that_burned_a_whole_block_is_traced_or_too_long_and_never_more(node: RunningNode) -> None:
    node.ask("hardhat_setCode", STRANGER, LOOP)
    sent = {"from": RICH.address, "to": STRANGER, "gas": hex(5_000_000)}
    digest = node.ask("eth_sendTransaction", sent)
    assert node.ask("eth_getTransactionReceipt", digest)["status"] == "0x0"
    assert node.ask("debug_traceTransaction", digest, {"tracer": "callTracer"})["error"] == "out of gas"
    assert "the trace is longer than" in refused(node, "debug_traceTransaction", digest)["message"]
    assert len(node.ask("debug_traceTransaction", digest, {"limit": 10})["structLogs"]) == 10
    node.ask("hardhat_setCode", STRANGER, "0x")


def test_logs_of_a_long_history_are_found_in_parts() -> None:
    chain = small()
    chain.server.node.limits = Limits(blocks=10)
    for _ in range(20):
        chain.send(COUNTER)
    with pytest.raises(RpcError, match="exceeds the limit of 10 blocks") as error:
        chain.ask("eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest"})
    assert error.value.code == LIMIT_EXCEEDED
    parts = [chain.ask("eth_getLogs", {"fromBlock": hex(at), "toBlock": hex(at + 9)}) for at in (1, 11)]
    assert [len(part) for part in parts] == [20, 20]


def test_a_filter_reports_a_long_history_in_parts_and_loses_nothing() -> None:
    chain = small()
    chain.server.node.limits = Limits(blocks=10, logs=6)
    blocks, logs = chain.ask("eth_newBlockFilter"), chain.ask("eth_newFilter", {"fromBlock": "earliest"})
    for _ in range(15):
        chain.send(COUNTER)
    assert [len(chain.ask("eth_getFilterChanges", blocks)) for _ in range(4)] == [6, 6, 3, 0]
    assert [len(chain.ask("eth_getFilterChanges", logs)) for _ in range(6)] == [6, 6, 6, 6, 6, 0]


def test_of_too_many_filters_the_oldest_give_way(node: RunningNode) -> None:
    first = node.ask("eth_newBlockFilter")
    batch = [{"jsonrpc": "2.0", "id": n, "method": "eth_newBlockFilter"} for n in range(100)]
    for _ in range(MOST_FILTERS // 100):
        last = _batch(node, batch)[-1]["result"]
    assert "filter not found" in refused(node, "eth_getFilterChanges", first)["message"]
    assert node.ask("eth_getFilterChanges", last) == []


def _batch(node: RunningNode, batch: list[dict[str, Any]]) -> Any:
    from urllib.request import Request, urlopen

    with urlopen(Request(node.url, json.dumps(batch).encode(), {"Content-Type": "application/json"}), timeout=20) as answer:
        return json.load(answer)


def test_of_too_many_subscriptions_the_last_is_refused(node: RunningNode) -> None:
    from websockets.sync.client import connect

    with connect(node.url.replace("http", "ws")) as socket:
        answers = []
        for _ in range(MOST_SUBSCRIPTIONS + 1):
            socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}))
            answers.append(json.loads(socket.recv(20)))
    assert [one.get("error", {}).get("code") for one in answers[-2:]] == [None, -32_005]

"""What the surface answers about a chain of the sandbox's own engine: history, calls, logs, filters, traces."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.domain.units import Address
from sandbox.errors import Rejected
from sandbox.rpc.errors import INVALID_PARAMS, LIMIT_EXCEEDED, REVERTED, SERVER_ERROR, RpcError
from sandbox.rpc.node import Limits
from tests.engines.assembler import asm
from tests.rpc.chains import ALICE, BOB, COUNTER, ETHER, LOOPER, REVERTER, Small, small


@pytest.fixture
def chain() -> Small:
    """Three blocks: two counts, one payment to Bob."""
    chain = small()
    chain.send(COUNTER)
    chain.send(COUNTER)
    chain.send(BOB, value=ETHER)
    return chain


def test_the_state_can_be_read_at_any_block(chain: Small) -> None:
    counts = [int(chain.ask("eth_getStorageAt", COUNTER, "0x0", hex(at)), 16) for at in range(4)]
    assert counts == [0, 1, 2, 2]
    assert [chain.ask("eth_getBalance", BOB, tag) for tag in ("0x2", "latest")] == ["0x0", hex(ETHER)]
    assert chain.ask("eth_getTransactionCount", ALICE, "earliest") == "0x0"


def test_a_block_is_named_by_number_hash_or_tag(chain: Small) -> None:
    block = chain.ask("eth_getBlockByNumber", "latest", False)
    by_hash = {"blockHash": block["hash"]}
    for key in ("0x3", "latest", "safe", "finalized", "pending", block["hash"], by_hash, {"blockNumber": "0x3"}):
        assert chain.ask("eth_getBalance", BOB, key) == hex(ETHER)
    assert chain.ask("eth_getBlockByHash", block["hash"], True)["number"] == "0x3"


def test_a_block_that_is_not_there_is_null_and_its_state_an_error(chain: Small) -> None:
    assert chain.ask("eth_getBlockByNumber", "0x99", True) is None
    assert chain.ask("eth_getBlockReceipts", "0x99") is None
    with pytest.raises(RpcError) as caught:
        chain.ask("eth_getBalance", BOB, "0x99")
    assert caught.value.code == SERVER_ERROR


def test_the_hash_of_a_trie_node_is_not_the_hash_of_a_block(chain: Small) -> None:
    state_root = chain.ask("eth_getBlockByNumber", "latest", False)["stateRoot"]
    assert chain.ask("eth_getBlockByHash", state_root, False) is None


def test_receipts_transactions_and_blocks_agree(chain: Small) -> None:
    block = chain.ask("eth_getBlockByNumber", "0x1", True)
    (sent,) = block["transactions"]
    receipt = chain.ask("eth_getTransactionReceipt", sent["hash"])
    assert chain.ask("eth_getTransactionByHash", sent["hash"]) == sent
    assert chain.ask("eth_getBlockReceipts", "0x1") == [receipt]
    assert (receipt["status"], receipt["blockHash"], receipt["from"]) == ("0x1", block["hash"], ALICE)
    assert [log["logIndex"] for log in receipt["logs"]] == ["0x0", "0x1"]
    assert chain.ask("debug_getRawTransaction", sent["hash"]).startswith("0x02")


def test_a_call_leaves_no_trace(chain: Small) -> None:
    before = chain.ask("eth_getProof", COUNTER, ["0x0"], "latest")
    assert int(chain.ask("eth_call", {"to": COUNTER}, "latest"), 16) == 3
    assert int(chain.ask("eth_call", {"to": COUNTER}, "0x1"), 16) == 2
    assert chain.ask("eth_getProof", COUNTER, ["0x0"], "latest") == before


def test_a_call_that_reverts_carries_its_data_and_reason(chain: Small) -> None:
    with pytest.raises(RpcError) as caught:
        chain.ask("eth_call", {"to": REVERTER}, "latest")
    assert caught.value.code == REVERTED
    assert caught.value.what == "execution reverted: :( :("
    assert caught.value.data.startswith("0x08c379a0")


def test_a_call_sees_overridden_state_and_block(chain: Small) -> None:
    code = asm("NUMBER", 0, "MSTORE TIMESTAMP", 32, "MSTORE", 64, 0, "RETURN")
    block = {"number": "0x64", "time": "0xffffffff"}
    words = chain.ask("eth_call", {"to": BOB}, "latest", {BOB: {"code": "0x" + code.hex()}}, block)
    assert (int(words[2:66], 16), int(words[66:], 16)) == (100, 0xFFFFFFFF)
    word, other = "0x" + "00" * 31 + "09", "0x" + "00" * 32
    assert int(chain.ask("eth_call", {"to": COUNTER}, "latest", {COUNTER: {"stateDiff": {other: word}}}), 16) == 10
    assert int(chain.ask("eth_call", {"to": COUNTER}, "latest", {COUNTER: {"state": {}}}), 16) == 1


def test_an_endless_call_ends_by_time() -> None:
    chain = small()
    chain.archive.seconds = 0.2
    with pytest.raises(Exception, match="time budget"):
        chain.ask("eth_call", {"to": LOOPER}, "latest")


def test_an_estimate_is_enough_and_not_much_more(chain: Small) -> None:
    estimate = int(chain.ask("eth_estimateGas", {"from": ALICE, "to": COUNTER}), 16)
    used = int(chain.ask("eth_getBlockReceipts", "0x2")[0]["gasUsed"], 16)
    assert used <= estimate <= used * 1.02
    assert chain.ask("eth_estimateGas", {"from": ALICE, "to": BOB, "value": "0x1"}) == "0x5208"
    with pytest.raises(RpcError) as caught:
        chain.ask("eth_estimateGas", {"to": REVERTER})
    assert caught.value.code == REVERTED


def test_an_access_list_names_what_a_call_touches(chain: Small) -> None:
    found = chain.ask("eth_createAccessList", {"from": ALICE, "to": COUNTER})
    assert found["accessList"] == [{"address": COUNTER, "storageKeys": ["0x" + "00" * 32]}]
    assert chain.ask("eth_createAccessList", {"to": REVERTER})["error"] == "execution reverted"


def test_logs_are_found_by_address_topic_and_range(chain: Small) -> None:
    topic = "0x" + "00" * 31 + "aa"
    everything = chain.ask("eth_getLogs", {"fromBlock": "earliest"})
    places = [(log["blockNumber"], log["logIndex"]) for log in everything]
    assert places == [("0x1", "0x0"), ("0x1", "0x1"), ("0x2", "0x0"), ("0x2", "0x1")]
    assert len(chain.ask("eth_getLogs", {"fromBlock": "0x0", "topics": [topic]})) == 2
    assert len(chain.ask("eth_getLogs", {"fromBlock": "0x0", "address": [COUNTER, BOB], "topics": []})) == 4
    assert len(chain.ask("eth_getLogs", {"fromBlock": "0x0", "topics": [[topic, None]]})) == 2
    assert chain.ask("eth_getLogs", {"fromBlock": "0x0", "address": BOB}) == []
    assert chain.ask("eth_getLogs", {"fromBlock": "0x0", "topics": [topic, topic]}) == []


def test_a_log_query_is_bounded_in_blocks_and_results(chain: Small) -> None:
    for limits in (Limits(blocks=2), Limits(logs=3)):
        chain.server.node.limits = limits
        with pytest.raises(RpcError) as caught:
            chain.ask("eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest"})
        assert caught.value.code == LIMIT_EXCEEDED


def test_filters_report_each_thing_once(chain: Small) -> None:
    blocks = chain.ask("eth_newBlockFilter")
    logs = chain.ask("eth_newFilter", {"address": COUNTER})
    chain.send(COUNTER)
    head = chain.ask("eth_getBlockByNumber", "latest", False)["hash"]
    assert chain.ask("eth_getFilterChanges", blocks) == [head]
    assert chain.ask("eth_getFilterChanges", blocks) == []
    assert [log["blockNumber"] for log in chain.ask("eth_getFilterChanges", logs)] == ["0x4", "0x4"]
    assert chain.ask("eth_getFilterChanges", logs) == []
    assert chain.ask("eth_uninstallFilter", logs) is True
    assert chain.ask("eth_uninstallFilter", logs) is False
    with pytest.raises(RpcError):
        chain.ask("eth_getFilterChanges", logs)


def test_prices_follow_from_the_chain(chain: Small) -> None:
    history = chain.ask("eth_feeHistory", "0x3", "latest", [50])
    assert history["oldestBlock"] == "0x1"
    assert len(history["baseFeePerGas"]) == 4
    assert history["reward"] == [["0x0"]] * 3
    assert chain.ask("eth_gasPrice") == chain.ask("eth_maxPriorityFeePerGas") == "0x0"
    assert chain.ask("eth_blobBaseFee") == "0x1"


def test_a_trace_shows_frames_and_what_they_started_from(chain: Small) -> None:
    digest = chain.ask("eth_getBlockByNumber", "0x2", False)["transactions"][0]
    frames = chain.ask("debug_traceTransaction", digest, {"tracer": "callTracer", "tracerConfig": {"withLog": True}})
    assert (frames["type"], frames["from"], frames["to"]) == ("CALL", ALICE, COUNTER)
    assert [(one["index"], one["position"]) for one in frames["logs"]] == [("0x0", "0x0"), ("0x1", "0x0")]
    before = chain.ask("debug_traceTransaction", digest, {"tracer": "prestateTracer"})
    assert before[COUNTER]["storage"] == {"0x" + "00" * 32: "0x" + "00" * 31 + "01"}
    changed = chain.ask("debug_traceTransaction", digest, {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}})
    slot = "0x" + "00" * 32
    assert changed["post"][COUNTER] == {"storage": {slot: "0x" + "00" * 31 + "02"}}
    assert changed["pre"][COUNTER]["storage"] == {slot: "0x" + "00" * 31 + "01"}
    assert changed["post"][ALICE]["nonce"] == changed["pre"][ALICE]["nonce"] + 1
    reverted = chain.ask("debug_traceCall", {"to": REVERTER}, "latest", {"tracer": "callTracer"})
    assert (reverted["error"], reverted["revertReason"]) == ("execution reverted", ":( :(")


def test_logs_below_a_frame_that_failed_never_were(chain: Small) -> None:
    inner, outer = Address("0x" + "71" * 20), Address("0x" + "72" * 20)
    calls_and_fails = bytes.fromhex("5f5f5f5f5f73") + bytes.fromhex(COUNTER[2:]) + bytes.fromhex("5af15f5ffd")
    calls_twice = b"".join(
        bytes.fromhex("5f5f5f5f5f73") + bytes.fromhex(one[2:]) + bytes.fromhex("5af150") for one in (inner, COUNTER)
    )
    code = {inner: {"code": "0x" + calls_and_fails.hex()}, outer: {"code": "0x" + calls_twice.hex()}}
    options = {"tracer": "callTracer", "tracerConfig": {"withLog": True}, "stateOverrides": code}
    failed, lived = chain.ask("debug_traceCall", {"to": outer}, "latest", options)["calls"]
    assert failed["error"] == "execution reverted" and "logs" not in failed["calls"][0]
    assert [one["index"] for one in lived["logs"]] == ["0x0", "0x1"]


def test_a_diff_leaves_out_what_was_nothing_and_what_stayed(chain: Small) -> None:
    writes = asm(5, 0, "SSTORE", 0, 1, "SSTORE", 7, "SLOAD POP STOP")
    state = {"0x" + f"{1:064x}": "0x" + f"{9:064x}", "0x" + f"{7:064x}": "0x" + f"{9:064x}"}
    override = {COUNTER: {"code": "0x" + writes.hex(), "state": state}}
    message = {"from": ALICE, "to": COUNTER}

    def trace(diff: bool) -> Any:
        config = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": diff}, "stateOverrides": override}
        return chain.ask("debug_traceCall", message, "latest", config)

    slots = [f"0x{at:064x}" for at in (0, 1, 7)]
    assert trace(True)["pre"][COUNTER]["storage"] == {slots[1]: f"0x{9:064x}"}
    assert trace(True)["post"][COUNTER] == {"storage": {slots[0]: f"0x{5:064x}"}}
    assert trace(False)[COUNTER]["storage"] == dict(zip(slots, (f"0x{value:064x}" for value in (0, 9, 9)), strict=True))
    nobody = {"from": ALICE, "to": "0x" + "77" * 20}
    assert "0x" + "77" * 20 not in chain.ask("debug_traceCall", nobody, "latest", {"tracer": "prestateTracer"})


def test_a_trace_of_too_many_steps_is_refused(chain: Small) -> None:
    with pytest.raises(Exception, match="longer than"):
        chain.ask("debug_traceCall", {"to": LOOPER, "gas": "0x1000000"}, "latest")
    assert len(chain.ask("debug_traceCall", {"to": LOOPER, "gas": "0x10000"}, "latest", {"limit": 5})["structLogs"]) == 5


def test_an_unknown_tracer_is_an_error(chain: Small) -> None:
    with pytest.raises(Exception, match="no tracer 'evil'"):
        chain.ask("debug_traceCall", {"to": BOB}, "latest", {"tracer": "evil"})


def test_a_simulation_leaves_no_trace_and_its_blocks_stand_on_each_other(chain: Small) -> None:
    asked = {"blockStateCalls": [{"calls": [{"from": ALICE, "to": COUNTER}]}, {"calls": [{"from": ALICE, "to": COUNTER}]}]}
    first, second = chain.ask("eth_simulateV1", asked, "latest")
    assert [int(block["calls"][0]["returnData"], 16) for block in (first, second)] == [3, 4]
    assert second["parentHash"] == first["hash"]
    assert chain.ask("eth_blockNumber") == "0x3"
    assert int(chain.ask("eth_getStorageAt", COUNTER, "0x0"), 16) == 2


def test_a_storage_question_without_slots_or_with_too_many_is_refused(chain: Small) -> None:
    for asked in ({}, {COUNTER: []}, {COUNTER: ["0x0"] * 1025}):
        with pytest.raises(RpcError) as caught:
            chain.ask("eth_getStorageValues", asked)
        assert caught.value.code == INVALID_PARAMS


@pytest.mark.parametrize(
    "account",
    [{"state": {}, "stateDiff": {}}, {"movePrecompileToAddress": BOB}],
    ids=["both kinds of storage", "no precompile to move"],
)
def test_overrides_that_make_no_sense_are_refused(chain: Small, account: dict[str, object]) -> None:
    with pytest.raises(Rejected) as caught:
        chain.ask("eth_call", {"to": BOB}, "latest", {COUNTER: account})
    assert caught.value.reason == "override"

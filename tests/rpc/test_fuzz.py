"""Whatever is asked, no method falls over: an answer is a result or an error somebody meant."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.rpc.errors import INTERNAL_ERROR
from sandbox.rpc.methods import METHODS, TESTING
from sandbox.rpc.server import Server
from tests.rpc.chains import ALICE, COUNTER, LOOPER, REVERTER, small

HASH = "0x" + "11" * 32
PRECOMPILES = ["0x" + end.rjust(40, "0") for end in ("", "1", "4", "5", "9", "f")]
ADDRESSES = st.sampled_from([ALICE, COUNTER, REVERTER, LOOPER, *PRECOMPILES])
QUANTITIES = st.one_of(st.integers(0, 2**18), st.integers(0, 2**64), st.integers(0, 2**256)).map(hex)
BYTES = st.binary(max_size=40).map(lambda raw: "0x" + raw.hex())
TAGS = st.sampled_from(["latest", "pending", "earliest", "0x0", "0x1", "0x", "0x00", "0xffffffffffffffff", HASH])
ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**300), st.floats(allow_nan=False), st.text(max_size=8),
    TAGS, ADDRESSES, QUANTITIES, BYTES,
)  # fmt: skip
NAMES = st.sampled_from(
    """from to input data value gas nonce gasPrice maxFeePerGas maxPriorityFeePerGas accessList authorizationList chainId
    address storageKeys blobVersionedHashes maxFeePerBlobGas fromBlock toBlock blockHash topics blockStateCalls calls
    stateOverrides blockOverrides number time gasLimit baseFeePerGas validation traceTransfers balance code state stateDiff
    tracer tracerConfig enableMemory limit withdrawals timestamp prevRandao suggestedFeeRecipient r s yParity""".split()
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | ADDRESSES | st.just(HASH), inner, max_size=5),
    max_leaves=12,
)
WORDS = st.dictionaries(st.just(HASH), st.just(HASH), max_size=1)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "from": ADDRESSES,
        "to": ADDRESSES,
        "input": BYTES,
        "accessList": st.lists(st.fixed_dictionaries({"address": ADDRESSES, "storageKeys": st.just([HASH])}), max_size=2),
        "authorizationList": st.lists(st.fixed_dictionaries({"address": ADDRESSES, "nonce": QUANTITIES}), max_size=2),
        "blobVersionedHashes": st.lists(st.just(HASH), max_size=2),
        **dict.fromkeys(("value", "gas", "nonce", "maxFeePerGas", "maxPriorityFeePerGas", "maxFeePerBlobGas"), QUANTITIES),
    },
)
ACCOUNTS = st.dictionaries(
    ADDRESSES,
    st.fixed_dictionaries(
        {},
        optional={
            "balance": QUANTITIES,
            "nonce": QUANTITIES,
            "code": BYTES,
            "state": WORDS,
            "stateDiff": WORDS,
            "movePrecompileToAddress": ADDRESSES,
        },
    ),
    max_size=3,
)
BLOCKS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("number", "time"), st.integers(0, 2**65).map(hex) | st.integers(0, 300).map(hex)),
        **dict.fromkeys(("gasLimit", "baseFeePerGas", "blobBaseFee"), QUANTITIES),
        "feeRecipient": ADDRESSES,
        "prevRandao": st.just(HASH),
    },
)
SIMULATED = st.fixed_dictionaries(
    {}, optional={"blockOverrides": BLOCKS, "stateOverrides": ACCOUNTS, "calls": st.lists(MESSAGES, max_size=3)}
)
SIMULATIONS = st.fixed_dictionaries(
    {"blockStateCalls": st.lists(SIMULATED, min_size=1, max_size=3)},
    optional=dict.fromkeys(("validation", "traceTransfers", "returnFullTransactions"), st.booleans()),
)
TRACERS = st.fixed_dictionaries({}, optional={"tracer": st.sampled_from(["callTracer", "prestateTracer", ""])})


@cache
def server() -> Server:
    chain = small()
    chain.archive.seconds = 0.3
    chain.send(COUNTER)
    return Server(chain.server.node, methods={**METHODS, **TESTING})


@pytest.mark.parametrize("method", sorted({**METHODS, **TESTING}))
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(params=st.lists(VALUES | MESSAGES, max_size=4))
def test_no_parameters_make_a_method_fall_over(method: str, params: list[Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    answer = json.loads(server().handle(body))
    assert answer.get("error", {}).get("code") != INTERNAL_ERROR, answer


WELL_FORMED = {
    "eth_call": st.tuples(MESSAGES, TAGS, ACCOUNTS, BLOCKS),
    "eth_estimateGas": st.tuples(MESSAGES, TAGS, ACCOUNTS),
    "eth_createAccessList": st.tuples(MESSAGES, TAGS, ACCOUNTS),
    "eth_simulateV1": st.tuples(SIMULATIONS, TAGS),
    "debug_traceCall": st.tuples(MESSAGES, TAGS, TRACERS),
}


@pytest.mark.parametrize("method", WELL_FORMED)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_message_makes_a_method_fall_over(method: str, data: st.DataObject) -> None:
    params = data.draw(WELL_FORMED[method])
    answer = json.loads(server().handle(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})))
    assert answer.get("error", {}).get("code") != INTERNAL_ERROR or method == "eth_simulateV1", (params, answer)
    assert answer.get("error", {}).get("message") != "internal error", (params, answer)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(body=st.one_of(st.binary(max_size=60), st.text(max_size=60), VALUES.map(json.dumps)))
def test_no_bytes_make_the_server_fall_over(body: bytes | str) -> None:
    answer = server().handle(body)
    assert answer == b"" or json.loads(answer)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(raw=st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda raw: b"\x02\xf8" + raw)))
def test_no_bytes_make_sending_fall_over(raw: bytes) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": ["0x" + raw.hex()]})
    assert json.loads(server().handle(body))["error"]["code"] != INTERNAL_ERROR

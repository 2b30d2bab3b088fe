"""The way in: whatever comes, an answer in the form of JSON-RPC 2.0 goes out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.errors import EngineError, InputError, NotFound, Refused, Rejected
from sandbox.rpc import errors
from sandbox.rpc.methods import METHODS, Method
from sandbox.rpc.server import Bounds, Server
from tests.rpc.chains import ALICE, small


@pytest.fixture(scope="module")
def server() -> Server:
    return small().server


def code(answer: bytes) -> int:
    return int(json.loads(answer)["error"]["code"])


def request(method: str, *params: Any, key: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": key, "method": method, "params": list(params)}


BROKEN = ("{", b"\xff\xfe", "", "[1,", "[" * 100_000, '{"id":' + "9" * 5_000 + "}", "[" * 65 + "]" * 65)


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_what_is_not_json_is_a_parse_error(server: Server, body: str | bytes) -> None:
    assert code(server.handle(body)) == errors.PARSE_ERROR


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "1",
        "null",
        '"x"',
        "{}",
        '{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}',
        '{"jsonrpc":"2.0","id":1}',
        '{"jsonrpc":"2.0","id":1,"method":7}',
        '{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}',
    ],
)
def test_what_is_not_a_request_is_an_invalid_request(server: Server, body: str) -> None:
    assert code(server.handle(body)) == errors.INVALID_REQUEST


@pytest.mark.parametrize("method", ["eth_nothing", "evm_mine", "anvil_setBalance", "admin_peers", "", "__class__"])
def test_an_unknown_method_does_not_exist(server: Server, method: str) -> None:
    answer = json.loads(server.handle(json.dumps(request(method, key="a"))))
    assert (answer["id"], answer["error"]["code"]) == ("a", errors.METHOD_NOT_FOUND)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBalance", []),
        ("eth_getBalance", [ALICE, "latest", 1]),
        ("eth_getBalance", ["0x12"]),
        ("eth_getBalance", [ALICE, "newest"]),
        ("eth_getBalance", [ALICE, "0x01"]),
        ("eth_getBalance", [ALICE, 5]),
        ("eth_getBalance", [ALICE, {"blockHash": "0x" + "00" * 32, "blockNumber": "0x1"}]),
        ("eth_getBalance", [ALICE, {"block": "0x1"}]),
        ("eth_getBalance", {"address": ALICE}),
        ("eth_getStorageAt", [ALICE, "0x" + "11" * 33]),
        ("eth_getTransactionByHash", ["0x11"]),
        ("eth_getBlockByNumber", ["0x1", "yes"]),
        ("eth_call", ["0x"]),
        ("eth_call", [{"to": "0xabc"}]),
        ("eth_call", [{"value": "0x1" + "00" * 32}]),
        ("eth_call", [{"gasPrice": "0x1", "maxFeePerGas": "0x1"}]),
        ("eth_call", [{"data": "0x1"}]),
        ("eth_call", [{"data": "0x11", "input": "0x22"}]),
        ("eth_call", [{}, "latest", {ALICE: {"colour": "0x1"}}]),
        ("eth_call", [{}, "latest", {ALICE: {"state": {"0x1": "0x2"}}}]),
        ("eth_getLogs", [{"topics": [1]}]),
        ("eth_getLogs", [{"topics": [None] * 5}]),
        ("eth_getLogs", [{"fromBlock": "0x2", "toBlock": "0x1"}]),
        ("eth_feeHistory", ["0x1", "latest", [99, 1]]),
        ("eth_feeHistory", ["0x1", "latest", [101]]),
        ("eth_sendRawTransaction", ["0xzz"]),
        ("eth_simulateV1", [{"blockStateCalls": []}]),
        ("debug_traceTransaction", ["0x" + "00" * 32, {"limit": -1}]),
    ],
)
def test_wrong_parameters_are_invalid_params(server: Server, method: str, params: Any) -> None:
    answer = server.handle(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    assert code(answer) == errors.INVALID_PARAMS


def test_left_out_and_null_parameters_take_the_default(server: Server) -> None:
    for params in ([ALICE], [ALICE, None], [ALICE, "latest"]):
        assert json.loads(server.handle(json.dumps(request("eth_getBalance", *params))))["result"] == hex(100 * 10**18)
    assert json.loads(server.handle('{"jsonrpc":"2.0","id":null,"method":"eth_chainId","params":null}'))["result"] == "0x7a69"


def test_a_batch_is_answered_in_order_and_notifications_are_not(server: Server) -> None:
    notification = {"jsonrpc": "2.0", "method": "eth_chainId"}
    batch = [request("eth_chainId", key=5), notification, 7, request("eth_nothing", key="x")]
    answers = json.loads(server.handle(json.dumps(batch)))
    assert [one["id"] for one in answers] == [5, None, "x"]
    assert [one.get("error", {}).get("code") for one in answers] == [None, errors.INVALID_REQUEST, errors.METHOD_NOT_FOUND]
    assert server.handle(json.dumps(notification)) == b""
    assert server.handle(json.dumps([notification, notification])) == b""


def test_bodies_batches_and_answers_are_bounded() -> None:
    node = small().server.node
    assert code(Server(node, bounds=Bounds(body=100)).handle(" " * 101)) == errors.INVALID_REQUEST
    assert code(Server(node, bounds=Bounds(batch=2)).handle(json.dumps([request("eth_chainId")] * 3))) == errors.INVALID_REQUEST
    for bounds in (Bounds(answer=10), Bounds(seconds=-1.0)):
        last = json.loads(Server(node, bounds=bounds).handle(json.dumps([request("eth_chainId")] * 2)))[-1]
        assert last["error"]["code"] == errors.LIMIT_EXCEEDED


def test_a_defect_is_an_internal_error_without_details(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_node: Any, _params: Any) -> Any:
        raise ZeroDivisionError("the secret")

    server = Server(small().server.node, methods={**METHODS, "eth_broken": Method(broken)})
    answer = server.handle(json.dumps(request("eth_broken")))
    assert code(answer) == errors.INTERNAL_ERROR
    assert b"secret" not in answer and b"Traceback" not in answer
    assert "the secret" in caplog.text


@pytest.mark.parametrize(
    ("error", "code", "data"),
    [
        (Rejected("nonce_low", "nonce too low"), errors.SERVER_ERROR, None),
        (NotFound("no block"), errors.SERVER_ERROR, None),
        (InputError("bad"), errors.SERVER_ERROR, None),
        (EngineError("slow"), errors.SERVER_ERROR, None),
        (Refused("over the limit", ({"code": "LIM-001"},)), errors.REFUSED, {"findings": [{"code": "LIM-001"}]}),
    ],
)
def test_each_of_our_errors_has_its_code(error: Any, code: int, data: Any) -> None:
    shown = errors.translated(error).shown()
    assert (shown["code"], shown.get("data")) == (code, data)


def test_every_method_says_how_many_parameters_it_takes() -> None:
    assert all(0 <= method.least <= method.most for method in METHODS.values())
    assert not [name for name in METHODS if name.startswith(("evm_", "anvil_", "hardhat_", "testing_"))]

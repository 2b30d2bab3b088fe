"""Over HTTP and WebSocket: the same answers, bounded bodies, subscriptions."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from sandbox.rpc.http import create_app, only
from sandbox.rpc.provider import ServerProvider
from sandbox.rpc.server import Bounds, Server
from tests.rpc.chains import COUNTER, Small, small
from tests.rpc.test_pool import signed


@pytest.fixture
def chain() -> Small:
    return small()


@pytest.fixture
def client(chain: Small) -> Iterator[TestClient]:
    server = Server(chain.server.node, bounds=Bounds(body=10_000))
    with TestClient(create_app(only(server))) as client:
        yield client


JSON = {"content-type": "application/json"}
REQUEST = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}


def test_a_request_and_a_batch_are_answered(client: TestClient) -> None:
    one = client.post("/rpc", json=REQUEST)
    assert (one.status_code, one.json()["result"]) == (200, "0x7a69")
    assert len(client.post("/rpc", json=[REQUEST, REQUEST]).json()) == 2
    assert client.get("/healthz").json() == {"status": "ok"}


def test_what_is_no_json_is_answered_as_json_rpc_says(client: TestClient) -> None:
    assert client.post("/rpc", content=b"{", headers=JSON).json()["error"]["code"] == -32_700


def test_a_body_that_is_too_large_is_not_read(client: TestClient) -> None:
    answer = client.post("/rpc", content=b" " * 10_001, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, -32_600)


def test_a_chain_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert client.post("/rpc/nobody", json=REQUEST).status_code == 404


ORIGIN = {"origin": "https://wallet.example"}
ASKING = {**ORIGIN, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}


def test_a_page_in_a_browser_may_ask_where_that_is_wanted_and_nowhere_else(chain: Small, client: TestClient) -> None:
    with TestClient(create_app(only(chain.server), from_pages=True)) as open_client:
        asked = open_client.options("/rpc", headers=ASKING)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, "*")
        assert "content-type" in asked.headers["access-control-allow-headers"]
        answer = open_client.post("/rpc", json=REQUEST, headers=ORIGIN)
        assert (answer.json()["result"], answer.headers["access-control-allow-origin"]) == ("0x7a69", "*")
    assert client.options("/rpc", headers=ASKING).status_code == 405
    assert "access-control-allow-origin" not in client.post("/rpc", json=REQUEST, headers=ORIGIN).headers


def test_a_websocket_answers_requests_too(client: TestClient) -> None:
    with client.websocket_connect("/rpc") as socket:
        socket.send_text(json.dumps(REQUEST))
        assert socket.receive_json()["result"] == "0x7a69"
        socket.send_bytes(json.dumps(REQUEST).encode())
        assert socket.receive_json()["result"] == "0x7a69"
        socket.send_text("{")
        assert socket.receive_json()["error"]["code"] == -32_700


def test_subscriptions_tell_of_heads_logs_and_pending_transactions(client: TestClient, chain: Small) -> None:
    with client.websocket_connect("/rpc") as socket:
        names = {}
        for kind in ("newHeads", "logs", "newPendingTransactions"):
            socket.send_text(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": [kind]}))
            names[socket.receive_json()["result"]] = kind
        with chain.server.lock:
            chain.send(COUNTER)
        socket.send_text(json.dumps({**REQUEST, "method": "eth_sendRawTransaction", "params": ["0x" + signed(1).hex()]}))
        heard: list[str] = []
        while len(heard) < 4:
            message = socket.receive_json()
            if message.get("method") == "eth_subscription":
                heard.append(names[message["params"]["subscription"]])
        assert sorted(heard) == ["logs", "logs", "newHeads", "newPendingTransactions"]


def test_a_subscription_can_be_ended_and_an_unknown_one_is_refused(client: TestClient) -> None:
    with client.websocket_connect("/rpc") as socket:

        def ask(method: str, *params: object) -> dict[str, object]:
            socket.send_text(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
            return dict(socket.receive_json())

        name = ask("eth_subscribe", "newHeads")["result"]
        assert ask("eth_unsubscribe", name)["result"] is True
        assert ask("eth_unsubscribe", name)["result"] is False
        assert ask("eth_subscribe", "weather")["error"]["code"] == -32_602  # type: ignore[index]


def test_web3_works_on_it_without_a_socket(chain: Small) -> None:
    from web3 import Web3

    chain.send(COUNTER)
    web3 = Web3(ServerProvider(chain.server))
    assert web3.is_connected()
    assert web3.eth.get_block("latest")["number"] == 1
    with web3.batch_requests() as batch:
        batch.add(web3.eth.get_block(0))  # type: ignore[arg-type]
        batch.add(web3.eth.get_block(1))  # type: ignore[arg-type]
        assert len(batch.execute()) == 2
